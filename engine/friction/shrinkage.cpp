#include "engine/friction/shrinkage.hpp"

#include <algorithm>
#include <vector>

namespace lotse {

std::optional<Baseline> peers_mean(std::span<const Share> peers, std::size_t least) {
  Share pooled;
  std::size_t cells = 0;
  for (const Share& peer : peers) {
    if (!(peer.n > 0)) continue;
    pooled.x += peer.x;
    pooled.n += peer.n;
    ++cells;
  }
  if (cells == 0) return std::nullopt;
  const double p = pooled.rate();
  const double spread = p * (1 - p);
  const Baseline flat{
      .rate = p, .variance = spread / pooled.n, .n = pooled.n, .between = 0, .pooled = cells < least};
  if (cells < least || spread <= 0) return flat;

  double weights = 0;
  double squares = 0;
  double heterogeneity = 0;  // Cochran's Q
  for (const Share& peer : peers) {
    if (!(peer.n > 0)) continue;
    const double weight = peer.n / spread;
    weights += weight;
    squares += weight * weight;
    heterogeneity += weight * (peer.rate() - p) * (peer.rate() - p);
  }
  const double freedom = static_cast<double>(cells) - 1;
  const double between = std::max(0.0, (heterogeneity - freedom) / (weights - squares / weights));
  double mean = 0;
  double total = 0;
  for (const Share& peer : peers) {
    if (!(peer.n > 0)) continue;
    const double weight = 1 / (spread / peer.n + between);
    mean += weight * peer.rate();
    total += weight;
  }
  mean /= total;
  const double variance = 1 / total;
  const double worth = mean > 0 && mean < 1 ? std::min(pooled.n, mean * (1 - mean) / variance) : pooled.n;
  return Baseline{.rate = mean, .variance = variance, .n = worth, .between = between, .pooled = false};
}

double shrunk_rate(Share cell, const Baseline& baseline) {
  const double mu = baseline.rate;
  if (!(baseline.between > 0) || mu <= 0 || mu >= 1)
    return baseline.pooled || !(cell.n > 0) ? cell.rate() : mu;
  const double weight = std::max(0.0, mu * (1 - mu) / baseline.between - 1);
  return cell.n + weight > 0 ? (cell.x + weight * mu) / (cell.n + weight) : mu;
}

}  // namespace lotse
