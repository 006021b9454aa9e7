#include "engine/friction/significance.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/friction/proportion.hpp"

namespace lotse {
namespace {

double log_choose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

/// Sum of the terms after the first of a unimodal distribution's tail, by their ratios: `ratio(k)` =
/// P(k+1)/P(k). Stops where what is left cannot matter: terms fall from then on.
template <class Ratio>
double tail_after(double first, std::uint64_t from, std::uint64_t to, Ratio ratio) {
  double sum = 0;
  double term = first;
  for (std::uint64_t k = from; k < to; ++k) {
    const double factor = ratio(static_cast<double>(k));
    term *= factor;
    sum += term;
    if (factor < 1 && term <= (sum + first) * 1e-18) break;
  }
  return sum;
}

}  // namespace

double binomial_mid_p(std::uint64_t x, std::uint64_t n, double p0) {
  if (n == 0) return 0.5;
  if (p0 <= 0) return x == 0 ? 0.5 : 0.0;
  if (p0 >= 1) return x == n ? 0.5 : 1.0;
  const auto size = static_cast<double>(n);
  const auto successes = static_cast<double>(x);
  const double equal =
      std::exp(log_choose(size, successes) + successes * std::log(p0) + (size - successes) * std::log1p(-p0));
  const double odds = p0 / (1 - p0);
  if (successes >= size * p0) {
    const double more = tail_after(equal, x, n, [&](double k) { return (size - k) / (k + 1) * odds; });
    return std::min(1.0, more + equal / 2);
  }
  // Below the mean the other tail is the short one; its terms run downwards from x.
  const double less = tail_after(equal, 0, x, [&](double down) {
    const double k = successes - down;
    return k / (size - k + 1) / odds;
  });
  return std::clamp(1 - less - equal / 2, 0.0, 1.0);
}

double fisher_mid_p(std::uint64_t x, std::uint64_t n, std::uint64_t x0, std::uint64_t n0) {
  if (n == 0 || n0 == 0) return 0.5;
  const auto size = static_cast<double>(n);
  const auto other = static_cast<double>(n0);
  const auto hits = static_cast<double>(x);
  const auto drawn = static_cast<double>(x + x0);
  const std::uint64_t most = std::min(n, x + x0);
  const std::uint64_t least = x + x0 > n0 ? x + x0 - n0 : 0;
  if (most == least) return 0.5;
  const double equal =
      std::exp(log_choose(size, hits) + log_choose(other, drawn - hits) - log_choose(size + other, drawn));
  if (hits >= drawn * size / (size + other)) {
    const double more = tail_after(equal, x, most, [&](double k) {
      return (size - k) / (k + 1) * (drawn - k) / (other - drawn + k + 1);
    });
    return std::min(1.0, more + equal / 2);
  }
  const double less = tail_after(equal, 0, x - least, [&](double down) {
    const double k = hits - down;
    return k / (size - k + 1) * (other - drawn + k) / (drawn - k + 1);
  });
  return std::clamp(1 - less - equal / 2, 0.0, 1.0);
}

double material_margin(double baseline) { return std::max(0.01, 0.1 * baseline); }

/// A design effect that should be 1 may be a rounding more.
WholeShare whole(Share share) {
  const double n = std::floor(share.n + 1e-9);
  return {static_cast<std::uint64_t>(std::clamp(std::round(share.rate() * n), 0.0, n)),
          static_cast<std::uint64_t>(n)};
}

double two_sided_fisher_mid_p(Share of, Share against) {
  const WholeShare a = whole(of);
  const WholeShare b = whole(against);
  return std::min(1.0, 2 * std::min(fisher_mid_p(a.x, a.n, b.x, b.n), fisher_mid_p(b.x, b.n, a.x, a.n)));
}

double material_p(double rate, double variance, double baseline, double baseline_variance, double margin) {
  const double excess = rate - baseline - margin;
  const double spread = std::sqrt(variance + baseline_variance);
  if (!(spread > 0)) return excess > 0 ? 0.0 : 1.0;
  return normal_upper_tail(excess / spread);
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  const std::size_t m = p_values.size();
  std::vector<std::size_t> order(m);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(m);
  double smallest = 1;
  for (std::size_t rank = m; rank > 0; --rank) {
    const std::size_t cell = order[rank - 1];
    smallest = std::min(smallest, p_values[cell] * static_cast<double>(m) / static_cast<double>(rank));
    adjusted[cell] = smallest;
  }
  return adjusted;
}

}  // namespace lotse
