#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/incidence.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// Log bins of durations, 32 an octave (at most 3.1 % wide) from a second to 139 years, linear below; with an
/// edge forced just before and at each given duration, so that what piles up on a timer has a bin of its own.
class TimeBins {
 public:
  explicit TimeBins(std::span<const Duration> forced = {});

  /// The bin of a duration in milliseconds (negative counts as 0, beyond the last edge as the last).
  [[nodiscard]] std::uint32_t of(std::int64_t duration) const {
    std::uint32_t bin = first_[log_bin(duration)];
    while (edges_[bin] < duration && bin + 1 < edges_.size()) ++bin;
    return bin;
  }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(edges_.size()); }
  /// Bin i holds the durations in (from(i), to(i)]; one that is a millisecond wide is exact.
  [[nodiscard]] std::int64_t to(std::uint32_t bin) const { return edges_[bin]; }
  [[nodiscard]] std::int64_t from(std::uint32_t bin) const;

 private:
  static constexpr std::int64_t linear_below = 1024;  // milliseconds
  static constexpr std::int64_t linear_step = 32;
  static constexpr std::uint32_t linear_bins = 1 + linear_below / linear_step;  // and one for exactly 0
  static constexpr std::uint32_t bins_an_octave = 32;
  static constexpr std::uint32_t octaves = 32;  // 2^10 to 2^42 ms
  static constexpr std::int64_t longest = std::int64_t{1} << 42U;

  /// Upper edges are inclusive, so that a horizon's own leavings are in.
  static std::uint32_t log_bin(std::int64_t duration) {
    if (duration <= 0) return 0;
    const auto x = static_cast<std::uint64_t>(std::min(duration, longest) - 1);
    if (x < linear_below) return 1 + static_cast<std::uint32_t>(x / linear_step);
    const auto exponent = static_cast<std::uint32_t>(std::bit_width(x)) - 1;
    const auto part = static_cast<std::uint32_t>(x >> (exponent - 5)) & (bins_an_octave - 1);
    return linear_bins + (exponent - 10) * bins_an_octave + part;
  }

  std::vector<std::int64_t> edges_;
  std::vector<std::uint32_t> first_;  ///< bin with the lowest edge, by log bin
};

/// How long stays lasted and why they ended, as integers that add: a small cell keeps every duration, a large
/// one bins. A function of what was added alone, whatever the order and the partition.
class DurationCounts {
 public:
  static constexpr std::size_t exact_limit = 2'000;

  void add(const TimeBins& bins, std::int64_t duration, Cause cause) {
    if (binned_.empty()) {
      keep(bins, duration, cause);
    } else {
      ++binned_[static_cast<std::size_t>(cause) * bins.count() + bins.of(duration)];
    }
  }
  void add(const TimeBins& bins, const DurationCounts& other);
  [[nodiscard]] bool binned() const { return !binned_.empty(); }
  [[nodiscard]] bool empty() const { return binned_.empty() && exact_.empty(); }
  /// Ascending in time; only times at which something is. `force_bins`: binned even where each is known.
  [[nodiscard]] std::vector<LeavingTime> times(const TimeBins& bins, bool force_bins = false) const;

  friend bool operator==(const DurationCounts& a, const DurationCounts& b);

 private:
  void keep(const TimeBins& bins, std::int64_t duration, Cause cause);
  void fold(const TimeBins& bins);

  std::vector<std::uint64_t> exact_;  ///< duration << 3 | cause, in no order
  /// [cause][bin]: stays of one touchpoint mostly end alike, so that few lines of memory are met again and
  /// again.
  std::vector<std::uint32_t> binned_;
};

}  // namespace lotse
