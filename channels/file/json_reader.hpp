#pragma once

#include <cstdint>
#include <memory>

#include "channels/file/input.hpp"
#include "channels/file/json_event.hpp"
#include "channels/file/record.hpp"

namespace lotse::file {

/// NDJSON: one event a line; empty lines are passed over. `facts` must outlive the reader.
class NdjsonReader final : public RecordReader {
 public:
  NdjsonReader(Window window, const FileFacts& facts)
      : window_(std::move(window)), facts_(facts), events_(facts) {}
  Result<bool> next(Batch& batch) override;
  const Input& input() const override { return window_.input(); }

 private:
  void read_line(Batch& batch, std::string_view text, std::string_view line);

  Window window_;
  const FileFacts& facts_;
  JsonEventReader events_;
  Event event_;
  std::uint64_t line_ = 1;
  bool skipping_ = false;  ///< within a line that is longer than a piece
};

/// One JSON array of events, laid out as it may be. Events without an id are numbered by their place in it,
/// from 1.
class JsonArrayReader final : public RecordReader {
 public:
  JsonArrayReader(Window window, const FileFacts& facts)
      : window_(std::move(window)), facts_(facts), events_(facts) {}
  Result<bool> next(Batch& batch) override;
  const Input& input() const override { return window_.input(); }

 private:
  enum class State : std::uint8_t { before, value_or_end, value, comma_or_end, after };

  /// Reads elements until the piece or the array ends; gives the beginning of an element that goes on behind
  /// the piece.
  std::size_t scan(Batch& batch, std::string_view piece);
  void fail_at(std::string_view found, std::string_view wanted);
  void read_element(Batch& batch, std::string_view text, std::string_view element);

  Window window_;
  const FileFacts& facts_;
  JsonEventReader events_;
  Event event_;
  State state_ = State::before;
  std::uint64_t line_ = 1;     ///< of the next unread byte
  std::uint64_t element_ = 0;  ///< those read so far
  std::optional<Error> failure_;
};

}  // namespace lotse::file
