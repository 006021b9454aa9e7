#pragma once

#include "engine/friction/friction_report.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

/// Takes those parts off the findings that are worse only through whom they serve (Simpson's paradox): that
/// are proxies of a declared segment, as ConcentrationQuery::given has it. Only of parts that are compared
/// with the other parts. `selection` has the cut. docs/methods/verdicts.md
void set_explained_parts_apart(FrictionReport& report, const StayTable& table, const Selection& selection,
                               unsigned threads);

/// Looks closer at the confirmed and suspected findings of whole touchpoints: where they concentrate, what
/// goes together with drop-offs, the words of the unhappy; and names the timers of every touchpoint. `report`
/// is of the same table and selection; its findings keep their order. The same whatever `threads`.
void add_details(FrictionReport& report, const StayTable& table, const Selection& selection,
                 unsigned threads);

}  // namespace lotse
