#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace lotse {

/// Which groups the members of a random subset come from: `drawn` of all, without replacement, every subset
/// as likely as any other. From raw draws alone, so that equal seeds give equal counts on every machine.
///
/// First each group's count as if members were chosen independently (binomial, the same share everywhere),
/// from a table of its cumulative probabilities by a guide (Chen & Asau 1974). Given their sum, every subset
/// of that many is equally likely; so members are taken out, or put in, at random until the sum is `drawn`.
/// Exact, to the resolution of a draw (2⁻⁵³).
class MultivariateHypergeometric {
 public:
  /// Requires drawn ≤ Σ sizes < 2³².
  MultivariateHypergeometric(std::span<const std::uint32_t> sizes, std::uint32_t drawn);

  /// Fills `counts`, one for each group.
  void draw(std::mt19937_64& dice, std::span<std::uint32_t> counts);

 private:
  /// Binomial(size, share) as a table: of values[0…count) = least + 0, 1, …
  struct Law {
    std::size_t first = 0;  ///< into cumulative_ and guide_
    std::uint32_t count = 0;
    std::uint32_t least = 0;
  };
  [[nodiscard]] Law tabulate(std::uint32_t size, double share);
  [[nodiscard]] std::uint32_t binomial(const Law& law, std::mt19937_64& dice) const;
  /// Chooses `changes` of the members counted in `weights`, each as likely as any other: `changed(group)`.
  template <class Changed>
  void choose(std::span<const std::uint32_t> weights, std::uint64_t changes, std::mt19937_64& dice,
              Changed changed);

  std::vector<std::uint32_t> sizes_;
  std::uint64_t total_ = 0;
  std::uint32_t drawn_ = 0;
  std::vector<std::uint32_t> law_of_;  ///< by group
  std::vector<Law> laws_;
  std::vector<double> cumulative_;    ///< P(value ≤ least + k)
  std::vector<std::uint32_t> guide_;  ///< by ⌊u · count⌋: the first k that can be meant
  std::vector<std::uint32_t> tree_;   ///< of choose(): a Fenwick tree
  std::vector<std::uint32_t> spare_;
};

}  // namespace lotse
