#include "engine/store/outbox.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace lotse {
namespace {

constexpr std::string_view kColumns =
    "id, namespace, identifier, kind, route, journey, touchpoint, effect, failed, made, stale_at, next, "
    "attempts, dead, error, deferred, address";

std::int64_t ms(Instant instant) { return instant.time_since_epoch().count(); }
Instant instant(std::int64_t ms) { return Instant(Duration(ms)); }

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

OutboxEntry entry_of(const sqlite::Statement& row) {
  const auto text = [&](int column) { return std::string(row.bytes(column)); };
  OutboxEntry entry{.id = text(0),
                    .kind = static_cast<OutboxEntry::Kind>(row.integer(3)),
                    .route = text(4),
                    .journey = text(5),
                    .touchpoint = text(6),
                    .effect = text(7),
                    .failed = words(row.bytes(8)),
                    .made = instant(row.integer(9)),
                    .stale_at = instant(row.integer(10)),
                    .next = instant(row.integer(11)),
                    .attempts = static_cast<std::uint32_t>(row.integer(12)),
                    .dead = row.integer(13) != 0,
                    .deferred = row.integer(15) != 0,
                    .address = text(16),
                    .error = text(14)};
  if (!row.bytes(1).empty()) entry.customer = Identifier{.name_space = text(1), .value = text(2)};
  return entry;
}

}  // namespace

Result<void> Outbox::put(const OutboxEntry& entry, std::string_view body, std::string_view fields) {
  LOTSE_TRY(auto insert, connection_->prepare(fmt::format(
                             "INSERT OR IGNORE INTO outbox ({}, body, fields) VALUES (?1, ?2, ?3, ?4, ?5, "
                             "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
                             kColumns)));
  const std::string failed = fmt::format("{}", fmt::join(entry.failed, " "));
  insert.bind(1, std::string_view(entry.id));
  insert.bind(2, entry.customer ? std::string_view(entry.customer->name_space) : "");
  insert.bind(3, entry.customer ? std::string_view(entry.customer->value) : "");
  insert.bind(4, static_cast<std::int64_t>(entry.kind));
  insert.bind(5, std::string_view(entry.route));
  insert.bind(6, std::string_view(entry.journey));
  insert.bind(7, std::string_view(entry.touchpoint));
  insert.bind(8, std::string_view(entry.effect));
  insert.bind(9, std::string_view(failed));
  insert.bind(10, ms(entry.made));
  insert.bind(11, ms(entry.stale_at));
  insert.bind(12, ms(entry.next));
  insert.bind(13, std::int64_t{entry.attempts});
  insert.bind(14, std::int64_t{entry.dead});
  insert.bind(15, std::string_view(entry.error));
  insert.bind(16, std::int64_t{entry.deferred});
  insert.bind(17, std::string_view(entry.address));
  insert.bind_blob(18, body);
  insert.bind(19, fields);
  return insert.run();
}

Result<void> Outbox::update(const OutboxEntry& entry) {
  LOTSE_TRY(auto update,
            connection_->prepare("UPDATE outbox SET failed = ?2, next = ?3, attempts = ?4, dead = ?5, "
                                 "error = ?6, deferred = ?7 WHERE id = ?1"));
  const std::string failed = fmt::format("{}", fmt::join(entry.failed, " "));
  update.bind(1, std::string_view(entry.id));
  update.bind(2, std::string_view(failed));
  update.bind(3, ms(entry.next));
  update.bind(4, std::int64_t{entry.attempts});
  update.bind(5, std::int64_t{entry.dead});
  update.bind(6, std::string_view(entry.error));
  update.bind(7, std::int64_t{entry.deferred});
  return update.run();
}

Result<void> Outbox::erase(std::string_view id) {
  LOTSE_TRY(auto erase, connection_->prepare("DELETE FROM outbox WHERE id = ?1"));
  erase.bind(1, id);
  return erase.run();
}

Result<void> Outbox::erase(std::span<const Identifier> identifiers) {
  LOTSE_TRY(auto erase, connection_->prepare("DELETE FROM outbox WHERE namespace = ?1 AND identifier = ?2"));
  for (const Identifier& identifier : identifiers) {
    erase.bind(1, std::string_view(identifier.name_space));
    erase.bind(2, std::string_view(identifier.value));
    LOTSE_CHECK(erase.run());
  }
  return {};
}

Result<std::string> Outbox::body(std::string_view id) { return bytes_of("body", id); }
Result<std::string> Outbox::fields(std::string_view id) { return bytes_of("fields", id); }

Result<std::string> Outbox::bytes_of(std::string_view column, std::string_view id) {
  LOTSE_TRY(auto row, connection_->prepare(fmt::format("SELECT {} FROM outbox WHERE id = ?1", column)));
  row.bind(1, id);
  LOTSE_TRY(const bool found, row.step());
  if (!found) return fail(ErrorCode::not_found, fmt::format("no delivery `{}` in the outbox", id));
  return std::string(row.bytes(0));
}

Result<std::vector<OutboxEntry>> Outbox::read(sqlite::Statement& rows) {
  std::vector<OutboxEntry> entries;
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) return entries;
    entries.push_back(entry_of(rows));
  }
}

Result<std::optional<OutboxEntry>> Outbox::find(std::string_view id) {
  LOTSE_TRY(auto row, connection_->prepare(fmt::format("SELECT {} FROM outbox WHERE id = ?1", kColumns)));
  row.bind(1, id);
  LOTSE_TRY(const bool found, row.step());
  return found ? std::optional(entry_of(row)) : std::nullopt;
}

Result<std::vector<OutboxEntry>> Outbox::waiting() {
  LOTSE_TRY(auto rows, connection_->prepare(
                           fmt::format("SELECT {} FROM outbox WHERE dead = 0 ORDER BY next, id", kColumns)));
  return read(rows);
}

Result<std::vector<OutboxEntry>> Outbox::dead(std::size_t limit, Instant before) {
  LOTSE_TRY(auto rows, connection_->prepare(fmt::format("SELECT {} FROM outbox WHERE dead = 1 AND made < ?1 "
                                                        "ORDER BY made DESC, id LIMIT ?2",
                                                        kColumns)));
  rows.bind(1, ms(before));
  rows.bind(2, static_cast<std::int64_t>(limit));
  return read(rows);
}

Result<std::uint64_t> Outbox::count_dead() {
  LOTSE_TRY(const auto count, connection_->integer("SELECT count(*) FROM outbox WHERE dead = 1"));
  return static_cast<std::uint64_t>(count.value_or(0));
}

}  // namespace lotse
