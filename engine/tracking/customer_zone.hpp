#pragma once

#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// The zone of the customer's wall clock: that of the trait `zone` where it names one, else the workspace's.
[[nodiscard]] Zone zone_of(const Value& traits, const WorkspaceSettings& settings);

}  // namespace lotse
