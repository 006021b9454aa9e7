#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/friction/proportion.hpp"

namespace lotse {

/// What was said to be how probable, and whether it happened.
struct Forecast {
  double probability = 0;
  bool happened = false;
  double error = 0;         ///< standard error of the probability
  std::uint64_t group = 0;  ///< forecasts of one group were estimated together, and are off together
};

/// Forecasts of about the same probability.
struct CalibrationBin {
  double expected = 0;  ///< mean of the probabilities
  Proportion observed;  ///< of those it happened; Wilson, 95 %
};

/// logit P(happened) = intercept + slope · logit(probability) (Cox 1958, Biometrika 45): 0 and 1 where the
/// forecasts are right; a slope under 1 says that they are too extreme.
struct Recalibration {
  double intercept = 0;
  double intercept_error = 0;  ///< standard error
  double slope = 0;
  double slope_error = 0;
};

/// How good forecasts were. Only the first three are there for fewer than enough_forecasts.
struct ForecastQuality {
  std::uint64_t judged = 0;
  std::uint64_t happened = 0;
  double expected = 0;            ///< Σ of the probabilities
  std::optional<double> brier{};  ///< mean squared error of the probabilities (Brier 1950, MWR 78)
  std::optional<double> base{};   ///< the same, had all been told the share that then happened
  std::optional<double> skill{};  ///< 1 − brier/base; nothing where all or none happened
  std::optional<double> ratio{};  ///< happened/expected
  /// Wilson's of the share that happened, over the share expected, at the sample that is left of it when the
  /// forecasts' own errors are counted: n_eff = y(1−y) / (y(1−y)/n + Σ_groups(Σ error)²/n²).
  Interval ratio_interval;
  std::optional<Recalibration> recalibration{};  ///< nothing where it cannot be told
  std::vector<CalibrationBin> bins;  ///< at most ten of about equal size, equal probabilities in one
};

inline constexpr std::uint64_t enough_forecasts = 50;

/// Pure; the same for any order of the forecasts, to the byte.
[[nodiscard]] ForecastQuality forecast_quality(std::vector<Forecast> forecasts);

}  // namespace lotse
