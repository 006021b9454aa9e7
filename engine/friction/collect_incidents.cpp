#include "engine/friction/collect_incidents.hpp"

#include <utility>

namespace lotse {

Result<std::vector<Incidents>> collect_incidents(std::span<const JourneyVersions> journeys,
                                                 const Channels& channels, Instant as_of,
                                                 std::uint32_t threads, const EachState& each,
                                                 const PrepareTable& prepare) {
  std::vector<std::vector<StayTableBuilder>> builders(threads);
  for (auto& own : builders) {
    for (const JourneyVersions& versions : journeys) own.emplace_back(versions, channels, as_of);
  }
  LOTSE_CHECK(each([&](std::uint32_t thread, const CustomerState& state) {
    for (std::size_t j = 0; j < journeys.size(); ++j) builders[thread][j].add(state.journeys[j]);
  }));
  std::vector<StayTable> tables;
  std::vector<std::vector<ScoredPlace>> scored;
  WatchLoad load;
  for (std::size_t j = 0; j < journeys.size(); ++j) {
    for (std::uint32_t thread = 1; thread < threads; ++thread)
      builders[0][j].append(std::move(builders[thread][j]));
    tables.push_back(std::move(builders[0][j]).finish());
    prepare(tables.back(), journeys[j]);
    scored.push_back(scored_places(tables.back()));
    load += load_of(tables.back(), scored.back());
  }
  std::vector<Incidents> incidents;
  for (std::size_t j = 0; j < tables.size(); ++j) incidents.push_back(watch(tables[j], scored[j], load));
  return incidents;
}

}  // namespace lotse
