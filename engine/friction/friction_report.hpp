#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/comment_words.hpp"
#include "engine/friction/concentration.hpp"
#include "engine/friction/drivers.hpp"
#include "engine/friction/incidence.hpp"
#include "engine/friction/signal.hpp"
#include "engine/friction/since_mended.hpp"
#include "engine/friction/timers.hpp"
#include "engine/friction/verdict.hpp"
#include "engine/journey/journey.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

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
  Share escalated_sample;  ///< what `escalated` is worth
  double escalated_variance = 0;
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

/// Those from one channel into another.
struct HopPair {
  std::string from;
  std::string to;
  std::uint64_t forced = 0;
  std::uint64_t designed = 0;
  friend bool operator==(const HopPair&, const HopPair&) = default;
};

/// Consecutive stays in different channels, counted where the customer came from.
struct Hops {
  std::uint64_t designed = 0;  ///< along a transition that crosses channels
  std::uint64_t forced = 0;
  std::uint64_t assist_pull = 0;  ///< out of a machine's channel into a human one
  std::vector<HopPair> pairs{};   ///< only those seen, in the order of StayTable::channels
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
  Duration mean_lateness{0};     ///< of the broken ones: until it was reached, or as_of
  Proportion forced;             ///< stays left by a forced hop, of those entered
  Proportion repeated;           ///< stays that came back or went on in another channel, of those entered
  Proportion lost_context;       ///< stays in which something was asked again or missing, of those entered
  bool keeps_context = false;    ///< asks for a field or needs one, here or beside
  std::uint64_t deviations = 0;  ///< left forward, off the path
  Waste waste;
  Hops hops;
  FeedbackSummary feedback;
  double value_entered = 0;  ///< sum of the journey's `value` over the stays
  double value_dropped = 0;
  double daily = 0;                  ///< stays entered a day, over the last 28 days before as_of
  std::vector<NamedTimer> timers{};  ///< leavings that are a timer's; of whole touchpoints
  std::array<std::optional<Judgement>, signal_count>
      judged{};  ///< by Signal; nothing where the signal cannot occur
};

/// Which of the report's rows a finding is about.
enum class Scope : std::uint8_t {
  touchpoint,  ///< FrictionReport::rows
  part,        ///< FrictionReport::parts
  overall,     ///< FrictionReport::overall
};

/// What is found about a confirmed or suspected finding of a whole touchpoint when one looks closer.
struct FindingDetails {
  std::optional<Concentrations> where{};  ///< of concentrating_signals
  std::optional<Drivers> drivers{};       ///< of drop-offs: what goes together with them
  std::optional<CommentWords> words{};    ///< of negative feedback with comments
};

/// A cell and signal with a verdict, in the order of the report: verdict, signal, affected_low, affected, id.
struct Finding {
  Scope scope = Scope::touchpoint;
  std::uint32_t row = 0;
  Signal signal = Signal::drop_off;
  double value_at_stake = 0;        ///< affected × mean value of the row's stays; 0 without `value`
  double hours = 0;                 ///< customers' time that the affected spent in vain; 0 where not known
  std::optional<double> what_if{};  ///< more achieved if this drop-off alone were at its baseline
  std::optional<Instant>
      ready{};  ///< of an inconclusive one: when enough stays will be there at today's traffic
  FindingDetails details{};
};

/// A part that is worse than the other parts only through whom it serves: with a segment held fixed nothing
/// says that it is. Its verdict is `fine`.
struct ExplainedPart {
  Scope scope = Scope::part;
  std::uint32_t row = 0;
  Signal signal = Signal::drop_off;
  std::string segment;
  OddsRatio crude;     ///< of the signal, against the touchpoint's other parts
  OddsRatio adjusted;  ///< with the segment held fixed
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
  std::uint64_t deviation = 0;  ///< of both: off the declared paths, as all are that went back
};

/// How often something that the customer had told was asked again or missing.
struct LostItem {
  std::string touchpoint;  ///< id, of a message or a task too
  std::string field;
  LostContext::What what{};
  std::uint64_t stays = 0;
};

/// What the confirmed and suspected findings of whole touchpoints cost, in the currencies that are never
/// added up.
struct Currencies {
  double customers_lost = 0;  ///< beyond the baselines
  double customers_lost_low = 0;
  double unhappy = 0;
  double unhappy_low = 0;
  double hours = 0;         ///< customers' hours beyond the baselines: repeats, hops, waits past a promise
  double value = 0;         ///< at stake in those lost; 0 without `value`
  double hours_wasted = 0;  ///< all of them, with or without a finding: in repeats and hops
  double hours_late = 0;    ///< … past promises
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
  std::optional<Instant> from{};          ///< stays entered from here
  std::optional<Instant> to{};            ///< and before here
  std::optional<Instant> history_from{};  ///< history is what was entered from here to before `from`
  std::string by;                         ///< `channel`, `promise`, a segment's name, or empty
  std::string where;                      ///< the filter's text, or empty
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
  std::vector<LostItem> lost;  ///< only those seen, most frequent first
  Currencies currencies;
  std::vector<SignalSummary> signals;
  std::size_t judged_fine = 0;             ///< cells and signals that are fine
  std::vector<Finding> findings;           ///< all judged cells but the fine ones, in order
  std::vector<ExplainedPart> explained{};  ///< in the order in which they would be findings
  std::vector<StandingState> states{};     ///< by finding; see add_states()
};

/// What a report is asked for.
struct FrictionQuery {
  std::optional<Instant> from{};  ///< stays entered from here
  std::optional<Instant> to{};    ///< and before here
  std::string by;     ///< `channel`, `promise` or a declared segment; empty: whole touchpoints only
  std::string where;  ///< a filter's text, see where.hpp; empty: all
  double q = 0.10;    ///< false discovery rate, in (0, 1)
  BaselineChoice baseline = BaselineChoice::automatic;
  Duration history = std::chrono::days(28);  ///< how long before `from` the window of history begins
  bool details = true;  ///< where findings concentrate, what goes with them, words and timers
};

struct Selection;
struct StayTable;
struct Tally;

/// Counts of one table, made elsewhere (of several stores they add).
struct FrictionCounts {
  const Tally& chosen;             ///< what was asked for
  const Tally* moves = nullptr;    ///< where customers go on to: without `--where`; null: `chosen`
  const Tally* history = nullptr;  ///< of the window before; null: there is none
};

/// Which stays a query counts, and by what they are cut; the filter apart. bad_input for a cut that cannot
/// be.
[[nodiscard]] Result<Selection> selection_of(const StayTable& table, const FrictionQuery& query);

/// Counts the table and reports. bad_input for a cut or a filter that cannot be.
[[nodiscard]] Result<FrictionReport> friction_report(const StayTable& table, const FrictionQuery& query,
                                                     unsigned threads = 1);

/// The report of counts made elsewhere; of `table` only what describes the journey is read, not its stays.
[[nodiscard]] FrictionReport friction_report(const StayTable& table, const FrictionCounts& counts,
                                             const FrictionQuery& query);

/// The row's judgement of a finding.
[[nodiscard]] const FrictionRow& row_of(const FrictionReport& report, const Finding& finding);
[[nodiscard]] const Judgement& judgement_of(const FrictionReport& report, const Finding& finding);

/// What a finding is called, the same in every report of the same cut: `drop_off:appointment`,
/// `drop_off:appointment:web`, `negative_feedback::web` of all touchpoints together.
[[nodiscard]] std::string finding_id(const FrictionReport& report, const Finding& finding);

[[nodiscard]] std::string_view name(Verdict verdict);
[[nodiscard]] std::string_view name(BaselineSource source);
[[nodiscard]] std::string_view name(Cause cause);
[[nodiscard]] std::string_view name(Scale scale);

}  // namespace lotse
