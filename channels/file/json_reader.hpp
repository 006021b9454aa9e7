#pragma once

#include <cstdint>
#include <memory>

#include "channels/file/input.hpp"
#include "channels/file/line_cutter.hpp"
#include "channels/file/record.hpp"
#include "engine/runtime/json_event.hpp"

namespace lotse::file {

/// Reads lines of NDJSON: one event a line; empty ones are passed over. `facts` must outlive the reader.
class LineReader {
 public:
  explicit LineReader(const FileFacts& facts) : facts_(facts), events_(facts.limits, facts.properties) {}
  /// Adds their records to the batch, whose text is that of the lines.
  void read(const Lines& lines, Batch& batch);

 private:
  void read_line(Batch& batch, const Place& place, std::string_view line);

  const FileFacts& facts_;
  JsonEventReader events_;
  Event event_;
};

/// NDJSON on one thread.
class NdjsonReader final : public RecordReader {
 public:
  NdjsonReader(Window window, const FileFacts& facts)
      : cutter_(std::move(window), facts.limits.bytes), lines_(facts) {}
  Result<bool> next(Batch& batch) override;
  Progress progress() const override { return progress_of(cutter_.input()); }

 private:
  LineCutter cutter_;
  LineReader lines_;
};

/// One JSON array of events, laid out as it may be. Events without an id are numbered by their place in it,
/// from 1.
class JsonArrayReader final : public RecordReader {
 public:
  JsonArrayReader(Window window, const FileFacts& facts)
      : window_(std::move(window)), facts_(facts), events_(facts.limits, facts.properties) {}
  Result<bool> next(Batch& batch) override;
  Progress progress() const override { return progress_of(window_.input()); }

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
