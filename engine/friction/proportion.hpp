#pragma once

#include <cstdint>

namespace lotse {

/// The two-sided 95 % point of the standard normal distribution.
inline constexpr double z95 = 1.959963984540054;

struct Interval {
  double low = 0;
  double high = 1;
  [[nodiscard]] double half_width() const { return (high - low) / 2; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// A share with the sample it is worth. `x` and `n` need not be whole: censored and clustered samples give
/// effective ones (Rothman–Wilson), and from here on one code path serves both.
struct Share {
  double x = 0;
  double n = 0;
  [[nodiscard]] double rate() const { return n > 0 ? x / n : 0; }
  friend bool operator==(const Share&, const Share&) = default;
};

/// Wilson's score interval, 95 % (Wilson 1927, JASA 22). [0, 1] where n is 0.
[[nodiscard]] Interval wilson(Share share);

/// Newcombe's hybrid score interval for `of.rate() − against.rate()`, 95 % (Newcombe 1998, Stat. Med. 17,
/// method 10). `against` with an infinite n is a fixed number, such as a declared target.
[[nodiscard]] Interval newcombe_difference(Share of, Share against);

/// P(Z > z) of the standard normal.
[[nodiscard]] double normal_upper_tail(double z);

}  // namespace lotse
