#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "cli/context.hpp"
#include "cli/line_editor.hpp"
#include "engine/workbench/scenario.hpp"
#include "engine/workbench/scenario_checks.hpp"
#include "engine/workbench/try_session.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;
using trial::Reply;
using trial::Session;

struct Options {
  std::string journey;
  std::string at;
};

/// The journey in this file, which belongs to the workspace.
Result<std::size_t> journey_of_file(const Workspace& workspace, const fs::path& file) {
  for (std::size_t i = 0; i < workspace.journeys.size(); ++i) {
    for (const auto& version : workspace.journeys[i].versions) {
      std::error_code ignored;
      if (fs::equivalent(workspace.root / version->file, file, ignored)) return i;
    }
  }
  return fail(ErrorCode::not_found, fmt::format("`{}` is no journey of the workspace `{}`: journeys are "
                                                "journeys/*.yaml and *.journey.yaml there",
                                                file.string(), workspace.root.string()));
}

/// What is played is the version that is in force when the clock begins, which need not be the one of the
/// file that was named.
void warn_of_other_version(const Context& context, const JourneyVersions& versions, const fs::path& root,
                           const fs::path& file, Instant start) {
  const auto later = std::upper_bound(versions.in_force.begin() + 1, versions.in_force.end(), start);
  const auto& played = *versions.versions[static_cast<std::size_t>(later - versions.in_force.begin() - 1)];
  std::error_code ignored;
  if (fs::equivalent(root / played.file, file, ignored)) return;
  fmt::print(stderr,
             "lotse: {}warning:{} on {} version {} is in force ({}), and it is what is played; `--at` begins "
             "later, `in_force_from` says from when a version holds\n",
             use_color(context, stderr) ? "\x1b[1;33m" : "", use_color(context, stderr) ? "\x1b[0m" : "",
             format_instant(start).substr(0, 10), played.version, played.file);
}

/// Adds what was done to a file of tests.
Result<std::string> save(const Session& session, const Workspace& workspace, const Reply::Save& wanted) {
  std::string before;
  std::error_code ignored;
  if (fs::exists(wanted.file, ignored)) {
    LOTSE_TRY(before, read_file(wanted.file));
  }
  LOTSE_TRY(const std::string text, session.recording(wanted.file, before, wanted.name));
  LOTSE_CHECK(write_file(wanted.file, text));
  return fmt::format("  {} {}; to run it:\n  lotse test -w {} {}\n", before.empty() ? "saved to" : "added to",
                     wanted.file, fs::proximate(workspace.root, ignored).string(), wanted.file);
}

/// Lines from the terminal, or plainly from a file; then what is read is printed, so that the output reads
/// as a session.
class Input {
 public:
  explicit Input(const Session& session) {
    if (!is_terminal(stdin) || !is_terminal(stdout)) return;
    editor_.emplace([&session](std::string_view line) {
      trial::Completion found = session.complete(line);
      return LineEditor::Words{.from = found.from, .words = std::move(found.words)};
    });
  }

  [[nodiscard]] bool is_typed() const { return editor_.has_value(); }

  [[nodiscard]] std::optional<std::string> read(const std::string& prompt) {
    if (editor_) return editor_->read(prompt);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    fmt::print("{}{}\n", prompt, line);
    return line;
  }

 private:
  std::optional<LineEditor> editor_;
};

Exit talk(Session& session, const Workspace& workspace) {
  Input input(session);
  std::size_t refused = 0;
  fmt::print("{}", session.greeting());
  for (bool goes_on = true; goes_on;) {
    const std::optional<std::string> line = input.read(session.prompt());
    if (!line) break;
    Reply reply = session.answer(*line);
    if (reply.save) {
      const Result<std::string> saved = save(session, workspace, *reply.save);
      reply.text = saved ? *saved : fmt::format("error: {}\n", saved.error().message);
      reply.understood = saved.has_value();
    }
    if (!reply.understood) ++refused;
    fmt::print("{}", reply.text);
    std::fflush(stdout);
    goes_on = !reply.quit;
  }
  if (input.is_typed() || refused == 0) return Exit::ok;
  fmt::print(stderr, "lotse: {} of the lines could not be done\n", refused);
  return Exit::findings;
}

Exit run(Context& context, const Options& options) {
  std::error_code ignored;
  const bool is_file = fs::is_regular_file(options.journey, ignored);
  if (is_file && context.workspace == ".") context.workspace = workspace_of(options.journey);
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const Result<std::size_t> journey =
      is_file ? journey_of_file(*workspace, options.journey) : find_journey(*workspace, options.journey);
  if (!journey) return report(context, journey.error());
  const Zone zone = zone_of(*workspace);
  Result<Instant> start = scenario::read_local_instant(scenario::default_start, zone).value();
  if (!options.at.empty()) start = read_instant(options.at, zone);
  if (!start) return report(context, start.error());
  if (is_file)
    warn_of_other_version(context, workspace->journeys[*journey], workspace->root, options.journey, *start);
  constexpr std::size_t widest = 100;
  Session session(*workspace, *journey, *start,
                  {.width = std::min(widest, terminal_width(stdout)), .color = use_color(context, stdout)});
  return talk(session, *workspace);
}

}  // namespace

void register_try(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "try", "Try a journey out: post events, let time pass, record a test");
  const auto options = std::make_shared<Options>();
  command
      .add_option("journey", options->journey,
                  "A journey's file, or its name in the workspace (default: the only one)")
      ->option_text("JOURNEY");
  add_workspace_option(command, context);
  command
      .add_option("--at", options->at, "When the virtual clock begins (default: Monday, 2024-01-15T09:00)")
      ->option_text("TIME");
  add_examples(
      command,
      "  lotse try journeys/broadband/journeys/broadband-onboarding.yaml\n"
      "  lotse try broadband-onboarding -w journeys/broadband --at 2024-03-01T09:00\n"
      "  lotse try -w journeys/broadband < session.txt\n"
      "\n"
      "Nothing is sent and nothing is stored. `help` lists what can be typed: events of the journey "
      "with\n"
      "their properties, wait, map, next, why, undo, save. docs/try.md has a session. Exit status: 0; "
      "of\n"
      "lines from a file 1 where one could not be done.");
  command.callback([&context, options] { context.status = run(context, *options); });
}

}  // namespace lotse::cli
