#pragma once

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
  [[nodiscard]] std::uint32_t of(std::int64_t duration) const;
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(edges_.size()); }
  /// Bin i holds the durations in (from(i), to(i)]; one that is a millisecond wide is exact.
  [[nodiscard]] std::int64_t to(std::uint32_t bin) const { return edges_[bin]; }
  [[nodiscard]] std::int64_t from(std::uint32_t bin) const;

 private:
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
      ++binned_[bins.of(duration) * cause_count + static_cast<std::size_t>(cause)];
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

  std::vector<std::uint64_t> exact_;   ///< duration << 3 | cause, in no order
  std::vector<std::uint32_t> binned_;  ///< [bin][cause]
};

}  // namespace lotse
