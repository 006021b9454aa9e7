#include "engine/friction/proportion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lotse {

Interval wilson(Share share) {
  if (!(share.n > 0)) return {0, 1};
  if (std::isinf(share.n)) return {share.rate(), share.rate()};
  const double n = share.n;
  const double p = share.rate();
  const double z2 = z95 * z95;
  const double centre = p + z2 / (2 * n);
  const double spread = z95 * std::sqrt(std::max(0.0, p * (1 - p) / n + z2 / (4 * n * n)));
  const double scale = 1 + z2 / n;
  return {std::max(0.0, (centre - spread) / scale), std::min(1.0, (centre + spread) / scale)};
}

Interval newcombe_difference(Share of, Share against) {
  // A fixed number arrives as n = infinity with its rate in x.
  const bool fixed = std::isinf(against.n);
  const double p2 = fixed ? against.x : against.rate();
  const Interval second = fixed ? Interval{p2, p2} : wilson(against);
  const double p1 = of.rate();
  const Interval first = wilson(of);
  const double d = p1 - p2;
  return {d - std::hypot(p1 - first.low, second.high - p2), d + std::hypot(first.high - p1, p2 - second.low)};
}

double normal_upper_tail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

}  // namespace lotse
