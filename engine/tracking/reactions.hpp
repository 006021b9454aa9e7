#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// What one event type means to one version of a journey.
struct Reaction {
  std::optional<EventTypeIndex> type;    ///< nothing: the version does not name it
  bool exits = false;                    ///< in an `exit_when`
  bool remembered = false;               ///< in a `remember`
  bool feedback = false;                 ///< in a `feedback`
  bool triggers = false;                 ///< in a transition's own `on`
  std::vector<TouchpointIndex> inbound;  ///< whose `on` names it, in the order of the file
};

/// What one event type means to one journey, by version.
struct Concern {
  std::uint32_t journey = 0;
  std::vector<Reaction> versions;
};

/// Which journeys an event type concerns, found with one hash, so that an event that nobody names costs next
/// to nothing. Built once per Tracker.
struct Tracker::Index {
  explicit Index(std::span<const JourneyVersions> journeys);

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return fast_hash(text); }
  };
  std::unordered_map<std::string, std::vector<Concern>, Hash, std::equal_to<>> concerns;  ///< by journey
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> journey_by_id;
  bool replays = false;  ///< some version derives instances of older ones anew
};

}  // namespace lotse
