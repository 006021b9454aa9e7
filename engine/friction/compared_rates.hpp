#pragma once

#include <array>
#include <optional>
#include <span>

#include "engine/friction/signal_change.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

/// Up to when after entry two cells are looked at, so that their drop-offs can be compared.
struct ComparedReading {
  Duration before{0};
  Duration now{0};
  bool cut_short = false;  ///< before the horizon
  bool enough = true;      ///< both were watched so long
};

/// By Signal; nothing where it cannot occur, or nothing was seen of it.
using ComparedRates = std::array<std::optional<ComparedRate>, signal_count>;

/// How long the stays were watched; longer, their curves would only be drawn on. No limit where all were
/// left.
[[nodiscard]] Duration watched(std::span<const LeavingTime> times);
/// Where the horizons are one, the longest that both cells were watched; else each its own horizon. A cell
/// that is null sets no limit.
[[nodiscard]] ComparedReading reading_of(const Place& before, const CellTally* cell_before, const Place& now,
                                         const CellTally* cell_now, const TimeBins& bins);
/// A cell's shares, drop-off and escalation read off at `within`. `place` null: all touchpoints together.
[[nodiscard]] ComparedRates rates_of(const Place* place, const CellTally* cell, Duration within,
                                     const TimeBins& bins);
/// An effective sample of 20 and more.
[[nodiscard]] bool is_large(const ComparedRate& rate);
/// The two with difference, interval and p, not judged yet. `reading`: of a drop-off.
[[nodiscard]] SignalChange compare_rates(Signal signal, const std::optional<ComparedRate>& before,
                                         const std::optional<ComparedRate>& now,
                                         const ComparedReading& reading);
/// Of one that is tested, by its adjusted p.
[[nodiscard]] ChangeVerdict verdict_of(const SignalChange& change, double q);

}  // namespace lotse
