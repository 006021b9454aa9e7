#include "engine/report/counted_map.hpp"

#include <array>
#include <vector>

#include "engine/friction/friction_report.hpp"

namespace lotse {

namespace {

void count_effects(const JourneyVersions& versions, const JourneyState& state, Instant as_of,
                   EffectCounts& counts) {
  for (const Effect& effect : state.effects) {
    if (effect.due > as_of) continue;
    const Instance& instance = at(state.instances, effect.instance);
    const Journey& journey = *at(versions.versions, instance.version);
    ++counts[at(journey.touchpoints, effect.touchpoint).id];
  }
}

}  // namespace

Result<MapInput> counted_map(const Journey& journey, std::span<const JourneyVersions> journeys,
                             std::size_t which, const Channels& channels, Instant as_of,
                             std::uint32_t threads, const EachState& each) {
  std::vector<EffectCounts> effects(threads);
  const auto visit = [&](std::uint32_t thread, const JourneyVersions& versions, const JourneyState& state,
                         Instant until) { count_effects(versions, state, until, effects[thread]); };
  LOTSE_TRY(const StayTable stays, collect_stays(journeys, which, channels, as_of, threads, each, visit));
  for (std::size_t thread = 1; thread < effects.size(); ++thread) {
    for (const auto& [id, count] : effects[thread]) effects[0][id] += count;
  }
  LOTSE_TRY(const FrictionReport report, friction_report(stays, FrictionQuery{}, threads));
  return map_input(journey, channels, report, stays, effects[0]);
}

std::span<const std::string_view> map_formats() {
  static constexpr std::array<std::string_view, 4> formats{"svg", "dot", "mermaid", "json"};
  return formats;
}

std::string map_in(std::string_view format, const MapInput& input) {
  if (format == "dot") return map_dot(input);
  if (format == "mermaid") return map_mermaid(input);
  if (format == "json") return map_json(input);
  return map_svg(input);
}

}  // namespace lotse
