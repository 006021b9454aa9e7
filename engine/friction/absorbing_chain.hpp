#pragma once

#include <cstddef>
#include <vector>

namespace lotse {

/// A Markov chain on places with two ends: success, and everything else. Row i of `moves` has the
/// probabilities of going from i to each place, `success[i]` that of ending well from i; what is missing to 1
/// ends otherwise. c = (I − Q)⁻¹ r is the probability of ending well from each place (Kemeny & Snell 1960,
/// chapter 3).
class AbsorbingChain {
 public:
  /// `moves` is square, row by row, as large as `success`. From every place an end must be reachable for a
  /// solution; a place that cannot leave its cycle never ends well: its share is 0.
  AbsorbingChain(std::vector<double> moves, std::vector<double> success);

  [[nodiscard]] const std::vector<double>& success_from() const { return solution_; }

  /// The solution with place `place` leaving by other probabilities (Sherman–Morrison, no new factorisation).
  [[nodiscard]] std::vector<double> with_row(std::size_t place, const std::vector<double>& moves,
                                             double success) const;

 private:
  [[nodiscard]] std::vector<double> solve(std::vector<double> right) const;

  std::size_t size_;
  std::vector<double> moves_;
  std::vector<double> success_;
  std::vector<double> factors_;    ///< LU of I − Q, rows permuted
  std::vector<std::size_t> rows_;  ///< the permutation
  std::vector<double> solution_;
};

}  // namespace lotse
