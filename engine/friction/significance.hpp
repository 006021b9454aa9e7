#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lotse {

/// One-sided binomial mid-p of "worse than p0": P(X > x) + P(X = x)/2 for X ~ Bin(n, p0) (Lancaster 1961).
[[nodiscard]] double binomial_mid_p(std::uint64_t x, std::uint64_t n, double p0);

/// One-sided Fisher mid-p of "a larger share in the first sample", x of n against x0 of n0, given both
/// margins.
[[nodiscard]] double fisher_mid_p(std::uint64_t x, std::uint64_t n, std::uint64_t x0, std::uint64_t n0);

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
