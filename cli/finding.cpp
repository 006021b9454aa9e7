// What a team says of a finding of the friction report: its history, and the next word.
#include "cli/finding.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/stays.hpp"
#include "engine/friction/finding_name.hpp"
#include "engine/journey/find_journey.hpp"
#include "engine/report/finding_states_text.hpp"
#include "engine/runtime/live_findings.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string finding;
  std::string journey;
  std::string state;
  std::string note;
  std::string since;
  std::string by;  ///< of a part: what the report is cut by
  std::string who;
  std::uint64_t redacted = 0;  ///< number of the change whose note goes; 0: none
  std::string format = "table";
};

/// Who runs this; empty where the system has no name for them.
std::string user_name() {
  const passwd* const user = ::getpwuid(::geteuid());
  return user == nullptr ? std::string() : std::string(user->pw_name);
}

/// The finding that is named; the store knows versions that the workspace has no longer.
Result<FindingChange> finding_of(const Workspace& workspace, const fs::path& store, const Options& options) {
  EngineOptions reading;
  reading.access = Access::read;
  LOTSE_TRY(const auto engine, Engine::open(workspace, store, std::move(reading)));
  const std::vector<JourneyVersions>& journeys = engine->tracker().journeys();
  LOTSE_TRY(const std::size_t journey, lotse::find_journey(journeys, options.journey, "the store"));
  LOTSE_TRY(const FindingName finding, read_finding_name(options.finding, options.by, journeys[journey]));
  return FindingChange{.journey = journeys[journey].versions.front()->id, .finding = text_of(finding)};
}

/// A store that a service writes to is changed by the service.
Error told_whom_to_ask(Error error, const FindingChange& change) {
  if (error.code == ErrorCode::unavailable) {
    error.message += fmt::format(": POST /v1/findings/{}/state?journey={}", change.finding, change.journey);
  }
  return error;
}

Result<void> record(const fs::path& store, const FindingChange& change) {
  LOTSE_TRY(const auto writer, Store::open_for_writing(store, EngineOptions{}.wal_bytes));
  LOTSE_TRY(const FindingChange complete, recordable(*writer, change, now()));
  LOTSE_CHECK(writer->begin());
  LOTSE_TRY([[maybe_unused]] const std::uint64_t number, writer->add_finding_change(complete));
  return writer->commit();
}

Result<void> redact(const fs::path& store, const FindingChange& asked, std::uint64_t number) {
  LOTSE_TRY(const auto writer, Store::open_for_writing(store, EngineOptions{}.wal_bytes));
  return redact_finding(*writer, asked.journey, asked.finding, number);
}

Result<FindingChange> wanted(const Workspace& workspace, const Options& options, FindingChange change) {
  LOTSE_TRY(change.state, read_finding_state(options.state));
  LOTSE_TRY(change.note, clean_note(options.note));
  if (!options.since.empty()) {
    LOTSE_TRY(change.since, read_instant(options.since, zone_of(workspace)));
  }
  change.by = options.who.empty() ? user_name() : options.who;
  return change;
}

Result<std::string> history(const Context& context, const fs::path& store, const FindingChange& asked,
                            const Options& options) {
  LOTSE_TRY(const auto reader, Store::open_for_reading(store));
  LOTSE_TRY(const auto changes, reader->finding_changes(asked.journey, asked.finding));
  if (options.format == "json") return finding_history_json(asked.journey, asked.finding, changes);
  return finding_history_table(asked.finding, changes,
                               {.width = terminal_width(stdout), .color = use_color(context, stdout)});
}

Result<void> run(Context& context, const Options& options) {
  const std::optional<Workspace> workspace = open_workspace(context);
  if (!workspace) return {};
  const fs::path store = store_path(context, *workspace);
  LOTSE_TRY(const FindingChange asked, finding_of(*workspace, store, options));
  if (!options.state.empty()) {
    LOTSE_TRY(const FindingChange change, wanted(*workspace, options, asked));
    if (auto done = record(store, change); !done)
      return tl::unexpected(told_whom_to_ask(std::move(done).error(), change));
  }
  if (options.redacted > 0) LOTSE_CHECK(redact(store, asked, options.redacted));
  LOTSE_TRY(const std::string text, history(context, store, asked, options));
  fmt::print("{}", text);
  return {};
}

}  // namespace

void register_finding(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = add_command(app, context, "finding",
                                  "What was decided about a finding of the friction report; decide anew");
  command
      .add_option("finding", options->finding, "Its id, as the friction report has it: drop_off:appointment")
      ->option_text("FINDING")
      ->required();
  command.add_option("--journey", options->journey, "Which journey (default: the workspace's only one)")
      ->option_text("JOURNEY");
  command
      .add_option("--by", options->by,
                  "Of a part: by what the report is cut (or say drop_off:appointment:channel=web)")
      ->option_text("CUT");
  add_workspace_option(command, context);
  add_store_option(command, context);
  CLI::Option* const state =
      command
          .add_option("--state", options->state, "From now on: open, seen, in_progress, mended or accepted")
          ->option_text("STATE")
          ->check(CLI::IsMember({"open", "seen", "in_progress", "mended", "accepted"}));
  command.add_option("--note", options->note, "Why, in one line")->option_text("TEXT")->needs(state);
  command.add_option("--since", options->since, "Of mended: since when it is to be better (default: now)")
      ->option_text("TIME")
      ->needs(state);
  command.add_option("--who", options->who, "Who says so (default: who runs this)")
      ->option_text("NAME")
      ->needs(state);
  command.add_option("--redact", options->redacted, "Take the note out of the change of this number")
      ->option_text("NUMBER")
      ->excludes(state);
  command.add_option("--format", options->format, "table or json (default: table)")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"table", "json"}));
  add_examples(command,
               "  lotse finding drop_off:appointment                     its history\n"
               "  lotse finding drop_off:appointment --state in_progress --note 'more slots from May on'\n"
               "  lotse finding drop_off:appointment --state mended --since 2024-05-02\n"
               "  lotse finding drop_off:appointment:web --by channel --state seen\n"
               "\n"
               "`lotse report friction` then tells whether stays since are better than those before.\n"
               "docs/finding-states.md explains states.");
  command.callback([&context, options] {
    context.status = Exit::ok;
    if (const Result<void> done = run(context, *options); !done)
      context.status = report(context, done.error());
  });
}

}  // namespace lotse::cli
