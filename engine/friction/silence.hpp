#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/time.hpp"

namespace lotse {

/// Nobody came where customers should have.
struct Silence {
  Instant last_entry{};             ///< before it
  Instant opened{};                 ///< the full hour at which it had lasted too long for chance
  std::optional<Instant> closed{};  ///< the third of three entries that came about as fast as usual
  double expected = 0;              ///< entries from last_entry to the first one afterwards, or to as_of
  double dispersion = 1;  ///< variance of the counts before over that of a Poisson process, at least 1
  double limit = 0;       ///< a gap is called silence where chance makes it at most once in so many gaps
  friend bool operator==(const Silence&, const Silence&) = default;
};

/// The silences among `entries` (ascending) by `as_of`, in order; at most the last is open. `entries_a_month`
/// says how many gaps, one after each entry, there may be in the month of an instant in all touchpoints
/// watched; of all these, chance is to make fewer than one silence in ten months.
///
/// What is expected in an hour is what came in the same hour of the week (UTC) in the 28 days before the gap.
/// If nothing has changed, then of all entries of an hour of the week, c of them in four weeks and none in
/// the gap's k weeks, each falls to the four with probability 4/(4 + k), whatever the rate: P = Π
/// (4/(4+k))^c, an exact conditional test (Przyborowski & Wilenski 1940, Biometrika 31). Only full hours of
/// the gap count. Entries that come in bursts make longer gaps: −ln P is divided by the dispersion (Pearson's
/// χ² over its degrees of freedom of the counts by hour and by day, the greater; McCullagh & Nelder 1989,
/// section 4.5).
[[nodiscard]] std::vector<Silence> silences(std::span<const Instant> entries, Instant as_of,
                                            const std::function<double(Instant)>& entries_a_month);

}  // namespace lotse
