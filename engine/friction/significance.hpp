#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/friction/proportion.hpp"

namespace lotse {

/// One-sided binomial mid-p of "worse than p0": P(X > x) + P(X = x)/2 for X ~ Bin(n, p0) (Lancaster 1961).
[[nodiscard]] double binomial_mid_p(std::uint64_t x, std::uint64_t n, double p0);

/// One-sided Fisher mid-p of "a larger share in the first sample", x of n against x0 of n0, given both
/// margins.
[[nodiscard]] double fisher_mid_p(std::uint64_t x, std::uint64_t n, std::uint64_t x0, std::uint64_t n0);

/// An effective sample as the tests of counts need it: floor(n), and round(rate · n) of them.
struct WholeShare {
  std::uint64_t x = 0;
  std::uint64_t n = 0;
};
[[nodiscard]] WholeShare whole(Share share);

/// Twice the smaller of fisher_mid_p() of the whole shares in either direction, 1 at most.
[[nodiscard]] double two_sided_fisher_mid_p(Share of, Share against);

/// One-sided p of "worse than the baseline by more than the margin": z = (rate − baseline − margin)/√(V +
/// V₀). A finding must be material, not only significant.
[[nodiscard]] double material_p(double rate, double variance, double baseline, double baseline_variance,
                                double margin);

/// δ = max(1 percentage point, 10 % of the baseline).
[[nodiscard]] double material_margin(double baseline);

/// Benjamini & Hochberg (1995): adjusted p-values in the order given; those ≤ q are the discoveries with a
/// false discovery rate of at most q.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<const double> p_values);

}  // namespace lotse
