#include "cli/report_incidents.hpp"

#include <memory>
#include <string>
#include <vector>

#include "cli/report_command.hpp"
#include "engine/friction/collect_incidents.hpp"

namespace lotse::cli {
namespace {

Result<std::string> incidents_text(const Context& context, const Workspace& workspace,
                                   const ReportOptions& options) {
  LOTSE_TRY(const OpenedStore opened, opened_for(context, workspace, options));
  LOTSE_TRY(const std::vector<Incidents> all,
            collect_incidents(opened.engine->tracker().journeys(), workspace.channels, opened.as_of,
                              threads(), opened.each(), [](StayTable&, const JourneyVersions&) {}));
  return incidents_in(format_of(options), all[opened.journey], style_of(context, options));
}

}  // namespace

void register_report_incidents(CLI::App& report, Context& context) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App& command = add_report_command(
      report, context, "incidents", "What has got worse, since when, and what is watched for it", options);
  add_examples(command,
               "  lotse report incidents broadband-onboarding\n"
               "  lotse report incidents --as-of now --format json\n"
               "\n"
               "`lotse serve` watches by itself and tells the owner. docs/methods/alerts.md has the rules.");
  command.callback([&context, options] { context.status = run_report(context, *options, incidents_text); });
}

}  // namespace lotse::cli
