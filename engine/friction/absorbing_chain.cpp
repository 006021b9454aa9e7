#include "engine/friction/absorbing_chain.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/assert.hpp"

namespace lotse {

AbsorbingChain::AbsorbingChain(std::vector<double> moves, std::vector<double> success)
    : size_(success.size()), moves_(std::move(moves)), success_(std::move(success)), rows_(size_) {
  LOTSE_ASSERT(moves_.size() == size_ * size_);
  // A place from which no end can be reached would make the matrix singular: it leaks to "otherwise" instead.
  std::vector<bool> ends(size_);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < size_; ++i) {
      if (ends[i]) continue;
      double total = 0;
      bool reaches = success_[i] > 0;
      for (std::size_t j = 0; j < size_; ++j) {
        total += moves_[i * size_ + j];
        reaches = reaches || (moves_[i * size_ + j] > 0 && ends[j]);
      }
      if (reaches || total + success_[i] < 1 - 1e-12) changed = ends[i] = true;
    }
  }
  factors_.assign(size_ * size_, 0);
  for (std::size_t i = 0; i < size_; ++i) {
    if (!ends[i]) std::fill_n(moves_.begin() + static_cast<std::ptrdiff_t>(i * size_), size_, 0.0);
    for (std::size_t j = 0; j < size_; ++j)
      factors_[i * size_ + j] = (i == j ? 1.0 : 0.0) - moves_[i * size_ + j];
  }

  std::iota(rows_.begin(), rows_.end(), std::size_t{0});
  for (std::size_t k = 0; k < size_; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < size_; ++i) {
      if (std::abs(factors_[rows_[i] * size_ + k]) > std::abs(factors_[rows_[pivot] * size_ + k])) pivot = i;
    }
    std::swap(rows_[k], rows_[pivot]);
    const double* const pivot_row = &factors_[rows_[k] * size_];
    for (std::size_t i = k + 1; i < size_; ++i) {
      double* const row = &factors_[rows_[i] * size_];
      if (row[k] == 0) continue;
      row[k] /= pivot_row[k];
      for (std::size_t j = k + 1; j < size_; ++j) row[j] -= row[k] * pivot_row[j];
    }
  }
  solution_ = solve(success_);
}

std::vector<double> AbsorbingChain::solve(std::vector<double> right) const {
  std::vector<double> x(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    double sum = right[rows_[i]];
    for (std::size_t j = 0; j < i; ++j) sum -= factors_[rows_[i] * size_ + j] * x[j];
    x[i] = sum;
  }
  for (std::size_t i = size_; i-- > 0;) {
    double sum = x[i];
    for (std::size_t j = i + 1; j < size_; ++j) sum -= factors_[rows_[i] * size_ + j] * x[j];
    x[i] = sum / factors_[rows_[i] * size_ + i];
  }
  return x;
}

std::vector<double> AbsorbingChain::with_row(std::size_t place, const std::vector<double>& moves,
                                             double success) const {
  LOTSE_ASSERT(place < size_ && moves.size() == size_);
  // (A + e vᵀ)⁻¹(r + e ρ) with v = old row − new row, ρ = new success − old.
  std::vector<double> unit(size_, 0);
  unit[place] = 1;
  const std::vector<double> response = solve(std::move(unit));
  const double gain = success - success_[place];
  double numerator = 0;
  double denominator = 1;
  for (std::size_t j = 0; j < size_; ++j) {
    const double change = moves_[place * size_ + j] - moves[j];
    numerator += change * (solution_[j] + gain * response[j]);
    denominator += change * response[j];
  }
  const double factor = std::abs(denominator) > 1e-12 ? numerator / denominator : 0;
  std::vector<double> result(size_);
  for (std::size_t j = 0; j < size_; ++j) result[j] = solution_[j] + response[j] * (gain - factor);
  return result;
}

}  // namespace lotse
