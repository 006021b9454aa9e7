#include "cli/report_scorecard.hpp"

#include <memory>
#include <string>

#include "cli/report_command.hpp"

namespace lotse::cli {
namespace {

Result<std::string> scorecard_text(const Context& context, const Workspace& workspace,
                                   const ReportOptions& options) {
  LOTSE_TRY(const ScorecardQuery query, scorecard_query(options.request, reading_of(workspace)));
  LOTSE_TRY(const OpenedStore opened, opened_for(context, workspace, options));
  LOTSE_TRY(const StayTable table, collect_stays(opened.engine->tracker().journeys(), opened.journey,
                                                 workspace.channels, opened.as_of, threads(), opened.each()));
  const JourneyVersions& versions = opened.engine->tracker().journeys()[opened.journey];
  LOTSE_TRY(const Scorecard card,
            scorecard(table, handover_costs(table, versions, workspace.channels), query));
  return scorecard_in(format_of(options), card, style_of(context, options));
}

}  // namespace

void register_report_scorecard(CLI::App& report, Context& context) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App& command = add_report_command(
      report, context, "scorecard",
      "What customers met beside what it was worth, on one page; by stage and segment", options);
  add_period(command, options);
  command
      .add_option("--by", options->request.by, "Rows of this declared segment only (default: of every one)")
      ->option_text("SEGMENT");
  command
      .add_option("--churn-after", options->request.churn_after,
                  "Silence that counts as churn (default: abandon_after)")
      ->option_text("DURATION");
  add_examples(command,
               "  lotse report scorecard broadband-onboarding\n"
               "  lotse report scorecard --by plan --from 2024-03-01 --to 2024-04-01\n"
               "  lotse report scorecard --format md -o scorecard.md\n"
               "\n"
               "--from and --to are about when journeys were opened and answers given (default: all). "
               "docs/methods/scorecard.md has the formulas.");
  command.callback([&context, options] { context.status = run_report(context, *options, scorecard_text); });
}

}  // namespace lotse::cli
