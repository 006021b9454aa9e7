#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/context.hpp"
#include "cli/watch.hpp"
#include "engine/report/map.hpp"
#include "engine/workbench/coverage.hpp"
#include "engine/workbench/outcome_formats.hpp"
#include "engine/workbench/scenario.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;
using scenario::FileOutcomes;
using scenario::JourneyCoverage;
using Clock = std::chrono::steady_clock;

struct Options {
  std::vector<fs::path> paths;
  bool workspace_given = false;
  std::string only;
  bool quiet = false;
  std::string format = "text";
  std::optional<fs::path> output;
  bool coverage = false;
  std::optional<fs::path> coverage_maps;  ///< a folder
  bool watch = false;
};

double seconds_since(Clock::time_point started) {
  return std::chrono::duration<double>(Clock::now() - started).count();
}

struct Session {
  std::vector<FileOutcomes> files;
  std::vector<JourneyCoverage> coverage;  ///< empty where no test ran
  double seconds = 0;

  [[nodiscard]] std::size_t failed() const {
    std::size_t count = 0;
    for (const FileOutcomes& file : files) {
      for (const auto& test : file.tests) {
        if (!test.outcome.passed()) ++count;
      }
    }
    return count;
  }
  [[nodiscard]] std::size_t tests() const {
    std::size_t count = 0;
    for (const FileOutcomes& file : files) count += file.tests.size();
    return count;
  }
  [[nodiscard]] Exit status() const {
    const bool mistakes =
        std::ranges::any_of(files, [](const FileOutcomes& file) { return !file.mistakes.empty(); });
    return failed() > 0 || mistakes ? Exit::findings : Exit::ok;
  }
};

Result<FileOutcomes> run_file(const Context& context, const Options& options, const Workspace& workspace,
                              const fs::path& path, scenario::Coverage& coverage) {
  FileOutcomes outcomes{.file = path.string(), .tests = {}, .mistakes = {}};
  LOTSE_TRY(const std::string text, read_file(path));
  const auto loaded = scenario::load_scenarios(path.string(), text, workspace);
  print(context, loaded.findings);
  if (!loaded.value) {
    outcomes.mistakes = render(loaded.findings);
    return outcomes;
  }
  for (const scenario::Scenario& test : loaded.value->scenarios) {
    if (test.name.find(options.only) == std::string::npos) continue;
    const auto started = Clock::now();
    scenario::Outcome outcome = scenario::run(*loaded.value, test, workspace, &coverage);
    outcomes.tests.push_back({.outcome = std::move(outcome), .seconds = seconds_since(started)});
  }
  return outcomes;
}

Result<Session> run_files(const Context& context, const Options& options, const Workspace& workspace,
                          std::vector<fs::path> files) {
  if (files.empty()) files = scenario::find_test_files(workspace.root);
  const auto started = Clock::now();
  Session session;
  scenario::Coverage coverage(workspace);
  for (const fs::path& path : files) {
    LOTSE_TRY(FileOutcomes outcomes, run_file(context, options, workspace, path, coverage));
    session.files.push_back(std::move(outcomes));
  }
  session.seconds = seconds_since(started);
  if (session.tests() > 0) session.coverage = coverage.journeys();
  return session;
}

/// A line a journey, with `--coverage` followed by what is missing.
std::string coverage_text(const Options& options, const Session& session) {
  std::string text;
  for (const JourneyCoverage& coverage : session.coverage) {
    text += scenario::summary(coverage) + '\n';
    if (options.coverage) text += scenario::missing_text(coverage);
  }
  return text;
}

std::string session_text(const Options& options, const Session& session, bool color) {
  const auto colored = [&](std::string_view code, std::string_view word) {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, word) : std::string(word);
  };
  std::string text;
  for (const FileOutcomes& file : session.files) {
    for (const auto& [outcome, seconds] : file.tests) {
      if (!outcome.passed()) {
        text += fmt::format("{}  {}\n{}", colored("1;31", "FAILED"), outcome.name,
                            scenario::failure_text(outcome));
      } else if (!options.quiet) {
        text += fmt::format("{}      {}\n", colored("32", "ok"), outcome.name);
      }
    }
  }
  const std::size_t files = session.files.size();
  text += fmt::format("{} passed, {} failed in {} file{} ({:.2f} s)\n", session.tests() - session.failed(),
                      session.failed(), files, files == 1 ? "" : "s", session.seconds);
  return text + coverage_text(options, session);
}

std::string formatted(const Options& options, const Session& session) {
  if (options.format == "tap") return scenario::tap_text(session.files, coverage_text(options, session));
  if (options.format == "junit") return scenario::junit_text(session.files);
  return session_text(options, session, false);
}

/// With `--output` the terminal shows the text and the file has the format; else there is one of them.
Result<void> write_session(const Context& context, const Options& options, const Session& session) {
  const bool to_file = options.output && *options.output != "-";
  if (to_file || options.format == "text") {
    fmt::print("{}", session_text(options, session, use_color(context, stdout)));
  } else {
    fmt::print("{}", formatted(options, session));
  }
  if (to_file) return write_file(*options.output, formatted(options, session));
  return {};
}

Result<void> draw_coverage(const Options& options, const Workspace& workspace, const Session& session) {
  if (!options.coverage_maps) return {};
  std::error_code error;
  fs::create_directories(*options.coverage_maps, error);
  if (error) {
    return fail(ErrorCode::storage,
                fmt::format("cannot make `{}`: {}", options.coverage_maps->string(), error.message()));
  }
  for (const JourneyCoverage& coverage : session.coverage) {
    const bool newest = std::ranges::any_of(workspace.journeys, [&](const JourneyVersions& journey) {
      return journey.versions.back().get() == coverage.journey;
    });
    const std::string name = newest
                                 ? fmt::format("{}.svg", coverage.journey->id)
                                 : fmt::format("{}-{}.svg", coverage.journey->id, coverage.journey->version);
    LOTSE_CHECK(write_file(*options.coverage_maps / name,
                           map_svg(scenario::map_input(coverage, workspace.channels))));
  }
  return {};
}

Exit run_once(Context& context, const Options& options, const std::vector<fs::path>& files) {
  const auto workspace = open_workspace(context);
  if (!workspace) {
    // A report of an earlier run must not stay there and look well.
    Session broken;
    broken.files.push_back({.file = context.workspace.string(),
                            .tests = {},
                            .mistakes = "the workspace has mistakes; `lotse check` shows them\n"});
    const bool written = options.output && *options.output != "-" && context.status == Exit::findings;
    if (!written) return context.status;
    const Result<void> done = write_file(*options.output, formatted(options, broken));
    return done ? context.status : report(context, done.error());
  }
  const Result<Session> session = run_files(context, options, *workspace, files);
  if (!session) return report(context, session.error());
  if (const auto written = write_session(context, options, *session); !written)
    return report(context, written.error());
  if (const auto drawn = draw_coverage(options, *workspace, *session); !drawn)
    return report(context, drawn.error());
  if (session->files.empty()) {
    return report(context, {ErrorCode::not_found, fmt::format("`{}` has no *.test.yaml: nothing was tested",
                                                              context.workspace.string())});
  }
  if (!options.only.empty() && session->tests() == 0 && session->status() == Exit::ok) {
    return report(context,
                  {ErrorCode::bad_input, fmt::format("--only: no test's name has `{}`", options.only)});
  }
  return session->status();
}

Result<fs::path> existing(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) return path;
  return fail(ErrorCode::not_found,
              fmt::format("cannot read `{}`: {}", path.string(),
                          error ? error.message() : std::string("there is no such file or folder")));
}

/// The workspace in which a path lies; where it lies in none, that of the current folder.
Result<fs::path> home_of(const fs::path& path) {
  LOTSE_CHECK(existing(path));
  std::error_code error;
  if (fs::is_directory(path, error)) return find_workspace(path).value_or(path);
  if (const auto home = find_workspace(path.has_parent_path() ? path.parent_path() : fs::path(".")))
    return *home;
  if (const auto home = find_workspace(".")) return *home;
  return fail(ErrorCode::not_found,
              fmt::format("`{}` lies in no workspace (a folder with lotse.yaml, channels.yaml or journeys); "
                          "--workspace names one",
                          path.string()));
}

/// The test files that the paths name; none: all of the workspace. Without `--workspace` it is the one in
/// which the paths lie.
Result<std::vector<fs::path>> choose_files(Context& context, const Options& options) {
  std::vector<fs::path> files;
  const fs::path* first = nullptr;  // of the paths, if the workspace is theirs
  std::error_code ignored;
  for (const fs::path& path : options.paths) {
    LOTSE_TRY(const fs::path home, options.workspace_given ? existing(path) : home_of(path));
    if (!options.workspace_given && first == nullptr) {
      context.workspace = home;
      first = &path;
    } else if (!options.workspace_given && !fs::equivalent(home, context.workspace, ignored)) {
      return fail(ErrorCode::bad_input,
                  fmt::format("`{}` and `{}` lie in two workspaces; test them one after the other",
                              first->string(), path.string()));
    }
    if (!fs::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    if (options.paths.size() == 1 && fs::equivalent(path, context.workspace, ignored)) return files;
    const std::vector<fs::path> inside = scenario::find_test_files(path);
    if (inside.empty())
      return fail(ErrorCode::not_found, fmt::format("`{}` has no *.test.yaml", path.string()));
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

/// Runs again whenever a YAML file of the workspace, or beside one of `files`, has changed. Gives the last
/// status once Ctrl-C ends it.
Exit run_and_watch(Context& context, const Options& options, std::vector<fs::path> files) {
  Result<Watch> watch = Watch::begin();
  if (!watch) return report(context, watch.error());
  std::vector<fs::path> folders{context.workspace};
  for (const fs::path& file : files) folders.push_back(fs::absolute(file).parent_path());
  for (;;) {
    if (const auto looking = watch->look_at(folders); !looking) return report(context, looking.error());
    const bool terminal = is_terminal(stdout);
    if (terminal) fmt::print("\x1b[H\x1b[2J\x1b[3J");  // from the top, with nothing to scroll back to
    const Exit status = run_once(context, options, files);
    fmt::print("{}watching {}; Ctrl-C ends\n", terminal ? "\n" : "", context.workspace.string());
    std::fflush(stdout);
    const Result<Watch::End> end = watch->wait();
    if (!end) return report(context, end.error());
    if (*end != Watch::End::changed) return status;
    auto chosen = choose_files(context, options);  // a file may have come or gone
    if (chosen) files = *std::move(chosen);
  }
}

Exit run(Context& context, const Options& options) {
  const Result<std::vector<fs::path>> files = choose_files(context, options);
  if (!files) return report(context, files.error());
  return options.watch ? run_and_watch(context, options, *files) : run_once(context, options, *files);
}

}  // namespace

void register_test(CLI::App& app, Context& context) {
  CLI::App& command = add_command(app, context, "test", "Run the tests beside the journeys");
  const auto options = std::make_shared<Options>();
  command
      .add_option("path", options->paths,
                  "Folders or single *.test.yaml files, of one workspace (default: all of it)")
      ->option_text("PATH...");
  add_workspace_option(command, context);
  command.add_option("--only", options->only, "Only tests whose name has this text")->option_text("TEXT");
  command.add_flag("-q,--quiet", options->quiet, "Print failures and the summary only");
  command.add_option("--format", options->format, "text (default), tap (version 14) or junit (XML)")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"text", "tap", "junit"}));
  command
      .add_option("-o,--output", options->output, "Write the format to this file, the text to the terminal")
      ->option_text("FILE");
  command.add_flag("--coverage", options->coverage,
                   "List the touchpoints and transitions that no test went through");
  command
      .add_option("--coverage-maps", options->coverage_maps,
                  "Draw each journey, coloured by that, as JOURNEY.svg into this folder")
      ->option_text("DIR");
  command.add_flag("--watch", options->watch,
                   "Run again when a YAML file of the workspace changes, until Ctrl-C");
  add_examples(command,
               "  lotse test journeys/broadband\n"
               "  lotse test -w journeys/broadband journeys/broadband/tests/order.test.yaml --only nudge\n"
               "  lotse test journeys/broadband --format junit --output junit.xml\n"
               "  lotse test journeys/broadband --coverage --coverage-maps maps\n"
               "  lotse test journeys/broadband --watch --quiet\n"
               "\n"
               "docs/scenarios.md explains how tests are written. Exit status: 0 all passed; 1 a test failed "
               "or a file\n"
               "has mistakes; 2 a path that cannot be read; 3 a file that cannot be written.");
  command.callback([&command, &context, options] {
    options->workspace_given = command.count("--workspace") > 0;
    context.status = run(context, *options);
  });
}

}  // namespace lotse::cli
