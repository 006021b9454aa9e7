#pragma once

#include <optional>
#include <span>

#include "engine/journey/journey.hpp"
#include "engine/report/why.hpp"
#include "engine/tracking/scope.hpp"

namespace lotse::why_parts {

/// The first of the conditions that does not hold, with the values that it read; nothing where all hold. Null
/// and empty ones always do. Values that tell a sensitive field are masked unless `sensitive`.
[[nodiscard]] std::optional<WhyCondition> first_unmet(
    const Journey& journey, bool sensitive, const Scope& scope,
    std::span<const std::optional<Expression>* const> conditions);

}  // namespace lotse::why_parts
