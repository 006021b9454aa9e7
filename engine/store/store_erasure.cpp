// What the store keeps, and no longer keeps, of erased customers. docs/decisions/0080.
#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/store/event_text.hpp"
#include "engine/store/store.hpp"

namespace lotse {

Result<std::string> Store::erasure_salt() {
  LOTSE_TRY(auto row, connection_.prepare("SELECT value FROM erasure WHERE name = 'salt'"));
  LOTSE_TRY(const bool found, row.step());
  if (!found)
    return fail(ErrorCode::storage, connection_.file().string() + ": the store is damaged: no salt");
  return std::string(row.bytes(0));
}

Result<bool> Store::erasure_pending() {
  LOTSE_TRY(const auto pending, connection_.integer("SELECT value FROM erasure WHERE name = 'pending'"));
  return pending.value_or(0) != 0;
}

Result<void> Store::set_erasure_pending(bool pending) {
  LOTSE_ASSERT(group_);
  return connection_.execute(pending ? "UPDATE erasure SET value = 1 WHERE name = 'pending'"
                                     : "UPDATE erasure SET value = 0 WHERE name = 'pending'");
}

Result<std::optional<Instant>> Store::retained() {
  LOTSE_TRY(const auto ms, connection_.integer("SELECT value FROM erasure WHERE name = 'retained'"));
  return ms ? std::optional(Instant(Duration(*ms))) : std::nullopt;
}

Result<void> Store::set_retained(std::optional<Instant> at) {
  LOTSE_ASSERT(group_);
  if (!at) return connection_.execute("DELETE FROM erasure WHERE name = 'retained'");
  LOTSE_TRY(auto insert,
            connection_.prepare("INSERT OR REPLACE INTO erasure (name, value) VALUES ('retained', ?1)"));
  insert.bind(1, at->time_since_epoch().count());
  return insert.run();
}

Result<void> Store::drop_conflicts(std::span<const EventNumber> erased,
                                   const std::function<bool(std::string_view text)>& names) {
  LOTSE_ASSERT(group_);
  std::vector<std::pair<std::int64_t, std::int64_t>> dropped;  // event, hash
  {
    LOTSE_TRY(auto rows, connection_.prepare("SELECT event, hash, body FROM conflict"));
    std::string text;
    while (true) {
      LOTSE_TRY(const bool more, rows.step());
      if (!more) break;
      text = rows.bytes(2);
      const std::size_t length = text.size();
      text.append(EventReader::padding, '\0');
      const auto event = EventNumber(static_cast<std::uint32_t>(rows.integer(0)));
      if (std::ranges::binary_search(erased, event) || names(std::string_view(text).substr(0, length))) {
        dropped.emplace_back(rows.integer(0), rows.integer(1));
      }
    }
  }
  LOTSE_TRY(auto remove, connection_.prepare("DELETE FROM conflict WHERE event = ?1 AND hash = ?2"));
  for (const auto& [event, hash] : dropped) {
    remove.bind(1, event);
    remove.bind(2, hash);
    LOTSE_CHECK(remove.run());
  }
  return {};
}

Result<void> Store::drop_rejects() {
  LOTSE_ASSERT(group_);
  return connection_.execute("DELETE FROM rejected");
}

Result<void> Store::add_redacted(EventNumber event, std::uint64_t content_hash) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(auto insert, connection_.prepare("INSERT OR IGNORE INTO redacted (event, hash) VALUES (?1, ?2)"));
  insert.bind(1, std::int64_t{event.value()});
  insert.bind(2, static_cast<std::int64_t>(content_hash));
  return insert.run();
}

Result<bool> Store::is_redacted(EventNumber event, std::uint64_t content_hash) {
  LOTSE_TRY(auto row, connection_.prepare("SELECT 1 FROM redacted WHERE event = ?1 AND hash = ?2"));
  row.bind(1, std::int64_t{event.value()});
  row.bind(2, static_cast<std::int64_t>(content_hash));
  return row.step();
}

Result<void> Store::add_remains(const Remains& remains) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(auto insert,
            connection_.prepare("INSERT INTO erased (last_event, remains, facts) VALUES (?1, ?2, ?3)"));
  insert.bind(1, remains.last_event.time_since_epoch().count());
  insert.bind(2, remains.remains);
  insert.bind(3, remains.facts);
  return insert.run();
}

Result<void> Store::for_each_remains(const std::function<Result<void>(const Remains&)>& visit) {
  LOTSE_TRY(auto rows, connection_.prepare("SELECT last_event, remains FROM erased ORDER BY number"));
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) return {};
    LOTSE_CHECK(
        visit({.last_event = Instant(Duration(rows.integer(0))), .remains = rows.bytes(1), .facts = {}}));
  }
}

Result<bool> Store::fold_wal() {
  LOTSE_ASSERT(!group_);
  return folder_->fold(connection_);
}

Result<void> Store::truncate_wal(std::chrono::milliseconds patience) {
  LOTSE_ASSERT(!group_);
  return connection_.truncate_wal(patience);
}

}  // namespace lotse
