#include "cli/customer.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "engine/report/customer.hpp"

namespace lotse::cli {
namespace {

struct Options {
  AskedCustomer asked;
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
  LOTSE_TRY(FoundCustomer found, find_customer(workspace, engine, options.asked));
  TraceList trace;
  CustomerReport made;
  made.state =
      engine.tracker().derive(found.view.state.customer, found.view.events, found.moment.as_of, &trace);
  made.consents = consents_of(found.view.events);
  made.identifiers = std::move(found.view.identifiers);
  made.trace = trace.take();
  made.journeys = &engine.tracker().journeys();
  made.as_of = found.moment.as_of;
  made.zone = zone_of(workspace);
  made.sensitive = options.sensitive;
  return made;
}

Exit run(Context& context, const Options& options) {
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const auto engine = open_to_read(context, *workspace);
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

Result<std::unique_ptr<Engine>> open_to_read(const Context& context, const Workspace& workspace) {
  EngineOptions options;
  options.access = Access::read;
  return Engine::open(workspace, store_path(context, workspace), options);
}

Result<FoundCustomer> find_customer(const Workspace& workspace, Engine& engine, const AskedCustomer& asked) {
  const Zone zone = zone_of(workspace);
  FoundCustomer found;
  found.moment.as_of = engine.last_event_time().value_or(now());
  if (!asked.as_of.empty()) {
    LOTSE_TRY(found.moment.as_of, read_instant(asked.as_of, zone));
  }
  if (!asked.known_at.empty()) {
    LOTSE_TRY(found.moment.known_at, read_instant(asked.known_at, zone));
  }
  LOTSE_TRY(const Identifier identifier, identifier_of(engine, asked.id));
  LOTSE_TRY(std::optional<CustomerView> view, engine.customer(identifier, found.moment));
  if (!view) {
    return fail(ErrorCode::not_found,
                fmt::format("{}:{} was not known by then", identifier.name_space, identifier.value));
  }
  found.view = *std::move(view);
  return found;
}

void add_moment_options(CLI::App& command, AskedCustomer& asked) {
  command
      .add_option("--as-of", asked.as_of,
                  "What had happened by then, as known today (default: the latest event)")
      ->option_text("TIME");
  command.add_option("--known-at", asked.known_at, "Only what had arrived by then: for audits")
      ->option_text("TIME");
}

void register_customer(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "customer", "Where a customer stands, why, and what comes next");
  const auto options = std::make_shared<Options>();
  command.add_option("id", options->asked.id, "An identifier: user_id:4711, or only 4711")
      ->option_text("ID")
      ->required();
  add_workspace_option(command, context);
  add_store_option(command, context);
  add_moment_options(command, options->asked);
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
