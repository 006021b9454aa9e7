#include "channels/file/csv_reader.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/journey/findings.hpp"

namespace lotse::file {
namespace {

std::uint64_t newlines(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// What a header without the mapped column is probably cut at.
std::string other_delimiter(const std::vector<std::string>& header) {
  if (header.size() != 1) return {};
  for (const auto& [c, name] : {std::pair(';', "\";\""), std::pair('\t', "tab"), std::pair(',', "\",\"")}) {
    if (header.front().find(c) != std::string::npos)
      return fmt::format("is the delimiter another one? `delimiter: {}`", name);
  }
  return {};
}

}  // namespace

CsvScanner::Found CsvScanner::scan_quoted(std::string_view text, bool is_last) {
  const std::size_t begin = end_ + 1;
  std::size_t from = begin;
  const std::size_t copied = unescaped_.size();
  bool escaped = false;
  while (true) {
    const std::size_t quote = text.find('"', from);
    if (quote == std::string_view::npos || (quote + 1 == text.size() && !is_last)) {
      if (is_last) return Found::quote_not_closed;
      return Found::incomplete;
    }
    if (quote + 1 < text.size() && text[quote + 1] == '"') {
      unescaped_.append(text.substr(from, quote + 1 - from));
      from = quote + 2;
      escaped = true;
      continue;
    }
    if (escaped) {
      unescaped_.append(text.substr(from, quote - from));
      cells_.push_back(std::string_view(unescaped_).substr(copied));
    } else {
      cells_.push_back(text.substr(begin, quote - begin));
    }
    end_ = quote + 1;
    return Found::record;
  }
}

CsvScanner::Found CsvScanner::scan(std::string_view text, std::size_t at, bool is_last) {
  cells_.clear();
  unescaped_.clear();
  unescaped_.reserve(text.size());
  const std::array<char, 2> stops{delimiter_, '\n'};
  end_ = at;
  while (true) {
    if (end_ < text.size() && text[end_] == '"') {
      if (const Found found = scan_quoted(text, is_last); found != Found::record) return found;
    } else {
      std::size_t stop = text.find_first_of(std::string_view(stops.data(), stops.size()), end_);
      if (stop == std::string_view::npos && !is_last) return Found::incomplete;
      if (stop == std::string_view::npos) stop = text.size();
      std::string_view cell = text.substr(end_, stop - end_);
      if (cell.ends_with('\r') && (stop == text.size() || text[stop] == '\n')) cell.remove_suffix(1);
      cells_.push_back(cell);
      end_ = stop;
    }

    // Behind a cell: a delimiter, a line break, or the end.
    text_end_ = end_;
    if (end_ < text.size() && text[end_] == delimiter_) {
      ++end_;
      continue;
    }
    if (end_ < text.size() && text[end_] == '\r') {
      if (end_ + 1 == text.size() && !is_last) return Found::incomplete;
      ++end_;
    }
    if (end_ < text.size() && text[end_] == '\n') {
      ++end_;
      return Found::record;
    }
    if (end_ < text.size()) return Found::text_behind_quote;
    return is_last ? Found::record : Found::incomplete;
  }
}

Result<std::unique_ptr<CsvReader>> CsvReader::open(Window window, const Mapping* mapping,
                                                   const FileFacts& facts,
                                                   std::vector<Diagnostic>& findings) {
  const char delimiter = mapping == nullptr ? ',' : mapping->delimiter;
  std::unique_ptr<CsvReader> reader(new CsvReader(std::move(window), delimiter, facts));
  std::vector<std::string> header;
  LOTSE_CHECK(reader->read_header(header));
  const Mapping native = mapping == nullptr ? native_mapping(header) : Mapping{};
  if (mapping == nullptr && (!native.time || !native.type || native.ids.empty())) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("{}: a CSV file needs a mapping, or columns named `time`, `type` and `ids.NAMESPACE`",
                    reader->window_.input().name()));
  }
  LOTSE_CHECK(reader->match_columns(mapping == nullptr ? native : *mapping, header, findings));
  return reader;
}

Result<void> CsvReader::read_header(std::vector<std::string>& header) {
  std::string text;
  LOTSE_TRY(const std::string_view piece, window_.next(text));
  const auto found = scanner_.scan(piece, 0, window_.at_end());
  if (piece.empty() || found != CsvScanner::Found::record) {
    return fail(ErrorCode::bad_input, fmt::format("{}: has no header line", window_.input().name()));
  }
  for (const std::string_view cell : scanner_.cells()) header.emplace_back(trimmed(cell));
  header_cells_ = header.size();
  line_ += newlines(piece.substr(0, scanner_.end()));
  window_.leave(piece.substr(scanner_.end()));
  return {};
}

Result<void> CsvReader::match_columns(const Mapping& mapping, const std::vector<std::string>& header,
                                      std::vector<Diagnostic>& findings) {
  mapper_.emplace(mapping, facts_);
  const std::vector<std::string_view> names(header.begin(), header.end());
  std::size_t wrong = 0;
  for (const RowMapper::Column& column : mapper_->columns()) {
    const auto count = std::ranges::count(header, column.name);
    positions_.push_back(static_cast<std::size_t>(std::ranges::find(header, column.name) - header.begin()));
    if (count == 1) continue;
    ++wrong;
    Diagnostic finding;
    finding.code = count == 0 ? "M006" : "M007";
    finding.where = column.where;
    if (count == 0) {
      finding.message = fmt::format("{} has no column `{}`", window_.input().name(), column.name);
      finding.hint = other_delimiter(header);
      if (finding.hint.empty()) finding.hint = did_you_mean_or_list(column.name, names);
    } else {
      finding.message = fmt::format("{} has {} columns `{}`", window_.input().name(), count, column.name);
      finding.hint = "give each its own name in the header";
    }
    findings.push_back(std::move(finding));
  }
  cells_.resize(positions_.size());
  if (wrong == 0) return {};
  return fail(ErrorCode::bad_input, fmt::format("{} does not have the columns that {} names",
                                                window_.input().name(), mapping.file));
}

std::optional<Mistake> CsvReader::read_record(CsvScanner::Found found, std::string_view record,
                                              Event& event) {
  if (record.size() > facts_.limits.bytes) return too_long(facts_.limits, record.size());
  switch (found) {
    case CsvScanner::Found::record:
      break;
    case CsvScanner::Found::text_behind_quote:
      return Mistake{.reason = "text behind a closing quote", .detail = {}, .at = Mistake::whole};
    case CsvScanner::Found::quote_not_closed:
    case CsvScanner::Found::incomplete:
      return Mistake{.reason = "a quote is not closed", .detail = {}};
  }
  if (scanner_.cells().size() != header_cells_) {
    return Mistake{.reason = "other number of cells than the header",
                   .detail = fmt::format("{} instead of {}", scanner_.cells().size(), header_cells_)};
  }
  if (!simdjson::validate_utf8(record.data(), record.size()))
    return Mistake{.reason = "not UTF-8", .detail = {}};
  for (std::size_t i = 0; i < positions_.size(); ++i) cells_[i] = scanner_.cells()[positions_[i]];
  return mapper_->make(cells_, record, facts_.event_id(line_), event);
}

/// The beginning of the next line, counted; npos if it is not in the text.
std::size_t CsvReader::go_to_next_line(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  if (newline == std::string_view::npos) return std::string_view::npos;
  ++line_;
  return newline + 1;
}

std::size_t CsvReader::read_piece(Batch& batch, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (skipping_) {
      at = go_to_next_line(text, at);
      if (at == std::string_view::npos) return text.size();
      skipping_ = false;
      continue;
    }
    const auto found = scanner_.scan(text, at, window_.at_end());
    const bool whole = found == CsvScanner::Found::record;
    if (found == CsvScanner::Found::incomplete && text.size() - at <= facts_.limits.bytes) return at;
    const std::size_t line_end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, line_end - at);
    const std::string_view record = whole ? text.substr(at, scanner_.text_end() - at) : line;
    const bool blank = whole && scanner_.cells().size() == 1 && trimmed(scanner_.cells().front()).empty();
    std::optional<Mistake> mistake;
    if (!blank) mistake = read_record(found, record, event_);
    if (mistake) reject(batch, place_of(line_, text, record), *mistake);
    if (!blank && !mistake) batch.add(event_, place_of(line_, text, record));

    // A mistake in the quotes swallows lines; go on behind the first of them.
    const bool trust = whole && (!mistake || scanner_.cells().size() == header_cells_) &&
                       record.size() <= facts_.limits.bytes;
    if (trust || blank) {
      line_ += newlines(text.substr(at, scanner_.end() - at));
      at = scanner_.end();
    } else {
      at = go_to_next_line(text, at);
      if (at == std::string_view::npos) {
        skipping_ = !window_.at_end();
        return text.size();
      }
    }
  }
  return at;
}

Result<bool> CsvReader::next(Batch& batch) {
  while (batch.events.empty() && batch.rejected.empty()) {
    LOTSE_TRY(const std::string_view text, window_.next(batch.text));
    if (text.empty()) return false;
    window_.leave(text.substr(read_piece(batch, text)));
  }
  return true;
}

}  // namespace lotse::file
