#include "engine/report/customer.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::cli {
namespace {

EngineOptions read_only() {
  EngineOptions options;
  options.access = Access::read;
  return options;
}

struct Options {
  std::string id;
  std::string as_of;
  std::string known_at;
  std::string format = "text";
  bool sensitive = false;
};

/// The identifier that is meant: `namespace:value`, or a value that names one customer in some namespace.
Result<Identifier> identifier_of(const Engine& engine, const std::string& id) {
  const std::vector<Identifier> found = engine.find_identifiers(id);
  if (found.empty()) return fail(ErrorCode::not_found, fmt::format("nobody is known as `{}`", id));
  return found.front();
}

Result<CustomerReport> report_of(const Workspace& workspace, Engine& engine, const Options& options) {
  const Zone zone = zone_of(workspace);
  Moment moment;
  moment.as_of = engine.last_event_time().value_or(now());
  if (!options.as_of.empty()) {
    LOTSE_TRY(moment.as_of, read_instant(options.as_of, zone));
  }
  if (!options.known_at.empty()) {
    LOTSE_TRY(moment.known_at, read_instant(options.known_at, zone));
  }
  LOTSE_TRY(const Identifier identifier, identifier_of(engine, options.id));
  LOTSE_TRY(std::optional<CustomerView> view, engine.customer(identifier, moment));
  if (!view) {
    return fail(ErrorCode::not_found,
                fmt::format("{}:{} was not known by then", identifier.name_space, identifier.value));
  }
  TraceList trace;
  CustomerReport made;
  made.state = engine.tracker().derive(view->state.customer, view->events, moment.as_of, &trace);
  made.consents = consents_of(view->events);
  made.identifiers = std::move(view->identifiers);
  made.trace = trace.take();
  made.journeys = &engine.tracker().journeys();
  made.as_of = moment.as_of;
  made.zone = zone;
  made.sensitive = options.sensitive;
  return made;
}

Exit run(Context& context, const Options& options) {
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const auto engine = Engine::open(*workspace, store_path(context, *workspace), read_only());
  if (!engine) return report(context, engine.error());
  const Result<CustomerReport> found = report_of(*workspace, **engine, options);
  if (!found) return report(context, found.error());
  if (options.format == "json") {
    fmt::print("{}\n", customer_json(*found));
  } else {
    fmt::print("{}",
               customer_text(*found, {.width = terminal_width(stdout), .color = use_color(context, stdout)}));
  }
  return Exit::ok;
}

}  // namespace

void register_customer(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "customer", "Where a customer stands, why, and what comes next");
  const auto options = std::make_shared<Options>();
  command.add_option("id", options->id, "An identifier: user_id:4711, or only 4711")
      ->option_text("ID")
      ->required();
  add_workspace_option(command, context);
  add_store_option(command, context);
  command
      .add_option("--as-of", options->as_of,
                  "What had happened by then, as known today (default: the latest event)")
      ->option_text("TIME");
  command.add_option("--known-at", options->known_at, "Only what had arrived by then: for audits")
      ->option_text("TIME");
  command.add_flag("--sensitive", options->sensitive, "Show sensitive context, which is masked otherwise");
  command.add_option("--format", options->format, "text (default) or json")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  add_examples(
      command,
      "  lotse customer user_id:u000042 -w journeys/broadband --store demo.lotse\n"
      "  lotse customer u000042 --as-of 2024-02-01 --format json\n"
      "\n"
      "Times: a day, 2024-02-01T09:00 in the workspace's zone, RFC 3339 with an offset, now, or -7d.");
  command.callback([&context, options] { context.status = run(context, *options); });
}

}  // namespace lotse::cli
