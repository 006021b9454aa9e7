#include "engine/friction/collect_stays.hpp"

#include <utility>
#include <vector>

namespace lotse {

Result<StayTable> collect_stays(std::span<const JourneyVersions> journeys, std::size_t which,
                                const Channels& channels, Instant as_of, std::uint32_t threads,
                                const EachState& each, const VisitState& visit, Names names) {
  const JourneyVersions& versions = journeys[which];
  std::vector<StayTableBuilder> builders;
  for (std::uint32_t thread = 0; thread < threads; ++thread)
    builders.emplace_back(versions, channels, as_of, names);
  LOTSE_CHECK(each([&](std::uint32_t thread, const CustomerState& state) {
    builders[thread].add(state.journeys[which], &state);
    if (visit) visit(thread, versions, state.journeys[which], as_of);
  }));
  for (std::uint32_t thread = 1; thread < threads; ++thread) builders[0].append(std::move(builders[thread]));
  return std::move(builders[0]).finish();
}

}  // namespace lotse
