#include "engine/journey/find_journey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lotse {

Result<std::size_t> find_journey(std::span<const JourneyVersions> journeys, std::string_view id,
                                 std::string_view whose) {
  std::vector<std::string_view> names;
  for (const JourneyVersions& journey : journeys) names.push_back(journey.versions.back()->id);
  if (id.empty()) {
    if (names.size() == 1) return 0;
    return fail(ErrorCode::bad_input,
                names.empty() ? std::string("the workspace has no journey")
                              : fmt::format("which journey? The workspace has {}", fmt::join(names, ", ")));
  }
  const auto found = std::ranges::find(names, id);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::string_view meant = nearest(id, names);
  return fail(ErrorCode::not_found,
              fmt::format("`{}` is no journey of {}{}", id, whose,
                          !meant.empty()  ? fmt::format("; did you mean `{}`?", meant)
                          : names.empty() ? std::string("; it has none")
                                          : fmt::format("; it has {}", fmt::join(names, ", "))));
}

}  // namespace lotse
