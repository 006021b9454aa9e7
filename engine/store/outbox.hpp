#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/store/sqlite.hpp"

namespace lotse {

/// What was handed out and has not arrived.
struct OutboxEntry {
  enum class Kind : std::uint8_t { message, task, alert };
  std::string id{};                      ///< the receiver's idempotency key
  std::optional<Identifier> customer{};  ///< nothing: it is about nobody
  Kind kind = Kind::message;
  std::string route{};  ///< channel, or `team:…`
  std::string journey{};
  std::string touchpoint{};
  std::string effect{};               ///< its key; empty for alerts
  std::vector<std::string> failed{};  ///< channels that have failed for it
  Instant made{};
  Instant stale_at{};  ///< while another channel is left, no attempt is made later than this
  Instant next{};      ///< of the next attempt
  std::uint32_t attempts = 0;
  bool dead = false;      ///< given up
  bool deferred = false;  ///< policy has put off the next attempt
  std::string address{};  ///< address_mark() of what it was made for; empty: none
  std::string error{};    ///< how the last attempt ended
  friend bool operator==(const OutboxEntry&, const OutboxEntry&) = default;
};

/// The table of them. What writes is in a group of the store.
class Outbox {
 public:
  explicit Outbox(sqlite::Connection& connection) : connection_(&connection) {}

  /// With the bytes that every attempt sends, and what they were filled with, as JSON. One whose id is there
  /// already changes nothing.
  [[nodiscard]] Result<void> put(const OutboxEntry& entry, std::string_view body, std::string_view fields);
  /// What an attempt changes: failed, next, attempts, dead, deferred, error.
  [[nodiscard]] Result<void> update(const OutboxEntry& entry);
  [[nodiscard]] Result<void> erase(std::string_view id);
  /// Of all customers who have one of these identifiers.
  [[nodiscard]] Result<void> erase(std::span<const Identifier> identifiers);

  /// Errors: not_found.
  [[nodiscard]] Result<std::string> body(std::string_view id);
  [[nodiscard]] Result<std::string> fields(std::string_view id);
  [[nodiscard]] Result<std::optional<OutboxEntry>> find(std::string_view id);
  /// All that are not dead, by the time of their next attempt.
  [[nodiscard]] Result<std::vector<OutboxEntry>> waiting();
  /// The dead ones, the latest first, made before `before`.
  [[nodiscard]] Result<std::vector<OutboxEntry>> dead(std::size_t limit, Instant before = Instant::max());
  [[nodiscard]] Result<std::uint64_t> count_dead();

 private:
  Result<std::string> bytes_of(std::string_view column, std::string_view id);
  Result<std::vector<OutboxEntry>> read(sqlite::Statement& rows);
  sqlite::Connection* connection_;
};

}  // namespace lotse
