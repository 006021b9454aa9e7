#pragma once

#include <string_view>
#include <vector>

#include "engine/friction/stay_table.hpp"
#include "engine/journey/finding_change.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// Takes out of a report's stays what would tell a sensitive field: a segment's values become one, the
/// instances' `value` is left out, and so are all comments of versions in which a comment reads one.
void mask_sensitive(StayTable& table, const JourneyVersions& versions);

/// Whether the name of a finding would tell a sensitive field: it is of a part by a segment that reads one in
/// any version, or that no version has.
[[nodiscard]] bool tells_sensitive(std::string_view finding, const JourneyVersions& versions);
/// Leaves out the changes of such findings.
void leave_out_sensitive(std::vector<FindingChange>& changes, const JourneyVersions& versions);

}  // namespace lotse
