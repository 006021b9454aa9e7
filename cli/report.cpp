#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/report_command.hpp"
#include "cli/report_incidents.hpp"
#include "cli/report_risk.hpp"
#include "cli/report_scorecard.hpp"
#include "cli/report_trend.hpp"
#include "engine/friction/finding_states.hpp"
#include "engine/report/counted_map.hpp"
#include "engine/report/friction_html.hpp"

namespace lotse::cli {
namespace {

Result<std::string> friction_text(const Context& context, const Workspace& workspace,
                                  const ReportOptions& options) {
  LOTSE_TRY(const FrictionQuery query, friction_query(options.request, reading_of(workspace)));
  LOTSE_TRY(const OpenedStore opened, opened_for(context, workspace, options));
  const std::vector<JourneyVersions>& journeys = opened.engine->tracker().journeys();
  LOTSE_TRY(const StayTable table, collect_stays(journeys, opened.journey, workspace.channels, opened.as_of,
                                                 threads(), opened.each()));
  LOTSE_TRY(FrictionReport report, friction_report(table, query, threads()));
  LOTSE_TRY(auto standing, standing_of(context, workspace, options, opened));
  LOTSE_CHECK(add_states(report, table, query, std::move(standing), threads()));
  const std::string format = format_of(options);
  if (format != "html") return friction_in(format, report, style_of(context, options));
  LOTSE_TRY(const MapInput map,
            counted_map(*journeys[opened.journey].versions.back(), journeys, opened.journey,
                        workspace.channels, opened.as_of, threads(), opened.each()));
  return friction_html(report, map_svg(map));
}

Result<std::string> kpi_text(const Context& context, const Workspace& workspace,
                             const ReportOptions& options) {
  LOTSE_TRY(const KpiQuery query, kpi_query(options.request, reading_of(workspace)));
  LOTSE_TRY(const StayTable table, stays_of(context, workspace, options));
  LOTSE_TRY(const KpiReport report, kpi_report(table, query));
  return kpi_in(format_of(options), report, style_of(context, options));
}

Result<std::string> experiment_text(const Context& context, const Workspace& workspace,
                                    const ReportOptions& options) {
  LOTSE_TRY(const ExperimentQuery query, experiment_query(options.request, reading_of(workspace)));
  LOTSE_TRY(const OpenedStore opened, opened_for(context, workspace, options));
  LOTSE_TRY(const ExperimentTable table,
            collect_experiments(opened.engine->tracker().journeys(), opened.journey, opened.as_of, threads(),
                                opened.each()));
  LOTSE_TRY(const ExperimentReport report, experiment_report(table, query));
  return experiment_in(format_of(options), report, style_of(context, options));
}

}  // namespace

void register_report(CLI::App& app, Context& context) {
  CLI::App& report =
      *app.add_subcommand("report", "Where customers are lost, key figures, experiments, risk and alerts")
           ->group("Commands");
  report.set_help_flag("-h,--help", "Print this help");
  report.require_subcommand(1);
  report.footer("");  // the program's own is inherited

  const auto friction = std::make_shared<ReportOptions>();
  friction->pages = true;
  CLI::App& friction_command =
      add_report_command(report, context, "friction",
                         "Where customers fall off, leave unhappy or waste effort, beyond chance", friction);
  add_period(friction_command, friction);
  add_friction_options(friction_command, friction);
  friction_command.add_flag("--brief", friction->request.brief,
                            "Without where findings concentrate, what goes with them, words and timers");
  add_examples(
      friction_command,
      "  lotse report friction broadband-onboarding\n"
      "  lotse report friction --by channel --from -90d\n"
      "  lotse report friction --by region --where 'segments.plan == \"fibre\" && channel != \"store\"'\n"
      "  lotse report friction --format json -o friction.json\n"
      "  lotse report friction -o friction.html        (one file, with the map, to mail around)\n"
      "\n"
      "docs/reports.md explains every figure.");
  friction_command.callback(
      [&context, friction] { context.status = run_report(context, *friction, friction_text); });

  register_report_trend(report, context);

  const auto kpi = std::make_shared<ReportOptions>();
  CLI::App& kpi_command = add_report_command(
      report, context, "kpi", "NPS, CSAT, CES, churn and lifetime value; by stage and segment", kpi);
  add_period(kpi_command, kpi);
  kpi_command
      .add_option("--churn-after", kpi->request.churn_after,
                  "Silence that counts as churn (default: abandon_after)")
      ->option_text("DURATION");
  add_examples(kpi_command,
               "  lotse report kpi broadband-onboarding --from 2024-03-01 --to 2024-04-01\n"
               "  lotse report kpi --churn-after 180d --format csv");
  kpi_command.callback([&context, kpi] { context.status = run_report(context, *kpi, kpi_text); });

  register_report_scorecard(report, context);

  const auto experiment = std::make_shared<ReportOptions>();
  CLI::App& experiment_command = add_report_command(
      report, context, "experiment",
      "Which arm of a split achieves more, with intervals that bear looking often", experiment);
  add_period(experiment_command, experiment);
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
      [&context, experiment] { context.status = run_report(context, *experiment, experiment_text); });

  register_report_risk(report, context);
  register_report_incidents(report, context);
}

}  // namespace lotse::cli
