#include "engine/friction/durations.hpp"

#include <algorithm>
#include <bit>

namespace lotse {
namespace {

constexpr std::int64_t linear_below = 1024;  // milliseconds
constexpr std::int64_t linear_step = 32;
constexpr std::uint32_t linear_bins = 1 + linear_below / linear_step;  // and one for exactly 0
constexpr std::uint32_t bins_an_octave = 32;
constexpr std::uint32_t octaves = 32;  // 2^10 to 2^42 ms
constexpr std::int64_t longest = std::int64_t{1} << 42U;

/// Upper edges are inclusive, so that a horizon's own leavings are in.
std::uint32_t log_bin(std::int64_t duration) {
  if (duration <= 0) return 0;
  const auto x = static_cast<std::uint64_t>(std::min(duration, longest) - 1);
  if (x < linear_below) return 1 + static_cast<std::uint32_t>(x / linear_step);
  const auto exponent = static_cast<std::uint32_t>(std::bit_width(x)) - 1;
  const auto part = static_cast<std::uint32_t>(x >> (exponent - 5)) & (bins_an_octave - 1);
  return linear_bins + (exponent - 10) * bins_an_octave + part;
}

std::uint64_t key_of(std::int64_t duration, Cause cause) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(duration, 0)) << 3U |
         static_cast<std::uint64_t>(cause);
}

}  // namespace

TimeBins::TimeBins(std::span<const Duration> forced) {
  edges_.push_back(0);
  for (std::int64_t edge = linear_step; edge <= linear_below; edge += linear_step) edges_.push_back(edge);
  for (std::uint32_t octave = 0; octave < octaves; ++octave) {
    const std::int64_t base = linear_below << octave;
    for (std::uint32_t part = 1; part <= bins_an_octave; ++part)
      edges_.push_back(base + base / bins_an_octave * part);
  }
  for (const Duration duration : forced) {
    if (duration.count() <= 1 || duration.count() >= longest) continue;
    edges_.push_back(duration.count() - 1);
    edges_.push_back(duration.count());
  }
  std::sort(edges_.begin(), edges_.end());
  edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
  first_.assign(linear_bins + octaves * bins_an_octave, 0);
  for (std::uint32_t bin = count(); bin-- > 0;) first_[log_bin(edges_[bin])] = bin;
}

std::uint32_t TimeBins::of(std::int64_t duration) const {
  std::uint32_t bin = first_[log_bin(duration)];
  while (edges_[bin] < duration && bin + 1 < edges_.size()) ++bin;
  return bin;
}

std::int64_t TimeBins::from(std::uint32_t bin) const {
  if (bin == 0) return 0;
  return edges_[bin] - edges_[bin - 1] == 1 ? edges_[bin] : edges_[bin - 1];
}

void DurationCounts::keep(const TimeBins& bins, std::int64_t duration, Cause cause) {
  exact_.push_back(key_of(duration, cause));
  if (exact_.size() > exact_limit) fold(bins);
}

void DurationCounts::fold(const TimeBins& bins) {
  if (binned_.empty()) binned_.assign(std::size_t{bins.count()} * cause_count, 0);
  for (const std::uint64_t key : exact_) {
    ++binned_[bins.of(static_cast<std::int64_t>(key >> 3U)) * cause_count + (key & 7U)];
  }
  exact_ = {};
}

void DurationCounts::add(const TimeBins& bins, const DurationCounts& other) {
  exact_.insert(exact_.end(), other.exact_.begin(), other.exact_.end());
  if (binned() || other.binned() || exact_.size() > exact_limit) fold(bins);
  for (std::size_t i = 0; i < other.binned_.size(); ++i) binned_[i] += other.binned_[i];
}

std::vector<LeavingTime> DurationCounts::times(const TimeBins& bins, bool force_bins) const {
  if (force_bins && !binned() && !exact_.empty()) {
    DurationCounts folded = *this;
    folded.fold(bins);
    return folded.times(bins);
  }
  std::vector<LeavingTime> times;
  if (!binned()) {
    std::vector<std::uint64_t> keys = exact_;
    std::sort(keys.begin(), keys.end());
    for (const std::uint64_t key : keys) {
      const auto at = static_cast<std::int64_t>(key >> 3U);
      if (times.empty() || times.back().at != at) times.push_back({.at = at, .from = at, .count = {}});
      ++times.back().count[key & 7U];
    }
    return times;
  }
  for (std::uint32_t bin = 0; bin < bins.count(); ++bin) {
    const std::uint32_t* const counts = &binned_[std::size_t{bin} * cause_count];
    if (std::all_of(counts, counts + cause_count, [](std::uint32_t count) { return count == 0; })) continue;
    LeavingTime& time = times.emplace_back();
    time.at = bins.to(bin);
    time.from = bins.from(bin);
    std::copy_n(counts, cause_count, time.count.begin());
  }
  return times;
}

bool operator==(const DurationCounts& a, const DurationCounts& b) {
  auto in_order = [](std::vector<std::uint64_t> keys) {
    std::sort(keys.begin(), keys.end());
    return keys;
  };
  return a.binned_ == b.binned_ && in_order(a.exact_) == in_order(b.exact_);
}

}  // namespace lotse
