#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/signal.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

/// What a trend is asked for.
struct TrendQuery {
  std::string touchpoint{};  ///< id, or label where an id has several; of an id with several the newest
  Signal signal = Signal::drop_off;
  Duration step = std::chrono::days(7);  ///< how long a period is, above zero: 24 hours are a day
  std::optional<Instant> from{};         ///< nothing: eight steps before `to`
  std::optional<Instant> to{};           ///< nothing: as_of, stays entered just then included
  std::string where{};                   ///< a filter's text, see where.hpp; empty: all
};

/// The stays entered in one period.
struct TrendPoint {
  Instant from{};
  Instant to{};               ///< before here
  std::uint64_t entered = 0;  ///< at the touchpoint
  std::uint64_t mature = 0;   ///< of those, the horizon ago or longer; fewer: the rate may still change
  double n_eff = 0;           ///< what the rate is worth
  std::optional<double>
      rate{};         ///< nothing where there is nothing to say: nobody came, answered, was promised
  Interval interval;  ///< Wilson at n_eff, 95 %
  friend bool operator==(const TrendPoint&, const TrendPoint&) = default;
};

/// One signal of one touchpoint by when its stays were entered. Each rate is that of a friction report of
/// that period alone.
struct TrendReport {
  std::string journey;
  std::string title;
  Instant as_of{};
  std::string touchpoint;        ///< id
  std::string label;             ///< as in the friction report
  std::string touchpoint_title;  ///< empty where it has none
  Signal signal = Signal::drop_off;
  std::string where;
  Duration step{0};
  Duration horizon{0};
  std::vector<TrendPoint> points;  ///< ascending, without gaps; the last one is cut short at `to`
};

/// Counts the table once, whatever the number of periods. not_found for a touchpoint that there is not, with
/// the nearest one; bad_input for a period without an end after its beginning, for more than 400 steps, and
/// for a filter that cannot be. The same whatever the number of `threads`.
[[nodiscard]] Result<TrendReport> trend_report(const StayTable& table, const TrendQuery& query,
                                               unsigned threads = 1);

}  // namespace lotse
