// What a customer may ask for, and what the law asks for by itself: export, erase, retain.
#include "cli/rights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/report/customer_export.hpp"
#include "engine/report/text.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::cli {
namespace {

/// Customers erased in one go: their remains are held in memory meanwhile.
constexpr std::size_t kErasedAtATime = 10'000;

struct Options {
  std::string id;
  std::string output = "-";
  std::optional<std::string> older;
  bool yes = false;
  bool dry_run = false;
};

using Work = Result<void> (*)(Context&, const Workspace&, Engine&, const Options&);

Exit run(Context& context, const Options& options, Access access, Work work) {
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  EngineOptions engine_options;
  engine_options.access = access;
  const std::filesystem::path store = store_path(context, *workspace);
  std::error_code ignored;
  if (!std::filesystem::exists(store, ignored)) {  // writing would create it
    return report(context, {ErrorCode::not_found, fmt::format("{}: no such store", store.string())});
  }
  const auto engine = Engine::open(*workspace, store, engine_options);
  if (!engine) return report(context, engine.error());
  context.status = Exit::ok;
  const Result<void> done = work(context, *workspace, **engine, options);
  return done ? context.status : report(context, done.error());
}

/// The customer whom `id` names in whatever namespace; an id that names several is refused.
Result<Identifier> customer_called(Engine& engine, const std::string& id) {
  const std::vector<Identifier> found = engine.find_identifiers(id);
  if (found.empty()) return fail(ErrorCode::not_found, fmt::format("nobody is known as `{}`", id));
  LOTSE_TRY(const auto first, engine.record(found.front()));
  for (const Identifier& other : found) {
    if (std::ranges::find(first->identifiers, other) != first->identifiers.end()) continue;
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` names several customers: say `{}:{}` or `{}:{}`", id,
                            found.front().name_space, found.front().value, other.name_space, other.value));
  }
  return found.front();
}

Result<void> export_customer(Context& context, const Workspace&, Engine& engine, const Options& options) {
  static_cast<void>(context);
  LOTSE_TRY(const Identifier identifier, customer_called(engine, options.id));
  LOTSE_TRY(const auto record, engine.record(identifier));
  const Instant as_of = std::max(now(), record->state.clock);
  return write_file(options.output, customer_export(*record, engine.tracker(), as_of) + "\n");
}

Result<void> erase_customer(Context& context, const Workspace&, Engine& engine, const Options& options) {
  LOTSE_TRY(const Identifier identifier, customer_called(engine, options.id));
  LOTSE_TRY(const auto record, engine.record(identifier));
  const std::string what =
      fmt::format("{} with {} and {}", record->state.customer, count_of(record->events.size(), "event"),
                  count_of(record->identifiers.size(), "identifier"));
  if (!options.yes) {
    fmt::print(stderr,
               "lotse: this would erase {} for good; `lotse export {}` first, then say it again with --yes\n",
               what, options.id);
    context.status = Exit::usage;
    return {};
  }
  LOTSE_TRY(const std::uint64_t erased, engine.erase(std::span(&identifier, 1)));
  static_cast<void>(erased);
  fmt::print("erased {}; what reports count of them stays, without a name\n", what);
  return {};
}

/// How long customers may be silent: as the command line says, or else lotse.yaml.
Result<Duration> age_to_retain(const Options& options, const WorkspaceSettings& settings) {
  if (!options.older) {
    if (settings.retention) return settings.retention->older;
    return fail(ErrorCode::bad_input,
                "neither --older nor `retention` in lotse.yaml says after how much silence customers are "
                "erased, such as 730d");
  }
  const std::optional<Duration> age = parse_duration(*options.older);
  if (age && *age >= std::chrono::days(1)) return *age;
  return fail(ErrorCode::bad_input,
              fmt::format("--older: `{}` is no duration of a day or more, such as 730d", *options.older));
}

Result<void> retain(Context& context, const Workspace& workspace, Engine& engine, const Options& options) {
  static_cast<void>(context);
  LOTSE_TRY(const Duration age, age_to_retain(options, workspace.settings));
  const Instant before = now() - age;
  std::uint64_t total = 0;
  for (SilenceSearch search{.before = before}; !search.ended;) {
    LOTSE_TRY(const std::vector<Identifier> silent, engine.find_silent(search, kErasedAtATime));
    if (options.dry_run) {
      total += silent.size();
    } else if (!silent.empty()) {
      LOTSE_TRY(const std::uint64_t erased, engine.erase(silent));
      total += erased;
    }
  }
  fmt::print("{} {}: silent since {} or longer\n", count_of(total, "customer"),
             options.dry_run ? "would be erased" : "erased", format_instant(before));
  return {};
}

CLI::App& add_rights(CLI::App& app, Context& context, const char* name, const char* description) {
  CLI::App& command = add_command(app, context, name, description);
  add_workspace_option(command, context);
  add_store_option(command, context);
  return command;
}

void add_id(CLI::App& command, Options& options) {
  command.add_option("id", options.id, "An identifier: user_id:4711, or only 4711")
      ->option_text("ID")
      ->required();
}

}  // namespace

void register_rights(CLI::App& app, Context& context) {
  const auto exported = std::make_shared<Options>();
  CLI::App& export_command =
      add_rights(app, context, "export", "Everything about one customer as JSON, nothing masked");
  add_id(export_command, *exported);
  export_command.add_option("-o,--output", exported->output, "File to write (default: standard output)")
      ->option_text("FILE");
  add_examples(export_command,
               "  lotse export user_id:u000042 -o u000042.json\n\ndocs/privacy.md has its shape.");
  export_command.callback(
      [&context, exported] { context.status = run(context, *exported, Access::read, export_customer); });

  const auto erased = std::make_shared<Options>();
  CLI::App& erase_command =
      add_rights(app, context, "erase", "Erase a customer from the store, for good; report totals stay");
  add_id(erase_command, *erased);
  erase_command.add_flag("--yes", erased->yes, "Do it; without, only say what would be erased");
  add_examples(erase_command,
               "  lotse erase user_id:u000042 --yes\n"
               "\n"
               "While `lotse serve` runs, ask it: DELETE /v1/customers/{id}. Backups keep what they have.");
  erase_command.callback(
      [&context, erased] { context.status = run(context, *erased, Access::write, erase_customer); });

  const auto kept = std::make_shared<Options>();
  CLI::App& retain_command =
      add_rights(app, context, "retain", "Erase the customers of whom nothing was heard for long");
  retain_command
      .add_option("--older", kept->older,
                  "Whose last event happened and arrived longer ago: 730d (default: as lotse.yaml says)")
      ->option_text("DURATION");
  retain_command.add_flag("--dry-run", kept->dry_run, "Only say how many");
  add_examples(retain_command,
               "  lotse retain --older 730d --dry-run\n"
               "  lotse retain -w /srv/shop               # where lotse.yaml has `retention: {older: 730d}`\n"
               "\n"
               "With that key `lotse serve` does it by itself, every night.");
  retain_command.callback([&context, kept] {
    context.status = run(context, *kept, kept->dry_run ? Access::read : Access::write, retain);
  });
}

}  // namespace lotse::cli
