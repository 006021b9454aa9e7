#include "engine/friction/scored_stays.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <utility>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

constexpr std::int64_t weeks_of_reference = 4;
constexpr std::int64_t weeks_of_reference_most = 52;
/// A week lies between a reference and what is judged against it, so that a change that has just begun is not
/// yet in what it is held against.
constexpr std::int64_t weeks_between = 1;
constexpr std::int64_t weeks_of_load = 5;
constexpr double weeks_a_month = 365.25 / 12 / 7;
/// 1970 began on a Thursday.
constexpr std::int64_t days_before_thursday = 3;

std::int64_t day_since_monday(Instant at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count() + days_before_thursday;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::uint64_t busiest(const std::map<std::int64_t, WatchLoad::Week>& weeks, std::int64_t week,
                      std::uint64_t WatchLoad::Week::* figure) {
  std::uint64_t most = 0;
  for (auto at = weeks.lower_bound(week - weeks_of_load); at != weeks.end() && at->first < week; ++at) {
    most = std::max(most, at->second.*figure);
  }
  return most;
}

}  // namespace

std::optional<Duration> window_of(const Place& place) {
  const auto* silence = std::get_if<Duration>(&place.abandon_after);
  if (silence == nullptr || place.turn != Turn::customer || place.terminal) return std::nullopt;
  return *silence;
}

std::vector<std::vector<ScoredStay>> scored_stays(const StayTable& table) {
  std::vector<std::optional<Duration>> windows;
  for (const Place& place : table.places) windows.push_back(window_of(place));
  std::vector<std::vector<ScoredStay>> scored(table.places.size());
  for (std::uint32_t stay = 0; stay < table.size(); ++stay) {
    const std::uint16_t place = table.place[stay];
    if (!windows[place]) continue;
    const Instant at = table.entered[stay] + *windows[place];
    if (at > table.as_of) continue;
    const bool dropped = table.cause[stay] == Cause::dropped && table.left[stay] <= at;
    scored[place].push_back({.at = at,
                             .segment_set = table.segment_set[stay],
                             .channel = table.channel[stay],
                             .dropped = dropped});
  }
  for (auto& stays : scored) {
    std::sort(stays.begin(), stays.end(), [](const ScoredStay& a, const ScoredStay& b) {
      return a.at != b.at ? a.at < b.at : a.dropped < b.dropped;
    });
  }
  return scored;
}

std::int64_t week_of(Instant at) { return floor_div(day_since_monday(at), 7); }

WeekDay week_day_of(Instant at) {
  const std::int64_t day = day_since_monday(at);
  const std::int64_t week = floor_div(day, 7);
  return {.week = week, .day = static_cast<std::size_t>(day - week * 7)};
}

Instant week_start(std::int64_t week) {
  return Instant{std::chrono::sys_days{std::chrono::days{week * 7 - days_before_thursday}}};
}

Streams::Streams(const StayTable& table) : table_(table), size_(1 + table.channels.size()) {
  for (const auto& values : table.segment_values) {
    first_value_.push_back(size_);
    size_ += values.size();
  }
}

Streams::Name Streams::name(std::size_t stream) const {
  if (stream == whole) return {};
  if (stream <= table_.channels.size()) return {.cut = "channel", .value = table_.channels[stream - 1]};
  std::size_t segment = first_value_.size() - 1;
  while (first_value_[segment] > stream) --segment;
  return {.cut = table_.segments[segment],
          .value = table_.segment_values[segment][stream - first_value_[segment]]};
}

void WeekCounts::add(const WeekDay& at, bool dropped) {
  LOTSE_ASSERT(weeks_.empty() || weeks_.back().number <= at.week);
  if (weeks_.empty() || weeks_.back().number < at.week) weeks_.push_back({.number = at.week, .days = {}});
  Day& own = weeks_.back().days[at.day];
  ++own.scored;
  own.dropped += dropped ? 1U : 0U;
}

Reference WeekCounts::reference_for(std::int64_t week, const std::vector<std::int64_t>& left_out) const {
  Reference reference;
  std::array<Day, 7> weekdays{};
  const std::int64_t latest = week - weeks_between - 1;
  auto counted = std::upper_bound(weeks_.begin(), weeks_.end(), latest,
                                  [](std::int64_t number, const Week& w) { return number < w.number; });
  std::int64_t taken = 0;
  for (std::int64_t w = latest; w >= week - weeks_of_reference_most && counted != weeks_.begin(); --w) {
    if (taken >= weeks_of_reference && reference.scored >= least_reference) break;
    const Week* own = std::prev(counted)->number == w ? &*--counted : nullptr;
    if (std::find(left_out.begin(), left_out.end(), w) != left_out.end()) continue;
    ++taken;
    for (std::size_t day = 0; own != nullptr && day < weekdays.size(); ++day) {
      weekdays[day].scored += own->days[day].scored;
      weekdays[day].dropped += own->days[day].dropped;
      reference.scored += own->days[day].scored;
      reference.dropped += own->days[day].dropped;
    }
  }
  reference.upper = wilson(reference.share()).high;
  for (const Day& day : weekdays) {
    const Share share{static_cast<double>(day.dropped), static_cast<double>(day.scored)};
    reference.upper = std::max(reference.upper, wilson(share).low);
  }
  return reference;
}

std::optional<std::int64_t> WeekCounts::watched_from(std::int64_t week,
                                                     const std::vector<std::int64_t>& left_out) const {
  for (std::int64_t w = week; w <= week + weeks_between + 1; ++w) {
    if (reference_for(w, left_out).scored >= least_reference) return w;
  }
  return std::nullopt;
}

WatchLoad& WatchLoad::operator+=(const WatchLoad& other) {
  for (const auto& [week, load] : other.weeks) {
    Week& own = weeks[week];
    own.stays += load.stays;
    own.streams += load.streams;
    own.entries += load.entries;
    own.touchpoints += load.touchpoints;
  }
  return *this;
}

double WatchLoad::stays_a_month(std::int64_t week) const {
  return static_cast<double>(busiest(weeks, week, &Week::stays)) * weeks_a_month;
}

double WatchLoad::entries_a_month(std::int64_t week) const {
  return static_cast<double>(busiest(weeks, week, &Week::entries)) * weeks_a_month;
}

WatchLoad::Week WatchLoad::of(std::int64_t week) const {
  const auto found = weeks.find(week);
  return found == weeks.end() ? Week{} : found->second;
}

std::vector<std::string> touchpoints_of_newest(const StayTable& table) {
  std::uint32_t newest = 0;
  for (const Place& place : table.places) newest = std::max(newest, place.versions.back());
  std::vector<std::string> ids;
  for (const Place& place : table.places) {
    if (place.versions.back() == newest) ids.push_back(place.id);
  }
  return ids;
}

std::vector<std::vector<Instant>> entries_of(const StayTable& table,
                                             const std::vector<std::string>& touchpoints) {
  std::vector<std::size_t> touchpoint_of;
  for (const Place& place : table.places) {
    const auto found = std::find(touchpoints.begin(), touchpoints.end(), place.id);
    touchpoint_of.push_back(static_cast<std::size_t>(found - touchpoints.begin()));
  }
  std::vector<std::vector<Instant>> entries(touchpoints.size() + 1);  // the last: of no touchpoint any more
  for (std::size_t stay = 0; stay < table.size(); ++stay) {
    entries[touchpoint_of[table.place[stay]]].push_back(table.entered[stay]);
  }
  entries.pop_back();
  for (auto& times : entries) std::sort(times.begin(), times.end());
  return entries;
}

std::vector<ScoredPlace> scored_places(const StayTable& table) {
  const Streams streams(table);
  std::vector<ScoredPlace> places;
  for (std::vector<ScoredStay>& stays : scored_stays(table)) {
    ScoredPlace& place = places.emplace_back();
    place.stays = std::move(stays);
    place.scored.assign(streams.size(), 0);
    place.counts.resize(streams.size());
    for (const ScoredStay& scored : place.stays)
      streams.each(scored, [&](std::size_t s) { ++place.scored[s]; });
    for (const ScoredStay& scored : place.stays) {
      const WeekDay at = week_day_of(scored.at);
      streams.each(scored, [&](std::size_t s) {
        if (s == Streams::whole || place.scored[s] >= least_reference)
          place.counts[s].add(at, scored.dropped);
      });
    }
  }
  return places;
}

WatchLoad load_of(const StayTable& table, const std::vector<ScoredPlace>& places) {
  WatchLoad load;
  const std::int64_t last = week_of(table.as_of);
  const Streams streams(table);
  for (std::size_t place = 0; place < table.places.size(); ++place) {
    const ScoredPlace& own = places[place];
    WatchLoad::Week* week = nullptr;
    std::int64_t number = 0;
    for (const ScoredStay& scored : own.stays) {
      if (week == nullptr || number != week_of(scored.at)) {
        number = week_of(scored.at);
        week = &load.weeks[number];
      }
      streams.each(scored, [week](std::size_t) { ++week->stays; });
    }
    for (std::size_t stream = 0; stream < own.counts.size(); ++stream) {
      const WeekCounts& counts = own.counts[stream];
      const bool by_target = table.places[place].target.has_value() && stream == Streams::whole;
      if (counts.empty() || (!by_target && own.scored[stream] < least_reference)) continue;
      for (std::int64_t w = counts.first_week() + weeks_between + 1; w <= last; ++w) {
        const bool watched = by_target || counts.reference_for(w, {}).scored >= least_reference;
        load.weeks[w].streams += watched ? 1U : 0U;
      }
    }
  }
  for (const std::vector<Instant>& entries : entries_of(table, touchpoints_of_newest(table))) {
    std::int64_t counted = std::numeric_limits<std::int64_t>::min();
    for (const Instant at : entries) {
      const std::int64_t week = week_of(at);
      ++load.weeks[week].entries;
      counted = std::max(counted, week - 1);
      while (counted < std::min(last, week + weeks_of_load - 1)) ++load.weeks[++counted].touchpoints;
    }
  }
  return load;
}

}  // namespace lotse
