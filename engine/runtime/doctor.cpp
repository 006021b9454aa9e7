#include "engine/runtime/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/base/hash.hpp"
#include "engine/runtime/engine_rep.hpp"
#include "engine/runtime/history.hpp"
#include "engine/store/migrations.hpp"
#include "engine/store/tombstone.hpp"

namespace lotse {
namespace {

namespace fs = std::filesystem;

/// A write-ahead log beyond this is one that a reader keeps from being folded.
constexpr std::uintmax_t kWalBytesMax = std::uintmax_t{512} << 20U;
/// Findings of one kind that are told; the others are counted.
constexpr std::size_t kToldOfOneKind = 5;

constexpr const char* kRestore =
    "restore the latest backup, or ingest the source files into a new store; keep the damaged file until "
    "then";

class Doctor {
 public:
  Doctor(const Workspace& workspace, fs::path store, const DoctorOptions& options)
      : workspace_(workspace), store_(std::move(store)), options_(options) {}

  StoreExamination examine() {
    if (!look_at_files()) return std::move(result_);
    if (const auto looked = look_inside(); !looked) error(looked.error().message, kRestore);
    look_at_states();
    return std::move(result_);
  }

 private:
  void error(std::string found, std::string advice) {
    result_.findings.push_back({StoreFinding::Severity::error, std::move(found), std::move(advice)});
  }
  void warning(std::string found, std::string advice) {
    result_.findings.push_back({StoreFinding::Severity::warning, std::move(found), std::move(advice)});
  }
  /// One of a kind that may be many.
  void damage(const char* kind, std::string found) {
    if (++damages_[kind] <= kToldOfOneKind) error(std::move(found), kRestore);
  }

  bool look_at_files() {
    std::error_code failed;
    if (!fs::is_regular_file(store_, failed)) {
      error(fmt::format("{}: no such store", store_.string()),
            "name the store's file, or the workspace with -w");
      return false;
    }
    const fs::perms others =
        fs::status(store_, failed).permissions() & (fs::perms::others_read | fs::perms::others_write);
    if (others != fs::perms::none) {
      warning(
          fmt::format("{}: every user of this machine may {} it, and it holds personal data", store_.string(),
                      (others & fs::perms::others_write) != fs::perms::none ? "change" : "read"),
          fmt::format("chmod o= '{}'", store_.string()));
    }
    const std::uintmax_t wal = fs::file_size(store_.string() + "-wal", failed);
    if (!failed && wal > kWalBytesMax) {
      warning(fmt::format("{}-wal: {} MB of write-ahead log; a reader keeps it from being folded",
                          store_.string(), wal >> 20U),
              "end long SQL sessions and reports");
    }
    const fs::space_info space =
        fs::space(store_.parent_path().empty() ? fs::path(".") : store_.parent_path(), failed);
    const std::uintmax_t size = fs::file_size(store_, failed);
    if (!failed && space.available < std::max<std::uintmax_t>(size / 4, std::uintmax_t{256} << 20U)) {
      warning(
          fmt::format("{} MB are free on the disk of a store of {} MB", space.available >> 20U, size >> 20U),
          "make room: a full disk stops all writing");
    }
    return true;
  }

  Result<void> look_inside() {
    LOTSE_TRY(auto connection, sqlite::Connection::open(store_, sqlite::Mode::read));
    LOTSE_CHECK(connection.execute("BEGIN"));
    LOTSE_CHECK(check_schema(connection));
    LOTSE_TRY(auto check, connection.prepare("PRAGMA integrity_check(20)"));
    while (true) {
      LOTSE_TRY(const bool more, check.step());
      if (!more) break;
      if (check.bytes(0) != "ok") damage("sqlite", fmt::format("SQLite: {}", check.bytes(0)));
    }
    LOTSE_TRY(const auto pending, connection.integer("SELECT value FROM erasure WHERE name = 'pending'"));
    if (pending.value_or(0) != 0) {
      warning("an erasure is not finished: old pages may hold what it took away",
              "run `lotse erase` for the customer again, or start `lotse serve`");
    }
    LOTSE_CHECK(look_at_rows(connection));
    LOTSE_CHECK(look_at_fingerprints(connection));
    LOTSE_TRY(const auto position,
              connection.integer("SELECT value FROM checkpoint WHERE name = 'position'"));
    if (position && *position >= std::int64_t{next_}) {
      error(fmt::format("the check-point stands for {} events, and the log has {}", *position, next_ - 1),
            kRestore);
    }
    for (const auto& [kind, count] : damages_) {
      if (count > kToldOfOneKind)
        error(fmt::format("and {} more like that", count - kToldOfOneKind), kRestore);
    }
    return {};
  }

  Result<void> look_at_rows(sqlite::Connection& connection) {
    LOTSE_TRY(auto rows, connection.prepare("SELECT first, count, places, body FROM log ORDER BY first"));
    Identities who(identity_settings(workspace_.settings));
    std::vector<std::uint32_t> heads;
    std::size_t erased = 0;
    std::string body;
    while (true) {
      LOTSE_TRY(const bool more, rows.step());
      if (!more) break;
      const std::int64_t first = rows.integer(0);
      const std::int64_t count = rows.integer(1);
      if (first != std::int64_t{next_}) {
        damage("gap", fmt::format("the log: event {} follows on event {}", first, next_ - 1));
        if (first < 1 || first > UINT32_MAX) continue;
        next_ = static_cast<std::uint32_t>(first);
        gap_ = true;
      }
      const std::string places(rows.bytes(2));
      body = rows.bytes(3);
      const std::size_t length = body.size();
      body.append(EventReader::padding, '\0');
      if (count <= 0 || places.size() != static_cast<std::size_t>(count) * 8) {
        damage("places",
               fmt::format("the log's row {}: {} places for {} events", first, places.size() / 8, count));
        next_ += static_cast<std::uint32_t>(std::max<std::int64_t>(count, 1));
        fingerprints_.resize(next_ - 1);
        continue;
      }
      std::uint32_t begin = 0;
      for (std::int64_t i = 0; i < count; ++i, ++next_) {
        fingerprints_.resize(next_);
        const auto [previous, end] = place(places, static_cast<std::size_t>(i));
        if (end <= begin + 1 || end + 1 > length) {
          damage("places", fmt::format("event {}: its place in the log is wrong", next_));
          next_ += static_cast<std::uint32_t>(count - i);
          fingerprints_.resize(next_ - 1);
          break;
        }
        erased +=
            look_at_event(std::string_view(body).substr(begin + 1, end - begin - 1), previous, who, heads)
                ? 1U
                : 0U;
        begin = end;
      }
    }
    result_.looked_at.push_back(fmt::format("{} events, {} of them erased", next_ - 1, erased));
    return {};
  }

  static std::pair<std::uint32_t, std::uint32_t> place(std::string_view places, std::size_t index) {
    std::pair<std::uint32_t, std::uint32_t> place;
    std::memcpy(&place.first, places.data() + index * 8, 4);
    std::memcpy(&place.second, places.data() + index * 8 + 4, 4);
    return place;
  }

  /// True if it is erased.
  bool look_at_event(std::string_view text, std::uint32_t previous, Identities& who,
                     std::vector<std::uint32_t>& heads) {
    if (is_tombstone(text)) {
      constexpr std::size_t bytes = sizeof(R"(["0123456789abcdef0123456789abcdef","0123456789abcdef"])") - 1;
      if (text.size() != bytes) {
        damage("tombstone",
               fmt::format("event {}: what is left of it after its erasure cannot be read", next_));
      } else {
        fingerprints_[next_ - 1] = fingerprint_of(text);
      }
      return true;
    }
    const Result<Event> event = reader_.read(text);
    if (!event) {
      damage("event", fmt::format("event {}: {}", next_, event.error().message));
      return false;
    }
    fingerprints_[next_ - 1] = fast_hash(key_of(text));
    const auto primary = who.add(event->key(), LinkKind::seen_together, event->ids).primary;
    if (!primary) {
      damage("nobody", fmt::format("event {}: names no customer", next_));
      return false;
    }
    heads.resize(who.size());
    std::uint32_t& head = heads[primary->value()];
    if (previous != head && !gap_) {
      damage("chain", fmt::format("event {}: names event {} as the one before it, and that is {}", next_,
                                  previous, head));
    }
    head = next_;
    return false;
  }

  Result<void> look_at_fingerprints(sqlite::Connection& connection) {
    LOTSE_TRY(auto chunks, connection.prepare("SELECT first, hashes FROM fingerprint ORDER BY first"));
    std::int64_t expected = 1;
    while (true) {
      LOTSE_TRY(const bool more, chunks.step());
      if (!more) break;
      const std::string_view hashes = chunks.bytes(1);
      const std::int64_t first = chunks.integer(0);
      if (first != expected)
        damage("chunk",
               fmt::format("fingerprints of event {} follow on those of event {}", first, expected - 1));
      expected = first + static_cast<std::int64_t>(hashes.size() / 8);
      for (std::size_t i = 0; i < hashes.size() / 8; ++i) {
        std::uint64_t hash = 0;
        std::memcpy(&hash, hashes.data() + i * 8, 8);
        const auto index = static_cast<std::size_t>(first - 1) + i;
        if (index >= fingerprints_.size() || fingerprints_[index] != hash) {
          damage("fingerprint",
                 fmt::format("event {}: its fingerprint is not that of its source and id", index + 1));
        }
      }
    }
    if (expected > std::int64_t{next_}) {
      damage("chunk", fmt::format("fingerprints of {} events, and the log has {}", expected - 1, next_ - 1));
    }
    return {};
  }

  void look_at_states() {
    EngineOptions options;
    options.access = Access::read;
    auto engine = Engine::open(workspace_, store_, std::move(options));
    if (!engine) {
      error(engine.error().message, engine.error().code == ErrorCode::storage
                                        ? kRestore
                                        : "see \"When something goes wrong\" in docs/store.md");
      return;
    }
    const Recovery& recovery = (*engine)->recovery();
    if (recovery.rebuilt && recovery.reason.starts_with("the check-point cannot be used")) {
      warning(recovery.reason,
              "nothing is lost: the next `lotse ingest` or `lotse serve` derives everything anew");
    }
    const auto compared = (*engine)->compare_with_log(options_.customers);
    if (!compared) {
      error(compared.error().message, kRestore);
      return;
    }
    for (const std::string& customer : compared->differing) {
      error(fmt::format("where {} stands is not what the events lead to", customer),
            "keep a copy of the store for whoever looks into it; then let all be derived anew: sqlite3 STORE "
            "\"DELETE "
            "FROM checkpoint WHERE name = 'position'\" while no lotse runs");
    }
    result_.looked_at.push_back(fmt::format("{} journeys, {} of {} customers derived anew",
                                            workspace_.journeys.size(), compared->compared,
                                            compared->customers));
  }

  const Workspace& workspace_;
  fs::path store_;
  DoctorOptions options_;
  StoreExamination result_;
  EventReader reader_;
  std::uint32_t next_ = 1;
  bool gap_ = false;
  std::vector<std::uint64_t> fingerprints_;  ///< by event
  std::map<std::string, std::size_t> damages_;
};

}  // namespace

StoreExamination examine_store(const Workspace& workspace, const fs::path& store,
                               const DoctorOptions& options) {
  return Doctor(workspace, store, options).examine();
}

Result<StateComparison> Engine::compare_with_log(std::size_t most) {
  Rep& rep = *rep_;
  EventLog& log = rep.store->log();
  LOTSE_CHECK(rep.projection.settle(log, rep.gate));
  const Identities& who = rep.projection.identities();
  const StateTable& states = rep.projection.states();
  StateComparison result{.customers = states.size()};
  const std::size_t step = std::max<std::size_t>(1, states.size() / std::max<std::size_t>(1, most));
  std::size_t seen = 0;
  for (std::uint32_t number = 0; number < states.end(); ++number) {
    const CustomerNumber customer(number);
    const std::string_view bytes = states.find(customer);
    if (bytes.empty() || seen++ % step != 0) continue;
    const CustomerState state = decode(bytes);
    LOTSE_TRY(const auto events, read_history(log, rep.projection.heads(who.members(customer)), {}));
    ++result.compared;
    if (rep.tracker->derive(who.name_of(customer), events, state.clock) != state) {
      result.differing.push_back(who.name_of(customer));
    }
  }
  return result;
}

}  // namespace lotse
