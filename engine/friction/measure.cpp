#include "engine/friction/measure.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace lotse {
namespace {

constexpr auto dropped = static_cast<std::size_t>(Cause::dropped);

/// An escalation is a way of its own: the first of it, progress and drop-off.
enum Outcome : std::size_t { still_open, contained, escalated, drop, other };

Outcome outcome_of(Cause cause) {
  switch (cause) {
    case Cause::open:
      return still_open;
    case Cause::advanced:
    case Cause::achieved:
      return contained;
    case Cause::dropped:
      return drop;
    case Cause::hopped:
    case Cause::went_back:
    case Cause::exited:
      return other;
  }
  return other;
}

/// Nothing where no task can be opened, and none was.
std::optional<Containment> containment(const CellTally& cell, const Place& place, const TimeBins& bins,
                                       double design_effect) {
  if (cell.entered == 0 || (cell.escalated_at.empty() && !place.may_escalate)) return std::nullopt;
  const Duration horizon = place.horizon;
  const bool binned = cell.durations.binned();
  std::map<std::int64_t, LeavingTime> times;
  const auto at = [&](const LeavingTime& time) -> LeavingTime& {
    LeavingTime& slot = times[time.at];
    slot.at = time.at;
    slot.from = time.from;
    return slot;
  };
  const auto shift = [&](const std::vector<LeavingTime>& from, bool add) {
    for (const LeavingTime& time : from) {
      LeavingTime& slot = at(time);
      for (std::size_t cause = 0; cause < cause_count; ++cause) {
        std::uint64_t& count = slot.count[outcome_of(static_cast<Cause>(cause))];
        count = add ? count + time.count[cause] : count - time.count[cause];
      }
    }
  };
  shift(cell.durations.times(bins), true);
  shift(cell.escalated_left.times(bins, binned), false);
  for (const LeavingTime& time : cell.escalated_at.times(bins, binned))
    at(time).count[escalated] += time.left();

  std::vector<LeavingTime> list;
  for (const auto& [key, time] : times) list.push_back(time);
  const Incidence incidence = aalen_johansen(list, horizon.count());
  Containment result{.contained = incidence.share[contained],
                     .escalated = incidence.share[escalated],
                     .dropped = incidence.share[drop],
                     .other = incidence.share[other],
                     .open = incidence.share[still_open],
                     .escalated_interval = {},
                     .escalated_sample = effective_sample(
                         incidence.share[escalated], incidence.variance[escalated],
                         static_cast<double>(cell.entered), static_cast<double>(cell.mature), design_effect),
                     .escalated_variance = incidence.variance[escalated] * design_effect};
  result.escalated_interval = wilson(result.escalated_sample);
  return result;
}

std::optional<Duration> rounded(std::optional<double> milliseconds) {
  if (!milliseconds) return std::nullopt;
  return Duration{std::llround(*milliseconds)};
}

/// A share with its interval by customers.
Proportion clustered(std::uint64_t x, std::uint64_t n, const ClusterSums& sums) {
  return {.x = x, .n = n, .interval = wilson(effective_sample(sums))};
}

FeedbackSummary feedback_of(const CellTally& cell) {
  FeedbackSummary summary;
  const auto answers = static_cast<std::uint64_t>(cell.negative.n);
  summary.negative = clustered(static_cast<std::uint64_t>(cell.negative.x), answers, cell.negative);
  for (std::size_t scale = 0; scale < scale_count; ++scale) {
    const ScaleTally& tally = cell.scales[scale];
    if (tally.score.n == 0) continue;
    ScaleSummary& own = summary.scales.emplace_back();
    own.scale = static_cast<Scale>(scale);
    own.responses = static_cast<std::uint64_t>(tally.score.n);
    own.negative = tally.negative;
    own.mean = tally.score.ratio() / static_cast<double>(fixed_point);
    own.standard_error = std::sqrt(tally.score.variance()) / static_cast<double>(fixed_point);
    if (own.scale == Scale::nps) {
      own.nps = 100 * tally.promoters.ratio();
      own.nps_standard_error = 100 * std::sqrt(tally.promoters.variance());
    }
  }
  summary.answered = {.x = cell.answered, .n = cell.entered, .interval = {}};
  summary.answered.interval =
      wilson({static_cast<double>(std::min(cell.answered, cell.entered)), static_cast<double>(cell.entered)});
  const bool under_half = answers > 0 && cell.answered <= cell.entered && 2 * cell.answered < cell.entered;
  if (under_half) {
    const auto entered = static_cast<double>(cell.entered);
    const double unhappy = summary.negative.rate() * static_cast<double>(cell.answered);
    summary.bounds =
        Interval{unhappy / entered, (unhappy + entered - static_cast<double>(cell.answered)) / entered};
  }
  return summary;
}

}  // namespace

FrictionRow measure(const Place* place, std::optional<std::string> part, const CellTally& cell,
                    const TimeBins& bins) {
  FrictionRow row;
  row.part = std::move(part);
  row.entered = cell.entered;
  row.customers = cell.customers;
  row.feedback = feedback_of(cell);
  if (place == nullptr) return row;

  row.touchpoint = place->id;
  row.label = place->label;
  row.title = place->title;
  row.stage = place->stage;
  row.owner = place->owner;
  row.versions = place->versions;
  row.kind = place->kind;
  row.turn = place->turn;
  row.moment_of_truth = place->moment_of_truth;
  row.open = cell.causes[0];
  row.resolved = cell.entered - cell.causes[0];
  row.mature = cell.mature;
  row.horizon = place->horizon;
  const auto* silence = std::get_if<Duration>(&place->abandon_after);
  if (silence != nullptr && place->turn == Turn::customer) row.window = *silence;
  row.design_effect = design_effect(cell.mature_drops);

  const std::vector<LeavingTime> times = cell.durations.times(bins);
  const Incidence incidence = aalen_johansen(times, place->horizon.count());
  const auto entered = static_cast<double>(cell.entered);
  const auto mature = static_cast<double>(cell.mature);
  row.split.share = incidence.share;
  for (std::size_t cause = 0; cause < cause_count; ++cause) {
    row.split.interval[cause] = wilson(effective_sample(incidence.share[cause], incidence.variance[cause],
                                                        entered, mature, row.design_effect));
  }
  const std::size_t judged = row.window ? dropped : 0;
  const Share worth = effective_sample(incidence.share[judged], incidence.variance[judged], entered, mature,
                                       row.design_effect);
  row.n_eff = cell.entered > 0 ? worth.n : 0;
  row.drop_variance = incidence.variance[dropped] * row.design_effect;
  row.containment = containment(cell, *place, bins, row.design_effect);
  row.dwell.median = rounded(kaplan_meier_quantile(times, 0.5));
  row.dwell.p90 = rounded(kaplan_meier_quantile(times, 0.9));
  row.dwell.restricted_mean = Duration{std::llround(restricted_mean(times, place->horizon.count()))};
  row.past_promise = clustered(cell.past, cell.due, cell.past_by_customer);
  if (cell.past > 0) row.mean_lateness = Duration{cell.late_ms / static_cast<std::int64_t>(cell.past)};
  const auto of_entered = [&](const ClusterSums& sums) {
    return clustered(static_cast<std::uint64_t>(sums.x), cell.entered, sums);
  };
  row.forced = of_entered(cell.forced_by_customer);
  row.repeated = of_entered(cell.repeated_by_customer);
  row.lost_context = of_entered(cell.lost_by_customer);
  row.keeps_context = place->keeps_context || row.lost_context.x > 0;
  row.deviations = cell.deviations;
  row.waste = {.repeats = cell.repeats,
               .hops = cell.hops_in,
               .returns = cell.returns,
               .stays = cell.hops_in + cell.returns,
               .time = Duration{cell.waste_ms}};
  row.hops = {.designed = cell.designed, .forced = cell.forced, .assist_pull = cell.assist_pull};
  row.value_entered = static_cast<double>(cell.value) / static_cast<double>(fixed_point);
  row.value_dropped = static_cast<double>(cell.value_dropped) / static_cast<double>(fixed_point);
  row.daily = static_cast<double>(cell.recent) / 28;
  return row;
}

std::optional<Evidence> evidence_of(Signal signal, const Place* place, const CellTally& cell,
                                    const FrictionRow& row) {
  const auto clustered_evidence = [](const ClusterSums& sums) -> std::optional<Evidence> {
    if (sums.n == 0) return std::nullopt;
    Evidence evidence;
    evidence.sample = effective_sample(sums);
    evidence.variance = sums.variance();
    evidence.entered = static_cast<double>(sums.n);
    return evidence;
  };
  const bool stays_on = place != nullptr && !place->terminal;
  switch (signal) {
    case Signal::drop_off: {
      if (!stays_on || !row.window || cell.entered == 0) return std::nullopt;
      Evidence evidence;
      evidence.sample = {row.split.share[dropped] * row.n_eff, row.n_eff};
      evidence.variance = row.drop_variance;
      evidence.entered = static_cast<double>(cell.entered);
      evidence.target = place->target;
      return evidence;
    }
    case Signal::negative_feedback:
      return clustered_evidence(cell.negative);
    case Signal::broken_promise:
      return clustered_evidence(cell.past_by_customer);
    case Signal::escalation: {
      if (!stays_on || !row.containment) return std::nullopt;
      Evidence evidence;
      evidence.sample = row.containment->escalated_sample;
      evidence.variance = row.containment->escalated_variance;
      evidence.entered = static_cast<double>(cell.entered);
      return evidence;
    }
    case Signal::forced_hop:
      return stays_on ? clustered_evidence(cell.forced_by_customer) : std::nullopt;
    case Signal::repeat:
      return stays_on ? clustered_evidence(cell.repeated_by_customer) : std::nullopt;
    case Signal::lost_context:
      return row.keeps_context ? clustered_evidence(cell.lost_by_customer) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace lotse
