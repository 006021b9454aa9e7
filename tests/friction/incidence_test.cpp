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

/// tests/golden/survfit.R, `generated()`: the same linear congruential draws.
std::vector<LeavingTime> draw_stays(std::uint32_t seed, int count, std::uint32_t last,
                                    const std::vector<std::size_t>& causes) {
  std::uint32_t state = seed;
  const auto draw = [&](std::size_t n) {
    state = (state * 1103 + 12289) % 65536;
    return static_cast<std::uint32_t>(state * n / 65536);
  };
  std::vector<Seen> stays;
  for (int i = 0; i < count; ++i) {
    const std::int64_t at = draw(last) + 1;
    stays.push_back({at, causes[draw(causes.size())]});
  }
  return times_of(stays);
}
std::vector<LeavingTime> generated() {
  return draw_stays(12345, 300, 40, {open, open, advanced, advanced, dropped, exited});
}
std::vector<LeavingTime> heavy() {
  std::vector<std::size_t> causes(9, open);
  causes.insert(causes.end(), {advanced, dropped, exited});
  return draw_stays(777, 500, 60, causes);
}
std::vector<LeavingTime> tied() {
  return draw_stays(4242, 250, 6, {open, advanced, advanced, dropped, dropped, exited});
}
std::vector<LeavingTime> emptied() {
  return times_of(
      {{1, open}, {2, advanced}, {2, dropped}, {3, open}, {4, advanced}, {4, dropped}, {4, exited}});
}
std::vector<LeavingTime> sparse() {
  return times_of({{1, open},
                   {1, open},
                   {2, open},
                   {2, advanced},
                   {3, open},
                   {4, open},
                   {5, dropped},
                   {6, open},
                   {6, open},
                   {7, open},
                   {8, dropped},
                   {9, open}});
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
    std::vector<LeavingTime> (*stays)();
    std::int64_t horizon;
    std::array<double, 4> share;  // advanced, dropped, exited, open
    std::array<double, 4> error;
  };
  const auto row = GENERATE(
      Row{"leavings precede the censoring at the same time",
          hand,
          5,
          {0.192307692307692, 0.215384615384615, 0, 0.592307692307692},
          {0.100032709716, 0.110182019306, 0, 0.129652602948}},
      Row{"a horizon between two leavings",
          hand,
          9,
          {0.3897435897435898, 0.3, 0.0846153846153846, 0.225641025641026},
          {0.1422709792661, 0.1261502445211, 0.0804984290153, 0.127985234546}},
      Row{"a horizon at the last time",
          hand,
          10,
          {0.3897435897435898, 0.4128205128205129, 0.0846153846153846, 0.112820512820513},
          {0.1422709792661, 0.1447487812142, 0.0804984290153, 0.10227066599}},
      Row{"300 stays with many ties, early",
          generated,
          15,
          {0.1568178238941307, 0.0962721470396158, 0.0642355537209614, 0.682674475345292},
          {0.0217986045085, 0.0176705560508, 0.0146703732254, 0.0280044929906}},
      Row{"300 stays with many ties, half way",
          generated,
          30,
          {0.267649851620892, 0.17681945465286, 0.157339664282259, 0.398191029443989},
          {0.0280928856411, 0.024294907083, 0.0234424365073, 0.0321949947562}},
      Row{"300 stays with many ties, where few are left",
          generated,
          39,
          {0.439762169635273, 0.225257196002486, 0.213798197977612, 0.121182436384629},
          {0.0373839349975, 0.0290268919665, 0.0292701082974, 0.0290242922602}},
      Row{"three quarters censored, early",
          heavy,
          20,
          {0.0271157931092953, 0.0340610952167341, 0.0379769906409068, 0.900846121033064},
          {0.00774966972046, 0.00867979075823, 0.00906557382983, 0.0142650197174}},
      Row{"three quarters censored, late",
          heavy,
          45,
          {0.0776834412174988, 0.0902307734497792, 0.100612699441816, 0.731473085890906},
          {0.0154771781163, 0.0165709817276, 0.0173068306465, 0.0261056883339}},
      Row{"three quarters censored, at the last time",
          heavy,
          60,
          {0.245947138690939, 0.227779468194145, 0.18555694428821, 0.340716448826706},
          {0.0747558127013, 0.0618614117127, 0.0301749445718, 0.0857286412283}},
      Row{"causes that compete at one instant",
          tied,
          1,
          {0.06, 0.044, 0.02, 0.876},
          {0.01501998668441, 0.01297135305201, 0.00885437744847, 0.0208445676376}},
      Row{"… at three",
          tied,
          3,
          {0.1687551020408163, 0.165269387755102, 0.0670775510204082, 0.598897959183674},
          {0.0244054972449, 0.0242471580853, 0.0162218767415, 0.0320853200167}},
      Row{"… at five",
          tied,
          5,
          {0.316642649735228, 0.284369036843816, 0.128107896064487, 0.270880417356468},
          {0.0315933400263, 0.0305888113519, 0.0227659706963, 0.031033639072}},
      Row{"… at all six",
          tied,
          6,
          {0.415144619683035, 0.376714633669885, 0.146577015429701, 0.0615637312173792},
          {0.0347633944639, 0.0341779023389, 0.0245970625692, 0.0185099173275}},
      Row{"before the last at risk leave",
          emptied,
          2,
          {0.166666666666667, 0.166666666666667, 0, 0.666666666666667},
          {0.152145154863, 0.152145154863, 0, 0.19245008973}},
      Row{"the last at risk all leave at once",
          emptied,
          4,
          {0.388888888888889, 0.388888888888889, 0.222222222222222, 0},
          {0.218722440945, 0.218722440945, 0.19245008973, 0}},
      Row{"nobody has dropped yet", sparse, 4, {0.1, 0, 0, 0.9}, {0.0948683298051, 0, 0, 0.0948683298051}},
      Row{"few dropped, after most were censored",
          sparse,
          9,
          {0.1, 0.525, 0, 0.375},
          {0.0948683298051, 0.279396671419, 0, 0.276699295265}});
  CAPTURE(row.why);

  const Incidence result = aalen_johansen(row.stays(), row.horizon);

  constexpr std::array<std::size_t, 4> causes = {advanced, dropped, exited, open};
  for (std::size_t i = 0; i < causes.size(); ++i) {
    CAPTURE(causes[i]);
    CHECK(result.share[causes[i]] == Approx(row.share[i]).epsilon(0).margin(1e-12));
    CHECK(std::sqrt(result.variance[causes[i]]) == Approx(row.error[i]).epsilon(0).margin(1e-6));
  }
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
