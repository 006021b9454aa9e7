#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/friction/stay_table.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

enum class TimerUnit : std::uint8_t { hour, day };

/// An hour or a day since entry on which so many leave a touchpoint at once that a timer, and not their own
/// choice, must be behind it.
struct NamedTimer {
  TimerUnit unit = TimerUnit::day;
  std::uint32_t index = 0;   ///< from 0: day 2 is the 48th to the 71st hour since entry
  bool silence = false;      ///< drop-offs: Lotse's own rule of what silence is, dated when it has lasted
  std::uint64_t events = 0;  ///< stays left then
  double hazard = 0;         ///< of those still there when it began, in [0, 1]
  double neighbours = 0;     ///< the greater of the median hazards of the five before and of the five after
  std::optional<double> ratio{};            ///< nothing where the neighbours have none
  std::optional<DeclaredTimer> declared{};  ///< the one of the files that explains it; nothing: none does
  friend bool operator==(const NamedTimer&, const NamedTimer&) = default;
};

inline constexpr double timer_ratio = 10;             ///< times the neighbours' hazard, at least
inline constexpr std::uint64_t timer_events = 20;     ///< at least
inline constexpr std::uint32_t timer_neighbours = 5;  ///< on either side
inline constexpr std::uint32_t timer_days = 400;      ///< later ones are not looked at

/// The timers that show in how long stays last, by place (FRICTION.md, section 2); of each place ascending in
/// time, moves before silence. The discrete hazard of a day is d / (Y − c/2): left, still there when it
/// began, last seen open in it (actuarial, as in aalen_johansen()). Drop-offs and all other leavings are
/// looked at apart. A peak alone counts: higher than the day before and no lower than the day after, so that
/// those who go at once, whose hazard only falls, are no timer; the first day has none before it. Where the
/// files declare a timer under two days for a place, its first two days are looked at by the hour. Stays
/// that go on in another channel are one; `selection.cut` is not looked at.
[[nodiscard]] std::vector<std::vector<NamedTimer>> timers_of(const StayTable& table,
                                                             const Selection& selection,
                                                             unsigned threads = 1);

/// `nudge after 2d`, `a timer that is not in the file (day 14)`, `the silence rule (day 30)`.
[[nodiscard]] std::string describe(const NamedTimer& timer);

}  // namespace lotse
