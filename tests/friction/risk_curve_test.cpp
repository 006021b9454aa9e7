#include "engine/friction/risk_curve.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iterator>
#include <random>
#include <vector>

#include "engine/friction/incidence.hpp"

namespace lotse {
namespace {

struct Seen {
  std::int64_t lasted;
  Cause cause;
  std::int64_t watched;
};

RiskCounts counts_of(const std::vector<Seen>& stays, const TimeBins& bins) {
  RiskCounts counts;
  for (const Seen& stay : stays) {
    counts.durations.add(bins, stay.lasted, stay.cause);
    counts.watched.add(bins, stay.watched, Cause::open);
  }
  return counts;
}

RiskCurve curve_of(const std::vector<Seen>& stays, std::int64_t window) {
  const TimeBins bins;
  return RiskCurve(counts_of(stays, bins), bins, Duration{window});
}

double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

}  // namespace

TEST_CASE("risk_curve: a curve worked out by hand", "[friction][risk]") {
  // W = 10, so that the horizon is 20. Eight stays; the one that was open at 12 is censored there.
  //   t   Y   event     S after   F after
  //   2   8   advanced  7/8       0
  //   4   7   advanced  6/8       0
  //  10   6   dropped×2 4/8       2/8
  //  12   4   open      4/8       2/8
  //  15   3   dropped   1/3       2/8 + 1/2·1/3 = 5/12
  //  18   2   advanced  1/6       5/12
  //  30   1   dropped   0         7/12
  const RiskCurve curve = curve_of({{2, Cause::advanced, 40},
                                    {4, Cause::advanced, 40},
                                    {10, Cause::dropped, 40},
                                    {10, Cause::dropped, 40},
                                    {12, Cause::open, 12},
                                    {15, Cause::dropped, 40},
                                    {18, Cause::advanced, 40},
                                    {30, Cause::dropped, 40}},
                                   10);
  struct Row {
    const char* why;
    std::int64_t age;
    double risk;
    std::int64_t by;
    double at_risk;
  };
  const auto row = GENERATE(
      Row{"new: the drop-off by the horizon", 0, 5.0 / 12, 20, 8},
      Row{"those who moved on are no comfort any more", 2, 5.0 / 12 / (7.0 / 8), 20, 7},
      Row{"the last moment before the silence has lasted", 9, 5.0 / 12 / (6.0 / 8), 20, 6},
      Row{"whoever is still there then gave a sign of life", 10, (5.0 / 12 - 2.0 / 8) / 0.5, 20, 4},
      Row{"one more window from now", 15, 0, 25, 2}, Row{"… in which the last one drops off", 20, 1, 30, 1});
  CAPTURE(row.why);

  const auto estimate = curve.at(Duration{row.age});

  REQUIRE(estimate);
  CHECK(estimate->risk == Approx(row.risk).margin(1e-12));
  CHECK(estimate->by.count() == row.by);
  CHECK(estimate->mature <= row.at_risk);
  CHECK(estimate->interval.low <= estimate->risk);
  CHECK(estimate->interval.high >= estimate->risk);
}

TEST_CASE("risk_curve: of ages that nobody reached nothing is said", "[friction][risk]") {
  CHECK_FALSE(curve_of({}, 10).at(Duration{0}));
  const RiskCurve curve = curve_of({{5, Cause::advanced, 40}, {7, Cause::open, 7}}, 10);
  CHECK(curve.at(Duration{6}));
  CHECK_FALSE(curve.at(Duration{7}));
  CHECK(curve_of({{5, Cause::dropped, 40}}, 10).steps() == std::vector{Duration{0}, Duration{5}});
  CHECK(curve_of({}, 10).steps() == std::vector{Duration{0}});
}

TEST_CASE("risk_curve: those whom nobody watched long enough are no evidence that none drops off",
          "[friction][risk]") {
  std::vector<Seen> young;
  for (int i = 0; i < 700; ++i) young.push_back({3, Cause::advanced, 5});
  for (int i = 0; i < 300; ++i) young.push_back({5, Cause::open, 5});
  const auto estimate = curve_of(young, 10).at(Duration{0});
  REQUIRE(estimate);
  CHECK(estimate->mature == 0);
  CHECK(estimate->interval.high > 0.5);
}

TEST_CASE("risk_curve: the estimate and variance of Aalen and Johansen for those at risk at that age",
          "[friction][risk][property]") {
  const bool holds = rc::check([] {
    constexpr std::int64_t window = 15;
    const auto seen = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 60), rc::gen::inRange(0, static_cast<int>(cause_count)))));
    std::vector<Seen> stays;
    for (const auto& [lasted, cause] : seen) stays.push_back({lasted, static_cast<Cause>(cause), 100});
    const TimeBins bins;
    const RiskCounts counts = counts_of(stays, bins);
    const RiskCurve curve(counts, bins, Duration{window});
    const std::int64_t age = *rc::gen::inRange(0, 60);
    std::vector<LeavingTime> later;
    double n = 0;
    for (const LeavingTime& time : counts.durations.times(bins)) {
      if (time.at <= age) continue;
      later.push_back(time);
      n += static_cast<double>(time.left() + time.censored());
    }

    const auto estimate = curve.at(Duration{age});

    if (later.empty() || !estimate) {
      RC_ASSERT(later.empty() && !estimate);
      return;
    }
    const Incidence expected = aalen_johansen(later, std::max(2 * window, age + window));
    const auto drop = static_cast<std::size_t>(Cause::dropped);
    RC_ASSERT(std::abs(estimate->risk - std::min(1.0, expected.share[drop])) < 1e-9);
    const double share = expected.share[drop];
    if (share < 1e-9 || share > 1 - 1e-9) return;
    const double n_eff = std::min(n, share * (1 - share) / expected.variance[drop]);
    RC_ASSERT(std::abs(estimate->sample.n - n_eff) < 1e-6 * n_eff);
  });
  REQUIRE(holds);
}

TEST_CASE("risk_curve: between its steps it gives one risk", "[friction][risk][property]") {
  const bool holds = rc::check([] {
    const auto seen = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 60), rc::gen::inRange(0, static_cast<int>(cause_count)))));
    std::vector<Seen> stays;
    for (const auto& [lasted, cause] : seen) stays.push_back({lasted, static_cast<Cause>(cause), 100});
    const RiskCurve curve = curve_of(stays, 8);
    const std::vector<Duration> steps = curve.steps();
    for (std::int64_t age = 0; age < 60; ++age) {
      const auto now = curve.at(Duration{age});
      const auto after = std::ranges::upper_bound(steps, Duration{age});
      RC_ASSERT(after != steps.begin());
      const auto then = curve.at(*std::prev(after));
      RC_ASSERT(now.has_value() == then.has_value());
      RC_ASSERT((!now || now->risk == then->risk));
    }
  });
  REQUIRE(holds);
}

TEST_CASE("risk_curve: exponential hazards have the closed form", "[friction][risk]") {
  // Customers move on with rate a, fall silent for good with rate b; both hazards are constant, so that at
  // every age P(drop by u) = b/(a+b)·(1 − exp(−(a+b)(u−age))).
  constexpr double a = 0.06;
  constexpr double b = 0.03;
  constexpr double unit = 1'000'000;  // milliseconds
  const auto window = static_cast<std::int64_t>(15 * unit);
  std::mt19937_64 dice(11);
  std::vector<Seen> stays;
  for (int i = 0; i < 40'000; ++i) {
    const double lasts = -std::log1p(-uniform(dice)) / (a + b);
    const bool drops = uniform(dice) < b / (a + b);
    const double watched = uniform(dice) * 60;
    stays.push_back({static_cast<std::int64_t>(std::min(lasts, watched) * unit),
                     lasts > watched ? Cause::open
                     : drops         ? Cause::dropped
                                     : Cause::advanced,
                     static_cast<std::int64_t>(watched * unit)});
  }
  const RiskCurve curve = curve_of(stays, window);
  for (const double age : {0.0, 5.0, 12.0, 20.0, 30.0}) {
    CAPTURE(age);
    const double by = std::max(30.0, age + 15);
    const double truth = b / (a + b) * (1 - std::exp(-(a + b) * (by - age)));
    const auto estimate = curve.at(Duration{static_cast<std::int64_t>(age * unit)});
    REQUIRE(estimate);
    const double error = std::sqrt(truth * (1 - truth) / estimate->sample.n);
    CHECK(std::abs(estimate->risk - truth) < 4 * error);
    CHECK(error < 0.02);
  }
}

}  // namespace lotse
