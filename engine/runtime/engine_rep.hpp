#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/gate.hpp"
#include "engine/runtime/intake.hpp"
#include "engine/runtime/projection.hpp"
#include "engine/runtime/publishing.hpp"
#include "engine/runtime/recent_traces.hpp"
#include "engine/runtime/remains.hpp"
#include "engine/store/seen_events.hpp"
#include "engine/store/store.hpp"

namespace lotse {

/// A check-point that is being written, of the state after event `position`. The customers' states are those
/// of the time at which each is written; a restart replays from `position` on, and derives those anew that
/// went further.
struct CheckpointRun {
  EventNumber position = no_event;
  std::string name{};  ///< of its image's parts; not that of a check-point that is still good for something
  Projection::Image image{};
  std::vector<CustomerNumber> customers{};  ///< to be written, ascending
  std::size_t customers_written = 0;
  std::size_t image_written = 0;  ///< bytes of the image's texts, one behind the other
  bool cleared = false;           ///< what a check-point that was never completed left is gone
  bool valid = false;             ///< what is left to do is deleting the image before
};

/// What an Engine is made of; for the files that implement it.
struct Engine::Rep {
  EngineOptions options;
  WorkspaceSettings settings;
  IdentitySettings identity;
  std::string meaning;
  std::shared_ptr<const Tracker> tracker;
  Fingerprint fingerprint;
  std::atomic<Duration> future_tolerance;  ///< of `settings`; any thread may prepare
  std::unique_ptr<Store> store;
  Projection projection;
  SeenEvents seen;
  RecentTraces traces;
  Recovery recovery;
  EventNumber checkpointed;       ///< up to here derived state is on disk
  bool checkpoint_whole = false;  ///< the check-point on disk is of no use: write all anew
  std::string erasure_salt;
  Remains remains;                          ///< of erased customers
  bool erasure_pending = false;             ///< an erasure has not reached all files yet
  bool erased_since_checkpoint = false;     ///< it has not reached the check-point on disk
  std::optional<Error> broken;              ///< what left memory and disk apart: only opening again helps
  Gate gate;                                ///< of `projection`, and of what follows here
  std::optional<CheckpointRun> checkpoint;  ///< under way

  Rep(EngineOptions options_, const Workspace& workspace, std::vector<JourneyVersions> journeys,
      std::unique_ptr<Store> store_);

  Result<void> publish(const Publication& publication);
  /// As Engine::record_risks(). `decided`: up to when timers may have fired.
  Result<std::vector<std::string>> record_risks(const Workspace& workspace,
                                                std::span<const JourneyRisk> risks, Instant decided);
  /// Has the check-point on disk, if it is good for anything, stand for states under `text`. In a group.
  Result<void> keep_check_point_under(const std::string& text);
  Result<void> check_chains();
  Result<void> recover();
  Result<bool> load_checkpoint();
  Result<void> fill_seen();
  Result<void> load_remains();

  // erasure.cpp
  struct ErasurePlan;
  Result<ErasurePlan> plan_erasure(std::span<const Identifier> identifiers);
  Result<void> look_at_neighbours(ErasurePlan& plan);
  Result<void> write_erasure(ErasurePlan& plan);
  /// Erases from the log and from memory, and gives the number of customers. What is left to do is a
  /// check-point (erased_since_checkpoint), and then cut_wal().
  Result<std::uint64_t> begin_erasure(std::span<const Identifier> identifiers);
  /// With this no file has pages from before the erasure. Errors: unavailable, as Engine::erase(), where a
  /// reader is in the way for longer than `patience`.
  Result<void> cut_wal(std::chrono::milliseconds patience);
  /// Whatever is left of an erasure, in one piece.
  Result<void> finish_erasure(Engine& engine);

  /// What a prepared event is to the log.
  enum class Known : std::uint8_t { no, duplicate, conflict };
  Result<Known> look_up(const Intake& prepared, const Intake::Item& item,
                        std::vector<EventNumber>& candidates, EventNumber& stored);
  /// Errors: storage.
  Result<std::optional<Event>> find_event(std::string_view source, std::string_view id);
  /// An event of a group and whose it is.
  struct Turn {
    Instant time{};  ///< the latest so far of its request: those of one request keep their order
    std::uint32_t request = 0;
    std::uint32_t item = 0;
  };
  static std::vector<Turn> turns_of(std::span<PreparedEvents* const> group);
  void prefetch(std::span<PreparedEvents* const> group, std::span<const Turn> behind) const;
  /// Puts events into the log's group and into memory; on disk after commit().
  Result<std::vector<IngestOutcome>> take(std::span<PreparedEvents* const> group);
  Result<void> take(const Intake& prepared, const Intake::Item& item, std::vector<EventNumber>& candidates,
                    IngestOutcome& outcome);
  /// Of what has been put into the store's group, if anything.
  Result<void> commit();

  /// Writes some of a check-point into the store's group, for about as long as `budget`, and begins one if
  /// none is under way. True: it is complete with the next commit().
  Result<bool> continue_checkpoint(std::chrono::nanoseconds budget);
  Result<void> begin_checkpoint();
  template <class UsedUp>
  Result<bool> write_checkpoint(const UsedUp& used_up);
  template <class UsedUp>
  Result<bool> erase_other_images(const std::string& name, const UsedUp& used_up);
  Result<void> checkpoint_customer(CustomerNumber customer);
  Result<void> finish_checkpoint();

  Instant resolve(Instant as_of) const;
  [[nodiscard]] bool is_live(const Moment& moment) const;
};

[[nodiscard]] IdentitySettings identity_settings(const WorkspaceSettings& settings);

/// Replays the log from `from` to `to`, or to its end.
[[nodiscard]] Result<void> replay_log(EventLog& log, EventNumber from, Projection& projection,
                                      EventNumber to = EventNumber(UINT32_MAX));

}  // namespace lotse
