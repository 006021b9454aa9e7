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
#include "engine/runtime/remains.hpp"
#include "engine/store/seen_events.hpp"
#include "engine/store/store.hpp"

namespace lotse {

/// A check-point that is being written, of the state after event `position`. The customers' states are those
/// of the time at which each is written; a restart replays from `position` on, and derives those anew that
/// went further.
struct CheckpointRun {
  EventNumber position = no_event;
  Projection::Image image{};
  std::vector<CustomerNumber> customers{};  ///< to be written, ascending
  std::size_t customers_written = 0;
  std::size_t image_written = 0;  ///< bytes of the image's texts, one behind the other
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
  Recovery recovery;
  EventNumber checkpointed;       ///< up to here derived state is on disk
  bool checkpoint_whole = false;  ///< the check-point on disk is of no use: write all anew
  std::string erasure_salt;
  Remains remains;                          ///< of erased customers
  bool erasure_pending = false;             ///< an erasure has not reached all files yet
  std::optional<Error> broken;              ///< what left memory and disk apart: only opening again helps
  Gate gate;                                ///< of `projection`, and of what follows here
  std::optional<CheckpointRun> checkpoint;  ///< under way

  Rep(EngineOptions options_, const Workspace& workspace, std::vector<JourneyVersions> journeys,
      std::unique_ptr<Store> store_);

  Result<void> publish(const Publication& publication);
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
  Result<void> finish_erasure(Engine& engine);

  /// What a prepared event is to the log.
  enum class Known : std::uint8_t { no, duplicate, conflict };
  Result<Known> look_up(const Intake& prepared, const Intake::Item& item,
                        std::vector<EventNumber>& candidates, EventNumber& stored);
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
