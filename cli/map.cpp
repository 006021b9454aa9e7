#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/context.hpp"
#include "cli/stays.hpp"
#include "engine/report/counted_map.hpp"

namespace lotse::cli {
namespace {

struct Options {
  std::string journey;
  std::string format;  ///< empty: as the output's name says
  std::filesystem::path output = "-";
  std::string as_of;
  bool deviations = false;
  bool no_counts = false;
};

/// The map with what the store knows of the journey.
Result<MapInput> counted(const Workspace& workspace, const std::filesystem::path& store,
                         const Journey& journey, std::optional<Instant> as_of) {
  LOTSE_TRY(const std::optional<OpenedStore> opened, open_store(workspace, store, journey.id, as_of));
  if (!opened) return map_input(journey, workspace.channels);
  return counted_map(journey, opened->engine->tracker().journeys(), opened->journey, workspace.channels,
                     opened->as_of, threads(), opened->each());
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

/// svg, dot, mermaid or json: `--format`, else by the end of the output's name; svg where that has none.
Result<std::string> format_of(const Options& options) {
  if (!options.format.empty()) return options.format;
  const std::string extension = options.output.extension().string();
  if (extension.empty() || extension == ".svg") return "svg";
  if (extension == ".dot" || extension == ".gv") return "dot";
  if (extension == ".mmd" || extension == ".mermaid") return "mermaid";
  if (extension == ".json") return "json";
  return fail(
      ErrorCode::bad_input,
      fmt::format("cannot draw `{}`: a map is .svg, .dot or .gv (Graphviz), .mmd or .mermaid, .json; for "
                  "another name --format says which",
                  options.output.string()));
}

Exit run(Context& context, const Options& options) {
  const Result<std::string> format = format_of(options);
  if (!format) return report(context, format.error());
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const Result<std::size_t> index = find_journey(*workspace, options.journey);
  if (!index) return report(context, index.error());
  const Journey& journey = *workspace->journeys[*index].versions.back();
  Result<MapInput> input = input_of(context, *workspace, journey, options);
  if (!input) return report(context, input.error());
  input->deviations = options.deviations;
  const Result<void> written = write_file(options.output, map_in(*format, *input));
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
  command
      .add_option("--format", options->format,
                  "svg, dot, mermaid or json (default: by the name of --output, else svg)")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"svg", "dot", "mermaid", "json"}));
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
