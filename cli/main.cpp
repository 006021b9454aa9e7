#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/context.hpp"

namespace lotse::cli {
namespace {

constexpr std::string_view kExamples =
    "  lotse check journeys/broadband                           every mistake, with its place\n"
    "  lotse map broadband-onboarding -w journeys/broadband -o map.svg\n"
    "  lotse simulate journeys/broadband --customers 10000 --seed 1 --output events.ndjson\n"
    "  lotse discover --events events.ndjson                    a journey proposed from a log\n"
    "  lotse ingest events.ndjson -w journeys/broadband         into the workspace's store\n"
    "  lotse report friction broadband-onboarding -w journeys/broadband\n"
    "  lotse customer user_id:u000042 -w journeys/broadband     where one stands, and why\n"
    "\n"
    "Exit status: 0 done; 1 findings or failed tests; 2 usage or unreadable input; 3 disk, store or network "
    "failed.\n"
    "`lotse COMMAND --help` explains a command; docs/commands.md has all of them.";

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
  register_simulate(app, context);
  register_discover(app, context);
  register_ingest(app, context);
  register_report(app, context);
  register_map(app, context);
  register_customer(app, context);
}

/// The name of an option as it was typed: `--jurney` of `--jurney=x`.
std::string_view typed_name(std::string_view argument) { return argument.substr(0, argument.find('=')); }

/// Says which argument was not understood, and which one was probably meant.
std::string explain_extra(const CLI::App& command, const std::string& argument, bool is_root) {
  std::vector<std::string> names;
  const bool is_option = argument.starts_with('-');
  if (is_option) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  } else if (is_root) {
    for (const CLI::App* subcommand : command.get_subcommands(nullptr))
      names.push_back(subcommand->get_name());
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view word = typed_name(argument);
  const std::string_view meant = nearest(word, candidates);
  const std::string_view what = is_option ? "option" : is_root ? "command" : "argument that was expected";
  return fmt::format("`{}` is no {}{}{}", word, what,
                     is_root ? "" : fmt::format(" of `lotse {}`", command.get_name()),
                     meant.empty() ? std::string() : fmt::format("; did you mean `{}`?", meant));
}

Exit explain(const CLI::App& app, const Context& context, const CLI::ParseError& error) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  const bool is_root = parsed.empty();
  const CLI::App& command = is_root ? app : *parsed.front();
  const std::vector<std::string> extras = is_root ? app.remaining() : command.remaining();
  const std::string message =
      extras.empty() ? std::string(error.what()) : explain_extra(command, extras.front(), is_root);
  const Exit status = report(context, {.code = ErrorCode::bad_input, .message = message});
  fmt::print(stderr, "  `lotse{}{} --help` says what there is\n", is_root ? "" : " ",
             is_root ? "" : command.get_name());
  return status;
}

Exit run(int argc, char** argv) {
  Context context;
  CLI::App app(
      "Lotse maps customer journeys, tracks every customer along them, and finds where they fall off.",
      "lotse");
  build(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
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
