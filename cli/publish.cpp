// Versions of journeys: what publishing them would do, doing it, draining and stopping.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/context.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/workbench/publish_plan.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::optional<fs::path> workspace;
  bool plan = false;
  bool yes = false;
  std::string journey;
  std::string format = "table";
  std::string drain;
  std::string resume;
  std::string stop;
};

/// `broadband-onboarding@3`; without a number the newest.
struct Named {
  std::string journey;
  std::optional<std::uint32_t> version;
};

Result<Named> read_named(std::string_view option, const std::string& text) {
  const std::size_t sign = text.find('@');
  Named named{.journey = text.substr(0, sign), .version = std::nullopt};
  if (sign == std::string::npos) return named;
  const std::string number = text.substr(sign + 1);
  std::uint32_t version = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), version);
  if (error != std::errc{} || end != number.data() + number.size() || version == 0) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}: `{}` names no version; JOURNEY or JOURNEY@3 was expected", option, text));
  }
  named.version = version;
  return named;
}

/// The change that was asked for; nothing where new versions are to be published.
Result<std::optional<VersionChange>> change_asked_for(const Options& options, Store& store, Instant at) {
  struct Asked {
    std::string_view option;
    const std::string& named;
    VersionChange::What what;
  };
  for (const Asked& asked : {Asked{"--drain", options.drain, VersionChange::What::drained},
                             Asked{"--resume", options.resume, VersionChange::What::resumed},
                             Asked{"--stop", options.stop, VersionChange::What::stopped}}) {
    if (asked.named.empty()) continue;
    LOTSE_TRY(const Named named, read_named(asked.option, asked.named));
    LOTSE_TRY(const auto published, store.published());
    LOTSE_TRY(VersionChange change, version_change(published, named.journey, named.version, asked.what, at));
    return std::optional(std::move(change));
  }
  return std::optional<VersionChange>();
}

bool changes_a_version(const Options& options) {
  return !options.drain.empty() || !options.resume.empty() || !options.stop.empty();
}

std::string formatted(const Context& context, const Options& options, const PublishPlan& plan) {
  if (options.format == "json") return publish_plan_json(plan);
  return publish_plan_text(plan, {.width = terminal_width(stdout), .color = use_color(context, stdout)});
}

/// Asked on a terminal; elsewhere only --yes is a yes.
bool is_agreed(const Options& options) {
  if (options.yes) return true;
  if (!is_terminal(stdin) || !is_terminal(stderr)) {
    fmt::print(stderr, "lotse: nothing was written; say it again with --yes\n");
    return false;
  }
  fmt::print(stderr, "Go ahead? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "yes") return true;
  fmt::print(stderr, "lotse: nothing was written\n");
  return false;
}

/// A store that a service writes to is changed by the service.
Error told_whom_to_ask(Error error, const std::optional<VersionChange>& change) {
  if (error.code != ErrorCode::unavailable) return error;
  constexpr std::array<std::string_view, 3> calls = {"drain", "resume", "stop"};
  error.message +=
      change ? fmt::format(": POST /v1/admin/journeys/{}/versions/{}/{}", change->journey, change->version,
                           calls.at(static_cast<std::size_t>(change->what)))
             : std::string(": `systemctl reload lotse` (SIGHUP) or POST /v1/admin/reload publishes there");
  return error;
}

Result<void> write_change(const fs::path& store, const VersionChange& change) {
  LOTSE_TRY(const auto writer, Store::open_for_writing(store, EngineOptions{}.wal_bytes));
  LOTSE_CHECK(writer->begin());
  LOTSE_CHECK(writer->change_version(change));
  return writer->commit();
}

/// Opening publishes; the positions that follow are written down at once, for the views and the next start.
/// A change of a version publishes nothing: the positions follow when the store is opened next.
Result<void> carry_out(const Workspace& workspace, const fs::path& store,
                       const std::optional<VersionChange>& change, Instant at) {
  if (change) return write_change(store, *change);
  EngineOptions options;
  options.clock = [at] { return at; };  // in force from the moment that the plan is about
  LOTSE_TRY(const auto engine, Engine::open(workspace, store, std::move(options)));
  return engine->checkpoint();
}

void tell(const PublishPlan& plan) {
  constexpr std::array<std::string_view, 3> done = {"drained", "resumed", "stopped"};
  for (const PublishPlan::Change& change : plan.changes) {
    for (const PublishPlan::Version& version : change.published)
      fmt::print("published {} version {}\n", change.journey, version.number);
    if (change.change) {
      fmt::print("{} {} version {}\n", done.at(static_cast<std::size_t>(change.change->what)), change.journey,
                 change.change->version);
    }
  }
}

Result<void> keep_journey(const Workspace& workspace, const Options& options, PublishPlan& plan) {
  if (options.journey.empty()) return {};
  LOTSE_TRY([[maybe_unused]] const std::size_t known, find_journey(workspace, options.journey));
  std::erase_if(plan.changes,
                [&](const PublishPlan::Change& change) { return change.journey != options.journey; });
  return {};
}

/// A new store begins with the workspace's versions, and nobody is under way.
Result<void> begin_store(const Workspace& workspace, const fs::path& store) {
  LOTSE_CHECK(carry_out(workspace, store, std::nullopt, now()));
  for (const JourneyVersions& versions : workspace.journeys) {
    for (const auto& version : versions.versions)
      fmt::print("published {} version {}\n", version->id, version->version);
  }
  fmt::print("{}: a new store\n", store.string());
  return {};
}

Result<void> publish(Context& context, const Options& options) {
  if (options.workspace) context.workspace = *options.workspace;
  const std::optional<Workspace> workspace = open_workspace(context);
  if (!workspace) return {};
  const fs::path store = store_path(context, *workspace);
  std::error_code ignored;
  if (!fs::exists(store, ignored)) {
    if (options.plan || changes_a_version(options))
      return fail(ErrorCode::not_found, fmt::format("{}: no such store", store.string()));
    return begin_store(*workspace, store);
  }
  const Instant at = now();
  PublishPlan plan;
  std::optional<VersionChange> change;
  {
    LOTSE_TRY(const auto reader, Store::open_for_reading(store));
    LOTSE_TRY(change, change_asked_for(options, *reader, at));
    LOTSE_TRY(plan, plan_publishing(*reader, *workspace, at, change));
  }
  LOTSE_CHECK(keep_journey(*workspace, options, plan));
  fmt::print("{}", formatted(context, options, plan));
  if (options.plan || plan.changes.empty()) return {};
  if (!is_agreed(options)) {
    context.status = Exit::usage;
    return {};
  }
  if (auto done = carry_out(*workspace, store, change, at); !done)
    return tl::unexpected(told_whom_to_ask(std::move(done).error(), change));
  tell(plan);
  return {};
}

}  // namespace

void register_publish(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "publish",
                  "Publish new versions of journeys, after a head count; drain or stop old ones");
  const auto options = std::make_shared<Options>();
  command
      .add_option("WORKSPACE", options->workspace,
                  "Folder with lotse.yaml, channels.yaml and journeys (default .)")
      ->option_text("DIR");
  add_workspace_option(command, context);
  add_store_option(command, context);
  CLI::Option* const plan = command.add_flag(
      "--plan", options->plan, "Only tell who would stay, move or be sent something; write nothing");
  command.add_option("--journey", options->journey, "Only tell of this journey")
      ->option_text("JOURNEY")
      ->needs(plan);
  command.add_flag("--yes", options->yes, "Do it without asking");
  CLI::Option* const drain =
      command.add_option("--drain", options->drain, "Let the version open no more instances")
          ->option_text("JOURNEY|JOURNEY@N");
  CLI::Option* const resume = command.add_option("--resume", options->resume, "Undo --drain")
                                  ->option_text("JOURNEY|JOURNEY@N")
                                  ->excludes(drain);
  command.add_option("--stop", options->stop, "End the version: its open instances exit, for good")
      ->option_text("JOURNEY|JOURNEY@N")
      ->excludes(drain)
      ->excludes(resume);
  command.add_option("--format", options->format, "table or json (default: table)")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"table", "json"}));
  add_examples(command,
               "  lotse publish journeys/broadband --plan              who stays, moves, is sent something\n"
               "  lotse publish journeys/broadband --yes\n"
               "  lotse publish -w /srv/shop --stop broadband-onboarding@2 --plan\n"
               "\n"
               "`lotse ingest` and `lotse serve` publish too, without a word, when they open a store.\n"
               "docs/versions.md explains versions.");
  command.callback([&context, options] {
    context.status = Exit::ok;
    if (const Result<void> done = publish(context, *options); !done)
      context.status = report(context, done.error());
  });
}

}  // namespace lotse::cli
