#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/friction/cluster.hpp"
#include "engine/friction/durations.hpp"
#include "engine/friction/hop_counts.hpp"
#include "engine/friction/signal.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

inline constexpr std::size_t scale_count = 5;  ///< of Scale

/// What rows are cut by, beside the touchpoint.
enum class CutKind : std::uint8_t {
  none,
  channel,
  segment,
  promise,
  period,  ///< when the stay was entered
};

/// Which stays are counted, and by what.
struct Selection {
  std::optional<Instant> from{};  ///< entered here or later
  std::optional<Instant> to{};    ///< entered before
  CutKind cut = CutKind::none;
  std::size_t segment = 0;                  ///< of StayTable::segments, where cut is segment
  const std::vector<bool>* keep = nullptr;  ///< by stay: what `--where` lets through; null: all
  /// Where cut is period: when each begins, ascending; the first is `from`. Parts have its text as their
  /// name.
  std::vector<Instant> periods{};
};

/// The promise's state at a moment, as the engine knows it by itself: of all promises of the instance (to
/// reach a touchpoint, to leave one, across touchpoints) one was broken by then, or at least one kept, or
/// none was due.
namespace promise_state {
inline const std::string kept = "kept";
inline const std::string broken = "broken";
inline const std::string not_due = "not due";
}  // namespace promise_state

struct ScaleTally {
  std::uint64_t negative = 0;
  ClusterSums score;      ///< Σ score (ten-thousandths), by customer
  ClusterSums promoters;  ///< Σ (promoter − detractor), of nps
  ScaleTally& operator+=(const ScaleTally& other);
  friend bool operator==(const ScaleTally&, const ScaleTally&) = default;
};

/// What adds up over stays, whoever they are of.
struct StayCounts {
  std::uint64_t entered = 0;
  std::uint64_t mature = 0;      ///< entered at least the horizon ago
  std::uint64_t recent = 0;      ///< entered in the last 28 days, whatever the selection's dates
  std::uint64_t after_goal = 0;  ///< entered by instances that had reached their goal
  std::uint64_t deviations = 0;  ///< left forward, off the path
  std::uint64_t repeats = 0;
  std::uint64_t designed = 0;
  std::uint64_t forced = 0;
  std::uint64_t assist_pull = 0;
  HopCounts hop_pairs;
  std::uint64_t valued = 0;
  std::int64_t value = 0;  ///< ten-thousandths
  std::int64_t value_dropped = 0;
  std::uint64_t hops_in = 0;  ///< stays begun by a hop (joined into one unit or not)
  std::uint64_t returns = 0;
  std::int64_t waste_ms = 0;
  std::array<std::uint64_t, cause_count> causes{};  ///< by Cause, as of as_of
  DurationCounts durations;
  DurationCounts escalated_at;    ///< of the escalated: until then (under Cause::advanced)
  DurationCounts escalated_left;  ///< of the same stays: as in `durations`

  void add(const TimeBins& bins, const StayCounts& other);
  friend bool operator==(const StayCounts&, const StayCounts&) = default;
};

/// Everything a report needs to know of one cell, in integers that add over disjoint sets of customers.
struct CellTally : StayCounts {
  std::uint64_t customers = 0;
  ClusterSums mature_drops;  ///< drop-offs by the horizon among mature stays, by customer
  std::uint64_t due = 0;     ///< promises to reach it whose deadline is not after as_of
  std::uint64_t past = 0;    ///< of those, not reached by then
  std::int64_t late_ms = 0;  ///< by how much those were late, up to as_of where they still are
  ClusterSums past_by_customer;
  ClusterSums forced_by_customer;    ///< stays left by a forced hop, of those entered
  ClusterSums repeated_by_customer;  ///< stays that came back against the graph or went on in another channel
  ClusterSums lost_by_customer;  ///< stays in which the customer was asked again, or something was missing
  std::uint64_t answered = 0;    ///< units with feedback
  ClusterSums negative;          ///< negative of all answers, by customer
  std::array<ScaleTally, scale_count> scales;

  void add(const TimeBins& bins, const CellTally& other);
  friend bool operator==(const CellTally&, const CellTally&) = default;
};

struct CellKey {
  std::uint16_t place = no_index;     ///< no_index: all touchpoints together (feedback and `entered` only)
  std::optional<std::string> part{};  ///< the cut's value; nothing: the whole
  friend auto operator<=>(const CellKey&, const CellKey&) = default;
};

struct PromiseTally {
  std::uint64_t made = 0;
  std::uint64_t due = 0;
  std::uint64_t broken = 0;
  PromiseTally& operator+=(const PromiseTally& other);
  friend bool operator==(const PromiseTally&, const PromiseTally&) = default;
};

/// The counters of a report: a commutative monoid over disjoint sets of customers, tally(A ∪ B) = tally(A) +
/// tally(B).
struct Tally {
  std::map<CellKey, CellTally> cells;
  std::vector<std::uint64_t> advanced;  ///< [from][to] of whole stays, by place
  std::vector<std::uint64_t> went_back;
  std::vector<std::uint64_t> deviated;  ///< of `advanced`: off the path
  std::vector<std::uint64_t> starts;    ///< instances by the place of their first stay
  std::vector<PromiseTally> promises;   ///< by StayTable::promise_names
  std::vector<PromiseTally> tasks;      ///< by StayTable::task_places
  std::uint64_t customers = 0;          ///< with a selected stay
  std::uint64_t instances = 0;
  std::uint64_t stays = 0;
  std::uint64_t achieved = 0;       ///< of the instances
  std::uint64_t old_instances = 0;  ///< opened at least twice the longest horizon ago
  std::uint64_t old_achieved = 0;   ///< of those
  std::uint64_t starts_without_key = 0;
  std::uint64_t unattributed_feedback = 0;
  std::vector<std::uint64_t> lost;  ///< stays by StayTable::wanted

  void add(const TimeBins& bins, const Tally& other);
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// The bins of a table's durations: those of its journey's files.
[[nodiscard]] TimeBins bins_of(const StayTable& table);

/// Counts a table on `threads` threads; the same whatever their number.
[[nodiscard]] Tally tally(const StayTable& table, const Selection& selection, unsigned threads = 1);

/// One of those that a signal's share counts.
struct Case {
  std::uint32_t customer = 0;
  std::uint32_t stay = 0;  ///< the first row of the stay that it is about
  Instant at{};            ///< when it showed
  friend bool operator==(const Case&, const Case&) = default;
};

/// The cases of `signal` in one cell, in the table's order: stays dropped by the horizon (`at`: when),
/// negative answers (given), promises broken (their deadline; once where several stays await the same), stays
/// escalated (then), left by a forced hop (then), repeated and with lost context (entered). Of a drop-off
/// those of stays that are not mature are in it too, as they are in the Aalen–Johansen share.
[[nodiscard]] std::vector<Case> cases_of(const StayTable& table, const Selection& selection,
                                         const CellKey& cell, Signal signal);

/// Whether a score is bad on its scale: nps ≤ 6, csat5 ≤ 2, ces7 ≤ 3 (7 = easy), stars ≤ 2, sentiment ≤ −0.3.
[[nodiscard]] bool is_negative_fixed(Scale scale, std::int64_t score);

}  // namespace lotse
