#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "cli/context.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/report/map_input.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::cli {
namespace {

EngineOptions read_only() {
  EngineOptions options;
  options.access = Access::read;
  return options;
}

struct Options {
  std::string journey;
  std::string format = "svg";
  std::filesystem::path output = "-";
  std::string as_of;
  bool deviations = false;
  bool no_counts = false;
};

/// What one thread has seen of its part of the customers.
struct Part {
  StayTableBuilder stays;
  EffectCounts effects;
};

void count_effects(const JourneyVersions& versions, const JourneyState& state, Instant as_of,
                   EffectCounts& counts) {
  for (const Effect& effect : state.effects) {
    if (effect.due > as_of) continue;
    const Instance& instance = at(state.instances, effect.instance);
    const Journey& journey = *at(versions.versions, instance.version);
    ++counts[at(journey.touchpoints, effect.touchpoint).id];
  }
}

/// The map with what the store knows of the journey.
Result<MapInput> counted(const Workspace& workspace, const std::filesystem::path& store,
                         const Journey& journey, std::optional<Instant> as_of) {
  LOTSE_TRY(const std::unique_ptr<Engine> engine, Engine::open(workspace, store, read_only()));
  if (!as_of) as_of = engine->last_event_time();
  if (!as_of) return map_input(journey, workspace.channels);
  const std::vector<JourneyVersions>& journeys = engine->tracker().journeys();
  const auto found = std::ranges::find_if(
      journeys, [&](const JourneyVersions& versions) { return versions.versions.front()->id == journey.id; });
  if (found == journeys.end()) return map_input(journey, workspace.channels);
  const auto index = static_cast<std::size_t>(found - journeys.begin());

  const std::uint32_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<Part> parts;
  for (std::uint32_t part = 0; part < threads; ++part) {
    parts.push_back({.stays = StayTableBuilder(*found, workspace.channels, *as_of), .effects = {}});
  }
  LOTSE_CHECK(
      engine->for_each_state({.as_of = *as_of}, threads, [&](std::uint32_t part, const CustomerState& state) {
        parts[part].stays.add(state.journeys[index]);
        count_effects(*found, state.journeys[index], *as_of, parts[part].effects);
      }));
  for (std::uint32_t part = 1; part < threads; ++part) {
    parts[0].stays.append(std::move(parts[part].stays));
    for (const auto& [id, count] : parts[part].effects) parts[0].effects[id] += count;
  }
  const StayTable stays = std::move(parts[0].stays).finish();
  LOTSE_TRY(const FrictionReport report, friction_report(stays, FrictionQuery{}, threads));
  return map_input(journey, workspace.channels, report, stays, parts[0].effects);
}

Result<MapInput> input_of(const Context& context, const Workspace& workspace, const Journey& journey,
                          const Options& options) {
  std::optional<Instant> as_of;
  if (!options.as_of.empty()) {
    LOTSE_TRY(as_of, read_instant(options.as_of, zone_of(workspace)));
  }
  const std::filesystem::path store = store_path(context, workspace);
  std::error_code ignored;
  const bool there = context.store || std::filesystem::exists(store, ignored);
  if (options.no_counts || !there) return map_input(journey, workspace.channels);
  return counted(workspace, store, journey, as_of);
}

Exit run(Context& context, const Options& options) {
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const Result<std::size_t> index = find_journey(*workspace, options.journey);
  if (!index) return report(context, index.error());
  const Journey& journey = *workspace->journeys[*index].versions.back();
  Result<MapInput> input = input_of(context, *workspace, journey, options);
  if (!input) return report(context, input.error());
  input->deviations = options.deviations;
  const std::string text = options.format == "dot"       ? map_dot(*input)
                           : options.format == "mermaid" ? map_mermaid(*input)
                                                         : map_svg(*input);
  const Result<void> written = write_file(options.output, text);
  return written ? Exit::ok : report(context, written.error());
}

}  // namespace

void register_map(CLI::App& app, Context& context) {
  CLI::App& command = add_command(app, context, "map", "Draw a journey, with what happened on it");
  const auto options = std::make_shared<Options>();
  command.add_option("journey", options->journey, "Which journey (default: the workspace's only one)")
      ->option_text("JOURNEY");
  add_workspace_option(command, context);
  add_store_option(command, context);
  command.add_option("--format", options->format, "svg (default), dot or mermaid")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"svg", "dot", "mermaid"}));
  command.add_option("-o,--output", options->output, "File to write (default: standard output)")
      ->option_text("FILE");
  command.add_option("--as-of", options->as_of, "Counts as of this time (default: the latest event)")
      ->option_text("TIME");
  command.add_flag("--deviations", options->deviations, "Draw what went off the declared paths too, dashed");
  command.add_flag("--no-counts", options->no_counts, "The journey as declared, even where there is a store");
  add_examples(
      command,
      "  lotse map broadband-onboarding -w journeys/broadband --no-counts > map.svg\n"
      "  lotse map -w journeys/broadband --store demo.lotse --deviations -o map.svg\n"
      "  lotse map -w journeys/broadband --format mermaid\n"
      "\n"
      "Stages are columns, channels lanes, touchpoints cards; a curve is as wide as many went; colours say "
      "how\n"
      "many fell silent and how much feedback is negative. Counts come from the store, where there is one.");
  command.callback([&context, options] { context.status = run(context, *options); });
}

}  // namespace lotse::cli
