#include "cli/report_risk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/report_command.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/publishing.hpp"
#include "engine/store/store.hpp"

namespace lotse::cli {
namespace {

/// Has conditions read the curves of what is reported, from now on. Opening a store for writing publishes
/// what is new in the workspace, which is not what was asked for.
Result<void> record(const Context& context, const Workspace& workspace, const StayTable& table) {
  const std::filesystem::path file = store_path(context, workspace);
  {
    LOTSE_TRY(const auto store, Store::open_for_reading(file));
    LOTSE_TRY(const auto published, store->published());
    LOTSE_TRY(const Publication publication, publication_of(workspace, published, {}, now()));
    if (!publication.unpublished.empty()) {
      const Journey& draft = *publication.unpublished.front().journey;
      return fail(ErrorCode::conflict,
                  fmt::format("version {} of `{}` is not published yet, and --record would publish it: "
                              "`lotse publish` first, which shows what it changes",
                              draft.version, draft.id));
    }
  }
  EngineOptions options;
  options.access = Access::write;
  LOTSE_TRY(const auto engine, Engine::open(workspace, file, options));
  const std::vector<JourneyRisk> risks{{.journey = table.journey, .curves = risk_steps(table)}};
  LOTSE_TRY(const std::vector<std::string> recorded, engine->record_risks(workspace, risks));
  const auto& journeys = engine->tracker().journeys();
  const bool read = std::ranges::any_of(journeys, [&](const JourneyVersions& versions) {
    return versions.versions.front()->id == table.journey && reads_risk(versions);
  });
  fmt::print(stderr, "{}{}\n",
             recorded.empty() ? "nothing to record: these curves are in force already"
                              : "recorded: from now on `risk` in conditions reads these curves",
             read ? "" : fmt::format("; no condition of `{}` reads it yet", table.journey));
  return {};
}

Result<std::string> make_risk(const Context& context, const Workspace& workspace,
                              const ReportOptions& options, bool recorded) {
  if (recorded && !options.request.as_of.empty())
    return fail(ErrorCode::bad_input, "--record is about what is known now: leave --as-of out");
  LOTSE_TRY(const RiskQuery query, risk_query(options.request, reading_of(workspace)));
  LOTSE_TRY(const OpenedStore opened, opened_for(context, workspace, options));
  LOTSE_TRY(const StaysInFlight stays,
            collect_in_flight(opened.engine->tracker().journeys(), opened.journey, workspace.channels,
                              opened.as_of, threads(), opened.each()));
  LOTSE_TRY(const RiskReport report, risk_report(stays, query, threads()));
  if (recorded) LOTSE_CHECK(record(context, workspace, stays.table));
  return risk_in(format_of(options), report, style_of(context, options));
}

}  // namespace

void register_report_risk(CLI::App& report, Context& context) {
  const auto options = std::make_shared<ReportOptions>();
  const auto recorded = std::make_shared<bool>(false);
  CLI::App& command = add_report_command(
      report, context, "risk", "Which customers who are still there will probably fall silent", options);
  command.add_option("--limit", options->request.limit, "Customers listed at most (default 50)")
      ->option_text("N");
  command
      .add_option("--least-risk", options->request.least_risk,
                  "Only customers with this risk and more, 0 to 1 (default 0)")
      ->option_text("P");
  command
      .add_option("--touchpoint", options->request.touchpoint, "Only customers at this one (default: all)")
      ->option_text("ID");
  command.add_flag(
      "--record", *recorded,
      "Have `risk` in conditions read these curves from now on; `lotse serve` does so every night");
  add_examples(
      command,
      "  lotse report risk broadband-onboarding\n"
      "  lotse report risk --touchpoint appointment --least-risk 0.4 --format csv -o rescue.csv\n"
      "\n"
      "The list names customers. docs/methods/risk.md has the formulas, and how the risks are judged.");
  command.callback([&context, options, recorded] {
    context.status =
        run_report(context, *options,
                   [recorded](const Context& in, const Workspace& workspace, const ReportOptions& asked) {
                     return make_risk(in, workspace, asked, *recorded);
                   });
  });
}

}  // namespace lotse::cli
