#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/strong.hpp"
#include "engine/store/sqlite.hpp"

namespace lotse {

/// Number of an event in the log, from 1 in the order of being taken; 0 is none. 32 bits hold four billion.
using EventNumber = Strong<struct EventNumberTag, std::uint32_t>;
inline constexpr EventNumber no_event{0};

/// One stored event as the log has it.
struct LoggedText {
  EventNumber number;
  EventNumber previous;   ///< the event before it under the same primary identifier
  std::string_view text;  ///< followed by readable padding; valid until the next call of the log
};

/// Whether a walk over the log meets what is left of erased events (tombstone.hpp).
enum class Erased : std::uint8_t { skip, visit };

/// The append-only log of events and of their fingerprints. Bytes only: what an event means is others'
/// business.
class EventLog {
 public:
  /// Events in one row: a trade of bytes lost in half-filled pages against bytes read to find one event
  /// again.
  static constexpr std::uint32_t row_events = 64;
  /// Fingerprints in one chunk: 64 KiB.
  static constexpr std::uint32_t chunk_hashes = 8192;

  /// Over a store whose schema is up to date; the connection must outlive the log.
  [[nodiscard]] static Result<EventLog> open(sqlite::Connection& connection);

  [[nodiscard]] EventNumber last() const { return EventNumber(next_ - 1); }

  /// Of a reader beside a writer: takes notice of what is stored by now. Begins a read; what follows in the
  /// caller's transaction sees the same.
  [[nodiscard]] Result<void> refresh();

  /// Puts an event behind the last one; on disk after flush() within a committed transaction of the caller.
  [[nodiscard]] Result<EventNumber> append(std::string_view text, std::uint64_t fingerprint,
                                           EventNumber previous);
  /// Writes what append() has gathered. Must come before the transaction commits.
  [[nodiscard]] Result<void> flush();

  /// One event by its number (1 to last(), asserted), whether flushed or not. Reads near each other share a
  /// row.
  [[nodiscard]] Result<LoggedText> read(EventNumber number);

  /// Calls `visit` for every event from `from` on, in order; stops at the first Error.
  [[nodiscard]] Result<void> scan(EventNumber from,
                                  const std::function<Result<void>(const LoggedText&)>& visit,
                                  Erased erased = Erased::skip);

  /// Follows the chains that end in `heads` backwards: calls `visit(chain, event)` for every event of every
  /// chain that is not erased, descending by number. Reads each row at most once.
  [[nodiscard]] Result<void> follow(std::span<const EventNumber> heads,
                                    const std::function<Result<void>(std::size_t, const LoggedText&)>& visit);

  /// Puts what `text_of` gives in the place of each of `numbers` (ascending, flushed). A tombstone also loses
  /// its link to the event before it. In a transaction of the caller.
  [[nodiscard]] Result<void> rewrite(std::span<const EventNumber> numbers,
                                     const std::function<Result<std::string>(const LoggedText&)>& text_of);

  /// All fingerprints in order of their events, in spans that follow each other; the first begins with
  /// event 1. What is not in a chunk yet is kept by the log, and passed last.
  [[nodiscard]] Result<void> fingerprints(
      const std::function<void(EventNumber, std::span<const std::uint64_t>)>& visit);

  /// Puts back the fingerprints of events that are in no chunk yet, after a restart; in order, from
  /// unchunked() on.
  [[nodiscard]] EventNumber unchunked() const { return EventNumber(next_hash_); }
  void restore_fingerprint(std::uint64_t fingerprint) { hashes_.push_back(fingerprint); }

 private:
  /// Texts of one row, with the index that tells them apart.
  struct Row {
    std::uint32_t first = 0;
    std::string places;  ///< as stored: (previous, end) per event
    std::string body;    ///< as stored: `[` text `,` text … `]`, and padding
    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(places.size() / 8); }
    [[nodiscard]] bool has(std::uint32_t number) const { return number >= first && number - first < count(); }
    [[nodiscard]] LoggedText at(std::uint32_t number) const;
    void add(std::string_view text, EventNumber previous);
  };

  explicit EventLog(sqlite::Connection& connection) : connection_(&connection) {}
  Result<void> flush_row();
  Result<void> flush_chunk();
  Result<void> load(std::uint32_t number);
  Result<void> take_row(const sqlite::Statement& from, Row& row) const;

  sqlite::Connection* connection_;
  sqlite::Statement insert_row_;
  sqlite::Statement insert_chunk_;
  sqlite::Statement select_row_;
  std::uint32_t next_ = 1;       ///< number of the next event
  std::uint32_t next_hash_ = 1;  ///< number of the event whose fingerprint is hashes_[0]
  std::vector<std::uint64_t> hashes_;
  Row filling_;
  Row cached_;
};

}  // namespace lotse
