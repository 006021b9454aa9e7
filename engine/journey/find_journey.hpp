#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// The index into `journeys` of the one called `id`; an Error that names the nearest one otherwise
/// (not_found). An empty id means the only one there is (bad_input if there are several). `whose` is for the
/// message: "`shop`", "the store".
[[nodiscard]] Result<std::size_t> find_journey(std::span<const JourneyVersions> journeys, std::string_view id,
                                               std::string_view whose);

}  // namespace lotse
