#include "cli/stays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace lotse::cli {

std::uint32_t threads() { return std::max(1U, std::thread::hardware_concurrency()); }

EachState OpenedStore::each() const {
  return [this](const auto& take) { return engine->for_each_state({.as_of = as_of}, threads(), take); };
}

Result<std::optional<OpenedStore>> open_store(const Workspace& workspace, const std::filesystem::path& store,
                                              const std::string& journey, std::optional<Instant> as_of) {
  EngineOptions options;
  options.access = Access::read;
  OpenedStore opened;
  LOTSE_TRY(opened.engine, Engine::open(workspace, store, options));
  if (!as_of) as_of = opened.engine->last_event_time();
  if (!as_of) return std::optional<OpenedStore>();
  const std::vector<JourneyVersions>& journeys = opened.engine->tracker().journeys();
  const auto found = std::ranges::find_if(
      journeys, [&](const JourneyVersions& versions) { return versions.versions.front()->id == journey; });
  if (found == journeys.end()) {
    return fail(ErrorCode::not_found, fmt::format("the store does not know `{}`", journey));
  }
  opened.journey = static_cast<std::size_t>(found - journeys.begin());
  opened.as_of = *as_of;
  return std::optional(std::move(opened));
}

Result<OpenedStore> open_events(const Context& context, const Workspace& workspace,
                                const std::string& journey, std::optional<Instant> as_of) {
  LOTSE_TRY(const std::size_t wanted, find_journey(workspace, journey));
  const std::filesystem::path store = store_path(context, workspace);
  const std::string& id = workspace.journeys[wanted].versions.front()->id;
  LOTSE_TRY(std::optional<OpenedStore> opened, open_store(workspace, store, id, as_of));
  if (opened) return *std::move(opened);
  return fail(ErrorCode::not_found,
              fmt::format("{} has no events yet: `lotse ingest FILE` brings some in", store.string()));
}

}  // namespace lotse::cli
