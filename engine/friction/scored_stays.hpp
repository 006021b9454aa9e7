#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

/// A stay as alerts see it: once, at exactly entered + W.
struct ScoredStay {
  Instant at{};
  std::uint32_t segment_set = 0;  ///< as the table has them: what is looked at again and again lies together
  std::uint16_t channel = no_index;  ///< no_index: none
  bool dropped = false;              ///< by then; with activity in between it had not
};

/// W of a place, after which silence is a drop-off; nothing where it never is: our turn, an end, `never`.
[[nodiscard]] std::optional<Duration> window_of(const Place& place);

/// By place: its stays whose W had passed by as_of, by (at, dropped). Who they are matters to no order.
[[nodiscard]] std::vector<std::vector<ScoredStay>> scored_stays(const StayTable& table);

/// Calendar weeks from Monday 00:00 UTC; week 0 has the first of January 1970 in it.
[[nodiscard]] std::int64_t week_of(Instant at);
[[nodiscard]] Instant week_start(std::int64_t week);

struct WeekDay {
  std::int64_t week = 0;
  std::size_t day = 0;  ///< 0 to 6, from Monday
};
[[nodiscard]] WeekDay week_day_of(Instant at);

/// What is watched at one place: all its stays, those of each channel, and those of each value of each
/// segment. Numbered in that order.
class Streams {
 public:
  explicit Streams(const StayTable& table);
  static constexpr std::size_t whole = 0;
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Calls `take` with the number of each stream that a stay is in.
  template <class Take>
  void each(const ScoredStay& scored, const Take& take) const {
    take(whole);
    if (scored.channel != no_index) take(1 + scored.channel);
    const std::size_t width = first_value_.size();
    const std::uint32_t* codes = table_.segment_sets.data() + scored.segment_set * width;
    for (std::size_t segment = 0; segment < width; ++segment) take(first_value_[segment] + codes[segment]);
  }
  /// `channel` or a segment's name, and the channel or value; empty of the whole.
  struct Name {
    std::string cut;
    std::string value;
    friend bool operator==(const Name&, const Name&) = default;
  };
  [[nodiscard]] Name name(std::size_t stream) const;

 private:
  const StayTable& table_;
  std::vector<std::size_t> first_value_;  ///< by segment
  std::size_t size_ = 0;
};

/// So many scored stays make a baseline.
inline constexpr std::uint64_t least_reference = 200;

/// A stream's own past.
struct Reference {
  std::uint64_t scored = 0;
  std::uint64_t dropped = 0;
  double upper = 1;  ///< its share of drop-offs is taken to be at most this
  [[nodiscard]] Share share() const { return {static_cast<double>(dropped), static_cast<double>(scored)}; }
  friend bool operator==(const Reference&, const Reference&) = default;
};

/// Scored stays of one stream by calendar week and weekday.
class WeekCounts {
 public:
  /// Requires `at` not to be in an earlier week than the one added before.
  void add(const WeekDay& at, bool dropped);
  [[nodiscard]] bool empty() const { return weeks_.empty(); }
  [[nodiscard]] std::int64_t first_week() const { return weeks_.front().number; }
  /// What the stays of `week` are judged against: the latest weeks that ended at least a week before it, four
  /// of them, or as many more (up to 52) as it takes to have least_reference stays; `left_out` weeks do not
  /// count. Its `upper` is the upper end of Wilson's 95 % interval, or the lower end of the worst weekday's
  /// if that is greater: a share that swings with the week is no change.
  [[nodiscard]] Reference reference_for(std::int64_t week, const std::vector<std::int64_t>& left_out) const;
  /// The first week from `week` on that would have a baseline by what is counted so far; nothing: too few.
  [[nodiscard]] std::optional<std::int64_t> watched_from(std::int64_t week,
                                                         const std::vector<std::int64_t>& left_out) const;

 private:
  struct Day {
    std::uint64_t scored = 0;
    std::uint64_t dropped = 0;
  };
  struct Week {
    std::int64_t number = 0;
    std::array<Day, 7> days{};
  };
  std::vector<Week> weeks_;  ///< those with stays, ascending
};

/// How much all that is watched brings, by calendar week: alerts share one error rate. Adds over journeys.
struct WatchLoad {
  struct Week {
    std::uint64_t stays = 0;    ///< scored, counted once in each stream that they are in
    std::uint64_t streams = 0;  ///< with a baseline
    std::uint64_t entries = 0;  ///< stays entered, of touchpoints watched for silence
    std::uint64_t touchpoints =
        0;  ///< watched for silence, which had entries in this week or the four before
    friend bool operator==(const Week&, const Week&) = default;
  };
  std::map<std::int64_t, Week> weeks;

  WatchLoad& operator+=(const WatchLoad& other);
  /// A month's stays (30.4 days) at the rate of the busiest of the five weeks before `week`.
  [[nodiscard]] double stays_a_month(std::int64_t week) const;
  [[nodiscard]] double entries_a_month(std::int64_t week) const;
  [[nodiscard]] Week of(std::int64_t week) const;
  friend bool operator==(const WatchLoad&, const WatchLoad&) = default;
};

/// The stays of one place as alerts see them, and how many there were in each stream: of what a stream may be
/// watched by, all weeks up to as_of, since a week's baseline reads none after it.
struct ScoredPlace {
  std::vector<ScoredStay> stays;      ///< by (at, dropped)
  std::vector<std::uint64_t> scored;  ///< by stream
  std::vector<WeekCounts> counts;     ///< by stream; empty but of the whole and of those that may be watched
};

/// By place, all that alerts are made of.
[[nodiscard]] std::vector<ScoredPlace> scored_places(const StayTable& table);

[[nodiscard]] WatchLoad load_of(const StayTable& table, const std::vector<ScoredPlace>& places);

/// Whether silence at a place is one of its touchpoint: the newest version has it.
[[nodiscard]] std::vector<std::string> touchpoints_of_newest(const StayTable& table);

/// By touchpoint of touchpoints_of_newest(): when it was entered, ascending, whatever the version.
[[nodiscard]] std::vector<std::vector<Instant>> entries_of(const StayTable& table,
                                                           const std::vector<std::string>& touchpoints);

}  // namespace lotse
