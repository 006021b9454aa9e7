#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/base/time.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// An event as it was received.
struct ReceivedEvent {
  Event event;
  std::optional<Instant> claimed{};  ///< its own time, where its arrival took its place
};

/// Everything that is stored about one customer: what a right of access covers.
struct CustomerRecord {
  std::vector<Identifier> identifiers;   ///< by (namespace, value)
  CustomerState state;                   ///< as of the last event, or as timers have brought it further
  std::vector<ReceivedEvent> events;     ///< by EventKey
  std::vector<ReceivedEvent> conflicts;  ///< other contents that came under the (source, id) of one of them
  /// A link that one of these events or identifiers would have made, and the guard did not apply.
  struct Refused {
    Identifier primary;
    Identifier other;
    Instant since{};
    std::string reason;  ///< `limit of user_id`, `kept apart`
  };
  std::vector<Refused> refused;
};

}  // namespace lotse
