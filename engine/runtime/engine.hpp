#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/risk_history.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/customer_record.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// Who may do what with the store's file.
enum class Access : std::uint8_t {
  write,  ///< the one writer: takes a lock that a second writer is refused by
  read,   ///< beside a running writer; sees what was committed when it was opened
};

/// Bounds of one event, checked at intake; beyond them it is rejected with a reason that names the bound.
struct EventLimits {
  std::size_t bytes = std::size_t{32} << 10U;  ///< of the stored text
  std::size_t name_bytes = 512;                ///< of id, source, type, channel, namespace and identifier
  std::size_t ids = 32;
  std::uint32_t depth = 16;  ///< nesting of properties and traits
};

struct EngineOptions {
  Access access = Access::write;
  std::function<Instant()> clock{};             ///< time of arrival; left out: the system's clock
  std::uint64_t checkpoint_events = 5'000'000;  ///< derived state is check-pointed after so many new events
  bool sliced_checkpoints = false;  ///< the owner writes them bit by bit; checkpoint() still writes one whole
  std::size_t wal_bytes = std::size_t{64}
                          << 20U;  ///< the write-ahead log is folded into the file beyond this
  EventLimits limits{};
  /// A hash of (source, id) in place of the real one: for tests that need collisions. One store, one hash.
  std::uint64_t (*fingerprint)(std::string_view key) = nullptr;
};

/// An event that was not taken, and why: "id is empty", "ids: none given", "properties: nested deeper than
/// 16".
struct Rejection {
  std::size_t index = 0;  ///< into the events that were handed in
  std::string reason;     ///< the same text for the same kind of mistake, so that it can be counted
  std::string detail;     ///< what was found; may be empty
  friend bool operator==(const Rejection&, const Rejection&) = default;
};

struct IngestOutcome {
  std::uint64_t accepted = 0;
  std::uint64_t duplicate = 0;  ///< same (source, id), same content: changed nothing
  std::uint64_t conflict = 0;   ///< same (source, id), other content: the first stored wins
  std::uint64_t from_future =
      0;  ///< of the accepted: claimed a time beyond the tolerance, got that of their arrival
  std::vector<Rejection> rejected;  ///< by index

  friend bool operator==(const IngestOutcome&, const IngestOutcome&) = default;
};

struct Intake;
struct Reject;

/// Events made ready for the writer: checked, their effective time fixed, their stored text and fingerprint
/// computed.
class PreparedEvents {
 public:
  PreparedEvents();
  PreparedEvents(PreparedEvents&&) noexcept;
  PreparedEvents& operator=(PreparedEvents&&) noexcept;
  ~PreparedEvents();
  [[nodiscard]] std::size_t size() const;   ///< rejected ones included
  [[nodiscard]] std::size_t bytes() const;  ///< of their stored text
  [[nodiscard]] const std::vector<Rejection>& rejected() const;
  /// The events of what has been ingested, in any state: for whoever makes the next ones in their memory.
  [[nodiscard]] std::vector<Event> take_events();

 private:
  friend class Engine;
  std::unique_ptr<Intake> intake_;
};

/// What the store holds.
struct EngineCounts {
  std::uint64_t events = 0;
  std::uint64_t customers = 0;
  std::uint64_t identifiers = 0;
  std::uint64_t conflicts = 0;      ///< distinct contents that came under the (source, id) of a stored event
  std::uint64_t refused_links = 0;  ///< by the guard on identifiers per namespace
  std::uint64_t from_future = 0;
  friend bool operator==(const EngineCounts&, const EngineCounts&) = default;
};

/// Bytes of memory that derived state and dedupe hold.
struct EngineMemory {
  std::size_t identities = 0;
  std::size_t states = 0;
  std::size_t chains = 0;  ///< where each identifier's events end in the log
  std::size_t seen = 0;    ///< which events are stored
};

/// Two clocks: what had happened by then as we know it today, and what had arrived by then.
struct Moment {
  /// Events later than this are left out; timers due up to here have fired. Left as it is: the last event's
  /// time.
  Instant as_of = Instant::max();
  Instant known_at = Instant::max();  ///< events that arrived later than this are left out
};

/// One customer, whole: for `lotse customer` and the customer API.
struct CustomerView {
  std::vector<Identifier> identifiers;  ///< all that are linked, by (namespace, value)
  CustomerState state;
  std::vector<Event> events;  ///< by EventKey; feed them to tracker().derive() with a Trace for the timeline
};

/// What a restart had to do.
struct Recovery {
  std::uint64_t replayed = 0;  ///< events of the log after the last check-point
  bool rebuilt = false;        ///< the check-point was left aside: none yet, or other journeys or settings
  std::string reason;          ///< why it was rebuilt: "journeys changed: broadband-onboarding 3"
};

/// Customers' states beside what their events lead to.
struct StateComparison {
  std::size_t customers = 0;             ///< there are
  std::size_t compared = 0;              ///< of them
  std::vector<std::string> differing{};  ///< their names
};

/// A search for customers of whom nothing has happened, and nothing has arrived, at `before` or later.
struct SilenceSearch {
  Instant before{};
  std::uint32_t next = 0;  ///< number of the customer with whom it goes on
  bool ended = false;
};

/// The one writer: takes events, keeps them durably, and knows where every customer stands.
///
/// All members are for one thread, the owner's, but for prepare() and tracker().
class Engine {
 public:
  /// Opens or creates the store and brings derived state up to its log. Publishes the workspace's journey
  /// versions that the store does not know yet; a (journey, version) that was published with other content is
  /// a conflict. A journey's versions that the workspace no longer has are taken from the store. Errors:
  /// conflict, storage (damaged, no space, a newer schema), unavailable (another writer has it), not_found
  /// (read access to a file that is not there).
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const Workspace& workspace,
                                                            const std::filesystem::path& store,
                                                            EngineOptions options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Stores events; durable when it returns. `arrived` and `from_future` of the given events are set by the
  /// engine, and `time` that lies too far after the arrival is replaced by it. Idempotent by (source, id). On
  /// an Error nothing of these events was taken, or all of it: hand them in again.
  [[nodiscard]] Result<IngestOutcome> ingest(std::span<const Event> events);

  /// The part of ingest() that needs no turn: safe from several threads, so that it can run where events are
  /// parsed. What ingest() has used up may be given for its memory.
  [[nodiscard]] PreparedEvents prepare(std::vector<Event> events, PreparedEvents used = {}) const;
  [[nodiscard]] Result<IngestOutcome> ingest(PreparedEvents& events);
  /// Those of several senders at once, in one commit; the outcomes are in their order. Of the rejects the
  /// latest `keep` stay.
  [[nodiscard]] Result<std::vector<IngestOutcome>> ingest(std::span<PreparedEvents* const> group,
                                                          std::span<const Reject> rejects, std::size_t keep);

  /// Writes derived state beside the log position that it stands for, in one transaction.
  [[nodiscard]] Result<void> checkpoint();

  /// Removes everything that identifies the customers who own `identifiers`: events, states, identifiers,
  /// from memory and from every file of the store; what reports count of them stays (docs/privacy.md). Their
  /// number; 0 where nobody has any of the identifiers. Costs a check-point, so many at once cost little more
  /// than one. Errors: storage; unavailable where all is erased but a reader holds old pages in the
  /// write-ahead log: call it again, with any identifiers, when that has ended.
  [[nodiscard]] Result<std::uint64_t> erase(std::span<const Identifier> identifiers);

  [[nodiscard]] const Tracker& tracker() const;
  [[nodiscard]] const Recovery& recovery() const;
  /// After all that is marked has been derived. Errors: storage.
  [[nodiscard]] Result<EngineCounts> counts();
  [[nodiscard]] EngineMemory memory() const;
  /// The latest effective time of all events; nothing while there are none. The `as_of` of a report that
  /// names none.
  [[nodiscard]] std::optional<Instant> last_event_time() const;

  /// The identifiers called `value` in any namespace, by rank of namespace; `namespace:value` names one.
  [[nodiscard]] std::vector<Identifier> find_identifiers(std::string_view value) const;

  /// The customer who owns `identifier` (at that moment: links and un-links after it are not seen). Nothing
  /// if no event up to that moment names it.
  [[nodiscard]] Result<std::optional<CustomerView>> customer(const Identifier& identifier,
                                                             const Moment& moment = {});

  /// All about the customer who owns `identifier` now; nothing where nobody does.
  [[nodiscard]] Result<std::optional<CustomerRecord>> record(const Identifier& identifier);

  /// One identifier each of the customers that the search meets next, `most` at most; it looks at no more
  /// than `looks`. Who is merged or split meanwhile may be passed over.
  [[nodiscard]] Result<std::vector<Identifier>> find_silent(SilenceSearch& search, std::size_t most,
                                                            std::size_t looks = SIZE_MAX);

  /// Puts curves on record and in force from now on, or from after the last event where that is dated later:
  /// nothing that has been decided changes, and no state is derived anew. Left out are curves that are in
  /// force already, and journeys that are not tracked. Returns the journeys that have new ones. `workspace`:
  /// the one it was opened with. Requires Access::write. Errors: storage.
  [[nodiscard]] Result<std::vector<std::string>> record_risks(const Workspace& workspace,
                                                              std::span<const JourneyRisk> risks);

  /// Derives about `most` customers, spread evenly, from their events, and compares.
  [[nodiscard]] Result<StateComparison> compare_with_log(std::size_t most);

  /// Calls `visit(partition, state)` for the state of every customer as of `moment`. Customers are cut into
  /// `partitions` parts, each visited in a fixed order by one thread of its own; a moment before the last
  /// event derives anew from the log. Any number of partitions visits the same states.
  [[nodiscard]] Result<void> for_each_state(
      const Moment& moment, std::uint32_t partitions,
      const std::function<void(std::uint32_t, const CustomerState&)>& visit);

 private:
  friend class LiveEngine;
  friend class LiveErasure;
  friend class LiveOutreach;
  struct Rep;
  explicit Engine(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace lotse
