#include "engine/workbench/backtest.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/context.hpp"
#include "cli/logs.hpp"
#include "cli/progress.hpp"
#include "cli/stays.hpp"
#include "engine/runtime/projection.hpp"
#include "engine/store/event_text.hpp"
#include "engine/store/store.hpp"
#include "engine/workbench/backtest_text.hpp"
#include "engine/workbench/history.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;
using JourneyPointer = std::shared_ptr<const Journey>;

struct Options {
  fs::path journey;
  LogOptions log;
  std::string against;
  std::string format;
  fs::path output = "-";
  std::uint32_t examples = 3;
  bool workspace_given = false;
};

/// What could not be replayed.
struct Losses {
  std::uint64_t duplicates = 0;
  std::uint64_t from_future = 0;
  std::uint64_t nobodys = 0;
  UnreadRecords unread;
};

void count(Losses& losses, History::Taken taken) {
  switch (taken) {
    case History::Taken::kept:
      return;
    case History::Taken::duplicate:
      ++losses.duplicates;
      return;
    case History::Taken::from_future:
      ++losses.from_future;
      return;
    case History::Taken::nobody:
      ++losses.nobodys;
      return;
  }
}

Result<void> read_store(const Options& options, Store& store, History& history, Losses& losses) {
  ProgressBar bar = progress_bar(options.log, "reading the store");
  EventReader reader;
  EventLog& log = store.log();
  std::uint64_t read = 0;
  return log.scan(EventNumber(1), [&](const LoggedText& logged) -> Result<void> {
    LOTSE_TRY(const Event event, reader.read(logged.text));
    count(losses, history.add(event));
    constexpr std::uint64_t now_and_then = 4096;
    if (++read % now_and_then == 0)
      bar.show(static_cast<double>(read) / static_cast<double>(log.last().value()), read);
    return {};
  });
}

/// The journey of a file in the context's workspace; nothing, with findings printed and the status set, where
/// it has mistakes.
Result<JourneyPointer> journey_in(Context& context, const Surroundings& around, const std::string& name,
                                  const std::string& text) {
  const auto loaded = load_journey(name, text, around.channels, around.settings);
  if (loaded.value) return *loaded.value;
  print(context, loaded.findings);
  context.status = Exit::findings;
  return JourneyPointer();
}

Result<JourneyPointer> journey_of_file(Context& context, const Surroundings& around, const fs::path& path) {
  LOTSE_TRY(const std::string text, read_file(path));
  return journey_in(context, around, path.string(), text);
}

/// `--against 2`: as the store was run with, else of the workspace's files, which may have changed since.
Result<JourneyPointer> published_version(Context& context, const Surroundings& around, Store* store,
                                         const std::string& journey, std::uint32_t version) {
  std::vector<PublishedJourney> published;
  if (store != nullptr) {
    LOTSE_TRY(published, store->published());
  }
  for (const PublishedJourney& own : published) {
    if (own.journey == journey && own.version == version)
      return journey_in(context, around, own.file, own.source);
  }
  const std::optional<Workspace> workspace = open_workspace(context);
  if (!workspace) return JourneyPointer();
  for (const JourneyVersions& versions : workspace->journeys) {
    for (const JourneyPointer& own : versions.versions) {
      if (own->id == journey && own->version == version) return own;
    }
  }
  return fail(
      ErrorCode::not_found,
      fmt::format("--against: `{}` has no version {} of {}{}", workspace->root.string(), version, journey,
                  store == nullptr ? "; --store would look in a store as well" : ", nor has the store"));
}

Result<JourneyPointer> other_version(Context& context, const Surroundings& around, const Options& options,
                                     Store* store, const Journey& journey) {
  std::uint32_t version = 0;
  const char* const end = options.against.data() + options.against.size();
  const auto [behind, error] = std::from_chars(options.against.data(), end, version);
  const bool is_number = error == std::errc{} && behind == end;
  LOTSE_TRY(JourneyPointer other, is_number ? published_version(context, around, store, journey.id, version)
                                            : journey_of_file(context, around, options.against));
  if (other && other->id != journey.id) {
    return fail(ErrorCode::bad_input,
                fmt::format("--against: `{}` is journey {}, and `{}` is {}", options.against, other->id,
                            options.journey.string(), journey.id));
  }
  return other;
}

std::string formatted(const Context& context, const Options& options, const backtest::Report& report) {
  const std::string format = report_format(options.format, options.output, {"json", "md"});
  if (format == "json") return backtest::report_json(report);
  if (format == "md") return backtest::report_markdown(report);
  return backtest::report_text(report, {.width = terminal_width(stdout),
                                        .color = options.output == "-" && use_color(context, stdout)});
}

Result<void> replay_history(Context& context, const Options& options) {
  if (options.log.files.empty() == !context.store) {
    return fail(ErrorCode::bad_input,
                options.log.files.empty()
                    ? "which events? --events names a log, --store a store"
                    : "events come from a log (--events) or from a store (--store), not from both");
  }
  std::vector<fs::path> inputs = options.log.files;
  inputs.push_back(options.journey);
  inputs.emplace_back(options.against);
  if (context.store) inputs.push_back(*context.store);
  LOTSE_CHECK(refuse_to_overwrite(options.output, inputs));
  LOTSE_TRY(const std::string text, read_file(options.journey));
  if (!options.workspace_given) context.workspace = workspace_of(options.journey);
  const std::optional<Surroundings> around = open_surroundings(context, context.workspace);
  if (!around) return {};
  const auto& [settings, channels] = *around;
  LOTSE_TRY(const JourneyPointer journey, journey_in(context, *around, options.journey.string(), text));
  if (!journey) return {};
  std::unique_ptr<Store> store;
  if (context.store) {
    LOTSE_TRY(store, Store::open_for_reading(*context.store));
  }
  const Tracker after = backtest::tracker_of(journey, settings);
  std::optional<Tracker> before;
  if (!options.against.empty()) {
    LOTSE_TRY(const JourneyPointer other, other_version(context, *around, options, store.get(), *journey));
    if (!other) return {};
    before = backtest::tracker_of(other, settings);
  }
  std::vector<const Tracker*> trackers{&after};
  if (before) trackers.push_back(&*before);
  History history({.identity = {.namespace_rank = settings.namespace_rank,
                                .limits = settings.identity_limits,
                                .never = settings.identity_never},
                   .latest = now() + settings.future_tolerance},
                  trackers);
  Losses losses;
  LOTSE_TRY(std::optional<UnreadRecords> unread,
            read_logs(context, options.log, true, [&](std::vector<Event>& events) {
              history.add(events, [&](History::Taken taken) { count(losses, taken); });
            }));
  if (!unread) return {};
  losses.unread = *std::move(unread);
  if (store) LOTSE_CHECK(read_store(options, *store, history, losses));
  history.close();
  if (history.events() == 0) {
    print(losses.unread);
    return fail(ErrorCode::bad_input, "there are no events to replay");
  }

  Result<backtest::Report> report;
  {
    ProgressBar bar = progress_bar(options.log, "replaying");
    report = backtest::run(
        history, after, before ? &*before : nullptr, channels,
        {.threads = threads(), .examples = options.examples, .on_progress = [&](std::uint64_t done) {
           bar.show(static_cast<double>(done) / static_cast<double>(history.events()), done);
         }});
  }
  if (!report) return tl::unexpected(std::move(report).error());
  report->duplicates = losses.duplicates;
  report->from_future = losses.from_future;
  report->nobodys = losses.nobodys;
  report->rejected = losses.unread.count;
  print(losses.unread);
  return write_file(options.output, formatted(context, options, *report));
}

}  // namespace

void register_backtest(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "backtest", "Replay recorded events through a journey, with nothing sent");
  const auto options = std::make_shared<Options>();
  command.add_option("journey", options->journey, "The journey's file; its workspace is the folder above it")
      ->required()
      ->option_text("JOURNEY.yaml");
  add_log_options(command, options->log);
  add_workspace_option(command, context);
  const CLI::Option* const workspace = command.get_option("--workspace");
  command.add_option("--store", context.store, "Or the events of a store, which stays as it is")
      ->option_text("FILE");
  command
      .add_option("--against", options->against,
                  "Another file, or a version's number: who would fare differently")
      ->option_text("VERSION|FILE");
  command.add_option("--examples", options->examples, "Customers named for each difference (default 3)")
      ->option_text("N")
      ->check(CLI::Range(0U, 1000U));
  command
      .add_option("--format", options->format, "table, json or md (default: as --output ends, else table)")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"table", "json", "md"}));
  command.add_option("-o,--output", options->output, "File to write (default: standard output)")
      ->option_text("FILE");
  add_examples(
      command,
      "  lotse backtest journeys/broadband/journeys/onboarding.yaml --events events.ndjson.gz\n"
      "  lotse backtest new.yaml --store lotse.db --against 3\n"
      "  lotse backtest new.yaml --events orders.csv --mapping orders.mapping.yaml --against old.yaml "
      "--format md\n"
      "\n"
      "docs/backtest.md explains every figure, and what a back-test cannot tell.");
  command.callback([&context, options, workspace] {
    options->workspace_given = workspace->count() > 0;
    if (const Result<void> done = replay_history(context, *options); !done)
      context.status = report(context, done.error());
  });
}

}  // namespace lotse::cli
