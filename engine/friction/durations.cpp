#include "engine/friction/durations.hpp"

#include <algorithm>

namespace lotse {
namespace {

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
    ++binned_[(key & 7U) * bins.count() + bins.of(static_cast<std::int64_t>(key >> 3U))];
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
    LeavingTime time{.at = bins.to(bin), .from = bins.from(bin), .count = {}};
    std::uint64_t any = 0;
    for (std::size_t cause = 0; cause < cause_count; ++cause) {
      any |= time.count[cause] = binned_[cause * bins.count() + bin];
    }
    if (any != 0) times.push_back(time);
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
