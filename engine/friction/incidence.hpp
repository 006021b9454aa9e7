#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/friction/proportion.hpp"

namespace lotse {

/// Ways a stay can be left, by an index of the caller's (a Cause); index 0 is "not yet": open,
/// right-censored.
inline constexpr std::size_t cause_count = 7;

/// How many stays were left, or last seen open, after lasting this long (milliseconds). A bin of times holds
/// those in (from, at], spread evenly; an exact time has from == at.
struct LeavingTime {
  std::int64_t at = 0;
  std::int64_t from = 0;
  std::array<std::uint64_t, cause_count> count{};

  [[nodiscard]] std::uint64_t censored() const { return count[0]; }
  [[nodiscard]] std::uint64_t left() const;
  friend bool operator==(const LeavingTime&, const LeavingTime&) = default;
};

/// Cumulative incidence of each cause at a horizon, and what is still open: they sum to 1. Index 0: S(h).
struct Incidence {
  std::array<double, cause_count> share{};
  std::array<double, cause_count> variance{};
};

/// Aalen–Johansen estimator of competing causes at the horizon (Aalen & Johansen 1978), leavings before
/// censorings at equal time, with the delta variance of Marubini & Valsecchi (1995, section 10.4), the one of
/// R's survfit; that of S(h) is Greenwood's. `times` ascend strictly. Within a bin half of the censored count
/// as at risk (actuarial). Nothing at all: everything is open. Leavings at exactly the horizon count.
[[nodiscard]] Incidence aalen_johansen(std::span<const LeavingTime> times, std::int64_t horizon);

/// Kaplan–Meier of leaving by any cause: the time by which `share` (in (0, 1)) of the stays have been left,
/// in milliseconds; where the curve rests exactly on 1 − share, the middle of that step, as R does it (and as
/// a median of an even count is). Nothing where the curve does not come down that far. Within bins
/// interpolated linearly.
[[nodiscard]] std::optional<double> kaplan_meier_quantile(std::span<const LeavingTime> times, double share);

/// Restricted mean time to leaving: the area under the Kaplan–Meier curve up to `limit`, milliseconds. Adds
/// up over touchpoints, as a median does not.
[[nodiscard]] double restricted_mean(std::span<const LeavingTime> times, std::int64_t limit);

/// The binomial sample that an incidence is worth: n_eff = F(1−F)/Var, at most `entered`; where F is 0 or 1,
/// `mature` (at least 1). Divided by the design effect (customers with several stays); the share's x is
/// F·n_eff.
[[nodiscard]] Share effective_sample(double incidence, double variance, double entered, double mature,
                                     double design_effect = 1);

}  // namespace lotse
