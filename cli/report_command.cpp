#include "cli/report_command.hpp"

#include <optional>
#include <string>
#include <vector>

#include "engine/store/store.hpp"

namespace lotse::cli {

ReportReading reading_of(const Workspace& workspace) { return {.zone = zone_of(workspace), .now = now()}; }

TextStyle style_of(const Context& context, const ReportOptions& options) {
  return {.width = terminal_width(stdout), .color = options.output == "-" && use_color(context, stdout)};
}

std::string format_of(const ReportOptions& options) {
  return options.pages ? report_format(options.format, options.output, {"json", "csv", "md", "html"})
                       : report_format(options.format, options.output, {"json", "csv", "md"});
}

Result<OpenedStore> opened_for(const Context& context, const Workspace& workspace,
                               const ReportOptions& options) {
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(options.request, reading_of(workspace)));
  return open_events(context, workspace, options.journey, as_of);
}

Result<StayTable> stays_of(const Context& context, const Workspace& workspace, const ReportOptions& options) {
  LOTSE_TRY(const OpenedStore opened, opened_for(context, workspace, options));
  return collect_stays(opened.engine->tracker().journeys(), opened.journey, workspace.channels, opened.as_of,
                       threads(), opened.each());
}

Result<std::vector<FindingChange>> standing_of(const Context& context, const Workspace& workspace,
                                               const ReportOptions& options, const OpenedStore& opened) {
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(options.request, reading_of(workspace)));
  LOTSE_TRY(const auto store, Store::open_for_reading(store_path(context, workspace)));
  const JourneyVersions& versions = opened.engine->tracker().journeys()[opened.journey];
  return store->standing_findings(versions.versions.front()->id, as_of);
}

Exit run_report(Context& context, const ReportOptions& options, const MakeReport& make) {
  const std::optional<Workspace> workspace = open_workspace(context);
  if (!workspace) return context.status;
  const Result<std::string> text = make(context, *workspace, options);
  if (!text) return report(context, text.error());
  const Result<void> written = write_file(options.output, *text);
  return written ? Exit::ok : report(context, written.error());
}

CLI::App& add_report_command(CLI::App& parent, Context& context, const char* name, const char* description,
                             const std::shared_ptr<ReportOptions>& options) {
  CLI::App& command = add_command(parent, context, name, description);
  command.add_option("journey", options->journey, "Which journey (default: the workspace's only one)")
      ->option_text("JOURNEY");
  add_report_options(command, context, options);
  return command;
}

void add_report_options(CLI::App& command, Context& context, const std::shared_ptr<ReportOptions>& options) {
  add_workspace_option(command, context);
  add_store_option(command, context);
  command
      .add_option("--as-of", options->request.as_of,
                  "As of then, by all that is known today (default: the latest event)")
      ->option_text("TIME");
  std::vector<std::string> formats{"table", "json", "csv", "md"};
  if (options->pages) formats.emplace_back("html");
  command
      .add_option("--format", options->format,
                  options->pages ? "table, json, csv, md or html (default: as --output ends, else table)"
                                 : "table, json, csv or md (default: as --output ends, else table)")
      ->option_text("FORMAT")
      ->check(CLI::IsMember(formats));
  command.add_option("-o,--output", options->output, "File to write (default: standard output)")
      ->option_text("FILE");
}

void add_period(CLI::App& command, const std::shared_ptr<ReportOptions>& options) {
  command
      .add_option("--from", options->request.from, "From this time on: 2024-03-01, 2024-03-01T09:00, -28d")
      ->option_text("TIME");
  command.add_option("--to", options->request.to, "Before this time")->option_text("TIME");
}

void add_friction_options(CLI::App& command, const std::shared_ptr<ReportOptions>& options) {
  command
      .add_option("--by", options->request.by,
                  "Also by channel, by promise (kept, broken), or by a declared segment")
      ->option_text("CUT");
  command.add_option("--where", options->request.where, "Only stays for which this CEL condition holds")
      ->option_text("EXPR");
  command
      .add_option("--q", options->request.q,
                  "False discovery rate of the findings, 0.001 to 0.5 (default 0.1)")
      ->option_text("Q");
  command
      .add_option("--baseline", options->request.baseline,
                  "Against what: auto (target, else history, else peers), target, history or peers")
      ->option_text("BASELINE")
      ->check(CLI::IsMember({"auto", "target", "history", "peers"}));
  command
      .add_option("--history", options->request.history,
                  "How long before --from history begins (default 28d)")
      ->option_text("DURATION");
}

}  // namespace lotse::cli
