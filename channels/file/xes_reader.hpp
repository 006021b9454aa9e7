#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channels/file/input.hpp"
#include "channels/file/record.hpp"
#include "channels/file/row_mapper.hpp"

namespace lotse::file {

/// Longest trace that is read: it is held in memory as a whole.
inline constexpr std::size_t trace_bytes_max = std::size_t{64} << 20U;

/// XES (IEEE 1849): one trace at a time is cut out of the log and parsed. No document type, so no entities,
/// of any kind.
class XesReader final : public RecordReader {
 public:
  /// Without a mapping: that of xes_mapping(), and every other attribute as a property with its own type,
  /// those of the trace as `case:KEY`.
  XesReader(Window window, const Mapping* mapping, const FileFacts& facts);
  ~XesReader() override;
  Result<bool> next(Batch& batch) override;
  Progress progress() const override { return progress_of(window_.input()); }

 private:
  enum class Part : std::uint8_t { before_log, in_log, after_log };
  struct Attribute {
    std::string_view type;  ///< the element's name: string, date, int, float, boolean, id
    std::string key;        ///< with `case:` before a trace's
    std::string_view value;
  };
  class Document;

  /// Takes what is complete in a piece; gives where the rest begins.
  std::size_t read_piece(Batch& batch, std::string_view text);
  /// One tag at `at`: its end, npos if more text is needed.
  std::size_t read_tag(Batch& batch, std::string_view text, std::size_t at);
  void read_element(Batch& batch, std::string_view text, std::string_view element, bool is_trace);
  void read_event(Batch& batch, std::string_view text, std::string_view event, std::uint64_t line,
                  const std::vector<Attribute>& attributes, std::uint64_t number);
  [[nodiscard]] std::optional<Mistake> make(std::string_view event, const std::vector<Attribute>& attributes,
                                            std::uint64_t number);
  void fail_here(std::string message);

  Window window_;
  const FileFacts& facts_;
  RowMapper mapper_;
  bool all_properties_;
  std::unique_ptr<Document> document_;
  Event event_;
  std::vector<std::string_view> cells_;
  Part part_ = Part::before_log;
  std::uint64_t line_ = 1;
  std::uint64_t trace_ = 0;
  std::optional<Error> failure_;
};

}  // namespace lotse::file
