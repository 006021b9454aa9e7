#include "engine/friction/risk_curve.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/friction/at_risk.hpp"
#include "engine/friction/incidence.hpp"

namespace lotse {
namespace {

constexpr auto dropped = static_cast<std::size_t>(Cause::dropped);

double all(const std::vector<LeavingTime>& times) {
  double sum = 0;
  for (const LeavingTime& time : times) sum += static_cast<double>(time.left() + time.censored());
  return sum;
}

}  // namespace

RiskCurve::RiskCurve(const RiskCounts& counts, const TimeBins& bins, Duration window)
    : window_(window.count()), design_effect_(design_effect(counts.mature_drops)) {
  LOTSE_ASSERT(window_ > 0);
  const std::vector<LeavingTime> leavings = counts.durations.times(bins);
  Before now;
  now.at_risk = all(leavings);
  for (const LeavingTime& time : leavings) {
    times_.push_back(time.at);
    before_.push_back(now);
    const auto left = static_cast<double>(time.left());
    if (left > 0) {
      const double risk = at_risk_within(time, now.at_risk);
      const auto drops = static_cast<double>(time.count[dropped]);
      const double common = risk > left ? left / (risk * (risk - left)) : 0;
      const double cross = now.here * drops / (risk * risk);
      now.own += now.here * now.here * drops * (risk - drops) / (risk * risk * risk);
      now.dropped += now.here * drops / risk;
      now.here *= 1 - left / risk;
      now.left += common;
      now.left_dropped += now.dropped * common;
      now.left_squared += now.dropped * now.dropped * common;
      now.cross += cross;
      now.cross_dropped += now.dropped * cross;
    }
    now.at_risk -= left + static_cast<double>(time.censored());
  }
  before_.push_back(now);

  double longer = 0;
  const std::vector<LeavingTime> watched = counts.watched.times(bins);
  for (std::size_t i = watched.size(); i-- > 0;) {
    longer += static_cast<double>(watched[i].censored());
    watched_.push_back({.at = watched[i].at, .count = longer});
  }
  std::reverse(watched_.begin(), watched_.end());
}

const RiskCurve::Before& RiskCurve::after(std::int64_t age) const {
  const auto passed = std::upper_bound(times_.begin(), times_.end(), age);
  return before_[static_cast<std::size_t>(passed - times_.begin())];
}

double RiskCurve::watched(std::int64_t age) const {
  const auto found = std::ranges::lower_bound(watched_, age, {}, &Watched::at);
  return found == watched_.end() ? 0 : found->count;
}

std::optional<RiskEstimate> RiskCurve::at(Duration age) const {
  const std::int64_t by = std::max(2 * window_, age.count() + window_);
  const Before& from = after(age.count());
  const Before& to = after(by);
  if (!(from.here > 0) || from.at_risk < 1) return std::nullopt;
  const double f = to.dropped;
  const double variance = f * f * (to.left - from.left) - 2 * f * (to.left_dropped - from.left_dropped) +
                          (to.left_squared - from.left_squared) + (to.own - from.own) -
                          2 * f * (to.cross - from.cross) + 2 * (to.cross_dropped - from.cross_dropped);
  RiskEstimate estimate;
  estimate.by = Duration{by};
  estimate.risk = std::clamp((to.dropped - from.dropped) / from.here, 0.0, 1.0);
  const double as_long = watched(age.count() + 1);  // whoever is at risk was watched for longer than that
  estimate.mature = as_long > 0 ? from.at_risk * watched(by) / as_long : 0;
  estimate.sample = effective_sample(estimate.risk, std::max(0.0, variance) / (from.here * from.here),
                                     from.at_risk, estimate.mature, design_effect_);
  estimate.interval = wilson(estimate.sample);
  return estimate;
}

std::vector<Duration> RiskCurve::steps() const {
  std::vector<Duration> ages{Duration{0}};
  for (const std::int64_t time : times_) {
    ages.emplace_back(time);
    if (time > 2 * window_) ages.emplace_back(time - window_);  // from then on it is not later than `by`
  }
  std::ranges::sort(ages);
  ages.erase(std::unique(ages.begin(), ages.end()), ages.end());
  std::vector<Duration> steps;
  std::optional<double> last;
  for (const Duration age : ages) {
    const std::optional<RiskEstimate> estimate = at(age);
    if (estimate && estimate->risk == last) continue;
    steps.push_back(age);
    if (!estimate) break;
    last = estimate->risk;
  }
  return steps;
}

}  // namespace lotse
