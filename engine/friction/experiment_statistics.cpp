#include "engine/friction/experiment_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

/// The 80 % point of the standard normal distribution.
constexpr double z80 = 0.8416212335729143;
constexpr double customers_max = 1e9;

/// Of one observation.
double variance_of(Share share) {
  const double p = (share.x + 1) / (share.n + 2);
  return p * (1 - p);
}

}  // namespace

double anytime_quantile(double n, double alpha) {
  if (!(n > 0)) return std::numeric_limits<double>::infinity();
  const double spent = -2 * std::log(alpha);
  const double rho2 = (spent + std::log1p(spent)) / anytime_tuned_for;
  const double grown = n * rho2 + 1;
  return std::sqrt(2 * grown / (n * rho2) * std::log(std::sqrt(grown) / alpha));
}

Interval anytime_difference(Share of, Share against, double alpha) {
  if (!(of.n > 0) || !(against.n > 0)) return {-1, 1};
  const double difference = of.rate() - against.rate();
  const double error = std::sqrt(variance_of(of) / of.n + variance_of(against) / against.n);
  const double half = anytime_quantile(of.n + against.n, alpha) * error;
  return {std::max(-1.0, difference - half), std::min(1.0, difference + half)};
}

double customers_needed(Share of, Share against, double difference, double alpha) {
  LOTSE_ASSERT(of.n > 0 && against.n > 0 && difference > 0);
  const double part = of.n / (of.n + against.n);
  const double variance = variance_of(of) / part + variance_of(against) / (1 - part);
  const auto enough = [&](double n) {
    return (anytime_quantile(n, alpha) + z80) * std::sqrt(variance / n) <= difference;
  };
  double low = 1;
  double high = 2;
  while (high < customers_max && !enough(high)) high *= 2;
  while (high - low > std::max(0.5, high * 1e-6)) {
    const double middle = (low + high) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return std::min(high, customers_max);
}

/// The incomplete gamma function Q(degrees/2, x/2), from Q(1/2) or Q(1) upwards by
/// Q(a + 1, y) = Q(a, y) + y^a e^−y / Γ(a + 1) (NIST DLMF 8.8.6).
double chi_square_upper_tail(double x, unsigned degrees) {
  LOTSE_ASSERT(degrees > 0);
  if (!(x > 0)) return 1;
  const double y = x / 2;
  const bool odd = degrees % 2 == 1;
  double a = odd ? 0.5 : 1;
  double tail = odd ? std::erfc(std::sqrt(y)) : std::exp(-y);
  for (; a < static_cast<double>(degrees) / 2; ++a)
    tail += std::exp(a * std::log(y) - y - std::lgamma(a + 1));
  return std::min(1.0, tail);
}

SampleRatio sample_ratio(std::span<const std::uint64_t> counts, std::span<const double> shares) {
  LOTSE_ASSERT(counts.size() == shares.size());
  const auto n = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  SampleRatio ratio;
  unsigned arms = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto seen = static_cast<double>(counts[i]);
    if (shares[i] > 0) {
      ++arms;
      const double expected = n * shares[i];
      if (n > 0) ratio.chi_square += (seen - expected) * (seen - expected) / expected;
    } else if (seen > 0) {
      ratio.chi_square = std::numeric_limits<double>::infinity();
    }
  }
  ratio.degrees = arms > 1 ? arms - 1 : 1;
  ratio.p = chi_square_upper_tail(ratio.chi_square, ratio.degrees);
  return ratio;
}

}  // namespace lotse
