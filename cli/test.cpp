#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/context.hpp"
#include "engine/workbench/scenario.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<fs::path> paths;
  std::string only;
  bool quiet = false;
};

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  bool findings = false;  ///< a file that cannot be read as tests
};

void print_outcome(const Context& context, const Options& options, const scenario::Outcome& outcome) {
  const bool color = use_color(context, stdout);
  if (outcome.passed()) {
    if (!options.quiet)
      fmt::print("{}ok{}      {}\n", color ? "\x1b[32m" : "", color ? "\x1b[0m" : "", outcome.name);
    return;
  }
  fmt::print("{}FAILED{}  {}\n", color ? "\x1b[1;31m" : "", color ? "\x1b[0m" : "", outcome.name);
  for (const Diagnostic& failure : outcome.failures) {
    std::string text = render(failure);
    if (!text.ends_with('\n')) text += '\n';
    fmt::print("{}", text);
  }
  fmt::print("{}", outcome.trace);
}

Result<void> run_file(const Context& context, const Options& options, const Workspace& workspace,
                      const fs::path& path, Tally& tally) {
  LOTSE_TRY(const std::string text, read_file(path));
  const auto loaded = scenario::load_scenarios(path.string(), text, workspace);
  print(context, loaded.findings);
  if (!loaded.value) {
    tally.findings = true;
    return {};
  }
  for (const scenario::Outcome& outcome : scenario::run(*loaded.value, workspace)) {
    if (!options.only.empty() && outcome.name.find(options.only) == std::string::npos) continue;
    ++(outcome.passed() ? tally.passed : tally.failed);
    print_outcome(context, options, outcome);
  }
  return {};
}

Exit run(Context& context, const Options& options) {
  std::vector<fs::path> files;
  for (const fs::path& path : options.paths) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      context.workspace = path;
    } else {
      files.push_back(path);
    }
  }
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  if (files.empty()) files = scenario::find_test_files(workspace->root);
  const auto started = std::chrono::steady_clock::now();
  Tally tally;
  for (const fs::path& path : files) {
    if (const auto done = run_file(context, options, *workspace, path, tally); !done)
      return report(context, done.error());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  fmt::print("{} passed, {} failed in {} file{} ({:.2f} s)\n", tally.passed, tally.failed, files.size(),
             files.size() == 1 ? "" : "s", took.count());
  return tally.failed > 0 || tally.findings ? Exit::findings : Exit::ok;
}

}  // namespace

void register_test(CLI::App& app, Context& context) {
  CLI::App& command = add_command(app, context, "test", "Run the tests beside the journeys");
  const auto options = std::make_shared<Options>();
  command
      .add_option("path", options->paths, "A workspace folder, or single *.test.yaml files of the workspace")
      ->option_text("PATH...");
  add_workspace_option(command, context);
  command.add_option("--only", options->only, "Only tests whose name has this text")->option_text("TEXT");
  command.add_flag("-q,--quiet", options->quiet, "Print failures and the summary only");
  add_examples(command,
               "  lotse test journeys/broadband\n"
               "  lotse test -w journeys/broadband journeys/broadband/tests/order.test.yaml --only nudge\n"
               "\n"
               "docs/scenarios.md explains how tests are written. Exit status: 0 all passed; 1 a test failed "
               "or a file\n"
               "has mistakes; 2 a path that cannot be read.");
  command.callback([&context, options] { context.status = run(context, *options); });
}

}  // namespace lotse::cli
