#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/identity/identity.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse::scenario {

/// The events of invented customers so far, who they are about, and where they lead in one journey: what a
/// test and `lotse try` look at.
class World {
 public:
  /// `versions`: one of the workspace's journeys.
  World(const Workspace& workspace, const JourneyVersions& versions);

  void happen(const Event& event);

  /// The state of the customer with this identifier, and what led to it. A message that ends the journey or
  /// reaches its goal counts as handed out when it is due; the others are left pending.
  [[nodiscard]] CustomerState state_of(const Identifier& identifier, Instant now,
                                       Trace* trace = nullptr) const;

  [[nodiscard]] const Tracker& tracker() const { return tracker_; }

 private:
  void recall_values(CustomerState& state, const std::vector<Event>& events) const;

  Tracker tracker_;
  Identities identities_;
  std::vector<std::pair<NodeIndex, Event>> events_;  // under the identifier that ranks highest
};

/// The newest instance, or the newest with this key; null where there is none.
[[nodiscard]] const Instance* chosen_instance(const JourneyState& state, const std::optional<Value>& key);

}  // namespace lotse::scenario
