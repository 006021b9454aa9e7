#include "engine/friction/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "engine/friction/significance.hpp"

namespace lotse {
namespace {

/// A rate of 0 or 1 has no variance of its own; its half observation keeps a test from being certain.
double variance_of(Share sample, double variance) {
  const double rate = sample.rate();
  if (variance > 0 && rate > 0 && rate < 1) return variance;
  const double p = (sample.x + 0.5) / (sample.n + 1);
  return p * (1 - p) / std::max(1.0, sample.n);
}

/// The cells of each group, in their order.
using PeerGroups = std::unordered_map<std::uint32_t, std::vector<std::size_t>>;

PeerGroups peer_groups_of(std::span<const Evidence> cells) {
  PeerGroups groups;
  for (std::size_t i = 0; i < cells.size(); ++i) groups[cells[i].peer_group].push_back(i);
  return groups;
}

std::optional<Baseline> mean_of_peers(std::span<const Evidence> cells, const PeerGroups& groups,
                                      std::size_t cell) {
  std::vector<Share> peers;
  for (const std::size_t i : groups.at(cells[cell].peer_group)) {
    if (i != cell) peers.push_back(cells[i].sample);
  }
  return peers_mean(peers);
}

struct Found {
  BaselineSource source = BaselineSource::none;
  Baseline baseline{};
};

/// The first in the order of the contract that the choice allows and the cell has.
Found baseline_of(const Evidence& cell, const std::optional<Baseline>& peers, const JudgeOptions& options) {
  const auto may_be = [&](BaselineChoice choice) {
    return options.baseline == BaselineChoice::automatic || options.baseline == choice;
  };
  if (cell.target && may_be(BaselineChoice::target)) {
    return {BaselineSource::target, {.rate = *cell.target, .n = std::numeric_limits<double>::infinity()}};
  }
  if (cell.history && cell.history->sample.n >= options.least_sample && may_be(BaselineChoice::history)) {
    const Evidence::History& history = *cell.history;
    return {BaselineSource::history,
            {.rate = history.sample.rate(),
             .variance = variance_of(history.sample, history.variance),
             .n = history.sample.n}};
  }
  if (peers && may_be(BaselineChoice::peers)) {
    return {peers->pooled ? BaselineSource::pooled_peers : BaselineSource::peers, *peers};
  }
  return {};
}

Share worth(const Baseline& baseline) {
  return std::isinf(baseline.n) ? Share{baseline.rate, baseline.n}
                                : Share{baseline.rate * baseline.n, baseline.n};
}

double plain_p(Share sample, const Baseline& baseline) {
  const WholeShare of = whole(sample);
  if (std::isinf(baseline.n)) return binomial_mid_p(of.x, of.n, baseline.rate);
  const WholeShare against = whole(worth(baseline));
  return fisher_mid_p(of.x, of.n, against.x, against.n);
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
  const PeerGroups groups = peer_groups_of(cells);
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
    const std::optional<Baseline> peers = mean_of_peers(cells, groups, i);
    const auto [source, baseline] = baseline_of(cell, peers, options);
    if (source == BaselineSource::none) continue;

    judgement.source = source;
    judgement.baseline = baseline.rate;
    judgement.margin = material_margin(baseline.rate);
    judgement.verdict = Verdict::inconclusive;
    if (source != BaselineSource::target && peers) judgement.shrunk = shrunk_rate(cell.sample, *peers);
    if (!(cell.sample.n > 0)) continue;
    judgement.excess = newcombe_difference(cell.sample, worth(baseline));
    judgement.affected = cell.entered * std::max(0.0, judgement.rate - baseline.rate) * cell.reach;
    judgement.affected_low = cell.entered * std::max(0.0, judgement.excess.low) * cell.reach;
    if (std::floor(cell.sample.n + 1e-9) < options.least_sample) continue;

    judgement.tested = true;
    tested.push_back(i);
    plain.push_back(plain_p(cell.sample, baseline));
    material.push_back(material_p(judgement.rate, variance_of(cell.sample, cell.variance), baseline.rate,
                                  baseline.variance, judgement.margin));
  }

  const std::vector<double> plain_adjusted = benjamini_hochberg(plain);
  const std::vector<double> material_adjusted = benjamini_hochberg(material);
  std::size_t shown = 0;
  for (std::size_t t = 0; t < tested.size(); ++t) {
    Judgement& judgement = result.cells[tested[t]];
    judgement.p_plain = plain_adjusted[t];
    judgement.p_material = material_adjusted[t];
    judgement.p_plain_alone = plain[t];
    judgement.p_material_alone = material[t];
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
