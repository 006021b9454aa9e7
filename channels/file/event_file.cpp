#include "channels/file/event_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "channels/file/csv_reader.hpp"
#include "channels/file/input.hpp"
#include "channels/file/json_reader.hpp"
#include "channels/file/parallel_reader.hpp"
#include "channels/file/record.hpp"
#include "channels/file/xes_reader.hpp"
#include "engine/base/hash.hpp"

namespace lotse::file {
namespace {

constexpr std::size_t fingerprint_bytes = std::size_t{64} << 10U;
constexpr std::size_t batch_bytes_min = std::size_t{128} << 10U;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The first 64 bits of SHA-256, as 16 hexadecimal digits.
std::string fingerprint(std::string_view bytes) { return hex(sha256(bytes)).substr(0, 16); }

std::optional<FileFormat> format_of_name(const std::filesystem::path& path) {
  std::filesystem::path name = path.filename();
  if (name.extension() == ".gz") name = name.stem();
  const std::string extension = name.extension().string();
  if (extension == ".csv" || extension == ".tsv") return FileFormat::csv;
  if (extension == ".xes") return FileFormat::xes;
  if (extension == ".ndjson" || extension == ".jsonl" || extension == ".json") return FileFormat::ndjson;
  return std::nullopt;
}

char first_sign(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? '\0' : text[at];
}

std::optional<FileFormat> format_of_text(std::string_view text) {
  switch (first_sign(text)) {
    case '{':
    case '[':
      return FileFormat::ndjson;
    case '<':
      return FileFormat::xes;
    case '\0':
      return std::nullopt;
    default:
      return FileFormat::csv;
  }
}

}  // namespace

struct EventFile::Rep {
  FileFormat format{};
  FileFacts facts;
  std::unique_ptr<RecordReader> reader;
  std::uint64_t records = 0;
};

EventFile::EventFile(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
EventFile::EventFile(EventFile&&) noexcept = default;
EventFile& EventFile::operator=(EventFile&&) noexcept = default;
EventFile::~EventFile() = default;

Result<EventFile> EventFile::open(const std::filesystem::path& path, const FileOptions& options,
                                  std::vector<Diagnostic>& findings) {
  LOTSE_TRY(Input input, Input::open(path));
  const std::string name = input.name();
  Window window(std::move(input), std::max(options.batch_bytes, batch_bytes_min));
  LOTSE_TRY(std::string_view head, window.peek(fingerprint_bytes));
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
    return fail(ErrorCode::bad_input, fmt::format("{}: is UTF-16; write it as UTF-8", name));
  }

  auto rep = std::make_unique<Rep>();
  const Mapping* mapping = options.mapping;
  rep->facts.properties = options.properties;
  rep->facts.file_id = options.source.value_or(mapping == nullptr ? "" : mapping->source);
  if (rep->facts.file_id.empty()) rep->facts.file_id = fingerprint(head);
  if (head.starts_with(byte_order_mark)) {
    window.skip(byte_order_mark.size());
    LOTSE_TRY(head, window.peek(fingerprint_bytes));
  }

  std::optional<FileFormat> format = options.format;
  if (!format && mapping != nullptr) format = mapping->format;
  if (!format) format = format_of_name(path);
  if (!format) format = format_of_text(head);
  rep->format = format.value_or(FileFormat::ndjson);
  switch (rep->format) {
    case FileFormat::ndjson:
      if (first_sign(head) == '[') {
        rep->reader = std::make_unique<JsonArrayReader>(std::move(window), rep->facts);
      } else if (options.threads > 0) {
        rep->reader = std::make_unique<ParallelNdjsonReader>(std::move(window), rep->facts, options.threads);
      } else {
        rep->reader = std::make_unique<NdjsonReader>(std::move(window), rep->facts);
      }
      break;
    case FileFormat::csv: {
      LOTSE_TRY(rep->reader, CsvReader::open(std::move(window), mapping, rep->facts, findings));
      break;
    }
    case FileFormat::xes:
      rep->reader = std::make_unique<XesReader>(std::move(window), mapping, rep->facts);
      break;
  }
  return EventFile(std::move(rep));
}

Result<bool> EventFile::next(Batch& batch) {
  if (batch.spent.size() < batch.events.size()) std::swap(batch.events, batch.spent);
  batch.events.clear();
  batch.places.clear();
  batch.rejected.clear();
  const auto more = rep_->reader->next(batch);
  rep_->records += batch.events.size() + batch.rejected.size();
  return more;
}

FileFormat EventFile::format() const { return rep_->format; }
const std::string& EventFile::file_id() const { return rep_->facts.file_id; }

Progress EventFile::progress() const {
  Progress progress = rep_->reader->progress();
  progress.records = rep_->records;
  return progress;
}

}  // namespace lotse::file
