#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/friction/stay_table.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// Everything about a touchpoint that a customer can meet there, as text: two versions with equal texts are
/// counted together. Title, description, stage, owner and target are not in it; the messages and tasks that
/// it leads to are, as far as they lead. Conditions and captures count by their source.
[[nodiscard]] std::string experience_of(const Journey& journey, TouchpointIndex touchpoint);

/// The places of all versions: in the order of the newest version's file, then what only older ones have.
/// `place_of` gets one vector a version, by touchpoint; no_index for messages and tasks.
[[nodiscard]] std::vector<Place> places_of(const JourneyVersions& versions,
                                           std::vector<std::vector<std::uint16_t>>& place_of);

/// Every timer, promise and horizon of the files, ascending, each once: where binned durations must not blur.
[[nodiscard]] std::vector<Duration> timed_edges(const JourneyVersions& versions);

/// By place, of `places` many: delays, promises and the silence that counts as leaving, as far as the files
/// fix when they come after the touchpoint was reached; those of messages and tasks that it leads to at such
/// times among them. Sorted, each once.
[[nodiscard]] std::vector<std::vector<DeclaredTimer>> declared_timers(
    const JourneyVersions& versions, const std::vector<std::vector<std::uint16_t>>& place_of,
    std::size_t places);

/// [from][to], by place: whether in any version declared transitions lead from one to the other.
[[nodiscard]] std::vector<std::vector<bool>> leads_to(const JourneyVersions& versions,
                                                      const std::vector<std::vector<std::uint16_t>>& place_of,
                                                      std::size_t places);

}  // namespace lotse
