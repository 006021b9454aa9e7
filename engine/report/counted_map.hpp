#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/friction/collect_stays.hpp"
#include "engine/report/map_input.hpp"

namespace lotse {

/// The map of `journey`, which is `journeys[which]` in one of its versions, with what customers did on it by
/// `as_of`. Arguments and errors are those of collect_stays(); `journey` must outlive the result.
[[nodiscard]] Result<MapInput> counted_map(const Journey& journey, std::span<const JourneyVersions> journeys,
                                           std::size_t which, const Channels& channels, Instant as_of,
                                           std::uint32_t threads, const EachState& each);

/// `svg`, `dot`, `mermaid`, `json`.
[[nodiscard]] std::span<const std::string_view> map_formats();
[[nodiscard]] std::string map_in(std::string_view format, const MapInput& input);

}  // namespace lotse
