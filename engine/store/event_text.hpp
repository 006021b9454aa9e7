#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// The text of one event as the log keeps it: a JSON array
///
///     [arrived, time, claimed, source, id, type, channel, ids, properties, traits]
///
/// `ids` is an object; a namespace that an event names twice is a key twice. Times are ms since 1970;
/// `claimed` is 0, or the event's own time where `time` was set to its arrival. schemas/sql/0001_log.sql
/// shows it to SQL.
struct EventText {
  std::size_t key_begin = 0;  ///< offset of `"source","id"` in the text
  std::size_t key_end = 0;
  bool lossless =
      true;  ///< false: a value has no JSON form of its own (a timestamp, NaN); reading gives its JSON form
};

/// Appends the text of `event`. `claimed` is its own time where that was replaced. Requires string keys in
/// all maps (asserted).
EventText append_event(std::string& out, const Event& event, Instant claimed);

/// JSON as RFC 8259 has it. A double keeps its point, so that it reads back as one; what has no JSON form is
/// written as to_json() does. False for the latter, and for a uint that reads back as an int.
bool append_json(std::string& out, const Value& value);
void append_json_string(std::string& out, std::string_view text);

/// What two texts must share to be the same event (source and id), and to be duplicates of each other (all
/// but the arrival and what follows from it).
[[nodiscard]] std::string_view key_of(std::string_view text);
/// The event's own time, where its arrival took its place.
[[nodiscard]] std::optional<Instant> claimed_time(std::string_view text);
[[nodiscard]] bool same_content(std::string_view a, std::string_view b);
/// Equal for texts of the same content.
[[nodiscard]] std::uint64_t content_hash(std::string_view text);

/// A map that append_json() wrote; `storage` for anything else. Requires EventReader::padding bytes behind
/// `text`.
[[nodiscard]] Result<Value> read_json_object(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// Reads texts back. One for a thread; its buffers are reused.
class EventReader {
 public:
  /// Readable bytes that must follow the text in memory.
  static constexpr std::size_t padding = 64;

  EventReader();
  ~EventReader();
  EventReader(EventReader&&) noexcept;
  EventReader& operator=(EventReader&&) noexcept;

  /// The event that append_event() wrote; `storage` for anything else. Requires `padding` bytes behind
  /// `text`.
  [[nodiscard]] Result<Event> read(std::string_view text);

  /// The event's text as it would be had it not named the identifiers for which `drop` holds. As read().
  [[nodiscard]] Result<std::string> without(std::string_view text,
                                            const std::function<bool(const Identifier&)>& drop);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace lotse
