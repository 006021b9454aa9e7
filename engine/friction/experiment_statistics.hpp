#pragma once

#include <cstdint>
#include <span>

#include "engine/friction/proportion.hpp"

namespace lotse {

/// The number of customers, of two arms together, for which anytime intervals are tuned: about there they are
/// narrowest beside the fixed one.
inline constexpr double anytime_tuned_for = 1'000;

/// How many standard errors an interval must reach to either side so that, with probability 1 − alpha, it
/// covers the truth at every n at once (asymptotically), and not only at one that was fixed beforehand: the
/// normal mixture of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024, Annals of Statistics 52), with
/// ρ² = (−2 log alpha + log(1 − 2 log alpha)) / anytime_tuned_for. Infinite for n = 0.
[[nodiscard]] double anytime_quantile(double n, double alpha);

/// Confidence sequence for `of.rate() − against.rate()`: with probability 1 − alpha it never excludes the
/// truth, however often it is looked at while customers come. [−1, 1] while an arm is empty. Variances are
/// those of shares with one success and one failure added, so that none is 0 for want of data.
[[nodiscard]] Interval anytime_difference(Share of, Share against, double alpha);

/// How many customers two arms need together until anytime_difference() excludes zero with a chance of four
/// in five, if their rates differ by `difference`. `of` and `against` tell the rates and how the customers
/// divide over the arms, both of which must have some. At most 10^9.
[[nodiscard]] double customers_needed(Share of, Share against, double difference, double alpha);

/// P(X > x) of the chi-square distribution with that many degrees of freedom, at least one.
[[nodiscard]] double chi_square_upper_tail(double x, unsigned degrees);

/// Whether customers fall to the arms as the arms' shares say.
struct SampleRatio {
  double chi_square = 0;
  unsigned degrees = 0;
  double p = 1;
  friend bool operator==(const SampleRatio&, const SampleRatio&) = default;
};
/// Pearson's chi-square of the counts against the shares, which sum to 1. An arm with no share that has
/// nobody says nothing; one that has somebody is impossible (p = 0).
[[nodiscard]] SampleRatio sample_ratio(std::span<const std::uint64_t> counts, std::span<const double> shares);

}  // namespace lotse
