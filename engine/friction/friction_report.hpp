#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/incidence.hpp"
#include "engine/friction/verdict.hpp"
#include "engine/journey/journey.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// The signals that get verdicts.
enum class Signal : std::uint8_t { drop_off, negative_feedback, broken_promise };
inline constexpr std::size_t signal_count = 3;

/// A share of observed things with its interval: x of n, Wilson at the effective sample.
struct Proportion {
  std::uint64_t x = 0;
  std::uint64_t n = 0;
  Interval interval;
  [[nodiscard]] double rate() const { return n > 0 ? static_cast<double>(x) / static_cast<double>(n) : 0; }
};

/// How the stays were left by the horizon: Aalen–Johansen shares by Cause, which sum to 1; `open` is what is
/// still there.
struct Split {
  std::array<double, cause_count> share{};
  std::array<Interval, cause_count> interval{};  ///< Wilson at each share's own effective sample
};

/// First of escalation (a handover opened), progress and drop-off by the horizon, so that a bot that loses
/// people does not look contained.
struct Containment {
  double contained = 0;  ///< moved on or achieved before any escalation
  double escalated = 0;
  double dropped = 0;
  double other = 0;  ///< went back, hopped, exited
  double open = 0;
  Interval escalated_interval;
};

/// Kaplan–Meier of leaving by any cause.
struct Dwell {
  std::optional<Duration> median{};  ///< nothing where fewer than half are known to have left
  std::optional<Duration> p90{};
  Duration restricted_mean{0};  ///< up to the horizon
};

/// Stays beyond those the graph allows.
struct Waste {
  std::uint64_t repeats = 0;  ///< the touchpoint's own event again, same channel
  std::uint64_t hops = 0;     ///< the touchpoint again in another channel
  std::uint64_t returns = 0;  ///< came back against the graph
  std::uint64_t stays = 0;    ///< hops + returns
  Duration time{0};           ///< spent in those stays so far
};

/// Consecutive stays in different channels, counted where the customer came from.
struct Hops {
  std::uint64_t designed = 0;  ///< along a transition that crosses channels
  std::uint64_t forced = 0;
  std::uint64_t assist_pull = 0;  ///< out of a machine's channel into a human one
};

struct ScaleSummary {
  Scale scale{};
  std::uint64_t responses = 0;
  std::uint64_t negative = 0;
  double mean = 0;
  double standard_error = 0;    ///< of the mean, by customers
  std::optional<double> nps{};  ///< promoters − detractors in points, −100 to 100, of the nps scale
  std::optional<double> nps_standard_error{};
};

struct FeedbackSummary {
  Proportion negative;               ///< of all responses whatever their scale; the interval by customers
  std::vector<ScaleSummary> scales;  ///< never mixed; by Scale
  Proportion answered;               ///< stays with a response, of those entered
  std::optional<Interval>
      bounds{};  ///< negative share if all the silent were content, or unhappy; under half answered
};

/// One touchpoint, or one of its parts under `--by`.
struct FrictionRow {
  std::string touchpoint;  ///< id
  std::string label;       ///< id, with its versions where it changed between them: `order (v1-2)`
  std::string title;
  std::string stage;  ///< empty where it has none
  std::string owner;
  std::vector<std::uint32_t> versions;
  TouchpointKind kind = TouchpointKind::inbound;
  Turn turn = Turn::customer;
  bool moment_of_truth = false;
  std::optional<std::string> part{};  ///< the channel, segment value or promise state; nothing for the whole

  std::uint64_t entered = 0;
  std::uint64_t resolved = 0;
  std::uint64_t open = 0;
  std::uint64_t mature = 0;  ///< entered at least the horizon ago
  std::uint64_t customers = 0;
  double n_eff = 0;  ///< what F_dropped is worth (of the share left, where there is no drop-off)
  std::optional<Duration> window{};  ///< W: silence that counts as leaving; nothing where it never does
  Duration horizon{0};               ///< h = 2 W
  double design_effect = 1;          ///< of stays on customers
  double drop_variance = 0;          ///< of F_dropped, design effect included
  Split split;
  std::optional<Containment> containment{};  ///< where anything was escalated
  Dwell dwell;
  Proportion past_promise;       ///< of the promises to reach it whose deadline is not after as_of
  std::uint64_t deviations = 0;  ///< left forward, off the path
  Waste waste;
  Hops hops;
  FeedbackSummary feedback;
  double value_entered = 0;  ///< sum of the journey's `value` over the stays
  double value_dropped = 0;
  double daily = 0;  ///< stays entered a day, over the last 28 days before as_of
  std::array<std::optional<Judgement>, signal_count>
      judged{};  ///< by Signal; nothing where the signal cannot occur
};

/// Which of the report's rows a finding is about.
enum class Scope : std::uint8_t {
  touchpoint,  ///< FrictionReport::rows
  part,        ///< FrictionReport::parts
  overall,     ///< FrictionReport::overall
};

/// A cell and signal with a verdict, in the order of the report: verdict, signal, affected_low, affected, id.
struct Finding {
  Scope scope = Scope::touchpoint;
  std::uint32_t row = 0;
  Signal signal = Signal::drop_off;
  double value_at_stake = 0;        ///< affected × mean value of the row's stays; 0 without `value`
  std::optional<double> what_if{};  ///< more achieved if this drop-off alone were at its baseline
  std::optional<Instant>
      ready{};  ///< of an inconclusive one: when enough stays will be there at today's traffic
};

struct PromiseSummary {
  std::string name;  ///< a promise across touchpoints, or a handover's touchpoint
  bool task = false;
  std::uint64_t made = 0;
  Proportion broken;  ///< of those due by as_of
};

/// How often one touchpoint followed another; both into FrictionReport::rows.
struct ObservedMove {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint64_t advanced = 0;
  std::uint64_t went_back = 0;
};

struct SignalSummary {
  Signal signal{};
  std::size_t tested = 0;  ///< m
  std::size_t shown = 0;   ///< confirmed and suspected
  double expected_false = 0;
};

/// Values in, text out: everything that a friction report says.
struct FrictionReport {
  std::string journey;
  std::string title;
  Instant as_of{};
  std::optional<Instant> from{};  ///< stays entered from here
  std::optional<Instant> to{};    ///< and before here
  std::string by;                 ///< `channel`, `promise`, a segment's name, or empty
  std::string where;              ///< the filter's text, or empty
  double q = 0.10;

  std::uint64_t customers = 0;
  std::uint64_t instances = 0;
  std::uint64_t stays = 0;
  std::uint64_t achieved = 0;                  ///< instances
  std::optional<double> achieved_predicted{};  ///< share of instances, by the chain of observed transitions
  std::optional<double> achieved_observed{};   ///< of those opened two of the longest horizons ago
  bool history_matters = false;  ///< the two differ by more than 2 points, and by more than chance
  std::uint32_t starts_without_key = 0;
  std::uint32_t unattributed_feedback = 0;
  std::uint32_t parts_left_out = 0;  ///< cut values beyond the most frequent, folded into `(other)`

  std::vector<FrictionRow> rows;     ///< whole touchpoints, in the order of the file (newest version first)
  std::vector<FrictionRow> parts;    ///< under `by`, by touchpoint, then value
  std::vector<FrictionRow> overall;  ///< all touchpoints together, and by part: entered and feedback only
  std::vector<ObservedMove> moves;   ///< only those seen, by (from, to)
  std::vector<PromiseSummary> promises;
  std::vector<SignalSummary> signals;
  std::size_t judged_fine = 0;    ///< cells and signals that are fine
  std::vector<Finding> findings;  ///< all judged cells but the fine ones, in order
};

/// What a report is asked for.
struct FrictionQuery {
  std::optional<Instant> from{};  ///< stays entered from here
  std::optional<Instant> to{};    ///< and before here
  std::string by;     ///< `channel`, `promise` or a declared segment; empty: whole touchpoints only
  std::string where;  ///< a filter's text, see where.hpp; empty: all
  double q = 0.10;    ///< false discovery rate, in (0, 1)
};

struct StayTable;
struct Tally;

/// Counts the table and reports. bad_input for a cut or a filter that cannot be.
[[nodiscard]] Result<FrictionReport> friction_report(const StayTable& table, const FrictionQuery& query,
                                                     unsigned threads = 1);

/// The report of counts made elsewhere, with `moves` for where customers go on to: the same counts without
/// `--where`, which may leave out all that follows.
[[nodiscard]] FrictionReport friction_report(const StayTable& table, const Tally& tally,
                                             const FrictionQuery& query, const Tally& moves);

/// The report of counts made elsewhere; of `table` only what describes the journey is read, not its stays.
[[nodiscard]] FrictionReport friction_report(const StayTable& table, const Tally& tally,
                                             const FrictionQuery& query);

/// The row's judgement of a finding.
[[nodiscard]] const FrictionRow& row_of(const FrictionReport& report, const Finding& finding);
[[nodiscard]] const Judgement& judgement_of(const FrictionReport& report, const Finding& finding);

[[nodiscard]] std::string_view name(Verdict verdict);
[[nodiscard]] std::string_view name(Signal signal);
[[nodiscard]] std::string_view name(BaselineSource source);
[[nodiscard]] std::string_view name(Cause cause);
[[nodiscard]] std::string_view name(Scale scale);

}  // namespace lotse
