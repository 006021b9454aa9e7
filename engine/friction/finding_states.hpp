#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/journey/finding_change.hpp"

namespace lotse {

/// Of each finding the last change up to `as_of` (nothing: of all), by finding; those that are open again are
/// left out. Requires `changes` of one journey in the order of recording.
[[nodiscard]] std::vector<FindingChange> standing_changes(std::span<const FindingChange> changes,
                                                          std::optional<Instant> as_of);

/// Puts what stands into the report, and judges what is claimed to be mended: stays entered since then
/// against those before, for as long as since or query.history, whichever is longer. The report's filter and
/// cut hold, its period and its other dates do not. The latest 50 claims are judged. Requires the report's
/// own table and query. Errors: as friction_report(). The same whatever the number of threads.
[[nodiscard]] Result<void> add_states(FrictionReport& report, const StayTable& table,
                                      const FrictionQuery& query, std::vector<FindingChange> standing,
                                      unsigned threads = 1);

/// What stands of a finding; null: it is open.
[[nodiscard]] const StandingState* state_of(const FrictionReport& report, const Finding& finding);

}  // namespace lotse
