#pragma once

#include <concepts>
#include <cstddef>
#include <random>
#include <utility>

namespace lotse::test {

/// All chance of a test from one seed. Raw draws: the standard's distributions differ between libraries.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  /// 0 to `sides` - 1.
  template <std::integral T>
  T operator()(T sides) {
    return static_cast<T>(random_() % static_cast<std::uint64_t>(sides));
  }
  /// True once in `times`.
  bool one_in(unsigned times) { return (*this)(times) == 0; }
  template <class Range>
  void shuffle(Range& range) {
    for (std::size_t left = range.size(); left > 1; --left) std::swap(range[left - 1], range[(*this)(left)]);
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace lotse::test
