#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/friction/collect_stays.hpp"
#include "engine/friction/incidents.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// What is done to a table before it is watched, such as masking what is sensitive.
using PrepareTable = std::function<void(StayTable& table, const JourneyVersions& versions)>;

/// The incidents of every journey, by journey, as of `as_of`: all of them share one error rate, so that none
/// can be watched alone. `each` is gone through once. Errors: those of `each`.
[[nodiscard]] Result<std::vector<Incidents>> collect_incidents(std::span<const JourneyVersions> journeys,
                                                               const Channels& channels, Instant as_of,
                                                               std::uint32_t threads, const EachState& each,
                                                               const PrepareTable& prepare);

}  // namespace lotse
