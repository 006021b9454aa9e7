#include "engine/friction/silence.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace lotse {
namespace {

constexpr std::int64_t week_hours = 168;
constexpr std::int64_t weeks = 4;
constexpr double months_between = 10;
/// A gap is never called silence more easily than this, however few gaps there are.
constexpr double least_limit = 1'000;
/// The last three entries end a silence if at most so many were expected from the first to the third of them;
/// a process that is back has two on average.
constexpr std::int64_t usual_for_three = 6;

std::int64_t hour_of(Instant at) {
  return std::chrono::floor<std::chrono::hours>(at).time_since_epoch().count();
}

/// Entries by hour.
class HourCounts {
 public:
  explicit HourCounts(std::span<const Instant> entries) : first_(hour_of(entries.front())) {
    counts_.resize(static_cast<std::size_t>(hour_of(entries.back()) - first_ + 1));
    for (const Instant at : entries) ++counts_[static_cast<std::size_t>(hour_of(at) - first_)];
  }
  [[nodiscard]] std::int64_t operator[](std::int64_t hour) const {
    const std::int64_t index = hour - first_;
    return index >= 0 && index < static_cast<std::int64_t>(counts_.size())
               ? counts_[static_cast<std::size_t>(index)]
               : 0;
  }
  /// Of the same hour of the week, in the four weeks before hour `start`.
  [[nodiscard]] std::int64_t usual(std::int64_t hour, std::int64_t start) const {
    std::int64_t sum = 0;
    const std::int64_t back = (hour - start) / week_hours + 1;
    for (std::int64_t week = back; week < back + weeks; ++week) sum += (*this)[hour - week * week_hours];
    return sum;
  }

 private:
  std::int64_t first_;
  std::vector<std::int64_t> counts_;
};

/// Σ (n − mean)²/mean over cells of four counts each, and its degrees of freedom.
struct Pearson {
  double chi = 0;
  double degrees = 0;
  void add(const std::array<double, weeks>& counts) {
    double mean = 0;
    for (const double n : counts) mean += n / weeks;
    if (mean == 0) return;
    for (const double n : counts) chi += (n - mean) * (n - mean) / mean;
    degrees += weeks - 1;
  }
  [[nodiscard]] double dispersion() const { return degrees > 0 ? std::max(1.0, chi / degrees) : 1; }
};

/// Of the four weeks before hour `start`, against their own weekly pattern.
double dispersion_before(const HourCounts& counts, std::int64_t start) {
  constexpr std::int64_t day_hours = 24;
  Pearson by_hour;
  Pearson by_day;
  std::array<double, weeks> day{};
  for (std::int64_t hour = 0; hour < week_hours; ++hour) {
    std::array<double, weeks> own{};
    for (std::int64_t week = 0; week < weeks; ++week) {
      const auto n = static_cast<double>(counts[start - (week + 1) * week_hours + hour]);
      own[static_cast<std::size_t>(week)] = n;
      day[static_cast<std::size_t>(week)] += n;
    }
    by_hour.add(own);
    if (hour % day_hours == day_hours - 1) {
      by_day.add(day);
      day = {};
    }
  }
  return std::max(by_hour.dispersion(), by_day.dispersion());
}

double expected_between(const HourCounts& counts, std::int64_t from, std::int64_t to, std::int64_t start) {
  std::int64_t sum = 0;
  for (std::int64_t hour = from; hour < to; ++hour) sum += counts.usual(hour, start);
  return static_cast<double>(sum) / weeks;
}

/// The silence in the gap from `last` to `until`, if chance makes none so long.
std::optional<Silence> silence_in(const HourCounts& counts, Instant last, Instant until, double limit) {
  const std::int64_t start = hour_of(last) + 1;
  double dispersion = 0;
  double evidence = 0;  // −ln P
  for (std::int64_t hour = start; hour < hour_of(until); ++hour) {
    const auto week = static_cast<double>((hour - start) / week_hours + 1);
    evidence +=
        static_cast<double>(counts.usual(hour, start)) * std::log((weeks + week) / (weeks + week - 1));
    if (evidence < std::log(limit)) continue;
    if (dispersion == 0) dispersion = dispersion_before(counts, start);
    if (evidence < dispersion * std::log(limit)) continue;
    return Silence{.last_entry = last,
                   .opened = Instant{std::chrono::hours(hour + 1)},
                   .expected = expected_between(counts, start, hour_of(until), start),
                   .dispersion = dispersion,
                   .limit = limit};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Silence> silences(std::span<const Instant> entries, Instant as_of,
                              const std::function<double(Instant)>& entries_a_month) {
  std::vector<Silence> found;
  if (entries.empty()) return found;
  const HourCounts counts(entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Instant until = i + 1 < entries.size() ? entries[i + 1] : as_of;
    if (hour_of(until) - hour_of(entries[i]) < 2) continue;  // no full hour
    const double limit = std::max(least_limit, months_between * entries_a_month(entries[i]));
    std::optional<Silence> silence = silence_in(counts, entries[i], until, limit);
    if (!silence) continue;
    const std::int64_t start = hour_of(entries[i]) + 1;
    for (std::size_t third = i + 3; third < entries.size() && !silence->closed; ++third) {
      const std::int64_t from = hour_of(entries[third - 2]) + 1;
      if (expected_between(counts, from, hour_of(entries[third]), start) > usual_for_three) continue;
      silence->closed = entries[third];
      i = third - 1;
    }
    found.push_back(*silence);
    if (!silence->closed) break;
  }
  return found;
}

}  // namespace lotse
