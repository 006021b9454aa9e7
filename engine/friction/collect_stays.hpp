#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "engine/base/result.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// A customer's state in the journey that is asked about, met by one of several threads.
using VisitState = std::function<void(std::uint32_t thread, const JourneyVersions& versions,
                                      const JourneyState& state, Instant as_of)>;

/// Where customers' states come from: calls what it is given for each of them, on threads numbered from 0,
/// each customer in a fixed order and on a fixed thread.
using EachState =
    std::function<Result<void>(const std::function<void(std::uint32_t thread, const CustomerState& state)>&)>;

/// The stays of `journeys[which]` as of `as_of`, from `each`, which uses up to `threads` threads; `visit`, if
/// given, sees every customer too. Errors: those of `each`.
[[nodiscard]] Result<StayTable> collect_stays(std::span<const JourneyVersions> journeys, std::size_t which,
                                              const Channels& channels, Instant as_of, std::uint32_t threads,
                                              const EachState& each, const VisitState& visit = nullptr,
                                              Names names = Names::left_out);

}  // namespace lotse
