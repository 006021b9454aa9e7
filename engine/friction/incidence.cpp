#include "engine/friction/incidence.hpp"

#include <algorithm>
#include <cmath>

#include "engine/friction/at_risk.hpp"

namespace lotse {
namespace {

double all(std::span<const LeavingTime> times) {
  double sum = 0;
  for (const LeavingTime& time : times) sum += static_cast<double>(time.left() + time.censored());
  return sum;
}

/// Calls `step(time, Y, d, S before)` at each leaving time up to the horizon; returns S there.
template <class Step>
double walk(std::span<const LeavingTime> times, std::int64_t horizon, Step step) {
  double at_risk = all(times);
  double open = 1;
  for (const LeavingTime& time : times) {
    if (time.at > horizon) break;
    const auto left = static_cast<double>(time.left());
    if (left > 0) {
      const double risk = at_risk_within(time, at_risk);
      step(time, risk, left, open);
      open *= 1 - left / risk;
    }
    at_risk -= left + static_cast<double>(time.censored());
  }
  return open;
}

}  // namespace

std::uint64_t LeavingTime::left() const {
  std::uint64_t sum = 0;
  for (std::size_t cause = 1; cause < cause_count; ++cause) sum += count[cause];
  return sum;
}

Incidence aalen_johansen(std::span<const LeavingTime> times, std::int64_t horizon) {
  Incidence result;
  auto& share = result.share;
  share[0] = walk(times, horizon, [&](const LeavingTime& time, double risk, double, double open) {
    for (std::size_t cause = 1; cause < cause_count; ++cause) {
      if (time.count[cause] != 0) share[cause] += open * static_cast<double>(time.count[cause]) / risk;
    }
  });

  std::array<double, cause_count> so_far{};
  double greenwood = 0;
  walk(times, horizon, [&](const LeavingTime& time, double risk, double left, double open) {
    const double survived = risk - left;
    const double common = survived > 0 ? left / (risk * survived) : 0;
    greenwood += common;
    for (std::size_t cause = 1; cause < cause_count; ++cause) {
      if (share[cause] == 0) continue;
      const auto by_cause = static_cast<double>(time.count[cause]);
      so_far[cause] += open * by_cause / risk;
      const double to_come = share[cause] - so_far[cause];
      result.variance[cause] += to_come * to_come * common;
      if (by_cause > 0) {
        result.variance[cause] += open * open * by_cause * (risk - by_cause) / (risk * risk * risk) -
                                  2 * to_come * open * by_cause / (risk * risk);
      }
    }
  });
  result.variance[0] = share[0] * share[0] * greenwood;
  for (double& variance : result.variance) variance = std::max(0.0, variance);
  return result;
}

std::optional<double> kaplan_meier_quantile(std::span<const LeavingTime> times, double share) {
  const double level = 1 - share;
  constexpr double rounding = 1e-12;
  double at_risk = all(times);
  double open = 1;
  std::optional<double> resting;  // the curve is exactly on the level since then
  for (const LeavingTime& time : times) {
    const auto left = static_cast<double>(time.left());
    if (left > 0) {
      if (resting) return (*resting + static_cast<double>(time.at)) / 2;
      const double after = open * (1 - left / at_risk_within(time, at_risk));
      if (after < level - rounding) {
        const double part = (open - level) / (open - after);
        return static_cast<double>(time.from) + part * static_cast<double>(time.at - time.from);
      }
      if (after <= level + rounding) resting = static_cast<double>(time.at);
      open = after;
    }
    at_risk -= left + static_cast<double>(time.censored());
  }
  return resting;
}

double restricted_mean(std::span<const LeavingTime> times, std::int64_t limit) {
  double at_risk = all(times);
  double open = 1;
  double area = 0;
  double since = 0;
  for (const LeavingTime& time : times) {
    if (time.at > limit) break;
    const auto left = static_cast<double>(time.left());
    if (left > 0) {
      const double after = open * (1 - left / at_risk_within(time, at_risk));
      const auto from = static_cast<double>(time.from);
      const auto to = static_cast<double>(time.at);
      area += open * (from - since) + (open + after) / 2 * (to - from);
      since = to;
      open = after;
    }
    at_risk -= left + static_cast<double>(time.censored());
  }
  return area + open * (static_cast<double>(limit) - since);
}

Share effective_sample(double incidence, double variance, double entered, double mature,
                       double design_effect) {
  const bool certain = incidence <= 0 || incidence >= 1 || variance <= 0;
  const double n =
      certain ? std::max(1.0, mature) : std::min(entered, incidence * (1 - incidence) / variance);
  const double effective = n / std::max(1.0, design_effect);
  return {incidence * effective, effective};
}

}  // namespace lotse
