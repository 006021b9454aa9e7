#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/friction/proportion.hpp"

namespace lotse {

/// Counts of a 2×2 table: exposed or not, with the outcome (`x`) or without.
struct FourFold {
  std::uint64_t exposed_x = 0;
  std::uint64_t exposed_rest = 0;
  std::uint64_t other_x = 0;
  std::uint64_t other_rest = 0;
  friend bool operator==(const FourFold&, const FourFold&) = default;
};

struct OddsRatio {
  double ratio = 1;
  Interval interval;  ///< 95 %
  double log = 0;
  double log_error = 0;  ///< standard error of `log`
  friend bool operator==(const OddsRatio&, const OddsRatio&) = default;
};

/// The odds ratio common to the strata (Mantel & Haenszel 1959, JNCI 22) with the variance of its log of
/// Robins, Breslow & Greenland (1986, Biometrics 42), times `design_effect`; of one stratum ad/(bc) with
/// Woolf's. Nothing where the strata give no finite ratio above 0: none has both exposed and others, or none
/// of the exposed (or of the others) that can be compared has the outcome, or all have.
[[nodiscard]] std::optional<OddsRatio> mantel_haenszel(std::span<const FourFold> strata,
                                                       double design_effect = 1);

}  // namespace lotse
