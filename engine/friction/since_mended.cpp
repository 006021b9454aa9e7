#include "engine/friction/since_mended.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/assert.hpp"
#include "engine/friction/compared_rates.hpp"
#include "engine/friction/experiment_statistics.hpp"

namespace lotse {
namespace {

constexpr double least_sample = 20;   ///< is_large()
constexpr double most_sample = 1e12;  ///< more than any traffic brings

/// An effective sample since that, beside the one before, makes the interval no wider than the margin to
/// either side, at the rates seen. Nothing where none does.
std::optional<double> sample_wanted(const SignalChange& change) {
  const Share& before = change.before->sample;
  const Share now = change.now ? change.now->sample : Share{};
  const double p = (before.x + now.x) / (before.n + now.n);
  const auto enough = [&](double n) {
    const Interval reached = anytime_difference({p * n, n}, {p * before.n, before.n}, mended_alpha);
    return reached.half_width() <= change.margin;
  };
  double high = least_sample;
  while (!enough(high)) {
    if (high > most_sample) return std::nullopt;
    high *= 2;
  }
  double low = std::max(least_sample, high / 2);
  while (high - low > 0.5) {
    const double middle = (low + high) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

void say_what_is_missing(SinceMended& found) {
  const SignalChange& change = found.change;
  found.unsettled = Unsettled::few_before;
  if (!change.before || !is_large(*change.before)) return;
  const std::optional<double> wanted = sample_wanted(change);
  if (!wanted) return;
  const double worth = change.before->sample.n / static_cast<double>(change.before->n);  // of one stay
  const double there = change.now ? change.now->sample.n : 0;
  const double more = std::ceil((*wanted - there) / worth);
  found.unsettled = more >= 1 ? Unsettled::few_since : Unsettled::near_margin;
  if (more >= 1) found.more_needed = static_cast<std::uint64_t>(more);
}

MendedVerdict verdict_of(const SignalChange& change) {
  const double difference = *change.difference();
  if (change.interval.high < 0 && difference < -change.margin) return MendedVerdict::better;
  if (change.interval.low > 0 && difference > change.margin) return MendedVerdict::worse;
  const bool may_be_better = change.interval.low <= -change.margin;
  return may_be_better ? MendedVerdict::inconclusive : MendedVerdict::no_difference;
}

}  // namespace

void settle(SinceMended& found) {
  SignalChange& change = found.change;
  if (change.before && change.now)
    change.interval = anytime_difference(change.now->sample, change.before->sample, mended_alpha);
  if (found.unsettled == Unsettled::too_early) return;
  if (change.tested) found.verdict = verdict_of(change);
  if (found.verdict == MendedVerdict::inconclusive) say_what_is_missing(found);
}

std::string_view name(MendedVerdict verdict) {
  switch (verdict) {
    case MendedVerdict::better:
      return "better";
    case MendedVerdict::no_difference:
      return "no_difference";
    case MendedVerdict::worse:
      return "worse";
    case MendedVerdict::inconclusive:
      return "inconclusive";
  }
  LOTSE_ASSERT(false);
}

std::string_view name(Unsettled why) {
  switch (why) {
    case Unsettled::too_early:
      return "too_early";
    case Unsettled::few_before:
      return "few_before";
    case Unsettled::few_since:
      return "few_since";
    case Unsettled::near_margin:
      return "near_margin";
  }
  LOTSE_ASSERT(false);
}

std::string_view name(NotJudged why) {
  switch (why) {
    case NotJudged::other_cut:
      return "other_cut";
    case NotJudged::beyond_most:
      return "beyond_most";
    case NotJudged::not_counted:
      return "not_counted";
  }
  LOTSE_ASSERT(false);
}

bool is_not_better(const StandingState& standing) {
  return standing.since_mended && (standing.since_mended->verdict == MendedVerdict::no_difference ||
                                   standing.since_mended->verdict == MendedVerdict::worse);
}

}  // namespace lotse
