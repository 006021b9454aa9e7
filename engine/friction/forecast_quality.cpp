#include "engine/friction/forecast_quality.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace lotse {
namespace {

constexpr std::size_t most_bins = 10;

/// Equal probabilities are never parted, else the order of equals would matter.
std::vector<CalibrationBin> bins_of(const std::vector<Forecast>& sorted) {
  std::vector<CalibrationBin> bins;
  std::optional<std::size_t> current;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const bool same = i > 0 && sorted[i].probability == sorted[i - 1].probability;
    const std::size_t bin = i * most_bins / sorted.size();
    if (!same && current != bin) {
      current = bin;
      bins.emplace_back();
    }
    CalibrationBin& own = bins.back();
    own.expected += sorted[i].probability;
    ++own.observed.n;
    own.observed.x += sorted[i].happened ? 1U : 0U;
  }
  for (CalibrationBin& bin : bins) {
    const auto n = static_cast<double>(bin.observed.n);
    bin.expected /= n;
    bin.observed.interval = wilson({static_cast<double>(bin.observed.x), n});
  }
  return bins;
}

/// Of the number expected: errors of one group add up, those of several are independent.
double variance_of_expected(const std::vector<Forecast>& sorted) {
  std::map<std::uint64_t, double> errors;
  for (const Forecast& forecast : sorted) errors[forecast.group] += forecast.error;
  double sum = 0;
  for (const auto& [group, error] : errors) sum += error * error;
  return sum;
}

/// Logistic regression by Newton's method. A probability of 0 or 1 counts as half a case from it.
std::optional<Recalibration> recalibrate(const std::vector<Forecast>& forecasts) {
  constexpr int most_rounds = 50;
  constexpr double steepest =
      100;  // beyond it the cases are told apart without an error, and nothing is least
  const double closest = 0.5 / static_cast<double>(forecasts.size());
  double intercept = 0;
  double slope = 1;
  for (int round = 0; round < most_rounds; ++round) {
    double score_a = 0;
    double score_b = 0;
    double aa = 0;
    double ab = 0;
    double bb = 0;
    for (const Forecast& forecast : forecasts) {
      const double p = std::clamp(forecast.probability, closest, 1 - closest);
      const double x = std::log(p / (1 - p));
      const double q = 1 / (1 + std::exp(-(intercept + slope * x)));
      const double off = (forecast.happened ? 1.0 : 0.0) - q;
      const double weight = q * (1 - q);
      score_a += off;
      score_b += off * x;
      aa += weight;
      ab += weight * x;
      bb += weight * x * x;
    }
    const double determinant = aa * bb - ab * ab;
    if (!(determinant > 1e-9 * aa * bb)) return std::nullopt;  // all were told the same
    const double step_a = (bb * score_a - ab * score_b) / determinant;
    const double step_b = (aa * score_b - ab * score_a) / determinant;
    intercept += step_a;
    slope += step_b;
    if (!(std::abs(intercept) < steepest) || !(std::abs(slope) < steepest)) return std::nullopt;
    if (std::abs(step_a) + std::abs(step_b) > 1e-10) continue;
    return Recalibration{.intercept = intercept,
                         .intercept_error = std::sqrt(bb / determinant),
                         .slope = slope,
                         .slope_error = std::sqrt(aa / determinant)};
  }
  return std::nullopt;
}

}  // namespace

ForecastQuality forecast_quality(std::vector<Forecast> forecasts) {
  std::ranges::sort(forecasts, {}, [](const Forecast& forecast) {
    return std::tuple(forecast.probability, forecast.happened, forecast.error, forecast.group);
  });
  ForecastQuality quality;
  double squares = 0;
  for (const Forecast& forecast : forecasts) {
    const double happened = forecast.happened ? 1 : 0;
    ++quality.judged;
    quality.happened += forecast.happened ? 1U : 0U;
    quality.expected += forecast.probability;
    squares += (forecast.probability - happened) * (forecast.probability - happened);
  }
  if (quality.judged < enough_forecasts) return quality;
  const auto n = static_cast<double>(quality.judged);
  const auto happened = static_cast<double>(quality.happened);
  const double share = happened / n;
  quality.brier = squares / n;
  quality.base = share * (1 - share);
  if (*quality.base > 0) quality.skill = 1 - *quality.brier / *quality.base;
  if (quality.expected > 0) {
    const double variance = *quality.base / n + variance_of_expected(forecasts) / (n * n);
    const double worth = *quality.base > 0 ? *quality.base / variance : n;
    const Interval seen = wilson({share * worth, worth});
    quality.ratio = happened / quality.expected;
    quality.ratio_interval = {seen.low * n / quality.expected, seen.high * n / quality.expected};
  }
  quality.recalibration = recalibrate(forecasts);
  quality.bins = bins_of(forecasts);
  return quality;
}

}  // namespace lotse
