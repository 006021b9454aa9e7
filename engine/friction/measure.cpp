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

std::optional<Containment> containment(const CellTally& cell, const TimeBins& bins, Duration horizon,
                                       double design_effect) {
  if (cell.escalated_at.empty()) return std::nullopt;
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
                     .escalated_interval = {}};
  result.escalated_interval = wilson(effective_sample(result.escalated, incidence.variance[escalated],
                                                      static_cast<double>(cell.entered),
                                                      static_cast<double>(cell.mature), design_effect));
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
  row.containment = containment(cell, bins, place->horizon, row.design_effect);
  row.dwell.median = rounded(kaplan_meier_quantile(times, 0.5));
  row.dwell.p90 = rounded(kaplan_meier_quantile(times, 0.9));
  row.dwell.restricted_mean = Duration{std::llround(restricted_mean(times, place->horizon.count()))};
  row.past_promise = clustered(cell.past, cell.due, cell.past_by_customer);
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
  Evidence evidence;
  switch (signal) {
    case Signal::drop_off: {
      if (place == nullptr || !row.window || place->terminal || cell.entered == 0) return std::nullopt;
      evidence.sample = {row.split.share[dropped] * row.n_eff, row.n_eff};
      evidence.variance = row.drop_variance;
      evidence.entered = static_cast<double>(cell.entered);
      evidence.target = place->target;
      return evidence;
    }
    case Signal::negative_feedback: {
      if (cell.negative.n == 0) return std::nullopt;
      evidence.sample = effective_sample(cell.negative);
      evidence.variance = cell.negative.variance();
      evidence.entered = static_cast<double>(cell.negative.n);
      return evidence;
    }
    case Signal::broken_promise: {
      if (cell.due == 0) return std::nullopt;
      evidence.sample = effective_sample(cell.past_by_customer);
      evidence.variance = cell.past_by_customer.variance();
      evidence.entered = static_cast<double>(cell.due);
      return evidence;
    }
  }
  return std::nullopt;
}

}  // namespace lotse
