#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "engine/base/result.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/state.hpp"

namespace lotse::cli {

/// A customer's state in the journey that is asked about, met by one of several threads.
using VisitState = std::function<void(std::uint32_t thread, const JourneyVersions& versions,
                                      const JourneyState& state, Instant as_of)>;

/// How many threads load and count.
[[nodiscard]] std::uint32_t threads();

/// The stays of the journey with this id as of `as_of`, the latest event's time where none is given; `visit`,
/// if given, sees every customer too, on threads numbered below threads(). Nothing where the store has no
/// event.
[[nodiscard]] Result<std::optional<StayTable>> load_stays(const Workspace& workspace,
                                                          const std::filesystem::path& store,
                                                          const std::string& journey,
                                                          std::optional<Instant> as_of,
                                                          const VisitState& visit = nullptr);

}  // namespace lotse::cli
