#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/friction/friction_report.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/report/map.hpp"

namespace lotse {

/// How many messages were sent and tasks opened, by touchpoint id.
using EffectCounts = std::map<std::string, std::uint64_t, std::less<>>;

/// What the map of `journey` shows of a report on it: touchpoints by their id, in the newest version that the
/// report counts apart. `journey` must outlive the result.
[[nodiscard]] MapInput map_input(const Journey& journey, const Channels& channels,
                                 const FrictionReport& report, const StayTable& stays,
                                 const EffectCounts& effects);

/// The map without counts.
[[nodiscard]] MapInput map_input(const Journey& journey, const Channels& channels);

}  // namespace lotse
