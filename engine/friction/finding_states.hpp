#pragma once

#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/journey/finding_change.hpp"

namespace lotse {

/// Puts what stands into the report, and judges what is claimed to be mended: stays entered since then
/// against those before, for as long as since or query.history, whichever is longer. The report's filter and
/// cut hold, its period and its other dates do not. The latest mended_judged_max claims are judged. Requires
/// the report's own table and query. Errors: as friction_report(). The same whatever the number of threads.
[[nodiscard]] Result<void> add_states(FrictionReport& report, const StayTable& table,
                                      const FrictionQuery& query, std::vector<FindingChange> standing,
                                      unsigned threads = 1);

/// What stands of a finding; null: it is open.
[[nodiscard]] const StandingState* state_of(const FrictionReport& report, const Finding& finding);

}  // namespace lotse
