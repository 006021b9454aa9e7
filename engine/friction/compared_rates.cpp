#include "engine/friction/compared_rates.hpp"

#include <algorithm>
#include <cmath>

#include "engine/friction/incidence.hpp"
#include "engine/friction/measure.hpp"
#include "engine/friction/significance.hpp"

namespace lotse {
namespace {

constexpr double least_sample = 20;

Duration watched(const CellTally* cell, const TimeBins& bins) {
  return cell == nullptr ? Duration::max() : lotse::watched(cell->durations.times(bins));
}

}  // namespace

Duration watched(std::span<const LeavingTime> times) {
  if (times.empty() || times.back().censored() == 0) return Duration::max();
  return Duration{times.back().at};
}

bool is_large(const ComparedRate& rate) { return std::floor(rate.sample.n + 1e-9) >= least_sample; }

ComparedReading reading_of(const Place& before, const CellTally* cell_before, const Place& now,
                           const CellTally* cell_now, const TimeBins& bins) {
  const Duration watched_before = watched(cell_before, bins);
  const Duration watched_now = watched(cell_now, bins);
  if (before.horizon != now.horizon) {
    return {.before = before.horizon,
            .now = now.horizon,
            .cut_short = false,
            .enough = watched_before >= before.horizon && watched_now >= now.horizon};
  }
  const Duration within = std::min({before.horizon, watched_before, watched_now});
  return {.before = within, .now = within, .cut_short = within < before.horizon, .enough = true};
}

ComparedRates rates_of(const Place* place, const CellTally* cell, Duration within, const TimeBins& bins) {
  ComparedRates rates;
  if (cell == nullptr) return rates;
  std::optional<Place> read;
  if (place != nullptr) {
    read = *place;
    read->horizon = within;
  }
  const Place* const at = read ? &*read : nullptr;
  const FrictionRow row = measure(at, {}, *cell, bins);
  for (const Signal signal : all_signals) {
    const std::optional<Evidence> evidence = evidence_of(signal, at, *cell, row);
    if (!evidence) continue;
    rates[static_cast<std::size_t>(signal)] =
        ComparedRate{.rate = evidence->sample.rate(),
                     .sample = evidence->sample,
                     .n = static_cast<std::uint64_t>(std::llround(evidence->entered))};
  }
  return rates;
}

SignalChange compare_rates(Signal signal, const std::optional<ComparedRate>& before,
                           const std::optional<ComparedRate>& now, const ComparedReading& reading) {
  SignalChange change{.signal = signal, .before = before, .now = now, .splits = {}};
  const bool by_horizon = signal == Signal::drop_off || signal == Signal::escalation;
  if (by_horizon) {
    change.within_before = reading.before;
    change.within_now = reading.now;
    change.cut_short = reading.cut_short;
  }
  if (before) change.margin = material_margin(before->rate);
  if (!before || !now) return change;
  change.interval = newcombe_difference(now->sample, before->sample);
  const auto worth = [](const ComparedRate& rate) { return Share{rate.rate * rate.sample.n, rate.sample.n}; };
  change.p = change.p_adjusted = two_sided_fisher_mid_p(worth(*now), worth(*before));
  change.tested = (!by_horizon || reading.enough) && is_large(*before) && is_large(*now);
  return change;
}

ChangeVerdict verdict_of(const SignalChange& change, double q) {
  const double difference = *change.difference();
  const bool beyond_chance = change.p_adjusted <= q;
  const bool material = std::abs(difference) > change.margin;
  if (!beyond_chance || !material) return ChangeVerdict::no_change_seen;
  return difference > 0 ? ChangeVerdict::worse : ChangeVerdict::better;
}

}  // namespace lotse
