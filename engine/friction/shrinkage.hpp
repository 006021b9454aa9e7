#pragma once

#include <optional>
#include <span>

#include "engine/friction/proportion.hpp"

namespace lotse {

/// What a cell is compared with: a rate and the sample it is worth (n infinite for a declared target).
struct Baseline {
  double rate = 0;
  double variance = 0;
  double n = 0;
  double between =
      0;  ///< τ², the variance of the peers' own rates beyond chance; 0 for a pooled or declared one
  bool pooled = false;  ///< too few peers for a mean of rates
  friend bool operator==(const Baseline&, const Baseline&) = default;
};

/// Mean of the peers' rates under a beta-binomial empirical-Bayes model: random-effects weights 1/(v + τ²)
/// with DerSimonian & Laird's (1986) moment estimate of τ², the variance of each rate taken at the pooled
/// one. Under `least` peers their pooled rate; nothing without any observation. The caller leaves the cell
/// itself out.
[[nodiscard]] std::optional<Baseline> peers_mean(std::span<const Share> peers, std::size_t least = 5);

/// The cell's rate drawn to the baseline by as much as its sample is small: (x + Mμ)/(n + M), M = μ(1−μ)/τ² −
/// 1, the beta prior's weight. The baseline's rate where τ² is 0 or the cell is empty.
[[nodiscard]] double shrunk_rate(Share cell, const Baseline& baseline);

}  // namespace lotse
