#include "engine/friction/scan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <random>

#include "engine/base/assert.hpp"
#include "engine/friction/key_index.hpp"
#include "engine/friction/multivariate_hypergeometric.hpp"

namespace lotse {
namespace {

constexpr std::uint32_t unreachable = std::numeric_limits<std::uint32_t>::max();

std::span<const std::uint8_t> codes_of(const ScanTable& table, std::size_t cell) {
  return {table.codes.data() + cell * table.attributes(), table.attributes()};
}

/// The same counts with the cells in order, each once.
ScanTable in_order(const ScanTable& table) {
  std::vector<std::size_t> order;
  for (std::size_t cell = 0; cell < table.size(); ++cell) {
    if (table.n[cell] > 0) order.push_back(cell);
  }
  const auto less = [&](std::size_t a, std::size_t b) {
    return std::ranges::lexicographical_compare(codes_of(table, a), codes_of(table, b));
  };
  std::sort(order.begin(), order.end(), less);
  ScanTable result;
  result.values = table.values;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t cell = order[i];
    if (i > 0 && !less(order[i - 1], cell)) {
      result.n.back() += table.n[cell];
      result.x.back() += table.x[cell];
    } else {
      result.add(codes_of(table, cell), table.n[cell], table.x[cell]);
    }
  }
  return result;
}

ScanTable outside(const ScanTable& table, std::span<const Condition> conditions) {
  ScanTable result;
  result.values = table.values;
  for (std::size_t cell = 0; cell < table.size(); ++cell) {
    if (!inside(table, cell, conditions)) result.add(codes_of(table, cell), table.n[cell], table.x[cell]);
  }
  return result;
}

/// The cells seen through some of the attributes only.
struct Projection {
  std::vector<std::size_t> attributes;
  std::vector<std::uint32_t> of_cell;            ///< cell → projected cell
  std::vector<std::vector<std::uint8_t>> codes;  ///< by the table's attribute; then projected cell
  std::size_t size = 1;

  Projection(const ScanTable& table, std::vector<std::size_t> of)
      : attributes(std::move(of)), of_cell(table.size()), codes(table.attributes()) {
    for (const std::size_t attribute : attributes) {
      KeyIndex index;
      const std::uint64_t width = table.values[attribute] + 1U;
      for (std::size_t cell = 0; cell < table.size(); ++cell) {
        of_cell[cell] = index.of(of_cell[cell] * width + table.code(cell, attribute));
      }
      size = index.keys().size();
    }
    for (const std::size_t attribute : attributes) {
      codes[attribute].resize(size);
      for (std::size_t cell = 0; cell < table.size(); ++cell) {
        codes[attribute][of_cell[cell]] = table.code(cell, attribute);
      }
    }
  }

  [[nodiscard]] bool has(std::size_t attribute) const {
    return std::find(attributes.begin(), attributes.end(), attribute) != attributes.end();
  }
};

/// Sums by one attribute (a == b), or by two.
struct Marginal {
  std::uint8_t a = 0;
  std::uint8_t b = 0;
  std::size_t projection = 0;
  std::size_t first = 0;  ///< of its slots
  std::size_t width = 1;  ///< slots a value of `a`
};

struct Candidate {
  std::vector<Condition> conditions;
  std::size_t slot = 0;
  std::uint32_t n = 0;
  double penalty = 0;
};

/// One scan of a table.
class Scan {
 public:
  Scan(const ScanTable& table, const ScanOptions& options) : table_(table), options_(options) {
    n_ = std::accumulate(table.n.begin(), table.n.end(), std::uint64_t{0});
    x_ = std::accumulate(table.x.begin(), table.x.end(), std::uint64_t{0});
    project();
    const std::vector<std::uint32_t> n = sums(table.n);
    for (const Marginal& marginal : marginals_) add_candidates(marginal, n);
  }

  [[nodiscard]] std::size_t tried() const { return candidates_.size(); }

  /// The strongest, where its p is within the level.
  std::optional<Hotspot> strongest(std::uint64_t seed) {
    const std::vector<std::uint32_t> x = sums(table_.x);
    const Candidate* best = nullptr;
    double best_score = -std::numeric_limits<double>::infinity();
    double best_ratio = 0;
    for (const Candidate& candidate : candidates_) {
      const double ratio = ratio_of(candidate, x[candidate.slot]) / options_.design_effect;
      if (ratio > 0 && ratio - candidate.penalty > best_score) {
        best = &candidate;
        best_score = ratio - candidate.penalty;
        best_ratio = ratio;
      }
    }
    if (best == nullptr) return std::nullopt;
    const std::optional<double> p = p_value(best_score, seed);
    if (!p) return std::nullopt;
    const std::uint64_t inside_x = x[best->slot];
    return Hotspot{.conditions = best->conditions,
                   .n = best->n,
                   .x = inside_x,
                   .n_outside = n_ - best->n,
                   .x_outside = x_ - inside_x,
                   .log_likelihood_ratio = best_ratio,
                   .p = *p};
  }

 private:
  /// Any two attributes lie in the union of two of three groups; summing over the cells three times, and then
  /// over those far fewer, is much less work than once for each pair of attributes.
  void project() {
    const std::size_t count = table_.attributes();
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return table_.values[a] > table_.values[b]; });
    std::array<std::vector<std::size_t>, 3> groups;
    std::array<double, 3> sizes{1, 1, 1};
    for (const std::size_t attribute : order) {
      const auto least =
          static_cast<std::size_t>(std::min_element(sizes.begin(), sizes.end()) - sizes.begin());
      groups[least].push_back(attribute);
      sizes[least] *= table_.values[attribute] + 1.0;
    }
    for (std::size_t left_out = 3; left_out-- > 0;) {
      std::vector<std::size_t> both;
      for (std::size_t group = 0; group < 3; ++group) {
        if (group != left_out) both.insert(both.end(), groups[group].begin(), groups[group].end());
      }
      projections_.emplace_back(table_, std::move(both));
    }
    for (std::size_t a = 0; a < count; ++a) add_marginal(a, a);
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = a + 1; b < count; ++b) add_marginal(a, b);
    }
  }

  void add_marginal(std::size_t a, std::size_t b) {
    Marginal marginal{.a = static_cast<std::uint8_t>(a), .b = static_cast<std::uint8_t>(b), .first = slots_};
    while (!projections_[marginal.projection].has(a) || !projections_[marginal.projection].has(b)) {
      ++marginal.projection;
    }
    if (a != b) marginal.width = table_.values[b] + 1U;
    slots_ += (table_.values[a] + 1U) * marginal.width;
    marginals_.push_back(marginal);
  }

  /// The sums of all marginals, by slot.
  std::vector<std::uint32_t> sums(std::span<const std::uint32_t> of_cells) {
    std::vector<std::uint32_t> result(slots_);
    add_sums(of_cells, result);
    return result;
  }
  void add_sums(std::span<const std::uint32_t> of_cells, std::vector<std::uint32_t>& result) {
    projected_.resize(projections_.size());
    for (std::size_t p = 0; p < projections_.size(); ++p) {
      projected_[p].assign(projections_[p].size, 0);
      for (std::size_t cell = 0; cell < of_cells.size(); ++cell) {
        projected_[p][projections_[p].of_cell[cell]] += of_cells[cell];
      }
    }
    for (const Marginal& marginal : marginals_) {
      const std::vector<std::uint32_t>& from = projected_[marginal.projection];
      const std::uint8_t* a = projections_[marginal.projection].codes[marginal.a].data();
      const std::uint8_t* b = projections_[marginal.projection].codes[marginal.b].data();
      std::uint32_t* const to = &result[marginal.first];
      if (marginal.a == marginal.b) {
        for (std::size_t i = 0; i < from.size(); ++i) to[a[i]] += from[i];
      } else {
        for (std::size_t i = 0; i < from.size(); ++i) to[a[i] * marginal.width + b[i]] += from[i];
      }
    }
  }

  void add_candidates(const Marginal& marginal, const std::vector<std::uint32_t>& n) {
    const bool pair = marginal.a != marginal.b;
    for (std::uint8_t a = 0; a < table_.values[marginal.a]; ++a) {
      for (std::uint8_t b = 0; b < (pair ? table_.values[marginal.b] : 1); ++b) {
        Candidate candidate{.conditions = {{marginal.a, a}}, .slot = marginal.first + a * marginal.width + b};
        candidate.n = n[candidate.slot];
        if (candidate.n < options_.least || n_ - candidate.n < options_.least) continue;
        if (pair) {
          candidate.conditions.push_back({marginal.b, b});
          candidate.penalty = std::log(static_cast<double>(n_)) / 2;
        }
        candidates_.push_back(std::move(candidate));
      }
    }
  }

  [[nodiscard]] double ratio_of(const Candidate& candidate, std::uint64_t x) const {
    return bernoulli_log_likelihood_ratio(x, candidate.n, x_, n_);
  }

  /// The least x with which a candidate scores as much; the ratio grows with x. So that a permutation needs
  /// no logarithm.
  [[nodiscard]] std::uint32_t x_for(const Candidate& candidate, double score) const {
    auto high = static_cast<std::uint32_t>(std::min<std::uint64_t>(candidate.n, x_));
    if (ratio_of(candidate, high) - candidate.penalty < score) return unreachable;
    const std::uint64_t rest = n_ - candidate.n;  // holds no more of the x
    auto low = static_cast<std::uint32_t>(x_ > rest ? x_ - rest : 0);
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (ratio_of(candidate, middle) - candidate.penalty >= score) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /// Nothing as soon as it is certain to be above the level.
  std::optional<double> p_value(double score, std::uint64_t seed) {
    std::vector<std::pair<std::size_t, std::uint32_t>> needed;  // slot, x
    for (const Candidate& candidate : candidates_) {
      const std::uint32_t x = x_for(candidate, score);
      if (x != unreachable) needed.emplace_back(candidate.slot, x);
    }
    MultivariateHypergeometric permutation(table_.n, static_cast<std::uint32_t>(x_));
    std::mt19937_64 dice(seed);
    std::vector<std::uint32_t> x(table_.size());
    std::vector<std::uint32_t> at(slots_);
    std::uint32_t as_large = 0;
    const double all = options_.permutations + 1.0;
    for (std::uint32_t i = 0; i < options_.permutations; ++i) {
      permutation.draw(dice, x);
      std::fill(at.begin(), at.end(), 0U);
      add_sums(x, at);
      const bool reached = std::any_of(needed.begin(), needed.end(),
                                       [&](const auto& each) { return at[each.first] >= each.second; });
      as_large += reached ? 1U : 0U;
      if ((as_large + 1) / all > options_.level) return std::nullopt;
    }
    return (as_large + 1) / all;
  }

  const ScanTable& table_;
  const ScanOptions& options_;
  std::uint64_t n_ = 0;
  std::uint64_t x_ = 0;
  std::vector<Projection> projections_;
  std::vector<Marginal> marginals_;
  std::size_t slots_ = 0;
  std::vector<Candidate> candidates_;  ///< in the order in which equals are preferred
  std::vector<std::vector<std::uint32_t>> projected_;
};

/// x · ln(p / q), 0 where x is 0.
double term(double x, double p, double q) { return x > 0 ? x * std::log(p / q) : 0; }

}  // namespace

void ScanTable::add(std::span<const std::uint8_t> cell, std::uint32_t n_of_cell, std::uint32_t x_of_cell) {
  LOTSE_ASSERT(cell.size() == values.size() && x_of_cell <= n_of_cell);
  for (std::size_t i = 0; i < cell.size(); ++i) LOTSE_ASSERT(cell[i] <= values[i]);
  codes.insert(codes.end(), cell.begin(), cell.end());
  n.push_back(n_of_cell);
  x.push_back(x_of_cell);
}

bool inside(const ScanTable& table, std::size_t cell, std::span<const Condition> conditions) {
  return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& condition) {
    return table.code(cell, condition.attribute) == condition.value;
  });
}

double bernoulli_log_likelihood_ratio(std::uint64_t x, std::uint64_t n, std::uint64_t x_all,
                                      std::uint64_t n_all) {
  LOTSE_ASSERT(x <= n && n <= n_all && x <= x_all && x_all - x <= n_all - n);
  if (n == 0 || n == n_all) return 0;
  const auto in = static_cast<double>(n);
  const auto out = static_cast<double>(n_all - n);
  const auto in_x = static_cast<double>(x);
  const auto out_x = static_cast<double>(x_all - x);
  const double p = in_x / in;
  const double q = out_x / out;
  if (!(p > q)) return 0;
  const double all = static_cast<double>(x_all) / static_cast<double>(n_all);
  return term(in_x, p, all) + term(in - in_x, 1 - p, 1 - all) + term(out_x, q, all) +
         term(out - out_x, 1 - q, 1 - all);
}

Hotspots scan(const ScanTable& table, const ScanOptions& options) {
  LOTSE_ASSERT(options.design_effect >= 1);
  Hotspots result;
  ScanTable rest = in_order(table);
  for (std::uint32_t round = 0; round < options.most; ++round) {
    Scan one(rest, options);
    if (round == 0) result.tried = one.tried();
    std::optional<Hotspot> hotspot = one.strongest(options.seed + round);
    if (!hotspot) break;
    rest = outside(rest, hotspot->conditions);
    result.found.push_back(std::move(*hotspot));
  }
  return result;
}

}  // namespace lotse
