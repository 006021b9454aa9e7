#include "engine/report/why.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/customer.hpp"

namespace lotse::cli {
namespace {

struct Options {
  AskedCustomer asked;
  std::string touchpoint;
  std::string journey;
  std::string format = "text";
  bool sensitive = false;
};

Result<WhyAnswer> answer_of(const Workspace& workspace, Engine& engine, const Options& options) {
  LOTSE_TRY(const FoundCustomer found, find_customer(workspace, engine, options.asked));
  return why({.tracker = &engine.tracker(),
              .customer = found.view.state.customer,
              .events = found.view.events,
              .journey = options.journey,
              .touchpoint = options.touchpoint,
              .as_of = found.moment.as_of,
              .zone = zone_of(workspace),
              .sensitive = options.sensitive});
}

Exit run(Context& context, const Options& options) {
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const auto engine = open_to_read(context, *workspace);
  if (!engine) return report(context, engine.error());
  const Result<WhyAnswer> answer = answer_of(*workspace, **engine, options);
  if (!answer) return report(context, answer.error());
  if (options.format == "json") {
    fmt::print("{}", why_json(*answer));
  } else {
    fmt::print("{}",
               why_text(*answer, {.width = terminal_width(stdout), .color = use_color(context, stdout)}));
  }
  return Exit::ok;
}

}  // namespace

void register_why(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "why", "Why a customer got a message, a task or a place, or did not");
  const auto options = std::make_shared<Options>();
  command.add_option("customer", options->asked.id, "An identifier: user_id:4711, or only 4711")
      ->option_text("CUSTOMER")
      ->required();
  command.add_option("touchpoint", options->touchpoint, "The touchpoint's id")
      ->option_text("TOUCHPOINT")
      ->required();
  command
      .add_option("--journey", options->journey,
                  "Which journey (default: the only one that has the touchpoint)")
      ->option_text("JOURNEY");
  add_workspace_option(command, context);
  add_store_option(command, context);
  add_moment_options(command, options->asked);
  command.add_flag("--sensitive", options->sensitive, "Show sensitive values, which are masked otherwise");
  command.add_option("--format", options->format, "text (default) or json")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  add_examples(command,
               "  lotse why user_id:u000042 reminder -w journeys/broadband --store demo.lotse\n"
               "  lotse why u000042 reminder --as-of 2024-02-01 --format json\n"
               "\n"
               "docs/why.md explains the answers.");
  command.callback([&context, options] { context.status = run(context, *options); });
}

}  // namespace lotse::cli
