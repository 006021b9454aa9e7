#include "engine/friction/cluster.hpp"

#include <algorithm>

namespace lotse {

ClusterSums& ClusterSums::operator+=(const ClusterSums& other) {
  customers += other.customers;
  x += other.x;
  n += other.n;
  xx += other.xx;
  xn += other.xn;
  nn += other.nn;
  return *this;
}

double ClusterSums::ratio() const { return n > 0 ? static_cast<double>(x) / static_cast<double>(n) : 0; }

double ClusterSums::variance() const {
  if (customers < 2) return 0;
  const double r = ratio();
  const auto m = static_cast<double>(customers);
  const auto size = static_cast<double>(n);
  const double residual =
      static_cast<double>(xx) - 2 * r * static_cast<double>(xn) + r * r * static_cast<double>(nn);
  return std::max(0.0, residual) * m / (m - 1) / (size * size);
}

double design_effect(const ClusterSums& sums) {
  const double r = sums.ratio();
  if (sums.customers < 2 || r <= 0 || r >= 1) return 1;
  // Against the unbiased r(1−r)/(n−1), so that one stay a customer gives exactly 1.
  return std::max(1.0, sums.variance() * (static_cast<double>(sums.n) - 1) / (r * (1 - r)));
}

Share effective_sample(const ClusterSums& sums) {
  const double r = sums.ratio();
  const bool certain = r <= 0 || r >= 1;
  const double n =
      certain ? static_cast<double>(sums.customers) : static_cast<double>(sums.n) / design_effect(sums);
  return {r * n, n};
}

}  // namespace lotse
