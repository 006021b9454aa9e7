#include "engine/friction/comparison.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <random>

#include "tests/friction/hand_made.hpp"

namespace lotse::test {
namespace {

/// Somebody with one stay: silent for 10 days and lost, or gone on their way after one.
struct Guest {
  At at = order;
  double entered = 5;
  const char* plan = "fibre";
  By channel = web;
  std::uint32_t version = 0;
};

JourneyState state_of(const Guest& guest, bool drops) {
  const Cause cause = drops ? Cause::dropped : Cause::exited;
  const Instant left = day(guest.entered + (drops ? 10 : 1));
  JourneyState state =
      customer({stay(guest.at, day(guest.entered), cause, left, guest.channel)}, {{Value(guest.plan)}});
  state.instances[0].version = VersionIndex{guest.version};
  return state;
}

/// `count` such guests of whom `lost` drop off.
void add(std::vector<JourneyState>& customers, int lost, int count, const Guest& guest) {
  for (int i = 0; i < count; ++i) customers.push_back(state_of(guest, i < lost));
}

JourneyVersions with_plan(std::vector<Journey> journeys = {hand_made_journey()}) {
  for (Journey& journey : journeys)
    journey.segments = {{.name = "plan", .value = *Expression::compile("\"x\"", {})}};
  return versions_of(std::move(journeys));
}

/// Before: days 0 to 28; now: 28 to 56.
const ComparisonQuery two_months{.from = day(28), .to = day(56)};

ComparisonReport compared(const std::vector<JourneyState>& customers, double as_of,
                          const ComparisonQuery& query = two_months,
                          const JourneyVersions& versions = with_plan()) {
  auto report = comparison_report(table_of(customers, day(as_of), versions), query);
  REQUIRE(report);
  return *std::move(report);
}

const TouchpointChange& row_of(const ComparisonReport& report, const std::string& label_now) {
  for (const TouchpointChange& row : report.touchpoints) {
    if (row.label_now == label_now) return row;
  }
  FAIL("no row of " << label_now);
  return report.touchpoints.front();
}
const SignalChange& change_of(const TouchpointChange& row, Signal signal = Signal::drop_off) {
  for (const SignalChange& change : row.signals) {
    if (change.signal == signal) return change;
  }
  FAIL("no such signal");
  return row.signals.front();
}
const Decomposition& split_by(const SignalChange& change, const std::string& cut) {
  for (const Decomposition& split : change.splits) {
    if (split.cut == cut) return split;
  }
  FAIL("not split by " << cut);
  return change.splits.front();
}

std::vector<JourneyState> doubled() {
  std::vector<JourneyState> customers;
  add(customers, 40, 200, {.entered = 5});
  add(customers, 80, 200, {.entered = 35});
  return customers;
}

/// Untidy like real ones: hops, answers, promises, repeats of a silence, several instances.
JourneyState random_customer(std::mt19937_64& dice) {
  const auto draw = [&](std::uint64_t n) { return dice() % n; };
  constexpr At path[] = {order, appointment, visit, online, bill};
  JourneyState state;
  Instant now = day0 + Duration{static_cast<std::int64_t>(draw(56 * 86'400'000ULL))};
  for (std::uint64_t left = 1 + draw(2); left > 0; --left) {
    std::vector<Stay> stays;
    auto channel = static_cast<By>(draw(3));
    for (std::size_t place = 0; place < 5;) {
      Stay one = stay(path[place], now, Cause::open, {}, channel);
      if (!stays.empty() && stays.back().cause == Cause::hopped) one.entry = Entry::hop;
      one.segments = static_cast<std::uint32_t>(draw(3));
      if (draw(3) == 0) {
        one.deadline = now + Duration{static_cast<std::int64_t>(draw(5 * 86'400'000ULL))};
        one.awaits = TouchpointIndex{path[std::min<std::size_t>(place + 1, 4)]};
      }
      if (draw(2) == 0) {
        one.feedback.push_back({.at = now,
                                .scale = static_cast<Scale>(draw(4)),
                                .score = static_cast<double>(1 + draw(5)),
                                .comment = {},
                                .segments = static_cast<std::uint32_t>(draw(3))});
      }
      now += Duration{static_cast<std::int64_t>(3'600'000 + draw(15 * 86'400'000ULL))};
      one.left = now;
      const std::uint64_t fate = draw(10);
      one.cause = fate < 5   ? Cause::advanced
                  : fate < 6 ? Cause::hopped
                  : fate < 9 ? Cause::dropped
                             : Cause::open;
      if (path[place] == bill) one.cause = Cause::achieved;
      const Cause cause = one.cause;
      stays.push_back(one);
      if (cause == Cause::hopped) channel = static_cast<By>((channel + 1) % 3);
      if (cause == Cause::advanced) ++place;
      if (cause != Cause::hopped && cause != Cause::advanced) break;
    }
    JourneyState one = customer(stays, {{Value("fibre")}, {Value("cable")}, {Value("none")}});
    one.instances[0].version = VersionIndex{static_cast<std::uint32_t>(draw(2))};
    state.instances.push_back(one.instances[0]);
    now += Duration{86'400'000};
  }
  return state;
}

std::vector<const Decomposition*> splits_of(const ComparisonReport& report) {
  std::vector<const Decomposition*> all;
  for (const TouchpointChange& row : report.touchpoints) {
    for (const SignalChange& change : row.signals) {
      for (const Decomposition& split : change.splits) all.push_back(&split);
    }
  }
  if (report.journey_drop_off) all.push_back(&*report.journey_drop_off);
  return all;
}

/// Version 2 promises an appointment within a day, and has its customers wait for another time.
JourneyVersions two_versions(Duration silence = Duration{10 * 24h}) {
  Journey second = hand_made_journey(2);
  second.touchpoints[appointment].promise = Duration{24h};
  second.touchpoints[appointment].abandon_after = silence;
  return with_plan({hand_made_journey(1), second});
}

}  // namespace

TEST_CASE("comparison: shares, difference, interval and verdict of two periods, by hand",
          "[friction][comparison]") {
  const ComparisonReport report = compared(doubled(), 120);

  const TouchpointChange& row = row_of(report, "order");
  const SignalChange& change = change_of(row);
  CHECK(row.entered_before == 200);
  CHECK(row.mature_now == 200);
  CHECK(change.before->rate == Approx(0.2).epsilon(1e-12));
  CHECK(change.now->rate == Approx(0.4).epsilon(1e-12));
  CHECK(change.now->sample.n == Approx(200));
  CHECK(*change.difference() == Approx(0.2));
  CHECK(change.interval.low == Approx(newcombe_difference({80, 200}, {40, 200}).low));
  CHECK(change.interval.high == Approx(newcombe_difference({80, 200}, {40, 200}).high));
  CHECK(change.within_now == Duration{20 * 24h});
  CHECK_FALSE(change.cut_short);
  CHECK(change.margin == Approx(0.02));
  CHECK(change.p < 1e-4);
  CHECK(change.verdict == ChangeVerdict::worse);
  CHECK(report.before.stays == 200);
  CHECK(report.before.at_risk == 200);
  CHECK(report.now.mature == 200);
  REQUIRE(report.tests.size() == 3);
  CHECK(report.tests[0].tested == 1);
  CHECK(report.tests[0].beyond_chance == 1);
  CHECK(report.tests[0].expected_false == Approx(0.1));
  // 160 leave after a day, 40 after 10; then 120 and 80.
  REQUIRE(row.dwell);
  CHECK(row.dwell->before_hours == Approx(24 * 2.8));
  CHECK(row.dwell->now_hours == Approx(24 * 4.6));
}

TEST_CASE("comparison: the other way round it is better by as much", "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 80, 200, {.entered = 5});
  add(customers, 40, 200, {.entered = 35});
  const ComparisonReport worse = compared(doubled(), 120);

  const ComparisonReport better = compared(customers, 120);

  CHECK(change_of(row_of(better, "order")).verdict == ChangeVerdict::better);
  CHECK(change_of(row_of(better, "order")).p == Approx(change_of(row_of(worse, "order")).p));
  CHECK(*change_of(row_of(better, "order")).difference() == Approx(-0.2));
}

TEST_CASE("comparison: the p-value is twice the smaller tail of Fisher's mid-p", "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 3, 20, {.entered = 5});
  add(customers, 8, 20, {.entered = 35});

  const SignalChange change = change_of(row_of(compared(customers, 120), "order"));

  // Hypergeometric with 11 of 40 drawn into 20: P(X > 8) + P(X = 8)/2, from binomial coefficients.
  const auto choose = [](int n, int k) {
    double product = 1;
    for (int i = 1; i <= k; ++i) product = product * (n - k + i) / i;
    return product;
  };
  const auto probability = [&](int x) { return choose(20, x) * choose(20, 11 - x) / choose(40, 11); };
  const double tail = probability(9) + probability(10) + probability(11) + probability(8) / 2;
  CHECK(change.tested);
  CHECK(change.p == Approx(2 * tail));
  CHECK(change.p_adjusted == Approx(2 * tail));  // alone it is its own correction
}

TEST_CASE("comparison: what is significant but too small to matter is no change", "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 1500, 3000, {.entered = 5});
  add(customers, 1620, 3000, {.entered = 35});

  const ComparisonReport report = compared(customers, 120);

  const SignalChange& change = change_of(row_of(report, "order"));
  CHECK(change.p_adjusted < 0.01);
  CHECK(*change.difference() == Approx(0.04));
  CHECK(change.margin == Approx(0.05));
  CHECK(change.verdict == ChangeVerdict::no_change_seen);
  CHECK(report.tests[0].beyond_chance == 1);
}

TEST_CASE("comparison: under 20 on a side there is no verdict, whatever the rates",
          "[friction][comparison]") {
  struct Row {
    int before, now;
    bool tested;
  };
  const auto row = GENERATE(Row{20, 20, true}, Row{19, 200, false}, Row{200, 19, false}, Row{0, 200, false});
  std::vector<JourneyState> customers;
  add(customers, 0, row.before, {.entered = 5});
  add(customers, row.now, row.now, {.entered = 35});

  const SignalChange change = change_of(row_of(compared(customers, 120), "order"));

  CHECK(change.tested == row.tested);
  CHECK((change.verdict == ChangeVerdict::too_few) == !row.tested);
  CHECK(change.difference().has_value() == (row.before > 0));
}

TEST_CASE("comparison: chance is judged over all touchpoints of a signal", "[friction][comparison]") {
  std::vector<JourneyState> customers;
  for (const At at : {order, appointment, online}) {
    add(customers, 20, 100, {.at = at, .entered = 5});
    add(customers, at == order ? 31 : 20, 100, {.at = at, .entered = 35});
  }

  const ComparisonReport report = compared(customers, 120);

  const SignalChange& change = change_of(row_of(report, "order"));
  CHECK(report.tests[0].tested == 3);
  CHECK(change.p < report.q);
  CHECK(change.p_adjusted == Approx(3 * change.p));
  CHECK(change.verdict == ChangeVerdict::no_change_seen);
}

TEST_CASE("comparison: both sides are read off no later than both were watched", "[friction][comparison]") {
  // Now's customers came 14 days ago; of before's, 20 fell silent only after a repeat, 18 days after entry.
  std::vector<JourneyState> customers;
  add(customers, 10, 80, {.entered = 5});
  for (int i = 0; i < 20; ++i)
    customers.push_back(customer({stay(order, day(5), Cause::dropped, day(23))}, {{Value("fibre")}}));
  add(customers, 10, 80, {.entered = 42});
  for (int i = 0; i < 20; ++i) customers.push_back(customer({stay(order, day(42))}, {{Value("fibre")}}));

  const ComparisonReport report = compared(customers, 56);

  const TouchpointChange& row = row_of(report, "order");
  const SignalChange& change = change_of(row);
  CHECK(change.cut_short);
  CHECK(change.within_before == Duration{14 * 24h});
  CHECK(change.within_now == Duration{14 * 24h});
  CHECK(change.before->rate == Approx(0.1));
  CHECK(change.now->rate == Approx(0.1));
  CHECK(change.verdict == ChangeVerdict::no_change_seen);
  CHECK(row.mature_before == 100);
  CHECK(row.mature_now == 0);
  CHECK(report.now.mature == 0);
  CHECK(report.now.at_risk == 100);
  CHECK(row.dwell->within == Duration{14 * 24h});
  CHECK(row.dwell->before_hours == Approx(24 * 4.5));
  CHECK(row.dwell->now_hours == Approx(24 * 4.5));
}

TEST_CASE("comparison: a period too young to have lost anybody has not become better",
          "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 30, 100, {.entered = 5});
  for (int i = 0; i < 100; ++i) customers.push_back(customer({stay(order, day(48))}, {{Value("fibre")}}));

  const SignalChange change = change_of(row_of(compared(customers, 56), "order"));

  CHECK(change.verdict == ChangeVerdict::too_few);
  CHECK(change.cut_short);
  CHECK(change.before->rate == 0);  // within 8 days nobody can be known to be lost
}

TEST_CASE("comparison: where all is watched to the horizon, shares are those of the friction report",
          "[friction][comparison]") {
  std::mt19937_64 dice(7);
  std::vector<JourneyState> customers;
  for (int i = 0; i < 300; ++i) customers.push_back(random_customer(dice));
  const StayTable table = table_of(customers, day(100), two_versions());
  const auto of_period = [&](double from, double to) {
    FrictionQuery query;
    query.from = day(from);
    query.to = day(to);
    return friction_report(table, query).value();
  };
  const FrictionReport before = of_period(0, 28);
  const FrictionReport now = of_period(28, 56);
  const auto report = comparison_report(table, two_months);
  REQUIRE(report);
  std::size_t checked = 0;

  for (const TouchpointChange& row : report->touchpoints) {
    const auto of = [&](const FrictionReport& one, const std::string& label) {
      return *std::ranges::find_if(one.rows, [&](const FrictionRow& own) { return own.label == label; });
    };
    const FrictionRow row_before = of(before, row.label_before);
    const FrictionRow row_now = of(now, row.label_now);
    CHECK(row.entered_before == row_before.entered);
    CHECK(row.mature_now == row_now.mature);
    for (const SignalChange& change : row.signals) {
      if (!change.before || !change.now || change.cut_short) continue;
      const auto index = static_cast<std::size_t>(change.signal);
      CHECK(change.before->rate == Approx(row_before.judged[index]->rate).epsilon(1e-12));
      CHECK(change.now->rate == Approx(row_now.judged[index]->rate).epsilon(1e-12));
      CHECK(change.now->sample.n == Approx(row_now.judged[index]->sample.n).epsilon(1e-12));
      ++checked;
    }
  }
  CHECK(checked >= 10);
}

TEST_CASE("comparison: feedback and promises are compared like drop-off", "[friction][comparison]") {
  std::vector<JourneyState> customers;
  const auto rated = [&](double entered, int count, int unhappy) {
    for (int i = 0; i < count; ++i) {
      Stay one = stay(visit, day(entered), Cause::advanced, day(entered + 3));
      one.feedback.push_back({.at = day(entered + 1),
                              .scale = Scale::csat5,
                              .score = i < unhappy ? 1.0 : 5.0,
                              .comment = {},
                              .segments = {}});
      one.deadline = day(entered + (i < unhappy ? 2 : 4));
      one.awaits = TouchpointIndex{online};
      customers.push_back(customer({one, stay(online, day(entered + 3), Cause::exited, day(entered + 4))},
                                   {{Value("fibre")}}));
    }
  };
  rated(5, 100, 20);
  rated(35, 100, 50);

  const ComparisonReport report = compared(customers, 120);

  const SignalChange& unhappy = change_of(row_of(report, "visit"), Signal::negative_feedback);
  CHECK(unhappy.before->rate == Approx(0.2));
  CHECK(unhappy.now->rate == Approx(0.5));
  CHECK(unhappy.now->n == 100);
  CHECK(unhappy.verdict == ChangeVerdict::worse);
  const SignalChange& broken = change_of(row_of(report, "online"), Signal::broken_promise);
  CHECK(broken.before->rate == Approx(0.2));
  CHECK(broken.now->rate == Approx(0.5));
  CHECK(broken.verdict == ChangeVerdict::worse);
  // The visit is our turn: silence there is no drop-off, but its time is said.
  CHECK(std::ranges::none_of(row_of(report, "visit").signals,
                             [](const SignalChange& change) { return change.signal == Signal::drop_off; }));
  CHECK(row_of(report, "visit").dwell->now_hours == Approx(72));
  REQUIRE(report.scores.size() == 1);
  CHECK(report.scores[0].before->mean == Approx(4.2));
  CHECK(report.scores[0].now->mean == Approx(3));
}

// Charig and others (1986, BMJ 292): kidney stones, open surgery as "before", percutaneous as "now"; failures
// as drop-offs, the stone's size as segment.
TEST_CASE("comparison: fewer are lost though more are in every part, for the mix changed",
          "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 6, 87, {.entered = 5, .plan = "small"});
  add(customers, 71, 263, {.entered = 5, .plan = "large"});
  add(customers, 36, 270, {.entered = 35, .plan = "small"});
  add(customers, 25, 80, {.entered = 35, .plan = "large"});

  const SignalChange change = change_of(row_of(compared(customers, 120), "order"));

  CHECK(change.before->rate == Approx(0.22));
  CHECK(change.now->rate == Approx(61.0 / 350));
  const Decomposition& split = split_by(change, "plan");
  CHECK(split.mix == Approx(-0.09938550309988949));  // exact fractions, computed apart
  CHECK(split.rate == Approx(0.05367121738560378));
  CHECK(split.residual == 0);
  CHECK(split.reversal);
  REQUIRE(split.parts.size() == 2);
  CHECK(split.parts[0].part == "large");
  CHECK(split.parts[0].share_before == Approx(263.0 / 350));
  CHECK(split.parts[0].large);
}

TEST_CASE("comparison: a part too small to be sure of neither makes nor hides a reversal",
          "[friction][comparison]") {
  const auto with_rest = [](int lost, int count) {
    std::vector<JourneyState> customers;
    add(customers, 6, 87, {.entered = 5, .plan = "small"});
    add(customers, 71, 263, {.entered = 5, .plan = "large"});
    add(customers, 10, 10, {.entered = 5, .plan = "huge"});
    add(customers, 36, 270, {.entered = 35, .plan = "small"});
    add(customers, 25, 80, {.entered = 35, .plan = "large"});
    add(customers, lost, count, {.entered = 35, .plan = "huge"});
    return split_by(change_of(row_of(compared(customers, 120), "order")), "plan");
  };
  const Decomposition split = with_rest(0, 10);
  CHECK(split.parts.size() == 3);
  CHECK(split.parts[0].part == "huge");
  CHECK_FALSE(split.parts[0].large);
  CHECK(split.reversal);
}

TEST_CASE("comparison: many small parts that fall are no mix, though the few large ones rose",
          "[friction][comparison]") {
  std::vector<JourneyState> customers;
  struct Side {
    double entered;
    int of_large;
    int of_small;
  };
  for (const Side side : {Side{5, 3, 8}, Side{35, 4, 3}}) {
    for (const char* plan : {"one", "two"})
      add(customers, side.of_large, 25, {.entered = side.entered, .plan = plan});
    for (int i = 0; i < 30; ++i) {
      const std::string plan = "small " + std::to_string(i);
      add(customers, side.of_small, 15, {.entered = side.entered, .plan = plan.c_str()});
    }
  }

  const SignalChange change = change_of(row_of(compared(customers, 120), "order"));

  CHECK(change.before->rate == Approx(246.0 / 500));
  CHECK(change.now->rate == Approx(98.0 / 500));
  const Decomposition& split = split_by(change, "plan");
  CHECK(split.mix == Approx(0).margin(1e-12));
  CHECK_FALSE(split.reversal);
}

TEST_CASE("comparison: the whole journey's drop-off is split by touchpoint", "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 10, 100, {.at = order, .entered = 5});
  add(customers, 30, 100, {.at = appointment, .entered = 5});
  add(customers, 5, 50, {.at = order, .entered = 35});
  add(customers, 45, 150, {.at = appointment, .entered = 35});

  const ComparisonReport report = compared(customers, 120);

  REQUIRE(report.journey_drop_off);
  CHECK(report.journey_drop_off->before == Approx(0.2));
  CHECK(report.journey_drop_off->now == Approx(0.25));
  CHECK(report.journey_drop_off->mix == Approx(0.05));
  CHECK(report.journey_drop_off->rate == Approx(0).margin(1e-12));
  CHECK(report.journey_drop_off->residual == 0);
}

TEST_CASE("comparison: what censoring leaves over is said, not spread", "[friction][comparison]") {
  // Fibre came early and is watched to the end, cable came late: the estimate of both together is not the
  // mean of theirs.
  std::vector<JourneyState> customers;
  add(customers, 20, 100, {.entered = 5});
  add(customers, 20, 100, {.entered = 30, .plan = "fibre"});
  for (int i = 0; i < 50; ++i) customers.push_back(customer({stay(order, day(47))}, {{Value("cable")}}));

  const Decomposition split = split_by(change_of(row_of(compared(customers, 56), "order")), "plan");

  CHECK(std::abs(split.residual) > 0.01);
  CHECK(split.mix + split.rate + split.residual == Approx(split.difference()).margin(1e-12));
}

TEST_CASE("comparison: every split is exact, whatever happened", "[friction][comparison][property]") {
  const JourneyVersions versions = two_versions();
  const bool holds = rc::check([&] {
    std::mt19937_64 dice(*rc::gen::arbitrary<std::uint64_t>());
    std::vector<JourneyState> customers(*rc::gen::inRange<std::size_t>(0, 80));
    for (JourneyState& one : customers) one = random_customer(dice);
    ComparisonQuery query = two_months;
    if (*rc::gen::arbitrary<bool>()) query = {.versions = VersionPair{.before = 1, .now = 2}};
    const StayTable table = table_of(customers, day(*rc::gen::inRange(40, 120)), versions);

    const auto report = comparison_report(table, query, 2);

    RC_ASSERT(report.has_value());
    for (const Decomposition* split : splits_of(*report)) {
      double mix = 0;
      double rate = 0;
      double before = 0;
      double now = 0;
      for (const PartChange& part : split->parts) {
        mix += part.effect.mix;
        rate += part.effect.rate;
        before += part.share_before;
        now += part.share_now;
      }
      RC_ASSERT(std::abs(mix - split->mix) < 1e-12 && std::abs(rate - split->rate) < 1e-12);
      RC_ASSERT(std::abs(before - 1) < 1e-12 && std::abs(now - 1) < 1e-12);
      RC_ASSERT(std::abs(split->mix + split->rate + split->residual - split->difference()) < 1e-12);
    }
    // Without censoring a whole is the sum of its parts.
    for (const TouchpointChange& row : report->touchpoints) {
      for (const SignalChange& change : row.signals) {
        for (const Decomposition& split : change.splits)
          RC_ASSERT(change.signal == Signal::drop_off || split.residual == 0);
      }
    }
  });
  REQUIRE(holds);
}

TEST_CASE("comparison: versions are compared by their instances, pooled only where nothing changed",
          "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 10, 100, {.at = order});
  add(customers, 50, 100, {.at = appointment});
  add(customers, 30, 100, {.at = order, .version = 1});
  add(customers, 20, 100, {.at = appointment, .version = 1});

  const ComparisonReport report =
      compared(customers, 120, {.versions = VersionPair{.before = 1, .now = 2}}, two_versions());

  CHECK(report.before.version == 1U);
  CHECK(report.now.instances == 200);
  REQUIRE(report.touchpoints.size() == 2);
  const TouchpointChange& same = row_of(report, "order");
  CHECK_FALSE(same.changed);
  CHECK(change_of(same).before->rate == Approx(0.1));
  CHECK(change_of(same).now->rate == Approx(0.3));
  const TouchpointChange& other = row_of(report, "appointment (v2)");
  CHECK(other.changed);
  CHECK(other.label_before == "appointment (v1)");
  CHECK(change_of(other).before->rate == Approx(0.5));
  CHECK(change_of(other).now->rate == Approx(0.2));
  CHECK(change_of(other).verdict == ChangeVerdict::better);
  CHECK(report.journey_drop_off->before == Approx(0.3));
  CHECK(report.journey_drop_off->mix == Approx(0).margin(1e-12));
  CHECK(report.journey_drop_off->rate == Approx(-0.05));
}

TEST_CASE("comparison: versions may be narrowed to stays of a period", "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 10, 100, {.entered = 5});
  add(customers, 0, 50, {.entered = 35});
  add(customers, 30, 100, {.entered = 35, .version = 1});
  const ComparisonQuery query{.from = day(28), .versions = VersionPair{.before = 1, .now = 2}};

  const TouchpointChange row = row_of(compared(customers, 120, query, two_versions()), "order");

  CHECK(row.entered_before == 50);
  CHECK(row.entered_now == 100);
}

TEST_CASE("comparison: a changed silence is each version's own, once it was watched so long",
          "[friction][comparison]") {
  const JourneyVersions versions = two_versions(Duration{5 * 24h});
  const ComparisonQuery query{.versions = VersionPair{.before = 1, .now = 2}};
  std::vector<JourneyState> customers;
  add(customers, 30, 100, {.at = appointment});
  add(customers, 30, 100, {.at = appointment, .version = 1});
  for (int i = 0; i < 30; ++i) customers.push_back(state_of({.at = appointment}, true));

  const SignalChange change =
      change_of(row_of(compared(customers, 120, query, versions), "appointment (v2)"));
  for (int i = 0; i < 10; ++i) {  // open; seen for 8 days by day 128, where version 2's horizon is 10
    JourneyState one = customer({stay(appointment, day(120))}, {{Value("fibre")}});
    one.instances[0].version = VersionIndex{1};
    customers.push_back(one);
  }
  std::erase_if(customers, [](const JourneyState& one) {
    const Instance& own = one.instances[0];
    return own.version == VersionIndex{1} && own.stays[0].cause == Cause::dropped;
  });
  const SignalChange young = change_of(row_of(compared(customers, 128, query, versions), "appointment (v2)"));

  CHECK(change.within_before == Duration{20 * 24h});
  CHECK(change.within_now == Duration{10 * 24h});
  CHECK(change.tested);
  CHECK(young.within_now == Duration{10 * 24h});
  CHECK_FALSE(young.tested);
}

TEST_CASE("comparison: of periods, what replaced a touchpoint is named, and what stayed is there too",
          "[friction][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 50, 100, {.at = appointment, .entered = 5});
  add(customers, 15, 30, {.at = appointment, .entered = 35});
  add(customers, 20, 100, {.at = appointment, .entered = 35, .version = 1});

  const ComparisonReport report = compared(customers, 120, two_months, two_versions());

  REQUIRE(report.touchpoints.size() == 2);
  CHECK(report.touchpoints[0].changed);
  CHECK(report.touchpoints[0].label_before == "appointment (v1)");
  CHECK(report.touchpoints[0].label_now == "appointment (v2)");
  CHECK_FALSE(report.touchpoints[1].changed);
  CHECK(report.touchpoints[1].label_now == "appointment (v1)");
  CHECK(report.touchpoints[1].entered_now == 30);
}

TEST_CASE("comparison: rare values of a cut are one part", "[friction][comparison]") {
  std::vector<JourneyState> customers;
  std::vector<std::string> plans;
  for (int i = 0; i < 70; ++i) plans.push_back("plan " + std::to_string(100 + i));
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const int size = i < 10 ? 1 : 2;
    add(customers, 1, size, {.entered = 5, .plan = plans[i].c_str()});
    add(customers, 0, size, {.entered = 35, .plan = plans[i].c_str()});
  }

  const Decomposition split = split_by(change_of(row_of(compared(customers, 120), "order")), "plan");

  REQUIRE(split.parts.size() == 61);
  CHECK(split.parts[0].part == "(other)");
  CHECK(split.parts[0].before->n == 10);
  CHECK(split.residual == 0);
}

TEST_CASE("comparison: what is left out of a period is 28 days, and as long before",
          "[friction][comparison]") {
  struct Row {
    const char* why;
    ComparisonQuery query;
    double against_from, against_to, from, to;
  };
  const auto row = GENERATE(
      values<Row>({{"nothing is said", {}, 64, 92, 92, 120},
                   {"now is said", {.from = day(50), .to = day(60)}, 40, 50, 50, 60},
                   {"its beginning", {.from = day(110)}, 100, 110, 110, 120},
                   {"its end", {.to = day(100)}, 44, 72, 72, 100},
                   {"the beginning of before", {.from = day(110), .against_from = day(10)}, 10, 20, 110, 120},
                   {"its end", {.from = day(110), .against_to = day(30)}, 20, 30, 110, 120},
                   {"all", {day(50), day(60), day(1), day(3), {}, 0.1}, 1, 3, 50, 60}}));
  CAPTURE(row.why);

  const ComparisonReport report = compared(doubled(), 120, row.query);

  CHECK(report.before.from == day(row.against_from));
  CHECK(report.before.to == day(row.against_to));
  CHECK(report.now.from == day(row.from));
  CHECK(report.now.to == day(row.to));
}

TEST_CASE("comparison: periods and versions that cannot be compared are refused", "[friction][comparison]") {
  struct Row {
    ComparisonQuery query;
    ErrorCode code;
    const char* message;
  };
  const auto row = GENERATE(values<Row>(
      {{{.from = day(60), .to = day(50)},
        ErrorCode::bad_input,
        "no time lies from 2024-04-30T00:00:00Z to before 2024-04-20T00:00:00Z"},
       {{.from = day(50), .to = day(50)},
        ErrorCode::bad_input,
        "no time lies from 2024-04-20T00:00:00Z to before 2024-04-20T00:00:00Z"},
       {{.from = day(50), .against_from = day(9), .against_to = day(8)},
        ErrorCode::bad_input,
        "no time lies from 2024-03-10T00:00:00Z to before 2024-03-09T00:00:00Z"},
       {{.from = day(50), .to = day(60), .against_from = day(45), .against_to = day(51)},
        ErrorCode::bad_input,
        "the periods overlap: before is 2024-04-15T00:00:00Z to before 2024-04-21T00:00:00Z, now is "
        "2024-04-20T00:00:00Z to before 2024-04-30T00:00:00Z; let before end by 2024-04-20T00:00:00Z"},
       {{.from = day(50), .to = day(60), .against_from = day(60), .against_to = day(70)},
        ErrorCode::bad_input,
        "the period before (2024-04-30T00:00:00Z to before 2024-05-10T00:00:00Z) lies after the one now "
        "(2024-04-20T00:00:00Z to before 2024-04-30T00:00:00Z): exchange them"},
       {{.from = day(120), .to = day(130)},
        ErrorCode::bad_input,
        "the period from 2024-06-29T00:00:00Z begins when nothing is known yet: the comparison is as of "
        "2024-06-29T00:00:00Z"},
       {{.versions = VersionPair{.before = 1, .now = 7}},
        ErrorCode::not_found,
        "`broadband` has no version 7; there are: 1, 2"},
       {{.versions = VersionPair{.before = 2, .now = 2}},
        ErrorCode::bad_input,
        "version 2 cannot be compared with itself"},
       {{.from = day(60), .to = day(50), .versions = VersionPair{.before = 1, .now = 2}},
        ErrorCode::bad_input,
        "no time lies from 2024-04-30T00:00:00Z to before 2024-04-20T00:00:00Z"}}));

  const auto report = comparison_report(table_of(doubled(), day(120), two_versions()), row.query);

  REQUIRE_FALSE(report);
  CHECK(report.error().code == row.code);
  CHECK(report.error().message == row.message);
}

TEST_CASE("comparison: nobody, and one customer, are no change", "[friction][comparison]") {
  const ComparisonReport nobody = compared({}, 120);
  CHECK(nobody.touchpoints.empty());
  CHECK_FALSE(nobody.journey_drop_off);
  CHECK_FALSE(nobody.achieved);

  const ComparisonReport one = compared({state_of({.entered = 35}, true)}, 120);
  REQUIRE(one.touchpoints.size() == 1);
  const SignalChange& change = change_of(one.touchpoints[0]);
  CHECK_FALSE(change.before);
  CHECK(change.now->rate == 1);
  CHECK_FALSE(change.difference());
  CHECK(change.verdict == ChangeVerdict::too_few);
  CHECK_FALSE(one.touchpoints[0].dwell);
}

TEST_CASE("comparison: goals count as far as both sides were watched", "[friction][comparison]") {
  const auto achiever = [](double opened, double after) {
    return customer(
        {stay(order, day(opened), Cause::advanced, day(opened + after)), stay(online, day(opened + after))},
        {{Value("fibre")}});
  };
  const auto waiting = [](double opened) { return customer({stay(order, day(opened))}, {{Value("fibre")}}); };
  const std::vector<JourneyState> customers = {
      achiever(5, 3),  achiever(5, 20), waiting(5),  state_of({.entered = 5}, false),
      achiever(50, 2), achiever(50, 4), waiting(50), waiting(50)};

  const ComparisonReport report = compared(customers, 56);

  REQUIRE(report.achieved);
  CHECK(report.achieved->within == Duration{6 * 24h});
  CHECK(report.achieved->before.n == 4);
  CHECK(report.achieved->before.rate == Approx(0.25));
  CHECK(report.achieved->now.rate == Approx(0.5));
  CHECK(report.achieved->now.sample.n == Approx(4));
}

namespace {

/// A journey of three judged touchpoints over 8 weeks with the same rates throughout, as of the last day;
/// with `planted` more lost at order in the last four weeks.
ComparisonReport drawn(std::mt19937_64& dice, double planted) {
  const auto uniform = [&] { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; };
  std::vector<JourneyState> customers;
  for (const At at : {order, appointment, online}) {
    for (int i = 0; i < 300; ++i) {
      const double entered = uniform() * 56;
      const double rate = 0.2 + (at == order && entered >= 28 ? planted : 0);
      const bool drops = uniform() < rate;
      const double lasts =
          drops ? (uniform() < 0.3 ? 12 + 8 * uniform() : 10.0) : -4 * std::log1p(-uniform());
      const Cause cause = drops ? Cause::dropped : Cause::exited;
      Stay one = stay(at, day(entered), cause, day(entered + lasts));
      customers.push_back(customer({one}));
    }
  }
  auto report = comparison_report(table_of(customers, day(56)), {});
  REQUIRE(report);
  return *std::move(report);
}

void nothing_changed(int runs) {
  std::mt19937_64 dice(20'240'301);
  int beyond = 0;
  int said = 0;
  for (int run = 0; run < runs; ++run) {
    const ComparisonReport report = drawn(dice, 0);
    beyond += report.tests[0].beyond_chance > 0 ? 1 : 0;
    said += std::ranges::any_of(report.touchpoints, [](const TouchpointChange& row) {
      return change_of(row).verdict == ChangeVerdict::worse ||
             change_of(row).verdict == ChangeVerdict::better;
    });
  }
  WARN("nothing changed, " << runs << " runs: a difference beyond chance in " << beyond << ", said in "
                           << said);
  CHECK(beyond <= 0.11 * runs);
}

void planted_change(int runs) {
  std::mt19937_64 dice(20'240'302);
  int found = 0;
  for (int run = 0; run < runs; ++run)
    found += change_of(row_of(drawn(dice, 0.2), "order")).verdict == ChangeVerdict::worse ? 1 : 0;
  WARN("20 % to 40 % planted, " << runs << " runs: found in " << found);
  CHECK(found >= 0.8 * runs);
}

}  // namespace

TEST_CASE("comparison: where nothing changed, a report says so at least nine times in ten",
          "[friction][comparison]") {
  nothing_changed(150);
}
TEST_CASE("comparison: where nothing changed, a report says so at least nine times in ten, at length",
          "[friction][comparison][.nightly]") {
  nothing_changed(3000);
}
TEST_CASE("comparison: a drop-off that doubles is found", "[friction][comparison]") { planted_change(40); }
TEST_CASE("comparison: a drop-off that doubles is found, at length", "[friction][comparison][.nightly]") {
  planted_change(1000);
}

}  // namespace lotse::test
