#include "engine/friction/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/friction/significance.hpp"

namespace lotse {
namespace {

struct Counts {
  std::uint64_t x;
  std::uint64_t n;
};

Counts whole(Share share) {
  const double n = std::floor(share.n + 1e-9);
  return {static_cast<std::uint64_t>(std::clamp(std::round(share.rate() * n), 0.0, n)),
          static_cast<std::uint64_t>(n)};
}

std::optional<Baseline> baseline_of(std::span<const Evidence> cells, std::size_t cell) {
  if (cells[cell].target) {
    return Baseline{.rate = *cells[cell].target, .n = std::numeric_limits<double>::infinity()};
  }
  std::vector<Share> peers;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != cell && cells[i].peer_group == cells[cell].peer_group) peers.push_back(cells[i].sample);
  }
  return peers_mean(peers);
}

Share worth(const Baseline& baseline) {
  return std::isinf(baseline.n) ? Share{baseline.rate, baseline.n}
                                : Share{baseline.rate * baseline.n, baseline.n};
}

double plain_p(Share sample, const Baseline& baseline) {
  const Counts of = whole(sample);
  if (std::isinf(baseline.n)) return binomial_mid_p(of.x, of.n, baseline.rate);
  const Counts against = whole(worth(baseline));
  return fisher_mid_p(of.x, of.n, against.x, against.n);
}

/// A rate of 0 or 1 has no variance of its own; its half observation keeps a test from being certain.
double variance_of(const Evidence& cell) {
  const double rate = cell.sample.rate();
  if (cell.variance > 0 && rate > 0 && rate < 1) return cell.variance;
  const double p = (cell.sample.x + 0.5) / (cell.sample.n + 1);
  return p * (1 - p) / std::max(1.0, cell.sample.n);
}

/// How many more effective stays until the verdict would be another than inconclusive, at the rate seen.
std::uint64_t more_needed(Share sample, const JudgeOptions& options) {
  double n = std::max(options.least_sample, std::ceil(sample.n));
  while (wilson({sample.rate() * n, n}).half_width() > options.widest_half)
    ++n;  // at most about 43 for 15 points
  return static_cast<std::uint64_t>(std::max(1.0, std::ceil(n - sample.n)));
}

}  // namespace

Judgements judge(std::span<const Evidence> cells, const JudgeOptions& options) {
  Judgements result;
  result.cells.resize(cells.size());
  std::vector<std::size_t> tested;
  std::vector<double> plain;
  std::vector<double> material;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Evidence& cell = cells[i];
    Judgement& judgement = result.cells[i];
    judgement.sample = cell.sample;
    judgement.rate = judgement.shrunk = cell.sample.rate();
    judgement.interval = wilson(cell.sample);
    judgement.reach = cell.reach;
    const std::optional<Baseline> baseline = baseline_of(cells, i);
    if (!baseline) continue;

    judgement.source = cell.target        ? BaselineSource::target
                       : baseline->pooled ? BaselineSource::pooled_peers
                                          : BaselineSource::peers;
    judgement.baseline = baseline->rate;
    judgement.margin = material_margin(baseline->rate);
    judgement.verdict = Verdict::inconclusive;
    if (!cell.target) judgement.shrunk = shrunk_rate(cell.sample, *baseline);
    if (!(cell.sample.n > 0)) continue;
    judgement.excess = newcombe_difference(cell.sample, worth(*baseline));
    judgement.affected = cell.entered * std::max(0.0, judgement.rate - baseline->rate) * cell.reach;
    judgement.affected_low = cell.entered * std::max(0.0, judgement.excess.low) * cell.reach;
    if (std::floor(cell.sample.n + 1e-9) < options.least_sample) continue;

    judgement.tested = true;
    tested.push_back(i);
    plain.push_back(plain_p(cell.sample, *baseline));
    material.push_back(
        material_p(judgement.rate, variance_of(cell), baseline->rate, baseline->variance, judgement.margin));
  }

  const std::vector<double> plain_adjusted = benjamini_hochberg(plain);
  const std::vector<double> material_adjusted = benjamini_hochberg(material);
  std::size_t shown = 0;
  for (std::size_t t = 0; t < tested.size(); ++t) {
    Judgement& judgement = result.cells[tested[t]];
    judgement.p_plain = plain_adjusted[t];
    judgement.p_material = material_adjusted[t];
    const bool worse = judgement.p_plain <= options.q;
    if (worse) {
      judgement.verdict = judgement.p_material <= options.q ? Verdict::confirmed : Verdict::suspected;
      ++shown;
    } else if (judgement.interval.half_width() <= options.widest_half) {
      judgement.verdict = Verdict::fine;
    }
  }
  for (Judgement& judgement : result.cells) {
    if (judgement.verdict == Verdict::inconclusive)
      judgement.more_needed = more_needed(judgement.sample, options);
  }
  result.tested = tested.size();
  result.expected_false = options.q * static_cast<double>(shown);
  return result;
}

}  // namespace lotse
