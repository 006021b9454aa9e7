#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/compare.hpp"
#include "cli/completion/completion.hpp"
#include "cli/context.hpp"
#include "cli/finding.hpp"
#include "cli/help.hpp"
#include "cli/rights.hpp"
#include "cli/serve.hpp"

namespace lotse::cli {
namespace {

constexpr std::string_view kExamples =
    "  lotse new shop                                           a workspace to begin with\n"
    "  lotse check journeys/broadband                           every mistake, with its place\n"
    "  lotse map broadband-onboarding -w journeys/broadband -o map.svg\n"
    "  lotse simulate journeys/broadband --customers 10000 --seed 1 --output events.ndjson\n"
    "  lotse discover --events events.ndjson                    a journey proposed from a log\n"
    "  lotse backtest new.yaml --events events.ndjson --against old.yaml   who would fare differently\n"
    "  lotse ingest events.ndjson -w journeys/broadband         into the workspace's store\n"
    "  lotse report friction broadband-onboarding -w journeys/broadband\n"
    "  lotse customer user_id:u000042 -w journeys/broadband     where one stands, and why\n"
    "\n"
    "Exit status: 0 done; 1 findings or failed tests; 2 usage or unreadable input; 3 disk, store or network "
    "failed.\n"
    "`lotse help COMMAND` explains a command; docs/commands.md has all of them.";

void build(CLI::App& app, Context& context) {
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", "lotse " LOTSE_VERSION, "Print the version");
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(26);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.get_formatter()->label("Positionals", "Arguments");
  add_examples(app, kExamples);
  register_new(app, context);
  register_check(app, context);
  register_test(app, context);
  register_try(app, context);
  register_simulate(app, context);
  register_discover(app, context);
  register_backtest(app, context);
  register_publish(app, context);
  register_ingest(app, context);
  register_report(app, context);
  register_explain(app, context);
  register_finding(app, context);
  register_compare(app, context);
  register_map(app, context);
  register_customer(app, context);
  register_why(app, context);
  register_serve(app, context);
  register_token(app, context);
  register_rights(app, context);
  register_store(app, context);
  register_completion(app, context);
  register_help(app, context);
}

Exit run(int argc, char** argv) {
  Context context;
  CLI::App app(
      "Lotse maps customer journeys, tracks every customer along them, and finds where they fall off.",
      "lotse");
  build(app, context);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() > 1 && arguments[0] == "__complete" && arguments[1] == "--") {  // a shell asks
    fmt::print("{}", complete(app, {arguments.begin() + 2, arguments.end()}));
    return Exit::ok;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    if (const std::optional<Exit> unknown = explain_unknown_command(app, context)) return *unknown;
    fmt::print("{}", app.help());
    return Exit::ok;
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}\n", version.what());
    return Exit::ok;
  } catch (const CLI::ParseError& error) {
    return explain(app, context, error);
  }
  if (app.get_subcommands().empty()) {
    fmt::print(stderr, "{}", app.help());
    return Exit::usage;
  }
  return context.status;
}

}  // namespace
}  // namespace lotse::cli

int main(int argc, char** argv) {
  using lotse::cli::Exit;
  try {
    const Exit status = lotse::cli::run(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      std::fputs("lotse: error: cannot write to the standard output\n", stderr);
      return static_cast<int>(Exit::failure);
    }
    return static_cast<int>(status);
  } catch (const std::system_error& error) {  // a stream that cannot be written
    std::fputs("lotse: error: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return static_cast<int>(Exit::failure);
  } catch (const std::exception& error) {
    std::fputs("lotse: internal error: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
  }
  return static_cast<int>(Exit::internal);
}
