#include "engine/friction/forecast_quality.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <random>
#include <vector>

namespace lotse {
namespace {

double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

double logit(double p) { return std::log(p / (1 - p)); }
double expit(double x) { return 1 / (1 + std::exp(-x)); }

/// Forecasts from 0.05 to 0.75 of what happens with logit = intercept + slope · logit(forecast).
std::vector<Forecast> generated(std::uint64_t seed, int n, double intercept, double slope) {
  std::mt19937_64 dice(seed);
  std::vector<Forecast> forecasts;
  for (int i = 0; i < n; ++i) {
    const double told = 0.05 + 0.7 * uniform(dice);
    forecasts.push_back(
        {.probability = told, .happened = uniform(dice) < expit(intercept + slope * logit(told))});
  }
  return forecasts;
}

/// How often the interval of happened/expected holds 1 where the forecasts are right.
double coverage(int runs, int n) {
  int held = 0;
  for (int run = 0; run < runs; ++run) {
    const ForecastQuality quality = forecast_quality(generated(static_cast<std::uint64_t>(run) + 1, n, 0, 1));
    held += quality.ratio_interval.low <= 1 && quality.ratio_interval.high >= 1 ? 1 : 0;
  }
  return static_cast<double>(held) / runs;
}

}  // namespace

TEST_CASE("forecast_quality: Brier score and skill worked out by hand", "[friction][risk]") {
  // 40 are told 0.25, of which 10 happen; 60 are told 0.5, of which 30 do.
  std::vector<Forecast> forecasts;
  for (int i = 0; i < 40; ++i) forecasts.push_back({.probability = 0.25, .happened = i < 10});
  for (int i = 0; i < 60; ++i) forecasts.push_back({.probability = 0.5, .happened = i < 30});

  const ForecastQuality quality = forecast_quality(forecasts);

  CHECK(quality.judged == 100);
  CHECK(quality.happened == 40);
  CHECK(quality.expected == Approx(40));
  CHECK(*quality.brier == Approx((10 * 0.5625 + 30 * 0.0625 + 60 * 0.25) / 100));
  CHECK(*quality.base == Approx(0.24));
  CHECK(*quality.skill == Approx(1 - 0.225 / 0.24));
  CHECK(*quality.ratio == Approx(1));
  REQUIRE(quality.bins.size() == 2);
  CHECK(quality.bins[0].expected == Approx(0.25));
  CHECK(quality.bins[0].observed.x == 10);
  CHECK(quality.bins[1].observed.n == 60);
  // Two groups, each as told: the line through them is the diagonal.
  REQUIRE(quality.recalibration);
  CHECK(quality.recalibration->slope == Approx(1));
  CHECK(quality.recalibration->intercept == Approx(0).margin(1e-9));
}

TEST_CASE("forecast_quality: the recalibration of two groups is the line through them", "[friction][risk]") {
  std::vector<Forecast> forecasts;
  for (int i = 0; i < 100; ++i) forecasts.push_back({.probability = 0.2, .happened = i < 40});
  for (int i = 0; i < 100; ++i) forecasts.push_back({.probability = 0.8, .happened = i < 60});
  const auto fit = forecast_quality(forecasts).recalibration;
  REQUIRE(fit);
  CHECK(fit->slope == Approx(logit(0.6) / logit(0.8)));
  CHECK(fit->intercept == Approx(0).margin(1e-9));
  // Var of a logit is 1/(n p (1−p)); the slope is the mean of both over their common distance from 0.
  CHECK(fit->slope_error == Approx(std::sqrt(2 / (100 * 0.24)) / (2 * logit(0.8))));
}

TEST_CASE("forecast_quality: what the forecasts do not know themselves widens the interval",
          "[friction][risk]") {
  // 100 forecasts of 0.4 in two groups of 50, each estimated with a standard error of 0.05.
  std::vector<Forecast> forecasts;
  for (std::uint64_t i = 0; i < 100; ++i)
    forecasts.push_back({.probability = 0.4, .happened = i < 40, .error = 0.05, .group = i % 2});
  // y(1−y)/n = 0.0024; the groups' sums are off by 2.5 each: 2·2.5²/100² = 0.00125.
  const double worth = 0.24 / (0.0024 + 0.00125);
  const Interval seen = wilson({0.4 * worth, worth});
  const ForecastQuality quality = forecast_quality(forecasts);
  CHECK(quality.ratio_interval.low == Approx(seen.low / 0.4));
  CHECK(quality.ratio_interval.high == Approx(seen.high / 0.4));
}

TEST_CASE("forecast_quality: what cannot be told is not", "[friction][risk]") {
  CHECK_FALSE(forecast_quality({}).brier);
  CHECK_FALSE(forecast_quality(generated(1, 49, 0, 1)).brier);
  CHECK(forecast_quality(generated(1, 50, 0, 1)).brier);
  const ForecastQuality nobody =
      forecast_quality(std::vector<Forecast>(80, {.probability = 0.1, .happened = false}));
  CHECK_FALSE(nobody.skill);
  CHECK(*nobody.ratio == 0);
  CHECK_FALSE(nobody.recalibration);
  CHECK(nobody.bins.size() == 1);
  const ForecastQuality sure =
      forecast_quality(std::vector<Forecast>(80, {.probability = 1, .happened = true}));
  CHECK(*sure.brier == 0);
  CHECK_FALSE(sure.skill);
  CHECK(*sure.ratio == 1);
  const ForecastQuality never_told =
      forecast_quality(std::vector<Forecast>(80, {.probability = 0, .happened = false}));
  CHECK_FALSE(never_told.ratio);
}

TEST_CASE("forecast_quality: at most ten bins, equals never parted, whatever the order", "[friction][risk]") {
  std::vector<Forecast> forecasts = generated(3, 1000, 0, 1);
  for (int i = 0; i < 300; ++i) forecasts.push_back({.probability = 0.3, .happened = i % 3 == 0});
  const ForecastQuality quality = forecast_quality(forecasts);
  std::ranges::reverse(forecasts);
  const ForecastQuality again = forecast_quality(forecasts);

  CHECK(quality.bins.size() <= 10);
  CHECK(quality.bins.size() >= 8);
  std::uint64_t n = 0;
  for (const CalibrationBin& bin : quality.bins) n += bin.observed.n;
  CHECK(n == 1300);
  CHECK(*quality.brier == *again.brier);
  CHECK(quality.recalibration->slope == again.recalibration->slope);
  CHECK(quality.bins[4].expected == again.bins[4].expected);
}

TEST_CASE("forecast_quality: forecasts that are right are called so, and planted mistakes are seen",
          "[friction][risk]") {
  struct Row {
    const char* why;
    double intercept;
    double slope;
    bool ratio_holds;
    bool slope_holds;
  };
  const auto row =
      GENERATE(Row{"as told", 0, 1, true, true}, Row{"half as much again happens", 0.7, 1, false, true},
               Row{"much less happens", -0.7, 1, false, true}, Row{"too extreme", -0.2153, 0.4, true, false});
  CAPTURE(row.why);
  const ForecastQuality quality = forecast_quality(generated(5, 3000, row.intercept, row.slope));
  const bool ratio_holds = quality.ratio_interval.low <= 1 && quality.ratio_interval.high >= 1;
  CHECK(ratio_holds == row.ratio_holds);
  REQUIRE(quality.recalibration);
  CHECK(std::abs(quality.recalibration->slope - row.slope) < 3 * quality.recalibration->slope_error);
  CHECK((std::abs(quality.recalibration->slope - 1) < 3 * quality.recalibration->slope_error) ==
        row.slope_holds);
}

TEST_CASE("forecast_quality: the interval of happened/expected holds 1 in 95 % and more",
          "[friction][risk]") {
  const double share = coverage(400, 200);
  std::cout << "happened/expected, 400 runs of 200 right forecasts: the interval holds 1 in " << share
            << '\n';
  CHECK(share >= 0.93);
}

TEST_CASE("forecast_quality: the same, long", "[.nightly]") {
  for (const int n : {50, 200, 1000}) {
    const double share = coverage(20'000, n);
    std::cout << "happened/expected, 20,000 runs of " << n << " right forecasts: " << share << '\n';
    CHECK(share >= 0.945);
  }
}

}  // namespace lotse
