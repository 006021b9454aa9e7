#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/finding_change.hpp"
#include "engine/journey/risk_history.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/store/event_log.hpp"
#include "engine/store/outbox.hpp"
#include "engine/store/rejects.hpp"
#include "engine/store/sqlite.hpp"
#include "engine/store/wal_folder.hpp"

namespace lotse {

/// One journey file that the store was run with.
struct PublishedJourney {
  std::string journey;
  std::uint32_t version = 1;
  std::string content_hash;
  Instant in_force = Instant::min();  ///< the first version: for ever
  std::string file;
  std::string source;
  std::vector<Drain> drains{};       ///< as JourneyVersions has them
  Instant stopped = Instant::max();  ///< max: never
};

/// What is decided about a published version. docs/versions.md.
struct VersionChange {
  enum class What : std::uint8_t {
    drained,  ///< from then on it opens no instances
    resumed,  ///< it opens them again
    stopped,  ///< its open instances exit
  };
  std::string journey;
  std::uint32_t version = 1;
  What what{};
  Instant at{};
};

/// The curves of one journey that `risk` in its conditions is read from, from `refresh.at` on.
struct RecordedRisk {
  std::string journey;
  RiskRefresh refresh;
};

/// What `change` makes of the versions that were published.
void apply(std::vector<PublishedJourney>& published, const VersionChange& change);

/// One customer's derived state as check-pointed.
struct StoredCustomer {
  std::uint32_t number = 0;
  std::string_view state;  ///< encode(CustomerState)
  std::string_view facts;  ///< JSON for the views
};

/// The store's file: the log, the journeys it was run with, and the last check-point of derived state.
class Store {
 public:
  /// For the one writer: creates or migrates the file and holds `<file>-lock` until destroyed. `wal_bytes`:
  /// the write-ahead log is folded into the file, by a thread of its own, beyond this.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_for_writing(const std::filesystem::path& file,
                                                                       std::size_t wal_bytes);
  /// Beside a writer. Sees one state of the file until release() is called.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open_for_reading(const std::filesystem::path& file);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] EventLog& log() { return *log_; }
  [[nodiscard]] Outbox& outbox() { return outbox_; }

  /// Makes room in a group: everything until commit() is on disk when that returns, or not at all.
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] bool grouped() const { return group_.has_value(); }  ///< begin() without commit() yet
  /// Also flushes the log.
  [[nodiscard]] Result<void> commit();

  /// Remembers a text that came under the key of a stored event. True if this content was not known yet. In a
  /// group.
  [[nodiscard]] Result<bool> add_conflict(EventNumber event, std::string_view text,
                                          std::uint64_t content_hash);
  [[nodiscard]] Result<std::uint64_t> conflicts();

  /// The other texts that came under the keys of `events`, by (event, hash): calls `visit` with bytes that
  /// die with the call, EventReader::padding readable ones behind them.
  [[nodiscard]] Result<void> for_each_conflict(std::span<const EventNumber> events,
                                               const std::function<Result<void>(std::string_view)>& visit);

  /// By (journey, version).
  [[nodiscard]] Result<std::vector<PublishedJourney>> published();
  /// In a group. Requires that (journey, version) is not published yet.
  [[nodiscard]] Result<void> publish(const Journey& journey, Instant in_force);
  /// In a group. Requires that its version is published.
  [[nodiscard]] Result<void> change_version(const VersionChange& change);

  /// In the order in which they were recorded.
  [[nodiscard]] Result<std::vector<RecordedRisk>> risks();
  /// In a group.
  [[nodiscard]] Result<void> record_risk(const RecordedRisk& risk);

  // What was said of findings (finding_changes.cpp).

  /// Of one finding, in the order in which they were recorded.
  [[nodiscard]] Result<std::vector<FindingChange>> finding_changes(std::string_view journey,
                                                                   std::string_view finding);
  /// Of each finding of a journey the latest change up to `as_of` (nothing: of all), by finding; those that
  /// are open again are left out.
  [[nodiscard]] Result<std::vector<FindingChange>> standing_findings(std::string_view journey,
                                                                     std::optional<Instant> as_of);
  /// Of which findings of a journey something was said, each once, by name.
  [[nodiscard]] Result<std::vector<std::string>> judged_findings(std::string_view journey);
  /// The one that came with this command; nothing: none did.
  [[nodiscard]] Result<std::optional<FindingChange>> finding_change_by(std::string_view command);
  /// In a group. Returns its number. Requires that it is complete(), and that no other came with its command;
  /// the number it has is not looked at.
  [[nodiscard]] Result<std::uint64_t> add_finding_change(const FindingChange& change);
  /// In a group. The row stays, without its note. False: the finding has no change of that number.
  [[nodiscard]] Result<bool> blank_finding_note(std::string_view journey, std::string_view finding,
                                                std::uint64_t number);

  // A check-point is one group of the calls below.

  [[nodiscard]] Result<void> set_value(std::string_view name, std::int64_t value);
  [[nodiscard]] Result<void> set_value(std::string_view name, std::string_view value);
  [[nodiscard]] Result<std::optional<std::int64_t>> integer_value(std::string_view name);
  [[nodiscard]] Result<std::optional<std::string>> text_value(std::string_view name);
  [[nodiscard]] Result<void> erase_value(std::string_view name);

  /// Bytes of any length under a name, in parts of this size at most.
  static constexpr std::size_t part_bytes = std::size_t{1} << 20U;
  [[nodiscard]] Result<void> set_part(std::string_view name, std::size_t part, std::string_view bytes);
  /// Leaves the first `parts` of what is under a name.
  [[nodiscard]] Result<void> cut_parts(std::string_view name, std::size_t parts);
  /// One part of what is under other names than these two. False: there is none.
  [[nodiscard]] Result<bool> erase_part_but(const std::array<std::string, 2>& names);
  [[nodiscard]] Result<std::string> bytes(std::string_view name);

  /// Ascending numbers write fastest.
  [[nodiscard]] Result<void> put_customer(const StoredCustomer& customer);
  [[nodiscard]] Result<void> erase_customer(std::uint32_t number);
  /// More than the greatest number there is.
  [[nodiscard]] Result<std::uint32_t> customers_end();
  /// Calls `visit` for each, without facts, ascending; the bytes die with the call.
  [[nodiscard]] Result<void> for_each_state(const std::function<void(const StoredCustomer&)>& visit);

  /// In a group; of all that are kept the latest `keep` remain.
  [[nodiscard]] Result<void> add_rejects(std::span<const Reject> rejects, std::size_t keep);
  /// Those numbered below `before`, latest first.
  [[nodiscard]] Result<std::vector<Reject>> rejects(std::size_t limit, std::uint64_t before);

  // Erasure (store_erasure.cpp); what writes is in a group.

  /// By which tombstones are made; 32 bytes of chance, the same as long as the store lives.
  [[nodiscard]] Result<std::string> erasure_salt();
  /// True from the first write of an erasure until nothing of it is left in any file.
  [[nodiscard]] Result<bool> erasure_pending();
  [[nodiscard]] Result<void> set_erasure_pending(bool pending);
  /// When retention was last carried out, or first asked for; nothing: it is not asked for.
  [[nodiscard]] Result<std::optional<Instant>> retained();
  [[nodiscard]] Result<void> set_retained(std::optional<Instant> at);
  /// An erased event is in nobody's conflicts any more, and neither is a text for which `names` holds.
  [[nodiscard]] Result<void> drop_conflicts(std::span<const EventNumber> erased,
                                            const std::function<bool(std::string_view text)>& names);
  /// All: what they are about is not known for certain.
  [[nodiscard]] Result<void> drop_rejects();
  /// The text of `event` had this hash before an identifier was taken out of it.
  [[nodiscard]] Result<void> add_redacted(EventNumber event, std::uint64_t content_hash);
  [[nodiscard]] Result<bool> is_redacted(EventNumber event, std::uint64_t content_hash);

  /// What is counted of an erased customer.
  struct Remains {
    Instant last_event{};
    std::string_view remains;  ///< JSON, for the engine
    std::string_view facts;    ///< JSON, for the views
  };
  [[nodiscard]] Result<void> add_remains(const Remains& remains);
  /// In the order of erasure; the bytes die with the call.
  [[nodiscard]] Result<void> for_each_remains(const std::function<Result<void>(const Remains&)>& visit);

  /// Has the write-ahead log folded into the file by a thread of its own. True: what was in it before the
  /// first call is there; the next call begins anew. To be called until then, outside of a group.
  [[nodiscard]] Result<bool> fold_wal();
  /// Outside of a group: folds the write-ahead log into the file and cuts it to nothing. Errors: unavailable
  /// where a reader that began before needs it still, and does so after `patience`.
  [[nodiscard]] Result<void> truncate_wal(std::chrono::milliseconds patience);

  /// Of a reader: what the writer does from here on becomes visible, and its log may be folded.
  [[nodiscard]] Result<void> release();
  /// Of a reader that has released: sees the file as it is now, until it releases again.
  [[nodiscard]] Result<void> look();

 private:
  class Lock;
  explicit Store(sqlite::Connection connection);
  Result<void> prepare_statements();

  std::unique_ptr<Lock> lock_;  // outlives the connection
  sqlite::Connection connection_;
  std::optional<sqlite::Transaction> group_;
  sqlite::Statement insert_conflict_;
  sqlite::Statement insert_state_;
  sqlite::Statement insert_facts_;
  sqlite::Statement delete_state_;
  sqlite::Statement delete_facts_;
  sqlite::Statement insert_value_;
  std::optional<EventLog> log_;
  Outbox outbox_{connection_};
  std::unique_ptr<WalFolder> folder_;
};

}  // namespace lotse
