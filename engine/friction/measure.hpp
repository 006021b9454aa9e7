#pragma once

#include <optional>
#include <string>

#include "engine/friction/friction_report.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

/// A cell's counts as a row of the report: everything but the judgements. `place` null: all touchpoints
/// together, of which only `entered` and the feedback mean anything.
[[nodiscard]] FrictionRow measure(const Place* place, std::optional<std::string> part, const CellTally& cell,
                                  const TimeBins& bins);

/// What a cell has to say on a signal; nothing where the signal cannot occur or nothing was seen of it.
[[nodiscard]] std::optional<Evidence> evidence_of(Signal signal, const Place* place, const CellTally& cell,
                                                  const FrictionRow& row);

}  // namespace lotse
