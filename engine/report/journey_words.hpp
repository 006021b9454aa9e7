#pragma once

#include <string_view>

#include "engine/journey/journey.hpp"

namespace lotse {

/// As journey files spell them.
[[nodiscard]] std::string_view name_of(TouchpointKind kind);
[[nodiscard]] std::string_view name_of(Turn turn);
[[nodiscard]] std::string_view name_of(TransitionTrigger trigger);

}  // namespace lotse
