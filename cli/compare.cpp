#include "cli/compare.hpp"

#include <memory>
#include <string>

#include "cli/report_command.hpp"

namespace lotse::cli {
namespace {

Result<std::string> comparison_text(const Context& context, const Workspace& workspace,
                                    const ReportOptions& options) {
  LOTSE_TRY(const ComparisonQuery query, comparison_query(options.request, reading_of(workspace)));
  LOTSE_TRY(const StayTable table, stays_of(context, workspace, options));
  LOTSE_TRY(const ComparisonReport report, comparison_report(table, query, threads()));
  return comparison_in(format_of(options), report, style_of(context, options));
}

}  // namespace

void register_compare(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App& command = add_report_command(
      app, context, "compare", "What changed between two periods or two versions of a journey", options);
  const auto text = [&](const char* name, std::string& value, const char* about, const char* word) {
    command.add_option(name, value, about)->option_text(word);
  };
  ReportRequest& request = options->request;
  text("--from", request.from, "Now: stays entered from this time on (default: 28 days before --to)", "TIME");
  text("--to", request.to, "… and before this one (default: as of when)", "TIME");
  text("--against-from", request.against_from,
       "Before: stays entered from this time on (default: as long as now)", "TIME");
  text("--against-to", request.against_to, "… and before this one (default: when now begins)", "TIME");
  text("--versions", request.versions, "Compare versions instead: before and now, such as 2,3", "V,W");
  text("--q", request.q, "False discovery rate of the changes, 0.001 to 0.5 (default 0.1)", "Q");
  add_examples(command,
               "  lotse compare broadband-onboarding\n"
               "  lotse compare --from 2024-03-01 --to 2024-04-01\n"
               "  lotse compare --from 2024-03-01 --to 2024-04-01 --against-from 2023-03-01 --against-to "
               "2023-04-01\n"
               "  lotse compare --versions 2,3 --format md -o change.md\n"
               "\n"
               "docs/reports.md explains every figure, docs/methods/comparison.md the formulas.");
  command.callback([&context, options] { context.status = run_report(context, *options, comparison_text); });
}

}  // namespace lotse::cli
