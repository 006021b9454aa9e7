#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/outreach/tasks.hpp"
#include "engine/runtime/channel_adapter.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/moves.hpp"
#include "engine/runtime/retention.hpp"
#include "engine/store/outbox.hpp"
#include "engine/store/rejects.hpp"
#include "engine/store/store.hpp"

namespace lotse {

struct LiveOptions {
  EngineOptions engine{};
  std::size_t queued_bytes_max = std::size_t{64}
                                 << 20U;  ///< of events waiting for the writer; beyond: overloaded
  std::size_t queued_requests_max = 20'000;
  std::size_t rejects_max = 10'000;  ///< of the list of rejects; the oldest go first
  /// Called once, on the writer's thread, when the store has failed: from then on nothing is taken, and only
  /// opening it again helps.
  std::function<void(const Error&)> failed{};
  /// Called on the writer's thread, briefly, when a run of retention begins, goes on and ends.
  std::function<void(const RetentionProgress&)> retained{};
  /// The ways out of a workspace; left out, or without any: nothing is handed out. Called at the start and by
  /// reload(), on the caller's thread.
  std::function<Result<ChannelAdapters>(const Workspace&)> connect{};
};

/// What all customers' states were at one commit. Immutable: for any thread, for as long as it is held, while
/// the writer goes on. Holding one keeps memory that the writer has replaced since.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  [[nodiscard]] virtual const Tracker& tracker() const = 0;
  [[nodiscard]] virtual const Workspace& workspace() const = 0;
  [[nodiscard]] virtual std::optional<Instant> last_event_time() const = 0;
  [[nodiscard]] virtual std::uint64_t events() const = 0;  ///< number of the last event in it
  [[nodiscard]] virtual std::uint64_t erased() const = 0;  ///< customers, up to then
  /// As Engine::for_each_state(); an `as_of` left as it is means when this was taken, or the last event's
  /// time where that is later. An earlier one derives all states anew from the log.
  [[nodiscard]] virtual Result<void> for_each_state(
      const Moment& moment, std::uint32_t partitions,
      const std::function<void(std::uint32_t, const CustomerState&)>& visit) const = 0;
};

/// One customer with the journeys that the state's numbers refer to.
struct LiveCustomer {
  std::shared_ptr<const Tracker> tracker;
  CustomerView view;
  Instant as_of{};
};

/// All that is stored about one customer, with the journeys that the state's numbers refer to.
struct LiveRecord {
  std::shared_ptr<const Tracker> tracker;
  CustomerRecord record;
};

/// What became of messages and tasks, since the start but for the first two.
struct OutreachCounts {
  std::uint64_t waiting = 0;  ///< in the outbox
  std::uint64_t dead = 0;     ///< in the list of dead letters
  std::uint64_t handed_out = 0;
  std::uint64_t deferred = 0;
  std::uint64_t blocked = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed_attempts = 0;
  std::uint64_t withdrawn = 0;
  std::uint64_t rerouted = 0;
};

/// For /readyz and /metrics.
struct LiveStatus {
  bool ready = false;
  std::string reason;  ///< why not: "the store: no space left on the disk"; no personal data, no paths
  EngineCounts counts;
  EngineMemory memory;
  std::uint64_t queued_requests = 0;
  std::uint64_t queued_bytes = 0;
  std::uint64_t commits = 0;
  std::uint64_t accepted = 0;  ///< events, since the start; the next ones too
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t overloaded = 0;  ///< requests
  std::uint64_t timers_fired = 0;
  std::optional<Instant> next_timer;
  std::uint64_t checkpoints = 0;
  std::uint64_t events_since_checkpoint = 0;
  double commit_seconds = 0;              ///< spent in commits, summed
  std::uint64_t retention_runs = 0;       ///< ended since the start
  std::uint64_t retention_customers = 0;  ///< erased by them
  std::optional<Instant> next_retention;  ///< nothing: no retention is asked for
  OutreachCounts outreach;
};

/// The engine as a service: one thread writes, commits for many senders at once and fires timers by the
/// clock; any thread submits and reads. Reads never wait for a commit that does not concern them, and the
/// writer never waits for a read.
class Live {
 public:
  /// As Engine::open(), then catches up all timers that are due by the clock, in order.
  [[nodiscard]] static Result<std::unique_ptr<Live>> start(const Workspace& workspace,
                                                           const std::filesystem::path& store,
                                                           LiveOptions options = {});
  virtual ~Live() = default;  ///< as stop()

  /// Takes nothing more, answers what is queued, check-points and ends the writer. Idempotent.
  virtual Result<void> stop() = 0;

  [[nodiscard]] virtual PreparedEvents prepare(std::vector<Event> events) const = 0;

  enum class Submitted : std::uint8_t {
    queued,
    overloaded,  ///< too much is waiting; try again later
    stopped,     ///< stop() has begun, or the store has failed: status() says why
  };
  /// `done` is called once, on the writer's thread and briefly, when all is on disk or has failed; not at all
  /// unless `queued`. Rejects are kept beside.
  using Done = std::function<void(Result<IngestOutcome>)>;
  [[nodiscard]] virtual Submitted submit(PreparedEvents events, std::vector<Reject> rejects, Done done) = 0;

  /// As Engine::customer(); an `as_of` left as it is means now. What the caller was told is durable is seen.
  [[nodiscard]] virtual Result<std::optional<LiveCustomer>> customer(const Identifier& identifier,
                                                                     const Moment& moment = {}) = 0;
  /// The same as of now, without the events: no disk is read where the state is at hand. For moments of
  /// contact.
  [[nodiscard]] virtual Result<std::optional<LiveCustomer>> standing(const Identifier& identifier) = 0;
  [[nodiscard]] virtual std::vector<Identifier> find_identifiers(std::string_view value) = 0;
  /// What is stored under (source, id), durable or about to be; nothing where it is not, or was erased.
  [[nodiscard]] virtual Result<std::optional<Event>> find_event(const std::string& source,
                                                                const std::string& id) = 0;
  [[nodiscard]] virtual Result<std::shared_ptr<const Snapshot>> snapshot() = 0;
  /// The latest, newest first, with a number below `before`.
  [[nodiscard]] virtual Result<std::vector<Reject>> rejects(std::size_t limit,
                                                            std::uint64_t before = UINT64_MAX) = 0;
  [[nodiscard]] virtual LiveStatus status() const = 0;
  [[nodiscard]] virtual Instant now() const = 0;
  /// As last taken over; waits for nothing, unlike snapshot().
  [[nodiscard]] virtual std::shared_ptr<const Workspace> workspace() const = 0;

  /// Takes over a workspace that has been loaded anew: publishes new versions, and derives states anew beside
  /// the running engine where they may differ. On an Error (another content under a published version, a disk
  /// fault) everything stays as it was. Returns what changed, for people; empty: nothing.
  [[nodiscard]] virtual Result<std::string> reload(const Workspace& workspace) = 0;

  /// Drains, resumes or stops a published version from now on, and derives the positions that follow. Errors:
  /// as version_change(), and as reload().
  [[nodiscard]] virtual Result<VersionChange> change_version(std::string_view journey, std::uint32_t version,
                                                             VersionChange::What what) = 0;

  /// Removes everything about the customer who owns `identifier`; durable, and gone from file and log, when
  /// it returns. False: nobody has it. Events are taken meanwhile. Errors: as Engine::erase().
  [[nodiscard]] virtual Result<bool> erase(const Identifier& identifier) = 0;

  /// Tasks that are open, the most urgent first; of one team unless `team` is empty.
  [[nodiscard]] virtual Result<std::vector<OpenTask>> tasks(std::string_view team) = 0;
  /// What could not be delivered, the latest first, handed out before `before`.
  [[nodiscard]] virtual Result<std::vector<OutboxEntry>> dead_letters(std::size_t limit,
                                                                      Instant before = Instant::max()) = 0;
  /// Has a dead letter tried again from the beginning. False: there is none with that id.
  [[nodiscard]] virtual Result<bool> revive(const std::string& id) = 0;

  /// As Engine::record(). What the caller was told is durable is in it.
  [[nodiscard]] virtual Result<std::optional<LiveRecord>> record(const Identifier& identifier) = 0;

  /// Writes a copy of the store, as of one commit, while the engine runs.
  [[nodiscard]] virtual Result<void> backup(const std::filesystem::path& to) = 0;

  /// `observe` is called with the changes of each commit, on the writer's thread and briefly. The result ends
  /// it when destroyed.
  using Observe = std::function<void(const std::vector<Change>&)>;
  [[nodiscard]] virtual std::shared_ptr<void> observe(Observe observe) = 0;
};

}  // namespace lotse
