#include <algorithm>

#include "engine/journey/workspace.hpp"

namespace lotse {

Instant JourneyVersions::stopped_at(std::size_t version) const {
  return version < stopped.size() ? stopped[version] : Instant::max();
}

bool JourneyVersions::is_drained(std::size_t version, Instant at) const {
  return version < drains.size() &&
         std::ranges::any_of(
             drains[version], [&](const Drain& drain) { return drain.from <= at && at < drain.until; });
}

std::optional<std::size_t> JourneyVersions::opening_at(Instant at) const {
  const auto later = std::upper_bound(in_force.begin() + 1, in_force.end(), at);
  for (auto version = static_cast<std::size_t>(later - in_force.begin()); version-- > 0;) {
    if (!is_drained(version, at) && at < stopped_at(version)) return version;
  }
  return std::nullopt;
}

}  // namespace lotse
