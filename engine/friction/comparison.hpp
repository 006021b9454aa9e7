#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/friction/signal_change.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

/// Two versions of a journey, by number.
struct VersionPair {
  std::uint32_t before = 0;
  std::uint32_t now = 0;
};

/// What a comparison is asked for. Of periods: `now` is [from, to), `before` is [against_from, against_to);
/// stays belong where they were entered. Of versions: the instances of one against those of the other, all
/// stays or those entered in [from, to).
struct ComparisonQuery {
  std::optional<Instant> from{};          ///< left out, of periods: 28 days before `to`
  std::optional<Instant> to{};            ///< left out, of periods: as_of
  std::optional<Instant> against_from{};  ///< left out: so that before is as long as now
  std::optional<Instant> against_to{};    ///< likewise; both left out: `from`
  std::optional<VersionPair> versions{};  ///< against_from and against_to are then not looked at
  double q = 0.10;                        ///< false discovery rate, in (0, 1)
};

/// One of the two that are compared, and what is in it.
struct ComparedSide {
  std::optional<std::uint32_t> version{};
  std::optional<Instant> from{};  ///< stays entered from here
  std::optional<Instant> to{};    ///< and before here
  std::uint64_t customers = 0;
  std::uint64_t instances = 0;  ///< with such a stay
  std::uint64_t stays = 0;
  std::uint64_t at_risk = 0;  ///< of the stays: at touchpoints where silence counts as leaving
  std::uint64_t mature = 0;   ///< of those: entered at least the horizon ago
};

/// Restricted mean times to leaving (FRICTION: RMST), hours of 3,600 s.
struct DwellChange {
  Duration within{0};  ///< their limit: the shorter horizon, or the longest that both sides were watched
  double before_hours = 0;
  double now_hours = 0;
};

/// One touchpoint on both sides. Versions of it are one while nothing has changed that customers meet there.
struct TouchpointChange {
  std::string touchpoint;  ///< id
  std::string label_before;
  std::string label_now;
  bool changed = false;  ///< what was there before is compared with what replaced it
  std::string title;
  std::string stage;
  std::string owner;
  std::uint64_t entered_before = 0;
  std::uint64_t entered_now = 0;
  std::uint64_t mature_before = 0;
  std::uint64_t mature_now = 0;
  std::optional<DwellChange> dwell{};  ///< where both sides have stays
  std::vector<SignalChange> signals;   ///< by Signal; those that can occur on a side
};

/// Instances that reached the goal, of those opened.
struct AchievedChange {
  Duration within{0};  ///< since opening: the longest that both sides could be watched
  ComparedRate before;
  ComparedRate now;
  Interval interval{-1, 1};  ///< Newcombe, 95 %, of now − before
};

/// Feedback of one scale on the stays of each side.
struct ScoreChange {
  Scale scale{};
  std::optional<ScaleSummary> before{};
  std::optional<ScaleSummary> now{};
};

struct SignalTests {
  Signal signal{};
  std::size_t tested = 0;  ///< m
  std::size_t beyond_chance = 0;
  double expected_false = 0;  ///< q × beyond_chance: at most so many of those, on average
};

/// What changed between two periods or versions of a journey.
struct ComparisonReport {
  std::string journey;
  std::string title;
  Instant as_of{};
  double q = 0.10;
  ComparedSide before;
  ComparedSide now;
  std::vector<SignalTests> tests;                   ///< by Signal
  std::vector<TouchpointChange> touchpoints;        ///< in the order of the file (newest version first)
  std::optional<Decomposition> journey_drop_off{};  ///< of all stays at risk, by touchpoint
  std::optional<AchievedChange> achieved{};         ///< where the journey has a goal and both sides instances
  std::vector<ScoreChange> scores;                  ///< by Scale
};

/// Compares. FRICTION: "What changed". bad_input for periods that are none or overlap; not_found for a
/// version that the journey does not have. The same whatever the order of customers and the number of
/// threads.
[[nodiscard]] Result<ComparisonReport> comparison_report(const StayTable& table, const ComparisonQuery& query,
                                                         unsigned threads = 1);

}  // namespace lotse
