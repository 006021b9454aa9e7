#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/report_command.hpp"
#include "engine/friction/finding_states.hpp"
#include "engine/report/explanation_text.hpp"

namespace lotse::cli {
namespace {

struct Options : ReportOptions {
  std::string finding;
  std::uint64_t customers = 50;
};

Result<std::string> explanation_text(const Context& context, const Workspace& workspace,
                                     const Options& options) {
  LOTSE_TRY(FrictionQuery query, friction_query(options.request, reading_of(workspace)));
  query.details = false;  // an explanation is of the figures
  LOTSE_TRY(const OpenedStore opened, opened_for(context, workspace, options));
  LOTSE_TRY(const StayTable table,
            collect_stays(opened.engine->tracker().journeys(), opened.journey, workspace.channels,
                          opened.as_of, threads(), opened.each(), nullptr, Names::kept));
  LOTSE_TRY(Explanation explanation, explain(table, query, options.finding, threads()));
  LOTSE_TRY(auto standing, standing_of(context, workspace, options, opened));
  LOTSE_CHECK(add_states(explanation.report, table, query, std::move(standing), threads()));
  return explanation_in(format_of(options), explanation,
                        {.customers = table.names, .most = options.customers}, style_of(context, options));
}

}  // namespace

void register_explain(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      add_command(app, context, "explain", "All that a finding of the friction report rests on");
  command
      .add_option("finding", options->finding,
                  "Its id, as `lotse report friction --format json` has it: drop_off:appointment")
      ->option_text("FINDING")
      ->required();
  command.add_option("--journey", options->journey, "Which journey (default: the workspace's only one)")
      ->option_text("JOURNEY");
  add_report_options(command, context, options);
  add_period(command, options);
  add_friction_options(command, options);
  command.add_option("--customers", options->customers, "Cases listed at most in a table (default 50)")
      ->option_text("N");
  add_examples(
      command,
      "  lotse explain drop_off:appointment\n"
      "  lotse explain negative_feedback:visit:north --by region --from -90d\n"
      "  lotse explain drop_off:appointment --format csv -o lost.csv\n"
      "\n"
      "Say --by, --from, --to, --where, --q, --baseline and --history as for the report that has the "
      "finding.");
  command.callback([&context, options] {
    const auto make = [&](const Context&, const Workspace& workspace, const ReportOptions&) {
      return explanation_text(context, workspace, *options);
    };
    context.status = run_report(context, *options, make);
  });
}

}  // namespace lotse::cli
