#include "engine/friction/timers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "engine/friction/pieces.hpp"

namespace lotse {
namespace {

/// How a stay came out of a bin.
enum Way : std::uint8_t { still_open, moved, fell_silent };
using Bin = std::array<std::uint32_t, 3>;  ///< by Way

constexpr std::int64_t hour_ms = Duration{std::chrono::hours(1)}.count();
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr Duration short_timer = std::chrono::hours(48);
constexpr std::uint32_t short_hours = 48;
/// The last bin of each has all that is later.
constexpr std::uint32_t hour_bins = short_hours + timer_neighbours + 1;
constexpr std::uint32_t day_bins = timer_days + timer_neighbours + 1;
constexpr std::uint32_t no_hours = std::numeric_limits<std::uint32_t>::max();

/// Stays by place and by how many whole days (and hours) they lasted.
class Lasting {
 public:
  Lasting(const StayTable& table, const Selection& selection) : table_(table), selection_(selection) {
    std::uint32_t bins = static_cast<std::uint32_t>(table.places.size()) * day_bins;
    for (const std::vector<DeclaredTimer>& timers : table.timers) {
      const bool is_short = std::any_of(timers.begin(), timers.end(), [](const DeclaredTimer& timer) {
        return timer.kind != TimerKind::calendar && timer.after < short_timer;
      });
      hours_.push_back(is_short ? bins : no_hours);
      bins += is_short ? hour_bins : 0;
    }
    bins_.resize(bins);
  }

  void count(std::size_t first, std::size_t end) {
    const std::uint32_t last = first_stay_of(table_, end);
    for (std::uint32_t row = first_stay_of(table_, first); row < last;) {
      const std::uint32_t after = end_of_stay(table_, row);
      if (is_selected(table_, selection_, row)) add_stay(row, after - 1);
      row = after;
    }
  }
  void close() {}
  void add(const Lasting& other) {
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      for (std::size_t way = 0; way < bins_[i].size(); ++way) bins_[i][way] += other.bins_[i][way];
    }
  }

  [[nodiscard]] std::span<const Bin> days(std::size_t place) const {
    return std::span(bins_).subspan(place * day_bins, day_bins);
  }
  [[nodiscard]] bool has_hours(std::size_t place) const { return hours_[place] != no_hours; }
  [[nodiscard]] std::span<const Bin> hours(std::size_t place) const {
    return std::span(bins_).subspan(hours_[place], hour_bins);
  }

 private:
  void add_stay(std::uint32_t row, std::uint32_t last) {
    const Cause cause = table_.cause[last];
    const Instant until = cause == Cause::open ? table_.as_of : table_.left[last];
    const auto lasted = static_cast<std::uint64_t>((until - table_.entered[row]).count());
    const Way way = cause == Cause::open ? still_open : cause == Cause::dropped ? fell_silent : moved;
    const std::uint16_t place = table_.place[row];
    const std::uint64_t day = std::min<std::uint64_t>(lasted / day_ms, day_bins - 1);
    ++bins_[place * day_bins + day][way];
    if (hours_[place] == no_hours) return;
    ++bins_[hours_[place] + std::min<std::uint64_t>(lasted / hour_ms, hour_bins - 1)][way];
  }

  const StayTable& table_;
  const Selection& selection_;
  std::vector<std::uint32_t> hours_;  ///< by place: where its hours begin in bins_
  std::vector<Bin> bins_;             ///< the days of each place, then the hours of those that have them
};

/// The hazard of leaving one way by bin; nothing where nobody was there any more.
struct Hazards {
  std::vector<std::optional<double>> of;

  Hazards(std::span<const Bin> bins, Way way) : of(bins.size()) {
    std::uint64_t at_risk = 0;
    for (std::size_t i = bins.size(); i-- > 0;) {
      const std::uint64_t left = std::uint64_t{bins[i][moved]} + bins[i][fell_silent];
      at_risk += left + bins[i][still_open];
      const double seen =
          std::max(static_cast<double>(at_risk) - static_cast<double>(bins[i][still_open]) / 2,
                   static_cast<double>(left));
      if (at_risk > 0) of[i] = static_cast<double>(bins[i][way]) / seen;
    }
  }

  [[nodiscard]] bool peaks_at(std::size_t i) const {
    return of[i] > of[i - 1].value_or(0) && of[i] >= of[i + 1].value_or(0);
  }

  /// The greater of the medians of those before and of those after: where leaving is common up to a day and
  /// rare beyond, that day is the end of a range, and no timer.
  [[nodiscard]] double median_around(std::size_t i) const {
    const std::size_t first = i < timer_neighbours ? 0 : i - timer_neighbours;
    return std::max(median_of(first, i), median_of(i + 1, i + 1 + timer_neighbours));
  }

 private:
  /// 0 where nobody was there any more.
  [[nodiscard]] double median_of(std::size_t first, std::size_t end) const {
    std::vector<double> values;
    for (std::size_t i = first; i < end; ++i) {
      if (of[i]) values.push_back(*of[i]);
    }
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }
};

/// How many bins lie between a declared timer and a peak that it can explain. What a message sets off
/// happens on its day or the next, and so does what a calendar time does, which comes up to a day before or
/// after as many times 24 hours; a promise is kept at the last moment, or just after it. A drop-off comes at
/// the end of the silence, or where a timer has held it back.
std::optional<std::uint32_t> distance(const DeclaredTimer& timer, const NamedTimer& peak) {
  const bool by_day = peak.unit == TimerUnit::day;
  const auto due = static_cast<std::int64_t>(timer.after.count() / (by_day ? day_ms : hour_ms));
  const std::int64_t late = static_cast<std::int64_t>(peak.index) - due;
  const auto within = [&](std::int64_t early_max, std::int64_t late_max) {
    const bool fits = late >= -early_max && late <= late_max;
    return fits ? std::optional(static_cast<std::uint32_t>(late < 0 ? -late : late)) : std::nullopt;
  };
  switch (timer.kind) {
    case TimerKind::delay:
      return within(0, peak.silence ? 0 : 1);
    case TimerKind::calendar:
      return peak.silence || !by_day ? std::nullopt : within(1, 1);
    case TimerKind::promise:
      return peak.silence ? std::nullopt : within(1, 0);
    case TimerKind::silence:
      return peak.silence ? within(0, 0) : std::nullopt;
  }
  return std::nullopt;
}

/// The nearest; of equal ones silence before a drop-off, else in the order of the kinds.
std::optional<DeclaredTimer> explain(const std::vector<DeclaredTimer>& declared, const NamedTimer& peak) {
  const DeclaredTimer* nearest = nullptr;
  std::uint32_t least = 0;
  for (const DeclaredTimer& timer : declared) {
    const auto apart = distance(timer, peak);
    if (!apart) continue;
    const bool better = nearest == nullptr || *apart < least || timer.kind == TimerKind::silence;
    if (better) {
      nearest = &timer;
      least = *apart;
    }
  }
  return nearest == nullptr ? std::nullopt : std::optional(*nearest);
}

void find_timers(std::span<const Bin> bins, TimerUnit unit, std::uint32_t from,
                 const std::vector<DeclaredTimer>& declared, std::vector<NamedTimer>& found) {
  const Hazards moves(bins, moved);
  const Hazards silences(bins, fell_silent);
  const auto last = static_cast<std::uint32_t>(bins.size()) - 1 - timer_neighbours;
  for (std::uint32_t i = from; i < last; ++i) {
    for (const Way way : {moved, fell_silent}) {
      const Hazards& hazards = way == moved ? moves : silences;
      if (bins[i][way] < timer_events || !hazards.peaks_at(i)) continue;
      const double median = hazards.median_around(i);
      if (*hazards.of[i] < timer_ratio * median) continue;
      NamedTimer& timer = found.emplace_back();
      timer.unit = unit;
      timer.index = i;
      timer.silence = way == fell_silent;
      timer.events = bins[i][way];
      timer.hazard = *hazards.of[i];
      timer.neighbours = median;
      if (median > 0) timer.ratio = timer.hazard / median;
      timer.declared = explain(declared, timer);
    }
  }
}

}  // namespace

std::vector<std::vector<NamedTimer>> timers_of(const StayTable& table, const Selection& selection,
                                               unsigned threads) {
  const Lasting lasting = count_in_pieces(table, threads, Lasting(table, selection));
  std::vector<std::vector<NamedTimer>> result(table.places.size());
  for (std::size_t place = 0; place < result.size(); ++place) {
    const bool hours = lasting.has_hours(place);
    if (hours) find_timers(lasting.hours(place), TimerUnit::hour, 1, table.timers[place], result[place]);
    const std::uint32_t first_day = hours ? short_hours / 24 : 1;
    find_timers(lasting.days(place), TimerUnit::day, first_day, table.timers[place], result[place]);
  }
  return result;
}

std::string describe(const NamedTimer& timer) {
  if (timer.declared) return timer.declared->name;
  const char* unit = timer.unit == TimerUnit::day ? "day" : "hour";
  return timer.silence ? fmt::format("the silence rule ({} {})", unit, timer.index)
                       : fmt::format("a timer that is not in the file ({} {})", unit, timer.index);
}

}  // namespace lotse
