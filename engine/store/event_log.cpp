#include "engine/store/event_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <queue>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/store/event_text.hpp"
#include "engine/store/tombstone.hpp"

namespace lotse {
namespace {

static_assert(std::endian::native == std::endian::little, "stored integers are little-endian");

constexpr std::size_t kPlaceBytes = 8;

std::uint32_t word(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

void append_word(std::string& bytes, std::uint32_t value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Error damaged(const sqlite::Connection& connection, std::string_view what) {
  return {ErrorCode::storage, fmt::format("{}: the store is damaged: {}", connection.file().string(), what)};
}

}  // namespace

LoggedText EventLog::Row::at(std::uint32_t number) const {
  LOTSE_ASSERT(has(number));
  const std::size_t place = (number - first) * kPlaceBytes;
  const std::size_t begin = number == first ? 1 : word(places, place - kPlaceBytes + 4) + 1;
  return {.number = EventNumber(number),
          .previous = EventNumber(word(places, place)),
          .text = std::string_view(body).substr(begin, word(places, place + 4) - begin)};
}

void EventLog::Row::add(std::string_view text, EventNumber previous) {
  if (places.empty()) {
    body = '[';
  } else {
    body.back() = ',';
  }
  body += text;
  append_word(places, previous.value());
  append_word(places, static_cast<std::uint32_t>(body.size()));
  body += ']';
}

Result<EventLog> EventLog::open(sqlite::Connection& connection) {
  EventLog log(connection);
  LOTSE_TRY(log.insert_row_,
            connection.prepare("INSERT INTO log (first, count, places, body) VALUES (?1, ?2, ?3, ?4)"));
  LOTSE_TRY(log.insert_chunk_, connection.prepare("INSERT INTO fingerprint (first, hashes) VALUES (?1, ?2)"));
  LOTSE_TRY(log.select_row_,
            connection.prepare("SELECT first, count, places, body FROM log WHERE first <= ?1 "
                               "ORDER BY first DESC LIMIT 1"));
  LOTSE_CHECK(log.refresh());
  return log;
}

Result<void> EventLog::refresh() {
  LOTSE_ASSERT(filling_.places.empty());
  LOTSE_TRY(const auto end,
            connection_->integer("SELECT first + count FROM log ORDER BY first DESC LIMIT 1"));
  LOTSE_TRY(
      const auto hashed,
      connection_->integer("SELECT first + length(hashes) / 8 FROM fingerprint ORDER BY first DESC LIMIT 1"));
  next_ = static_cast<std::uint32_t>(end.value_or(1));
  next_hash_ = static_cast<std::uint32_t>(hashed.value_or(1));
  hashes_.clear();
  cached_ = {};
  if (next_hash_ > next_) return tl::unexpected(damaged(*connection_, "more fingerprints than events"));
  return {};
}

Result<EventNumber> EventLog::append(std::string_view text, std::uint64_t fingerprint, EventNumber previous) {
  if (next_ == std::numeric_limits<std::uint32_t>::max()) {
    return fail(ErrorCode::storage, fmt::format("{}: the store is full: it numbers events up to {}",
                                                connection_->file().string(), next_ - 1));
  }
  if (filling_.count() == row_events) LOTSE_CHECK(flush_row());
  if (filling_.places.empty()) filling_.first = next_;
  filling_.add(text, previous);
  hashes_.push_back(fingerprint);
  return EventNumber(next_++);
}

Result<void> EventLog::flush() {
  if (filling_.count() > 0) LOTSE_CHECK(flush_row());
  while (hashes_.size() >= chunk_hashes) LOTSE_CHECK(flush_chunk());
  return {};
}

Result<void> EventLog::flush_row() {
  insert_row_.bind(1, std::int64_t{filling_.first});
  insert_row_.bind(2, std::int64_t{filling_.count()});
  insert_row_.bind_blob(3, filling_.places);
  insert_row_.bind(4, std::string_view(filling_.body));
  LOTSE_CHECK(insert_row_.run());
  filling_.places.clear();
  filling_.body.clear();
  return {};
}

Result<void> EventLog::flush_chunk() {
  insert_chunk_.bind(1, std::int64_t{next_hash_});
  insert_chunk_.bind_blob(
      2, {reinterpret_cast<const char*>(hashes_.data()), chunk_hashes * sizeof(std::uint64_t)});
  LOTSE_CHECK(insert_chunk_.run());
  hashes_.erase(hashes_.begin(), hashes_.begin() + chunk_hashes);
  next_hash_ += chunk_hashes;
  return {};
}

Result<void> EventLog::take_row(const sqlite::Statement& from, Row& row) const {
  row.first = static_cast<std::uint32_t>(from.integer(0));
  row.places = from.bytes(2);
  row.body = from.bytes(3);
  const std::size_t count = row.count();
  const bool whole = from.integer(1) == static_cast<std::int64_t>(count) && count > 0 &&
                     row.places.size() == count * kPlaceBytes &&
                     word(row.places, row.places.size() - 4) + 1 == row.body.size();
  if (!whole) return tl::unexpected(damaged(*connection_, fmt::format("row {} of its log", row.first)));
  row.body.append(EventReader::padding, '\0');
  return {};
}

Result<void> EventLog::load(std::uint32_t number) {
  select_row_.bind(1, std::int64_t{number});
  LOTSE_TRY(const bool found, select_row_.step());
  Result<void> taken =
      found ? take_row(select_row_, cached_)
            : tl::unexpected(damaged(*connection_, fmt::format("event {} is missing", number)));
  select_row_.reset();
  if (taken && !cached_.has(number)) {
    return tl::unexpected(damaged(*connection_, fmt::format("event {} is missing", number)));
  }
  return taken;
}

Result<LoggedText> EventLog::read(EventNumber number) {
  LOTSE_ASSERT(number.value() > 0 && number.value() < next_);
  if (filling_.has(number.value())) {
    filling_.body.reserve(filling_.body.size() + EventReader::padding);
    return filling_.at(number.value());
  }
  if (!cached_.has(number.value())) LOTSE_CHECK(load(number.value()));
  return cached_.at(number.value());
}

Result<void> EventLog::rewrite(std::span<const EventNumber> numbers,
                               const std::function<Result<std::string>(const LoggedText&)>& text_of) {
  LOTSE_ASSERT(filling_.places.empty() && std::ranges::is_sorted(numbers));
  LOTSE_TRY(auto update, connection_->prepare("UPDATE log SET places = ?2, body = ?3 WHERE first = ?1"));
  for (std::size_t next = 0; next < numbers.size();) {
    LOTSE_CHECK(load(numbers[next].value()));
    const Row before = std::move(cached_);
    cached_ = {};  // what is read from here on is what was written
    Row after;
    after.first = before.first;
    for (std::uint32_t number = before.first; before.has(number); ++number) {
      const LoggedText event = before.at(number);
      if (next == numbers.size() || numbers[next].value() != number) {
        after.add(event.text, event.previous);
        continue;
      }
      ++next;
      LOTSE_TRY(const std::string text, text_of(event));
      after.add(text, is_tombstone(text) ? no_event : event.previous);
    }
    update.bind(1, std::int64_t{after.first});
    update.bind_blob(2, after.places);
    update.bind(3, std::string_view(after.body));
    LOTSE_CHECK(update.run());
  }
  return {};
}

Result<void> EventLog::scan(EventNumber from, const std::function<Result<void>(const LoggedText&)>& visit,
                            Erased erased) {
  LOTSE_ASSERT(filling_.places.empty());
  if (from.value() >= next_) return {};
  LOTSE_TRY(auto rows, connection_->prepare("SELECT first, count, places, body FROM log WHERE first >= "
                                            "(SELECT max(first) FROM log WHERE first <= ?1) ORDER BY first"));
  rows.bind(1, std::int64_t{from.value()});
  Row row;
  std::uint32_t expected = from.value();
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) break;
    LOTSE_CHECK(take_row(rows, row));
    if (row.first + row.count() > next_) break;  // committed by the writer after this reader looked
    if (!row.has(expected)) {
      return tl::unexpected(damaged(*connection_, fmt::format("event {} is missing", expected)));
    }
    for (; row.has(expected); ++expected) {
      const LoggedText event = row.at(expected);
      if (erased == Erased::visit || !is_tombstone(event.text)) LOTSE_CHECK(visit(event));
    }
  }
  if (expected != next_)
    return tl::unexpected(damaged(*connection_, fmt::format("event {} is missing", expected)));
  return {};
}

Result<void> EventLog::follow(std::span<const EventNumber> heads,
                              const std::function<Result<void>(std::size_t, const LoggedText&)>& visit) {
  using Place = std::pair<std::uint32_t, std::size_t>;  // number, chain
  std::vector<Place> ends;
  ends.reserve(heads.size());
  for (std::size_t chain = 0; chain < heads.size(); ++chain) {
    if (heads[chain] != no_event) ends.emplace_back(heads[chain].value(), chain);
  }
  std::priority_queue<Place> next({}, std::move(ends));
  while (!next.empty()) {
    const auto [number, chain] = next.top();
    next.pop();
    LOTSE_TRY(const LoggedText event, read(EventNumber(number)));
    if (event.previous.value() >= number) {
      return tl::unexpected(
          damaged(*connection_, fmt::format("event {} names a later one before it", number)));
    }
    if (event.previous != no_event) next.emplace(event.previous.value(), chain);
    if (!is_tombstone(event.text)) LOTSE_CHECK(visit(chain, event));
  }
  return {};
}

Result<void> EventLog::fingerprints(
    const std::function<void(EventNumber, std::span<const std::uint64_t>)>& visit) {
  LOTSE_TRY(auto chunks, connection_->prepare("SELECT first, hashes FROM fingerprint ORDER BY first"));
  std::vector<std::uint64_t> hashes;
  std::uint32_t expected = 1;
  while (true) {
    LOTSE_TRY(const bool more, chunks.step());
    if (!more) break;
    const std::string_view bytes = chunks.bytes(1);
    if (chunks.integer(0) >= next_hash_) break;  // committed by the writer after this reader looked
    if (chunks.integer(0) != expected || bytes.empty() || bytes.size() % sizeof(std::uint64_t) != 0) {
      return tl::unexpected(
          damaged(*connection_, fmt::format("fingerprints of event {} are missing", expected)));
    }
    hashes.resize(bytes.size() / sizeof(std::uint64_t));
    std::memcpy(hashes.data(), bytes.data(), bytes.size());
    visit(EventNumber(expected), hashes);
    expected += static_cast<std::uint32_t>(hashes.size());
  }
  if (expected != next_hash_) {
    return tl::unexpected(
        damaged(*connection_, fmt::format("fingerprints of event {} are missing", expected)));
  }
  visit(EventNumber(expected), hashes_);
  return {};
}

}  // namespace lotse
