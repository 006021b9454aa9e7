#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/kpi.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// What a scorecard is asked for.
struct ScorecardQuery {
  std::optional<Instant> from{};          ///< journeys opened and answers given from here; left out: all
  std::optional<Instant> to{};            ///< and before here; left out: up to as_of
  std::string by{};                       ///< the only segment that gets rows; empty: every declared one
  std::optional<Duration> churn_after{};  ///< as KpiQuery::churn_after
};

/// What one task costs by the team that takes it, in the currency of the journey's `value`.
struct HandoverCosts {
  /// By version number and StayTable::task_places, in ten-thousandths; only of teams that declare a cost.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> of;
  std::vector<std::string>
      undeclared;  ///< teams that this journey hands over to and that declare none, sorted
};

/// A share with its 95 % interval: Wilson at the effective sample.
struct EstimatedShare {
  double rate = 0;
  double n_eff = 0;
  Interval interval;
};

/// The whole journey, a stage or a segment's value. Counts, money and hours are of the journeys (instances)
/// opened in the period, a stage's of those that came there, as of as_of. A journey is over when it has
/// achieved, dropped or ended otherwise; one that is still open is censored, neither achieved nor lost.
struct ScorecardRow {
  KpiLevel level = KpiLevel::journey;
  std::string name;  ///< of the stage or segment; empty for the journey
  std::string part;  ///< the segment's value when the journey was opened
  std::uint64_t customers = 0;
  std::uint64_t journeys = 0;
  std::uint64_t achieved = 0;
  std::uint64_t dropped = 0;        ///< in silence; of a stage: while there
  std::uint64_t dropped_later = 0;  ///< of a stage: in silence, in another stage
  std::uint64_t ended = 0;          ///< otherwise, without having achieved
  std::uint64_t open = 0;

  // What customers met.
  std::optional<Score> score{};                   ///< on Scorecard::scale; answers given in the period
  std::uint64_t answers = 0;                      ///< on any scale
  std::uint64_t negative = 0;                     ///< of those
  std::optional<EstimatedShare> dropped_share{};  ///< Aalen–Johansen; nothing where there are no journeys
  Duration time{0};            ///< mean from the opening until over; of a stage: spent in it by then
  Duration waiting{0};         ///< of that, while it was our turn or a third party's, or a task was open
  std::uint64_t promised = 0;  ///< journeys in which a promise was kept or broken
  std::uint64_t broken = 0;    ///< of those, in which one was broken
  std::optional<EstimatedShare> broken_share{};  ///< nothing where no promise has come due
  std::uint64_t handovers = 0;                   ///< tasks opened
  std::uint64_t repeats = 0;                     ///< the touchpoint's own event again during the stay
  std::uint64_t returns = 0;  ///< stays that came back against the graph, or went on in another channel
  Duration wasted{0};         ///< spent in those stays, all together

  // What it was worth.
  std::optional<EstimatedShare> achieved_share{};  ///< Aalen–Johansen, as dropped_share
  std::optional<double> value_achieved{};    ///< sum of `value`; nothing where no journey of the row has one
  std::optional<double> value_lost{};        ///< of those dropped (of a stage: there)
  std::optional<double> handover_cost{};     ///< nothing where no task's team declares a cost
  std::uint64_t handovers_without_cost = 0;  ///< tasks that are not in it
  std::optional<double> churn_by_90_days{};  ///< as Churn; not of a stage
  std::optional<double> lifetime_value{};    ///< as LifetimeValue; not of a stage
};

/// A share among those of whom something is true less the share among the others.
struct ShareDifference {
  std::uint64_t n_with = 0;
  std::uint64_t n_without = 0;
  double with = 0;
  double without = 0;
  Interval interval;   ///< Newcombe, 95 %, of with − without
  Duration within{0};  ///< both shares are of what happens in this time after the landmark
};

/// What customers are told apart by at the landmark.
enum class LandmarkContrast : std::uint8_t {
  negative_answer,  ///< their first answer, which is the landmark, was negative
  friction,         ///< a broken promise, a forced hop, a repeat or a return by the landmark
};

/// Customers of whom something is true at a moment (the landmark) against the others, only those whose
/// journey is not over at that moment. Each customer counts once. What goes together, and not why.
struct LandmarkComparison {
  LandmarkContrast contrast = LandmarkContrast::negative_answer;
  double quarter =
      0;  ///< of friction: which share of the median time until over the landmark is: 0.25, 0.5, 0.75
  Duration landmark{0};  ///< of friction: age of the journey
  std::uint64_t with = 0;
  std::uint64_t without = 0;
  std::optional<ShareDifference> achieved{};  ///< nothing with fewer than 20 customers on a side
  std::optional<ShareDifference>
      churned{};  ///< gone silent in the 90 days after; nothing also where they were
                  ///< not watched so long, or where silence must last as long to count
};

struct Scorecard {
  std::string journey;
  std::string title;
  Instant as_of{};
  std::optional<Instant> from{};
  std::optional<Instant> to{};
  std::string by;
  std::optional<Duration> churn_after{};
  std::optional<Scale> scale{};  ///< the first of nps, csat5, ces7, stars, sentiment that anybody answered on
  std::vector<std::string> teams_without_cost;
  std::uint32_t folded = 0;  ///< segments' values that are together in `(other)`
  std::uint32_t unattributed_feedback = 0;
  std::optional<Duration> median{};  ///< Kaplan–Meier, of customers' first journeys until over
  std::vector<ScorecardRow> rows;    ///< the journey, its stages in order, its segments by name and value
  std::vector<LandmarkComparison> comparisons;  ///< negative answer, then friction by landmark
};

/// Fewest customers on a side of a comparison.
inline constexpr std::uint64_t least_compared = 20;

/// The costs that `teams` of channels.yaml declare, of the tasks of these versions.
[[nodiscard]] HandoverCosts handover_costs(const StayTable& table, const JourneyVersions& versions,
                                           const Channels& channels);

/// What customers met beside what it was worth. Equal for any order and partition of the customers.
/// bad_input for a period that is none and a segment that is not declared.
[[nodiscard]] Result<Scorecard> scorecard(const StayTable& table, const HandoverCosts& costs,
                                          const ScorecardQuery& query);

[[nodiscard]] std::string_view name(LandmarkContrast contrast);

}  // namespace lotse
