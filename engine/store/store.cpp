#include "engine/store/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/store/event_text.hpp"
#include "engine/store/migrations.hpp"

namespace lotse {
namespace {

/// Measured by scripts/bench; the size in which SQLite reads and writes.
constexpr int kPageBytes = 4096;

Result<void> insert_names(sqlite::Statement& insert, std::string_view kind,
                          const std::vector<std::string>& names) {
  for (std::size_t position = 0; position < names.size(); ++position) {
    insert.bind(3, kind);
    insert.bind(4, static_cast<std::int64_t>(position));
    insert.bind(5, std::string_view(names[position]));
    LOTSE_CHECK(insert.run());
  }
  return {};
}

template <class Things, class Name>
std::vector<std::string> names_of(const Things& things, Name name) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.push_back(name(thing));
  return names;
}

}  // namespace

void apply(std::vector<PublishedJourney>& published, const VersionChange& change) {
  const auto version = std::ranges::find_if(published, [&](const PublishedJourney& one) {
    return one.journey == change.journey && one.version == change.version;
  });
  if (version == published.end()) return;
  switch (change.what) {
    case VersionChange::What::drained:
      version->drains.push_back({.from = change.at});
      break;
    case VersionChange::What::resumed:
      if (!version->drains.empty()) version->drains.back().until = change.at;
      break;
    case VersionChange::What::stopped:
      version->stopped = change.at;
      break;
  }
}

/// An advisory lock on a file beside the store, given up by the kernel when the process ends in any way.
class Store::Lock {
 public:
  static Result<std::unique_ptr<Lock>> take(const std::filesystem::path& store) {
    std::filesystem::path file = store;
    file += "-lock";
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) {
      return fail(ErrorCode::storage, fmt::format("{}: {}", file.string(), std::strerror(errno)));
    }
    auto lock = std::unique_ptr<Lock>(new Lock(descriptor));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      return fail(
          ErrorCode::unavailable,
          fmt::format("{}: another lotse is writing to this store; end it, or ask it over HTTP if it is "
                      "`lotse serve`",
                      store.string()));
    }
    return lock;
  }
  ~Lock() { ::close(descriptor_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  explicit Lock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

Store::Store(sqlite::Connection connection) : connection_(std::move(connection)) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open_for_writing(const std::filesystem::path& file,
                                                       std::size_t wal_bytes) {
  LOTSE_TRY(auto lock, Lock::take(file));
  LOTSE_TRY(auto connection, sqlite::Connection::open(file, sqlite::Mode::create));
  LOTSE_CHECK(connection.execute(fmt::format("PRAGMA page_size = {}", kPageBytes)));
  LOTSE_TRY(const auto tables, connection.integer("SELECT count(*) FROM sqlite_schema"));
  static_cast<void>(tables);  // reads the file's head: another program's file is left as it is
  // secure_delete: what is deleted or replaced is overwritten with zeros.
  LOTSE_CHECK(
      connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON"));
  LOTSE_CHECK(migrate(connection));
  auto store = std::unique_ptr<Store>(new Store(std::move(connection)));
  store->lock_ = std::move(lock);
  LOTSE_CHECK(store->prepare_statements());
  LOTSE_TRY(store->folder_,
            WalFolder::start(
                file, std::max(1, static_cast<int>(wal_bytes / static_cast<std::size_t>(kPageBytes)))));
  return store;
}

Result<std::unique_ptr<Store>> Store::open_for_reading(const std::filesystem::path& file) {
  LOTSE_TRY(auto connection, sqlite::Connection::open(file, sqlite::Mode::read));
  LOTSE_CHECK(connection.execute("BEGIN"));
  LOTSE_CHECK(check_schema(connection));
  auto store = std::unique_ptr<Store>(new Store(std::move(connection)));
  LOTSE_TRY(store->log_, EventLog::open(store->connection_));
  return store;
}

Result<void> Store::prepare_statements() {
  LOTSE_TRY(log_, EventLog::open(connection_));
  LOTSE_TRY(insert_conflict_,
            connection_.prepare(
                "INSERT OR IGNORE INTO conflict (event, hash, body) VALUES (?1, ?2, ?3) RETURNING 1"));
  LOTSE_TRY(insert_state_,
            connection_.prepare("INSERT OR REPLACE INTO customer_state (number, state) VALUES (?1, ?2)"));
  LOTSE_TRY(insert_facts_,
            connection_.prepare("INSERT OR REPLACE INTO customer (number, facts) VALUES (?1, ?2)"));
  LOTSE_TRY(delete_state_, connection_.prepare("DELETE FROM customer_state WHERE number = ?1"));
  LOTSE_TRY(delete_facts_, connection_.prepare("DELETE FROM customer WHERE number = ?1"));
  LOTSE_TRY(insert_value_,
            connection_.prepare("INSERT OR REPLACE INTO checkpoint (name, value) VALUES (?1, ?2)"));
  return {};
}

Result<void> Store::begin() {
  if (group_) return {};
  LOTSE_TRY(auto group, sqlite::Transaction::begin(connection_));
  group_.emplace(std::move(group));
  return {};
}

Result<void> Store::commit() {
  LOTSE_ASSERT(group_);
  LOTSE_CHECK(log_->flush());
  LOTSE_CHECK(group_->commit());
  group_.reset();
  return folder_->after_commit(connection_);
}

Result<bool> Store::add_conflict(EventNumber event, std::string_view text, std::uint64_t content_hash) {
  LOTSE_ASSERT(group_);
  insert_conflict_.bind(1, std::int64_t{event.value()});
  insert_conflict_.bind(2, static_cast<std::int64_t>(content_hash));
  insert_conflict_.bind(3, text);
  LOTSE_TRY(const bool added, insert_conflict_.step());
  insert_conflict_.reset();
  return added;
}

Result<std::uint64_t> Store::conflicts() {
  LOTSE_TRY(const auto count, connection_.integer("SELECT count(*) FROM conflict"));
  return static_cast<std::uint64_t>(count.value_or(0));
}

Result<void> Store::for_each_conflict(std::span<const EventNumber> events,
                                      const std::function<Result<void>(std::string_view)>& visit) {
  LOTSE_TRY(auto rows, connection_.prepare("SELECT body FROM conflict WHERE event = ?1 ORDER BY hash"));
  std::string text;
  for (const EventNumber event : events) {
    rows.bind(1, std::int64_t{event.value()});
    while (true) {
      LOTSE_TRY(const bool more, rows.step());
      if (!more) break;
      text = rows.bytes(0);
      const std::size_t length = text.size();
      text.append(EventReader::padding, '\0');
      LOTSE_CHECK(visit(std::string_view(text).substr(0, length)));
    }
  }
  return {};
}

Result<std::vector<PublishedJourney>> Store::published() {
  LOTSE_TRY(auto rows, connection_.prepare("SELECT journey, version, content_hash, in_force, file, source "
                                           "FROM journey_version ORDER BY journey, version"));
  std::vector<PublishedJourney> journeys;
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) break;
    journeys.push_back({.journey = std::string(rows.bytes(0)),
                        .version = static_cast<std::uint32_t>(rows.integer(1)),
                        .content_hash = std::string(rows.bytes(2)),
                        .in_force = rows.is_null(3) ? Instant::min() : Instant(Duration(rows.integer(3))),
                        .file = std::string(rows.bytes(4)),
                        .source = std::string(rows.bytes(5))});
  }
  LOTSE_TRY(auto changes,
            connection_.prepare("SELECT journey, version, what, at FROM version_change ORDER BY number"));
  while (true) {
    LOTSE_TRY(const bool more, changes.step());
    if (!more) return journeys;
    apply(journeys, {.journey = std::string(changes.bytes(0)),
                     .version = static_cast<std::uint32_t>(changes.integer(1)),
                     .what = static_cast<VersionChange::What>(changes.integer(2)),
                     .at = Instant(Duration(changes.integer(3)))});
  }
}

Result<void> Store::change_version(const VersionChange& change) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(
      auto insert,
      connection_.prepare("INSERT INTO version_change (journey, version, what, at) VALUES (?1, ?2, ?3, ?4)"));
  insert.bind(1, std::string_view(change.journey));
  insert.bind(2, std::int64_t{change.version});
  insert.bind(3, static_cast<std::int64_t>(change.what));
  insert.bind(4, change.at.time_since_epoch().count());
  return insert.run();
}

Result<std::vector<RecordedRisk>> Store::risks() {
  LOTSE_TRY(auto rows, connection_.prepare("SELECT journey, at, curves FROM risk_refresh ORDER BY number"));
  std::vector<RecordedRisk> risks;
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) return risks;
    RecordedRisk& risk = risks.emplace_back();
    risk.journey = rows.bytes(0);
    risk.refresh.at = Instant(Duration(rows.integer(1)));
    LOTSE_TRY(risk.refresh.curves, read_risk(rows.bytes(2)));
  }
}

Result<void> Store::record_risk(const RecordedRisk& risk) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(auto insert,
            connection_.prepare("INSERT INTO risk_refresh (journey, at, curves) VALUES (?1, ?2, ?3)"));
  const std::string curves = risk_text(risk.refresh.curves);
  insert.bind(1, std::string_view(risk.journey));
  insert.bind(2, risk.refresh.at.time_since_epoch().count());
  insert.bind(3, std::string_view(curves));
  return insert.run();
}

Result<void> Store::publish(const Journey& journey, Instant in_force) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(auto insert, connection_.prepare(
                             "INSERT INTO journey_version (journey, version, content_hash, in_force, file, "
                             "source) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  insert.bind(1, std::string_view(journey.id));
  insert.bind(2, std::int64_t{journey.version});
  insert.bind(3, std::string_view(journey.content_hash));
  if (in_force == Instant::min()) {
    insert.bind_null(4);
  } else {
    insert.bind(4, in_force.time_since_epoch().count());
  }
  insert.bind(5, std::string_view(journey.file));
  insert.bind(6, std::string_view(journey.source));
  LOTSE_CHECK(insert.run());

  LOTSE_TRY(auto names,
            connection_.prepare("INSERT INTO journey_name (journey, version, kind, position, name) "
                                "VALUES (?1, ?2, ?3, ?4, ?5)"));
  names.bind(1, std::string_view(journey.id));
  names.bind(2, std::int64_t{journey.version});
  const auto stage = [&](const Touchpoint& touchpoint) {
    return touchpoint.stage ? at(journey.stages, *touchpoint.stage) : std::string();
  };
  const auto name = [](const auto& thing) { return thing.name; };
  LOTSE_CHECK(insert_names(names, "touchpoint",
                           names_of(journey.touchpoints, [](const Touchpoint& t) { return t.id; })));
  LOTSE_CHECK(insert_names(names, "stage", names_of(journey.touchpoints, stage)));
  LOTSE_CHECK(insert_names(names, "channel", journey.channels));
  LOTSE_CHECK(insert_names(names, "outcome", journey.outcomes));
  LOTSE_CHECK(insert_names(names, "segment", names_of(journey.segments, name)));
  LOTSE_CHECK(insert_names(names, "promise", names_of(journey.promises, name)));
  return {};
}

Result<void> Store::set_value(std::string_view name, std::int64_t value) {
  LOTSE_ASSERT(group_);
  insert_value_.bind(1, name);
  insert_value_.bind(2, value);
  return insert_value_.run();
}

Result<void> Store::set_value(std::string_view name, std::string_view value) {
  LOTSE_ASSERT(group_);
  insert_value_.bind(1, name);
  insert_value_.bind(2, value);
  return insert_value_.run();
}

Result<std::optional<std::int64_t>> Store::integer_value(std::string_view name) {
  LOTSE_TRY(auto row, connection_.prepare("SELECT value FROM checkpoint WHERE name = ?1"));
  row.bind(1, name);
  LOTSE_TRY(const bool found, row.step());
  return found ? std::optional(row.integer(0)) : std::nullopt;
}

Result<std::optional<std::string>> Store::text_value(std::string_view name) {
  LOTSE_TRY(auto row, connection_.prepare("SELECT value FROM checkpoint WHERE name = ?1"));
  row.bind(1, name);
  LOTSE_TRY(const bool found, row.step());
  return found ? std::optional(std::string(row.bytes(0))) : std::nullopt;
}

Result<void> Store::erase_value(std::string_view name) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(auto erase, connection_.prepare("DELETE FROM checkpoint WHERE name = ?1"));
  erase.bind(1, name);
  return erase.run();
}

Result<void> Store::set_part(std::string_view name, std::size_t part, std::string_view bytes) {
  LOTSE_ASSERT(group_ && bytes.size() <= part_bytes);
  LOTSE_TRY(
      auto insert,
      connection_.prepare("INSERT OR REPLACE INTO checkpoint_part (name, part, bytes) VALUES (?1, ?2, ?3)"));
  insert.bind(1, name);
  insert.bind(2, static_cast<std::int64_t>(part));
  insert.bind_blob(3, bytes);
  return insert.run();
}

Result<void> Store::cut_parts(std::string_view name, std::size_t parts) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(auto erase, connection_.prepare("DELETE FROM checkpoint_part WHERE name = ?1 AND part >= ?2"));
  erase.bind(1, name);
  erase.bind(2, static_cast<std::int64_t>(parts));
  return erase.run();
}

Result<bool> Store::erase_part_but(const std::array<std::string, 2>& names) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(auto erase,
            connection_.prepare("DELETE FROM checkpoint_part WHERE (name, part) = (SELECT name, part FROM "
                                "checkpoint_part WHERE name NOT IN (?1, ?2) LIMIT 1) RETURNING 1"));
  erase.bind(1, std::string_view(names[0]));
  erase.bind(2, std::string_view(names[1]));
  return erase.step();
}

Result<std::string> Store::bytes(std::string_view name) {
  LOTSE_TRY(auto rows,
            connection_.prepare("SELECT bytes FROM checkpoint_part WHERE name = ?1 ORDER BY part"));
  rows.bind(1, name);
  std::string bytes;
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) return bytes;
    bytes += rows.bytes(0);
  }
}

Result<void> Store::put_customer(const StoredCustomer& customer) {
  LOTSE_ASSERT(group_);
  insert_state_.bind(1, std::int64_t{customer.number});
  insert_state_.bind_blob(2, customer.state);
  LOTSE_CHECK(insert_state_.run());
  insert_facts_.bind(1, std::int64_t{customer.number});
  insert_facts_.bind(2, customer.facts);
  return insert_facts_.run();
}

Result<void> Store::erase_customer(std::uint32_t number) {
  LOTSE_ASSERT(group_);
  delete_state_.bind(1, std::int64_t{number});
  LOTSE_CHECK(delete_state_.run());
  delete_facts_.bind(1, std::int64_t{number});
  return delete_facts_.run();
}

Result<std::uint32_t> Store::customers_end() {
  LOTSE_TRY(const auto last, connection_.integer("SELECT max(number) FROM customer_state"));
  return last ? static_cast<std::uint32_t>(*last) + 1 : 0;
}

Result<void> Store::for_each_state(const std::function<void(const StoredCustomer&)>& visit) {
  LOTSE_TRY(auto rows, connection_.prepare("SELECT number, state FROM customer_state ORDER BY number"));
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) return {};
    visit({.number = static_cast<std::uint32_t>(rows.integer(0)), .state = rows.bytes(1), .facts = {}});
  }
}

Result<void> Store::add_rejects(std::span<const Reject> rejects, std::size_t keep) {
  LOTSE_ASSERT(group_);
  if (rejects.empty()) return {};
  if (rejects.size() > keep) rejects = rejects.last(keep);
  LOTSE_TRY(auto insert, connection_.prepare(
                             "INSERT INTO rejected (arrived, sender, dialect, reason, detail, place, text) "
                             "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  for (const Reject& reject : rejects) {
    insert.bind(1, reject.arrived.time_since_epoch().count());
    insert.bind(2, std::string_view(reject.sender));
    insert.bind(3, std::string_view(reject.dialect));
    insert.bind(4, std::string_view(reject.reason));
    insert.bind(5, std::string_view(reject.detail));
    insert.bind(6, std::string_view(reject.place));
    insert.bind(7, std::string_view(reject.text));
    LOTSE_CHECK(insert.run());
  }
  LOTSE_TRY(auto trim, connection_.prepare(
                           "DELETE FROM rejected WHERE number <= (SELECT max(number) FROM rejected) - ?1"));
  trim.bind(1, static_cast<std::int64_t>(keep));
  return trim.run();
}

Result<std::vector<Reject>> Store::rejects(std::size_t limit, std::uint64_t before) {
  LOTSE_TRY(auto rows,
            connection_.prepare("SELECT number, arrived, sender, dialect, reason, detail, place, text "
                                "FROM rejected WHERE number < ?1 ORDER BY number DESC LIMIT ?2"));
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  rows.bind(1, static_cast<std::int64_t>(std::min(before, most)));
  rows.bind(2, static_cast<std::int64_t>(limit));
  std::vector<Reject> rejects;
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) return rejects;
    rejects.push_back({.number = static_cast<std::uint64_t>(rows.integer(0)),
                       .arrived = Instant(Duration(rows.integer(1))),
                       .sender = std::string(rows.bytes(2)),
                       .dialect = std::string(rows.bytes(3)),
                       .reason = std::string(rows.bytes(4)),
                       .detail = std::string(rows.bytes(5)),
                       .place = std::string(rows.bytes(6)),
                       .text = std::string(rows.bytes(7))});
  }
}

Result<void> Store::release() { return connection_.execute("COMMIT"); }

Result<void> Store::look() {
  LOTSE_CHECK(connection_.execute("BEGIN"));
  auto refreshed = log_->refresh();
  if (!refreshed) static_cast<void>(release());  // the first error is the one to tell
  return refreshed;
}

}  // namespace lotse
