#include "cli/stays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/runtime/engine.hpp"

namespace lotse::cli {

std::uint32_t threads() { return std::max(1U, std::thread::hardware_concurrency()); }

Result<std::optional<StayTable>> load_stays(const Workspace& workspace, const std::filesystem::path& store,
                                            const std::string& journey, std::optional<Instant> as_of,
                                            const VisitState& visit) {
  EngineOptions options;
  options.access = Access::read;
  LOTSE_TRY(const std::unique_ptr<Engine> engine, Engine::open(workspace, store, options));
  if (!as_of) as_of = engine->last_event_time();
  const std::vector<JourneyVersions>& journeys = engine->tracker().journeys();
  const auto found = std::ranges::find_if(
      journeys, [&](const JourneyVersions& versions) { return versions.versions.front()->id == journey; });
  if (!as_of) return std::optional<StayTable>();
  if (found == journeys.end()) {
    return fail(ErrorCode::not_found, fmt::format("the store does not know `{}`", journey));
  }
  const auto index = static_cast<std::size_t>(found - journeys.begin());

  std::vector<StayTableBuilder> builders;
  for (std::uint32_t thread = 0; thread < threads(); ++thread) {
    builders.emplace_back(*found, workspace.channels, *as_of);
  }
  LOTSE_CHECK(engine->for_each_state({.as_of = *as_of}, threads(),
                                     [&](std::uint32_t thread, const CustomerState& state) {
                                       builders[thread].add(state.journeys[index]);
                                       if (visit) visit(thread, *found, state.journeys[index], *as_of);
                                     }));
  for (std::uint32_t thread = 1; thread < threads(); ++thread)
    builders[0].append(std::move(builders[thread]));
  return std::optional(std::move(builders[0]).finish());
}

}  // namespace lotse::cli
