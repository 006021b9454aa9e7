#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channels/file/input.hpp"
#include "channels/file/record.hpp"
#include "channels/file/row_mapper.hpp"

namespace lotse::file {

/// Cuts CSV into records and cells: RFC 4180, any delimiter, and lines that end in LF too. A quote inside an
/// unquoted cell stands for itself.
class CsvScanner {
 public:
  enum class Found : std::uint8_t { record, incomplete, text_behind_quote, quote_not_closed };

  explicit CsvScanner(char delimiter) : delimiter_(delimiter) {}

  /// Reads the record that begins at `at`. `is_last`: no more text follows, so the end of the text ends a
  /// record.
  [[nodiscard]] Found scan(std::string_view text, std::size_t at, bool is_last);

  [[nodiscard]] const std::vector<std::string_view>& cells() const { return cells_; }
  /// Behind the record and its line break; of a mistake, where it was seen.
  [[nodiscard]] std::size_t end() const { return end_; }
  /// Without its line break.
  [[nodiscard]] std::size_t text_end() const { return text_end_; }

 private:
  Found scan_quoted(std::string_view text, bool is_last);

  char delimiter_;
  std::vector<std::string_view> cells_;
  std::string unescaped_;  ///< cells with doubled quotes; has room for a whole text, so that views stay valid
  std::size_t end_ = 0;
  std::size_t text_end_ = 0;
};

class CsvReader final : public RecordReader {
 public:
  /// Reads the header. Columns that the mapping names and the header has not go to `findings`. Without a
  /// mapping the columns must be named as an event's fields are.
  [[nodiscard]] static Result<std::unique_ptr<CsvReader>> open(Window window, const Mapping* mapping,
                                                               const FileFacts& facts,
                                                               std::vector<Diagnostic>& findings);
  Result<bool> next(Batch& batch) override;
  Progress progress() const override { return progress_of(window_.input()); }

 private:
  CsvReader(Window window, char delimiter, const FileFacts& facts)
      : window_(std::move(window)), facts_(facts), scanner_(delimiter) {}

  Result<void> read_header(std::vector<std::string>& header);
  Result<void> match_columns(const Mapping& mapping, const std::vector<std::string>& header,
                             std::vector<Diagnostic>& findings);
  [[nodiscard]] std::optional<Mistake> read_record(CsvScanner::Found found, std::string_view record,
                                                   Event& event);
  /// Takes the records of a piece; gives where the rest of it begins.
  std::size_t read_piece(Batch& batch, std::string_view text);
  std::size_t go_to_next_line(std::string_view text, std::size_t at);

  Window window_;
  const FileFacts& facts_;
  CsvScanner scanner_;
  std::optional<RowMapper> mapper_;
  std::vector<std::size_t> positions_;   ///< in the header, of RowMapper::columns
  std::vector<std::string_view> cells_;  ///< by RowMapper::columns
  std::size_t header_cells_ = 0;
  Event event_;
  std::uint64_t line_ = 1;
  bool skipping_ = false;  ///< to the next line: the one before was longer than a piece
};

}  // namespace lotse::file
