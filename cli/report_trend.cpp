#include "cli/report_trend.hpp"

#include <memory>
#include <string>

#include "cli/report_command.hpp"

namespace lotse::cli {
namespace {

Result<std::string> trend_text(const Context& context, const Workspace& workspace,
                               const ReportOptions& options) {
  LOTSE_TRY(const TrendQuery query, trend_query(options.request, reading_of(workspace)));
  LOTSE_TRY(const StayTable table, stays_of(context, workspace, options));
  LOTSE_TRY(const TrendReport report, trend_report(table, query, threads()));
  return trend_in(format_of(options), report, style_of(context, options));
}

}  // namespace

void register_report_trend(CLI::App& report, Context& context) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App& command =
      add_report_command(report, context, "trend",
                         "One signal of one touchpoint, week by week or in steps of another length", options);
  command.add_option("--touchpoint", options->request.touchpoint, "The one to look at")
      ->option_text("ID")
      ->required();
  command
      .add_option("--signal", options->request.signal,
                  "drop_off (default), negative_feedback, broken_promise, escalation, forced_hop, repeat or "
                  "lost_context")
      ->option_text("SIGNAL");
  command.add_option("--step", options->request.step, "How long a period is (default 7d)")
      ->option_text("DURATION");
  add_period(command, options);
  command.add_option("--where", options->request.where, "Only stays for which this condition holds (CEL)")
      ->option_text("CONDITION");
  add_examples(command,
               "  lotse report trend broadband-onboarding --touchpoint appointment\n"
               "  lotse report trend --touchpoint visit --signal broken_promise --step 1d --from -30d\n"
               "  lotse report trend --touchpoint order --where 'channel == \"web\"' --format csv\n"
               "\n"
               "Without --from it is the last eight steps. Each rate is that of `lotse report friction` with "
               "the period's --from and --to.");
  command.callback([&context, options] { context.status = run_report(context, *options, trend_text); });
}

}  // namespace lotse::cli
