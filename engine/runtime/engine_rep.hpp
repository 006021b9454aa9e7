#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/intake.hpp"
#include "engine/runtime/projection.hpp"
#include "engine/runtime/publishing.hpp"
#include "engine/store/seen_events.hpp"
#include "engine/store/store.hpp"

namespace lotse {

/// What an Engine is made of; for the files that implement it.
struct Engine::Rep {
  EngineOptions options;
  WorkspaceSettings settings;
  IdentitySettings identity;
  std::string meaning;
  Tracker tracker;
  Fingerprint fingerprint;
  std::unique_ptr<Store> store;
  Projection projection;
  SeenEvents seen;
  Recovery recovery;
  EventNumber checkpointed;       ///< up to here derived state is on disk
  bool checkpoint_whole = false;  ///< the check-point on disk is of no use: write all anew
  std::optional<Error> broken;    ///< what left memory and disk apart: only opening again helps

  Rep(EngineOptions options_, const Workspace& workspace, std::vector<JourneyVersions> journeys,
      std::unique_ptr<Store> store_);

  Result<void> publish(const Publication& publication);
  Result<void> check_chains();
  Result<void> recover();
  Result<bool> load_checkpoint();
  Result<void> fill_seen();

  /// What a prepared event is to the log.
  enum class Known : std::uint8_t { no, duplicate, conflict };
  Result<Known> look_up(const Intake& prepared, const Intake::Item& item,
                        std::vector<EventNumber>& candidates, EventNumber& stored);
  void prefetch(const Intake& prepared, std::size_t item) const;
  Result<IngestOutcome> take(Intake& prepared);

  Instant resolve(Instant as_of) const;
  [[nodiscard]] bool is_live(const Moment& moment) const;
  Result<std::optional<CustomerView>> live_customer(NodeIndex node);
  Result<std::optional<CustomerView>> past_customer(NodeIndex node, const Identifier& identifier,
                                                    const Moment& moment);
};

}  // namespace lotse
