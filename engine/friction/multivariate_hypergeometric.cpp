#include "engine/friction/multivariate_hypergeometric.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

/// 0 to count − 1, each as likely as any other.
std::uint64_t one_of(std::uint64_t count, std::mt19937_64& dice) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t fair = most - most % count;
  std::uint64_t drawn = dice();
  while (drawn >= fair) drawn = dice();
  return drawn % count;
}

}  // namespace

MultivariateHypergeometric::MultivariateHypergeometric(std::span<const std::uint32_t> sizes,
                                                       std::uint32_t drawn)
    : sizes_(sizes.begin(), sizes.end()), drawn_(drawn), tree_(sizes.size() + 1), spare_(sizes.size()) {
  for (const std::uint32_t size : sizes_) total_ += size;
  LOTSE_ASSERT(drawn <= total_ && total_ < std::numeric_limits<std::uint32_t>::max());
  if (drawn == 0 || drawn == total_) return;
  const double share = static_cast<double>(drawn) / static_cast<double>(total_);
  std::map<std::uint32_t, std::uint32_t> known;
  for (const std::uint32_t size : sizes_) {
    const auto [found, is_new] = known.try_emplace(size, static_cast<std::uint32_t>(laws_.size()));
    if (is_new) laws_.push_back(tabulate(size, share));
    law_of_.push_back(found->second);
  }
}

MultivariateHypergeometric::Law MultivariateHypergeometric::tabulate(std::uint32_t size, double share) {
  // Weights relative to the mode's, outwards by their ratios until they are beyond what a draw can tell.
  constexpr double negligible = 1e-20;
  const double n = size;
  const double odds = share / (1 - share);
  const auto mode = std::min(size, static_cast<std::uint32_t>((n + 1) * share));
  std::vector<double> below;
  double weight = 1;
  for (std::uint32_t k = mode; k > 0 && weight > negligible; --k) {
    weight *= k / ((n - k + 1) * odds);
    below.push_back(weight);
  }
  const Law law{
      .first = cumulative_.size(), .count = 0, .least = mode - static_cast<std::uint32_t>(below.size())};
  double sum = 0;
  for (auto each = below.rbegin(); each != below.rend(); ++each) cumulative_.push_back(sum += *each);
  cumulative_.push_back(sum += 1);
  weight = 1;
  for (std::uint32_t k = mode; k < size && weight > negligible; ++k) {
    weight *= (n - k) / (k + 1.0) * odds;
    cumulative_.push_back(sum += weight);
  }
  const auto count = static_cast<std::uint32_t>(cumulative_.size() - law.first);
  const std::span<double> values(&cumulative_[law.first], count);
  for (double& value : values) value /= sum;
  values.back() = 1;
  std::uint32_t k = 0;
  for (std::uint32_t step = 0; step < count; ++step) {
    while (values[k] * count <= step) ++k;
    guide_.push_back(k);
  }
  return {.first = law.first, .count = count, .least = law.least};
}

std::uint32_t MultivariateHypergeometric::binomial(const Law& law, std::mt19937_64& dice) const {
  const double drawn = uniform(dice);
  const auto step = std::min(law.count - 1, static_cast<std::uint32_t>(drawn * law.count));
  std::uint32_t k = guide_[law.first + step];
  while (cumulative_[law.first + k] <= drawn) ++k;
  return law.least + k;
}

template <class Changed>
void MultivariateHypergeometric::choose(std::span<const std::uint32_t> weights, std::uint64_t changes,
                                        std::mt19937_64& dice, Changed changed) {
  const std::size_t size = weights.size();
  std::uint64_t left = 0;
  std::fill(tree_.begin(), tree_.end(), 0U);
  for (std::size_t i = 1; i <= size; ++i) {
    left += weights[i - 1];
    tree_[i] += weights[i - 1];
    const std::size_t parent = i + (i & (~i + 1));
    if (parent <= size) tree_[parent] += tree_[i];
  }
  for (; changes > 0; --changes, --left) {
    std::uint64_t rank = one_of(left, dice);
    std::size_t group = 0;
    // Down to the group that holds the rank; the nodes passed by on its right count it, and lose it.
    for (std::size_t step = std::bit_floor(size); step > 0; step /= 2) {
      const std::size_t next = group + step;
      if (next > size) continue;
      if (tree_[next] <= rank) {
        rank -= tree_[next];
        group = next;
      } else {
        --tree_[next];
      }
    }
    changed(group);
  }
}

void MultivariateHypergeometric::draw(std::mt19937_64& dice, std::span<std::uint32_t> counts) {
  LOTSE_ASSERT(counts.size() == sizes_.size());
  if (law_of_.empty()) {  // nobody, or everybody
    for (std::size_t i = 0; i < sizes_.size(); ++i) counts[i] = drawn_ == 0 ? 0 : sizes_[i];
    return;
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    counts[i] = binomial(laws_[law_of_[i]], dice);
    sum += counts[i];
  }
  if (sum > drawn_) {
    std::copy(counts.begin(), counts.end(), spare_.begin());
    choose(spare_, sum - drawn_, dice, [&](std::size_t group) { --counts[group]; });
  } else if (sum < drawn_) {
    for (std::size_t i = 0; i < sizes_.size(); ++i) spare_[i] = sizes_[i] - counts[i];
    choose(spare_, drawn_ - sum, dice, [&](std::size_t group) { ++counts[group]; });
  }
}

}  // namespace lotse
