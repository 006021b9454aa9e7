#pragma once

#include <vector>

#include "engine/base/result.hpp"
#include "engine/runtime/incident_ledger.hpp"
#include "engine/runtime/live.hpp"

namespace lotse {

/// Puts on record what is new in the incidents that are derived now, of all journeys, and hands each news to
/// its touchpoint's owner as an alert: one commit, so that a restart neither repeats nor loses any. Returns
/// what was new. Errors: storage; unavailable where the engine has ended.
[[nodiscard]] Result<std::vector<IncidentNews>> record_incidents(Live& live,
                                                                 const std::vector<Incident>& derived);

/// Those on record, open first. Errors: as record_incidents().
[[nodiscard]] Result<std::vector<IncidentRecord>> incidents_on_record(Live& live);

}  // namespace lotse
