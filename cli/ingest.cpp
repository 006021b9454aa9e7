#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "channels/file/event_file.hpp"
#include "channels/file/file_intake.hpp"
#include "cli/context.hpp"
#include "cli/mapping.hpp"
#include "cli/progress.hpp"
#include "engine/report/text.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kExamples =
    "  lotse ingest events.ndjson -w journeys/broadband\n"
    "  lotse ingest orders.csv.gz --mapping orders.mapping.yaml --rejects rejected.csv\n"
    "  zcat *.gz | lotse ingest - --format ndjson\n"
    "\n"
    "Events are known by (source, id): the same command again adds what is missing and changes nothing "
    "else.\n"
    "Rejected lines never stop the rest; status 1 when nothing but rejected lines was found.";

struct Options {
  std::vector<fs::path> files;
  std::string mapping;
  std::string format;
  std::string source;
  std::string rejects;
  bool quiet = false;
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void print_count(std::uint64_t count, std::string_view what, std::string_view note = {}) {
  fmt::print("  {:>12}  {}{}{}\n", grouped(count), what, note.empty() ? "" : ": ", note);
}

void print_reason(const file::IntakeSummary::Reason& reason) {
  fmt::print("      {:>12}  {}\n", grouped(reason.count), reason.reason);
  for (const auto& place : reason.first) {
    fmt::print("                      line {}{}{}{}\n", place.line,
               place.column > 0 ? fmt::format(", column {}", place.column) : std::string(),
               place.detail.empty() ? "" : ": ", place.detail);
  }
  if (reason.count > reason.first.size()) {
    fmt::print("                      and {} more\n", grouped(reason.count - reason.first.size()));
  }
}

void print_summary(const fs::path& file, const file::IntakeSummary& summary, double seconds) {
  fmt::print("{}: {} in {:.1f} s ({}/s)\n", file.string(), count_of(summary.records, "record"), seconds,
             rate_text(static_cast<double>(summary.records) / std::max(seconds, 1e-3)));
  print_count(summary.accepted, "accepted");
  if (summary.from_future > 0) {
    print_count(summary.from_future, "of them from the future", "their time is now that of their arrival");
  }
  if (summary.duplicate > 0) print_count(summary.duplicate, "duplicate", "stored already");
  if (summary.conflict > 0) {
    print_count(summary.conflict, "conflicting",
                "the same source and id with other content; the first stored one counts");
  }
  if (summary.rejected > 0) print_count(summary.rejected, "rejected");
  for (const auto& reason : summary.reasons) print_reason(reason);
}

/// Where rejected lines go.
class Rejects {
 public:
  static Result<Rejects> open(const std::string& path) {
    Rejects rejects;
    if (path.empty()) return rejects;
    rejects.path_ = path;
    rejects.out_ = std::make_unique<std::ofstream>(path, std::ios::binary | std::ios::trunc);
    if (!*rejects.out_) return fail(ErrorCode::storage, fmt::format("{}: cannot be written", path));
    return rejects;
  }
  Result<void> add(std::string_view record) {
    if (!out_) return {};
    *out_ << record << '\n';
    return check();
  }
  Result<void> finish() {
    if (!out_) return {};
    out_->flush();
    return check();
  }

 private:
  Result<void> check() {
    if (*out_) return {};
    return fail(ErrorCode::storage, fmt::format("{}: cannot be written", path_));
  }
  std::string path_;
  std::unique_ptr<std::ofstream> out_;
};

Result<void> ingest(Context& context, const Options& options) {
  const std::optional<Workspace> workspace = open_workspace(context);
  if (!workspace) return {};
  std::optional<file::Mapping> mapping;
  if (!options.mapping.empty()) {
    LOTSE_TRY(mapping, read_mapping(context, options.mapping));
    if (!mapping) return {};
  }
  LOTSE_TRY(Rejects rejects, Rejects::open(options.rejects));
  const fs::path store = store_path(context, *workspace);
  LOTSE_TRY(const auto engine, Engine::open(*workspace, store));
  if (engine->recovery().rebuilt) {
    fmt::print(stderr, "{}: positions derived anew from {} events ({})\n", store.string(),
               grouped(engine->recovery().replayed), engine->recovery().reason);
  }
  bool any_taken = false;
  bool any_rejected = false;
  const auto take = [&](const fs::path& path) -> Result<void> {
    const Clock::time_point begin = Clock::now();
    std::vector<Diagnostic> findings;
    auto file = file::EventFile::open(
        path,
        {.format = format_of(options.format),
         .source = options.source.empty() ? std::nullopt : std::optional(options.source),
         .mapping = mapping ? &*mapping : nullptr},
        findings);
    print(context, findings);
    if (!file) return tl::unexpected(std::move(file).error());
    Result<file::IntakeSummary> summary;
    {
      ProgressBar bar(path.filename().string(), !options.quiet && is_terminal(stderr));
      summary = file::take_in(
          *file, *engine,
          {.on_rejected = [&](std::string_view record) { return rejects.add(record); },
           .on_progress =
               [&](const file::Progress& progress) { bar.show(share_of(progress), progress.records); }});
    }
    if (!summary) return tl::unexpected(std::move(summary).error());
    any_taken |= summary->rejected < summary->records;
    any_rejected |= summary->rejected > 0;
    if (!options.quiet) print_summary(path, *summary, seconds_since(begin));
    return {};
  };
  Result<void> taken;
  for (const fs::path& path : options.files) {
    if (taken) taken = take(path);
  }
  // What was stored before a file that cannot be read is to be seen in the views as well.
  if (const auto written = engine->checkpoint(); taken && !written) taken = written;
  LOTSE_CHECK(taken);
  LOTSE_CHECK(rejects.finish());
  LOTSE_TRY(const EngineCounts counts, engine->counts());
  if (!options.quiet) {
    fmt::print("{}: {} events of {} customers\n", store.string(), grouped(counts.events),
               grouped(counts.customers));
  }
  context.status = any_rejected && !any_taken ? Exit::findings : Exit::ok;
  return {};
}

}  // namespace

void register_ingest(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "ingest", "Store a log of events and bring every position up to date");
  const auto options = std::make_shared<Options>();
  command.add_option("FILE", options->files, "NDJSON, CSV or XES, also gzipped; `-` is the standard input")
      ->required()
      ->type_name("");
  add_workspace_option(command, context);
  add_store_option(command, context);
  command.add_option("--mapping", options->mapping, "How the columns of a CSV or XES file make events")
      ->type_name("FILE");
  command.add_option("--format", options->format, "ndjson, csv or xes, where the file's name does not tell")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"ndjson", "csv", "xes"}));
  command.add_option("--source", options->source, "Source of events that name none, before the mapping's")
      ->type_name("NAME");
  command.add_option("--rejects", options->rejects, "Write rejected lines to FILE, as they are")
      ->type_name("FILE");
  command.add_flag("--quiet,-q", options->quiet, "Print nothing but errors");
  add_examples(command, kExamples);
  command.callback([options, &context] {
    if (const Result<void> done = ingest(context, *options); !done)
      context.status = report(context, done.error());
  });
}

}  // namespace lotse::cli
