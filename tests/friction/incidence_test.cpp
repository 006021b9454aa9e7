#include "engine/friction/incidence.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

namespace lotse {
namespace {

constexpr std::size_t open = 0;
constexpr std::size_t advanced = 1;
constexpr std::size_t dropped = 4;
constexpr std::size_t exited = 5;

struct Seen {
  std::int64_t at;
  std::size_t cause;
};

std::vector<LeavingTime> times_of(const std::vector<Seen>& stays) {
  std::map<std::int64_t, LeavingTime> by_time;
  for (const Seen& stay : stays) {
    LeavingTime& time = by_time[stay.at];
    time.at = time.from = stay.at;
    ++time.count[stay.cause];
  }
  std::vector<LeavingTime> times;
  for (const auto& [at, time] : by_time) times.push_back(time);
  return times;
}

/// tests/golden/survfit.R, `hand`.
std::vector<LeavingTime> hand() {
  return times_of({{1, advanced},
                   {2, advanced},
                   {2, open},
                   {3, dropped},
                   {3, advanced},
                   {4, open},
                   {5, dropped},
                   {5, dropped},
                   {5, open},
                   {6, exited},
                   {7, advanced},
                   {8, open},
                   {8, dropped},
                   {9, advanced},
                   {10, open},
                   {10, dropped}});
}

/// tests/golden/survfit.R, `generated`: the same linear congruential draws.
std::vector<LeavingTime> generated() {
  std::uint32_t state = 12345;
  const auto draw = [&](std::uint32_t n) {
    state = (state * 1103 + 12289) % 65536;
    return state * n / 65536;
  };
  constexpr std::size_t causes[] = {open, open, advanced, advanced, dropped, exited};
  std::vector<Seen> stays;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t at = draw(40) + 1;
    stays.push_back({at, causes[draw(6)]});
  }
  return times_of(stays);
}

rc::Gen<std::vector<Seen>> some_stays(bool censored) {
  return rc::gen::nonEmpty(rc::gen::container<std::vector<Seen>>(rc::gen::build<Seen>(
      rc::gen::set(&Seen::at, rc::gen::inRange<std::int64_t>(0, 40)),
      rc::gen::set(&Seen::cause, rc::gen::inRange<std::size_t>(censored ? 0 : 1, cause_count)))));
}

}  // namespace

TEST_CASE("aalen_johansen: shares and standard errors are those of R's survfit", "[friction]") {
  struct Row {
    const char* why;
    bool is_hand;
    std::int64_t horizon;
    std::array<double, 4> share;  // advanced, dropped, exited, open
    std::array<double, 3> error;
  };
  const auto row =
      GENERATE(Row{"leavings precede the censoring at the same time",
                   true,
                   5,
                   {0.192307692307692, 0.215384615384615, 0, 0.592307692307692},
                   {0.100032709716, 0.110182019306, 0}},
               Row{"a horizon between two leavings",
                   true,
                   9,
                   {0.3897435897435898, 0.3, 0.0846153846153846, 0.225641025641026},
                   {0.1422709792661, 0.1261502445211, 0.0804984290153}},
               Row{"a horizon at the last time",
                   true,
                   10,
                   {0.3897435897435898, 0.4128205128205129, 0.0846153846153846, 0.112820512820513},
                   {0.1422709792661, 0.1447487812142, 0.0804984290153}},
               Row{"300 stays with many ties, early",
                   false,
                   15,
                   {0.1568178238941307, 0.0962721470396158, 0.0642355537209614, 0.682674475345292},
                   {0.0217986045085, 0.0176705560508, 0.0146703732254}},
               Row{"300 stays with many ties, half way",
                   false,
                   30,
                   {0.267649851620892, 0.176819454652860, 0.157339664282259, 0.398191029443989},
                   {0.0280928856411, 0.0242949070830, 0.0234424365073}},
               Row{"300 stays with many ties, where few are left",
                   false,
                   39,
                   {0.439762169635273, 0.225257196002486, 0.213798197977612, 0.121182436384629},
                   {0.0373839349975, 0.0290268919665, 0.0292701082974}});
  CAPTURE(row.why);

  const Incidence result = aalen_johansen(row.is_hand ? hand() : generated(), row.horizon);

  CHECK(result.share[advanced] == Approx(row.share[0]).margin(1e-12));
  CHECK(result.share[dropped] == Approx(row.share[1]).margin(1e-12));
  CHECK(result.share[exited] == Approx(row.share[2]).margin(1e-12));
  CHECK(result.share[open] == Approx(row.share[3]).margin(1e-12));
  CHECK(std::sqrt(result.variance[advanced]) == Approx(row.error[0]).margin(1e-6));
  CHECK(std::sqrt(result.variance[dropped]) == Approx(row.error[1]).margin(1e-6));
  CHECK(std::sqrt(result.variance[exited]) == Approx(row.error[2]).margin(1e-6));
}

TEST_CASE("aalen_johansen: without censoring it is the plain proportion and its binomial variance",
          "[friction][property]") {
  const bool holds = rc::check([] {
    const auto stays = *some_stays(false);
    const auto horizon = *rc::gen::inRange<std::int64_t>(0, 45);
    const Incidence result = aalen_johansen(times_of(stays), horizon);
    const auto n = static_cast<double>(stays.size());
    for (std::size_t cause = 1; cause < cause_count; ++cause) {
      const double p = static_cast<double>(std::count_if(
                           stays.begin(), stays.end(),
                           [&](const Seen& stay) { return stay.cause == cause && stay.at <= horizon; })) /
                       n;
      RC_ASSERT(std::abs(result.share[cause] - p) <= 1e-12);
      RC_ASSERT(std::abs(result.variance[cause] - p * (1 - p) / n) <= 1e-12);
    }
  });
  REQUIRE(holds);
}

TEST_CASE("aalen_johansen: the shares of all causes and of what is open sum to 1, binned or not",
          "[friction][property]") {
  const bool holds = rc::check([] {
    auto times = times_of(*some_stays(true));
    if (*rc::gen::arbitrary<bool>()) {
      for (LeavingTime& time : times) time.from = time.at - 1;
    }
    const Incidence result = aalen_johansen(times, *rc::gen::inRange<std::int64_t>(0, 45));
    double sum = 0;
    for (const double share : result.share) sum += share;
    RC_ASSERT(std::abs(sum - 1) <= 1e-12);
  });
  REQUIRE(holds);
}

TEST_CASE("kaplan_meier: quantiles and restricted mean are those of R", "[friction]") {
  CHECK(kaplan_meier_quantile(hand(), 0.5) == 7.0);
  CHECK(restricted_mean(hand(), 9) == Approx(6.15480769230769).epsilon(1e-12));
  const auto even = times_of({{1, advanced}, {2, dropped}, {4, advanced}, {9, exited}});
  CHECK(kaplan_meier_quantile(even, 0.5) == 3.0);
}

TEST_CASE("kaplan_meier: a median that too few have reached is not made up", "[friction]") {
  const auto mostly_open = times_of({{1, advanced}, {2, open}, {3, open}, {4, open}, {5, open}});
  CHECK_FALSE(kaplan_meier_quantile(mostly_open, 0.5).has_value());
  CHECK_FALSE(kaplan_meier_quantile({}, 0.5).has_value());
}

TEST_CASE("kaplan_meier: within a bin the time is interpolated", "[friction]") {
  LeavingTime bin{.at = 200, .from = 100, .count = {}};
  bin.count[advanced] = 10;
  const std::vector<LeavingTime> times = {bin};
  CHECK(kaplan_meier_quantile(times, 0.5) == Approx(150));
  CHECK(restricted_mean(times, 1000) == Approx(150));
}

TEST_CASE("effective_sample: what censoring and clusters leave of a sample", "[friction]") {
  struct Row {
    const char* why;
    double share, variance, entered, mature, design_effect, n;
  };
  const auto row = GENERATE(Row{"no censoring: all of them", 0.2, 0.2 * 0.8 / 100, 100, 100, 1, 100},
                            Row{"censoring: fewer", 0.2, 0.004, 100, 30, 1, 40},
                            Row{"never more than entered", 0.2, 0.0001, 100, 30, 1, 100},
                            Row{"nobody dropped: the mature ones", 0, 0, 100, 30, 1, 30},
                            Row{"all dropped: the mature ones", 1, 0, 100, 30, 1, 30},
                            Row{"nobody mature: one", 0, 0, 100, 0, 1, 1},
                            Row{"two stays a customer that agree: half", 0.2, 0.004, 100, 30, 2, 20},
                            Row{"a design effect under one is not believed", 0.2, 0.004, 100, 30, 0.5, 40});
  CAPTURE(row.why);
  const Share result = effective_sample(row.share, row.variance, row.entered, row.mature, row.design_effect);
  CHECK(result.n == Approx(row.n));
  CHECK(result.x == Approx(row.share * row.n));
}

}  // namespace lotse
