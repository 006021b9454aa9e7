#include "cli/logs.hpp"

#include <fmt/format.h>

#include <utility>

#include "cli/mapping.hpp"
#include "cli/stays.hpp"
#include "engine/report/text.hpp"

namespace lotse::cli {
namespace {

void note(UnreadRecords& unread, const std::filesystem::path& path, const file::RejectedRecord& rejected) {
  if (unread.count++ > 0) return;
  unread.first = fmt::format("{}:{}: {}{}{}", path.string(), rejected.place.line, rejected.reason,
                             rejected.detail.empty() ? "" : ": ", rejected.detail);
}

}  // namespace

CLI::Option* add_log_options(CLI::App& command, LogOptions& options) {
  CLI::Option* const events = command
                                  .add_option("--events", options.files,
                                              "NDJSON, CSV or XES, also gzipped; `-` is the standard input")
                                  ->option_text("LOG...");
  command.add_option("--mapping", options.mapping, "How the columns of a CSV or XES file make events")
      ->option_text("FILE");
  command.add_option("--input-format", options.format, "What the log is, where its name does not tell")
      ->check(CLI::IsMember({"ndjson", "csv", "xes"}))
      ->option_text("ndjson|csv|xes");
  command.add_flag("-q,--quiet", options.quiet, "No progress on the terminal");
  return events;
}

void print(const UnreadRecords& unread) {
  if (unread.count == 0) return;
  fmt::print(stderr, "{} could not be read; the first: {}\n", count_of(unread.count, "record"), unread.first);
}

ProgressBar progress_bar(const LogOptions& options, std::string name) {
  return {std::move(name), !options.quiet && is_terminal(stderr)};
}

Result<std::optional<UnreadRecords>> read_logs(Context& context, const LogOptions& options, bool properties,
                                               const std::function<void(std::vector<Event>&)>& take) {
  std::optional<file::Mapping> mapping;
  if (!options.mapping.empty()) {
    LOTSE_TRY(mapping, read_mapping(context, options.mapping));
    if (!mapping) return std::optional<UnreadRecords>();
  }
  UnreadRecords unread;
  for (const std::filesystem::path& path : options.files) {
    std::vector<Diagnostic> findings;
    auto file = file::EventFile::open(path,
                                      {.format = format_of(options.format),
                                       .source = std::nullopt,
                                       .mapping = mapping ? &*mapping : nullptr,
                                       .batch_bytes = file::cached_batch_bytes,
                                       .properties = properties,
                                       .threads = properties ? 1 : threads()},
                                      findings);
    print(context, findings);
    if (!file) return tl::unexpected(std::move(file).error());
    ProgressBar bar = progress_bar(options, "reading " + path.filename().string());
    file::Batch batch;
    for (;;) {
      LOTSE_TRY(const bool more, file->next(batch));
      if (!more) break;
      take(batch.events);
      for (const file::RejectedRecord& rejected : batch.rejected) note(unread, path, rejected);
      bar.show(share_of(file->progress()), file->progress().records);
    }
  }
  return std::optional(std::move(unread));
}

}  // namespace lotse::cli
