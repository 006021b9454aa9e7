#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/context.hpp"
#include "cli/stays.hpp"
#include "engine/report/report_request.hpp"

namespace lotse::cli {
namespace {

/// As typed.
struct Options {
  std::string journey;
  ReportRequest request;
  std::string format;
  std::filesystem::path output = "-";
};

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

Result<StayTable> stays_of(const Context& context, const Workspace& workspace, const std::string& journey,
                           std::optional<Instant> as_of) {
  LOTSE_TRY(const OpenedStore opened, open_events(context, workspace, journey, as_of));
  return collect_stays(opened.engine->tracker().journeys(), opened.journey, workspace.channels, opened.as_of,
                       threads(), opened.each());
}

TextStyle style_of(const Context& context, const Options& options) {
  return {.width = terminal_width(stdout), .color = options.output == "-" && use_color(context, stdout)};
}

Result<std::string> friction_text(const Context& context, const Workspace& workspace,
                                  const Options& options) {
  const ReportReading reading{.zone = zone_of(workspace), .now = now()};
  LOTSE_TRY(const FrictionQuery query, friction_query(options.request, reading));
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(options.request, reading));
  LOTSE_TRY(const StayTable table, stays_of(context, workspace, options.journey, as_of));
  LOTSE_TRY(const FrictionReport report, friction_report(table, query, threads()));
  const std::string format = report_format(options.format, options.output, {"json", "csv", "md"});
  return friction_in(format, report, style_of(context, options));
}

Result<std::string> kpi_text(const Context& context, const Workspace& workspace, const Options& options) {
  const ReportReading reading{.zone = zone_of(workspace), .now = now()};
  LOTSE_TRY(const KpiQuery query, kpi_query(options.request, reading));
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(options.request, reading));
  LOTSE_TRY(const StayTable table, stays_of(context, workspace, options.journey, as_of));
  LOTSE_TRY(const KpiReport report, kpi_report(table, query));
  const std::string format = report_format(options.format, options.output, {"json", "csv", "md"});
  return kpi_in(format, report, style_of(context, options));
}

Result<std::string> experiment_text(const Context& context, const Workspace& workspace,
                                    const Options& options) {
  const ReportReading reading{.zone = zone_of(workspace), .now = now()};
  LOTSE_TRY(const ExperimentQuery query, experiment_query(options.request, reading));
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(options.request, reading));
  LOTSE_TRY(const OpenedStore opened, open_events(context, workspace, options.journey, as_of));
  LOTSE_TRY(const ExperimentTable table,
            collect_experiments(opened.engine->tracker().journeys(), opened.journey, opened.as_of, threads(),
                                opened.each()));
  LOTSE_TRY(const ExperimentReport report, experiment_report(table, query));
  const std::string format = report_format(options.format, options.output, {"json", "csv", "md"});
  return experiment_in(format, report, style_of(context, options));
}

using MakeText = Result<std::string> (*)(const Context&, const Workspace&, const Options&);

Exit run(Context& context, const Options& options, MakeText make_text) {
  const std::optional<Workspace> workspace = open_workspace(context);
  if (!workspace) return context.status;
  const Result<std::string> text = make_text(context, *workspace, options);
  if (!text) return report(context, text.error());
  const Result<void> written = write_file(options.output, *text);
  return written ? Exit::ok : report(context, written.error());
}

CLI::App& add_report(CLI::App& parent, Context& context, const char* name, const char* description,
                     const std::shared_ptr<Options>& options) {
  CLI::App& command = add_command(parent, context, name, description);
  command.add_option("journey", options->journey, "Which journey (default: the workspace's only one)")
      ->option_text("JOURNEY");
  add_workspace_option(command, context);
  add_store_option(command, context);
  command
      .add_option("--from", options->request.from, "From this time on: 2024-03-01, 2024-03-01T09:00, -28d")
      ->option_text("TIME");
  command.add_option("--to", options->request.to, "Before this time")->option_text("TIME");
  command
      .add_option("--as-of", options->request.as_of,
                  "As of then, by all that is known today (default: the latest event)")
      ->option_text("TIME");
  command
      .add_option("--format", options->format,
                  "table, json, csv or md (default: as --output ends, else table)")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}));
  command.add_option("-o,--output", options->output, "File to write (default: standard output)")
      ->option_text("FILE");
  return command;
}

}  // namespace

void register_report(CLI::App& app, Context& context) {
  CLI::App& report = *app.add_subcommand("report", "Where customers are lost, key figures, and experiments")
                          ->group("Commands");
  report.set_help_flag("-h,--help", "Print this help");
  report.require_subcommand(1);
  report.footer("");  // the program's own is inherited

  const auto friction = std::make_shared<Options>();
  CLI::App& friction_command =
      add_report(report, context, "friction",
                 "Where customers fall off, leave unhappy or waste effort, beyond chance", friction);
  friction_command
      .add_option("--by", friction->request.by,
                  "Also by channel, by promise (kept, broken), or by a declared segment")
      ->option_text("CUT");
  friction_command
      .add_option("--where", friction->request.where, "Only stays for which this CEL condition holds")
      ->option_text("EXPR");
  friction_command
      .add_option("--q", friction->request.q,
                  "False discovery rate of the findings, 0.001 to 0.5 (default 0.1)")
      ->option_text("Q");
  add_examples(
      friction_command,
      "  lotse report friction broadband-onboarding\n"
      "  lotse report friction --by channel --from -90d\n"
      "  lotse report friction --by region --where 'segments.plan == \"fibre\" && channel != \"store\"'\n"
      "  lotse report friction --format json -o friction.json\n"
      "\n"
      "docs/reports.md explains every figure.");
  friction_command.callback(
      [&context, friction] { context.status = run(context, *friction, friction_text); });

  const auto kpi = std::make_shared<Options>();
  CLI::App& kpi_command = add_report(report, context, "kpi",
                                     "NPS, CSAT, CES, churn and lifetime value; by stage and segment", kpi);
  kpi_command
      .add_option("--churn-after", kpi->request.churn_after,
                  "Silence that counts as churn (default: abandon_after)")
      ->option_text("DURATION");
  add_examples(kpi_command,
               "  lotse report kpi broadband-onboarding --from 2024-03-01 --to 2024-04-01\n"
               "  lotse report kpi --churn-after 180d --format csv");
  kpi_command.callback([&context, kpi] { context.status = run(context, *kpi, kpi_text); });

  const auto experiment = std::make_shared<Options>();
  CLI::App& experiment_command =
      add_report(report, context, "experiment",
                 "Which arm of a split achieves more, with intervals that bear looking often", experiment);
  experiment_command.add_option("--split", experiment->request.split, "Only this split (default: all)")
      ->option_text("NAME");
  experiment_command
      .add_option("--mature", experiment->request.mature,
                  "Only customers assigned so long ago, and goals reached within that time: 14d")
      ->option_text("DURATION");
  add_examples(experiment_command,
               "  lotse report experiment broadband-onboarding\n"
               "  lotse report experiment --split nudge-test --mature 14d --format md -o nudge-test.md\n"
               "\n"
               "--from and --to are about when customers were assigned. docs/methods/experiments.md has the "
               "formulas.");
  experiment_command.callback(
      [&context, experiment] { context.status = run(context, *experiment, experiment_text); });
}

}  // namespace lotse::cli
