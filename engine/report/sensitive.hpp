#pragma once

#include "engine/friction/stay_table.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// Takes out of a report's stays what would tell a sensitive field: a segment's values become one, the
/// instances' `value` is left out, and so are all comments of versions in which a comment reads one.
void mask_sensitive(StayTable& table, const JourneyVersions& versions);

}  // namespace lotse
