#include "engine/friction/risk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <random>
#include <set>

#include "tests/friction/in_flight.hpp"

namespace lotse::test {
namespace {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : dice_(seed) {}
  double operator()() { return static_cast<double>(dice_() >> 11U) * 0x1.0p-53; }

 private:
  std::mt19937_64 dice_;
};

Duration days(double number) { return Duration{static_cast<std::int64_t>(number * 86'400'000)}; }

JourneyVersions with_plan() {
  Journey journey = hand_made_journey();
  journey.segments = {{.name = "plan", .value = *Expression::compile("\"x\"", {})},
                      {.name = "noise", .value = *Expression::compile("\"x\"", {})}};
  return versions_of({journey});
}

struct Lot {
  int count = 1000;
  double first = 0;  ///< day of the first entry
  double over = 60;  ///< days
  double drop_early = 0.2;
  double drop_late = 0.2;  ///< of those who entered from `change` on
  double change = 1e9;
  double by_plan = 0;     ///< more of those with the plan `slow`
  double by_channel = 0;  ///< more of those by app
  double repeats = 0.3;   ///< share whose silence is broken once, up to 9 days in
  std::uint64_t seed = 1;
};

/// Stays at `order`: silent for good with some probability, else on after a mean of 3 days.
std::vector<Named> generated(const Lot& lot, double as_of) {
  Chance chance(lot.seed);
  std::vector<Named> customers;
  for (int i = 0; i < lot.count; ++i) {
    const double entered = lot.first + chance() * lot.over;
    const bool slow = chance() < 0.5;
    const bool app_user = chance() < 0.4;
    const double drop = (entered < lot.change ? lot.drop_early : lot.drop_late) + (slow ? lot.by_plan : 0) +
                        (app_user ? lot.by_channel : 0);
    const bool drops = chance() < drop;
    const double broken = chance() < lot.repeats ? chance() * 9 : 0;
    const double lasts = drops ? broken + 10 : broken + std::min(9.9, -3 * std::log1p(-chance()));
    Stay one = stay(order, day(entered), Cause::open, {}, app_user ? app : web);
    one.last_activity = day(entered + broken);
    one.repeats = broken > 0 ? 1 : 0;
    if (entered + lasts <= as_of) {
      one.cause = drops ? Cause::dropped : Cause::exited;
      one.left = day(entered + lasts);
    }
    JourneyState state = customer({one}, {{Value(slow ? "slow" : "quick"), Value(i % 7 == 0 ? "a" : "b")}});
    state.instances[0].value = 100;
    customers.push_back({"user_id:" + std::to_string(i), state});
  }
  return customers;
}

RiskReport report_of(const std::vector<Named>& customers, double as_of, const RiskQuery& query = {},
                     std::uint32_t threads = 1) {
  auto report = risk_report(in_flight(customers, day(as_of), threads, with_plan()), query, threads);
  REQUIRE(report);
  return *std::move(report);
}

bool holds_one(const Interval& interval) { return interval.low <= 1 && interval.high >= 1; }

bool same(const RiskReport& a, const RiskReport& b) {
  const auto text = [](const RiskReport& report) {
    std::string out;
    for (const RiskRow& row : report.rows) {
      out += fmt::format("{} {} {} {} {} {}\n", row.customer, row.estimate.risk, row.estimate.interval.low,
                         row.at_stake.value_or(-1), row.entered.time_since_epoch().count(), row.cell.value);
    }
    for (const RiskPlace& place : report.places)
      out += fmt::format("{} {} {}\n", place.label, place.expected, place.at_stake.value_or(-1));
    out += fmt::format("{} {}", report.quality.brier.value_or(-1), report.quality.expected);
    if (report.quality.recalibration) out += fmt::format(" {}", report.quality.recalibration->slope);
    return out;
  };
  return text(a) == text(b);
}

}  // namespace

TEST_CASE("risk: who is listed, with what, in which order", "[friction][risk]") {
  // 100 old stays at order: 40 dropped on day 10, 60 left on day 1. One customer came on day 95, one on
  // day 99.
  std::vector<Named> customers;
  for (int i = 0; i < 100; ++i) {
    const double at = i / 10.0;
    customers.push_back(
        {"old:" + std::to_string(i), customer({i < 40 ? stay(order, day(at), Cause::dropped, day(at + 10))
                                                      : stay(order, day(at), Cause::exited, day(at + 1))})});
  }
  JourneyState new_one = customer({stay(order, day(99.5))});
  JourneyState silent = customer({stay(order, day(95))});
  new_one.instances[0].value = 50;
  silent.instances[0].value = 30;
  customers.push_back({"user_id:new", new_one});
  customers.push_back({"user_id:silent", silent});
  customers.push_back({"", customer({stay(order, day(96))})});              // erased
  customers.push_back({"user_id:ours", customer({stay(visit, day(95))})});  // our turn

  const RiskReport report = report_of(customers, 100);

  REQUIRE(report.rows.size() == 2);
  CHECK(report.matching == 2);
  CHECK(report.places[0].in_flight == 3);
  CHECK(report.places[0].expected == Approx(0.4 + 1 + 1).margin(0.02));
  const RiskRow& worst = report.rows[0];
  CHECK(worst.customer == "user_id:silent");
  CHECK(worst.age == days(5));
  CHECK(worst.estimate.risk == Approx(1));
  CHECK(worst.estimate.interval.low < 0.95);
  CHECK(worst.by == day(115));
  CHECK(worst.silent_at == day(105));
  CHECK(worst.channel == "web");
  CHECK(*worst.value == 30);
  CHECK_FALSE(worst.repeated);
  // 60 of 102 at risk leave on day 1; of the 42 left two are young, and all others drop off.
  CHECK(report.rows[1].customer == "user_id:new");
  CHECK(report.rows[1].estimate.risk == Approx(42.0 / 102));
  CHECK(*report.rows[1].at_stake == Approx(report.rows[1].estimate.risk * 50 * report.places[0].reach));
  CHECK(report.places[0].owner == "install@example.net");
  CHECK(report.quality.judged == 0);
}

TEST_CASE("risk: equal risks are ordered by what is at stake, then silence, then name", "[friction][risk]") {
  std::vector<Named> customers;
  for (int i = 0; i < 100; ++i) {
    const bool drops = i % 2 == 0;
    customers.push_back(
        {"old:" + std::to_string(i),
         customer({stay(order, day(0), drops ? Cause::dropped : Cause::exited, day(drops ? 10 : 1))})});
  }
  // Our own moves on to online, so that there is something to reach.
  for (int i = 0; i < 30; ++i) {
    customers.push_back(
        {"won:" + std::to_string(i), customer({stay(order, day(0), Cause::advanced, day(1)),
                                               stay(online, day(1), Cause::exited, day(2))})});
  }
  const auto young = [&](const char* name, double value, double last) {
    Stay one = stay(order, day(98));
    one.last_activity = day(last);
    JourneyState state = customer({one});
    state.instances[0].value = value;
    customers.push_back({name, state});
  };
  young("d", 10, 98);
  young("c", 10, 98);
  young("b", 10, 99);
  young("a", 20, 99);
  const RiskReport report = report_of(customers, 100);
  REQUIRE(report.rows.size() == 4);
  CHECK(report.rows[0].customer == "a");
  CHECK(report.rows[1].customer == "c");
  CHECK(report.rows[2].customer == "d");
  CHECK(report.rows[3].customer == "b");
  CHECK(report.places[0].reach == Approx(1));
}

TEST_CASE("risk: limit, least risk and touchpoint choose what is listed", "[friction][risk]") {
  const std::vector<Named> customers = generated({.count = 2000}, 60);
  const RiskReport all = report_of(customers, 60, {.touchpoint = {}, .limit = 100'000, .least_risk = 0});
  const RiskReport few = report_of(customers, 60, {.touchpoint = "order", .limit = 3, .least_risk = 0});
  const RiskReport high = report_of(customers, 60, {.touchpoint = {}, .limit = 100'000, .least_risk = 0.5});

  CHECK(all.rows.size() == all.matching);
  CHECK(std::ranges::is_sorted(all.rows, std::greater<>(),
                               [](const RiskRow& row) { return row.estimate.risk; }));
  CHECK(few.rows.size() == 3);
  CHECK(few.matching == all.matching);
  CHECK(few.rows[2].customer == all.rows[2].customer);
  CHECK(high.rows.size() == static_cast<std::size_t>(std::ranges::count_if(
                                all.rows, [](const RiskRow& row) { return row.estimate.risk >= 0.5; })));
  CHECK(high.rows.size() < all.rows.size());
  CHECK(high.places[0].in_flight == all.places[0].in_flight);
  double sum = 0;
  for (const RiskRow& row : all.rows) sum += row.estimate.risk;
  CHECK(all.places[0].expected == Approx(sum));

  const StaysInFlight stays = in_flight(customers, day(60), 1, with_plan());
  const auto none_such = risk_report(stays, {.touchpoint = "ordr"});
  const auto nobody_drops = risk_report(stays, {.touchpoint = "visit"});
  REQUIRE_FALSE(none_such);
  CHECK(none_such.error().code == ErrorCode::not_found);
  CHECK(none_such.error().message ==
        "`ordr` is no touchpoint of `broadband` that customers stand at; did you mean `order`?");
  REQUIRE_FALSE(nobody_drops);
  CHECK(nobody_drops.error().code == ErrorCode::bad_input);
  CHECK(
      nobody_drops.error().message ==
      "nobody drops off at `visit`: it ends the journey, silence never counts as leaving there, or the turn "
      "is not the customer's");
}

TEST_CASE("risk: nobody, and too few to say", "[friction][risk]") {
  const RiskReport empty = report_of({}, 60);
  CHECK(empty.rows.empty());
  CHECK(empty.places.size() == 3);
  CHECK(empty.quality.judged == 0);
  const RiskReport one = report_of({{"user_id:ada", customer({stay(order, day(0))})}}, 5);
  CHECK(one.rows.empty());
  CHECK(one.places[0].in_flight == 1);
  CHECK(one.places[0].untold == 1);
  // 19 watched to the horizon are too few, 20 are enough.
  for (const int old : {19, 20}) {
    std::vector<Named> customers{{"user_id:new", customer({stay(order, day(59))})}};
    for (int i = 0; i < old; ++i) {
      customers.push_back({"old", customer({stay(order, day(0), Cause::dropped, day(10))})});
    }
    CAPTURE(old);
    CHECK(report_of(customers, 60).rows.size() == (old == 20 ? 1U : 0U));
  }
}

TEST_CASE("risk: a cell is as fine as it tells something and enough were seen", "[friction][risk]") {
  const auto cells = [](const Lot& lot) {
    std::set<std::string> seen;
    for (const RiskRow& row : report_of(generated(lot, 60), 60, {.limit = 100'000}).rows) {
      seen.insert(fmt::format("{}{}{}", row.cell.by_channel ? row.cell.channel : "-",
                              row.cell.segment.empty() ? "" : " " + row.cell.segment, row.cell.value));
    }
    return seen;
  };
  CHECK(cells({.count = 4000, .by_plan = 0.3, .repeats = 0}) ==
        std::set<std::string>{"web planslow", "web planquick", "app planslow", "app planquick"});
  CHECK(cells({.count = 4000, .repeats = 0}) == std::set<std::string>{"web", "app"});
  CHECK(cells({.count = 120, .repeats = 0}) == std::set<std::string>{"-"});

  const RiskReport report =
      report_of(generated({.count = 4000, .by_plan = 0.3, .by_channel = 0.1, .repeats = 0}, 60), 60,
                {.limit = 100'000});
  CHECK(report.places[0].segment == "plan");
  // New ones by plan and channel: 0.2, and what was planted on it.
  for (const RiskRow& row : report.rows) {
    if (row.age > days(0.2) || row.cell.segment.empty()) continue;
    const double truth = 0.2 + (row.cell.value == "slow" ? 0.3 : 0) + (row.cell.channel == "app" ? 0.1 : 0);
    CHECK(row.estimate.risk == Approx(truth).margin(0.09));
  }
}

TEST_CASE("risk: the curves that conditions read, by version and touchpoint", "[friction][risk]") {
  // As of day 60: 60 left on day 1, 40 fell silent on day 10; one came on day 59.
  std::vector<Named> customers{{"user_id:new", customer({stay(order, day(59.5))})}};
  for (int i = 0; i < 100; ++i) {
    customers.push_back({"old", customer({i < 40 ? stay(order, day(0), Cause::dropped, day(10))
                                                 : stay(order, day(0), Cause::exited, day(1))})});
  }
  Journey changed = hand_made_journey(2);
  changed.touchpoints[appointment].abandon_after = Duration{20 * 24h};
  const JourneyVersions versions = versions_of({hand_made_journey(), changed});
  const std::vector<RiskSteps> curves = risk_steps(in_flight(customers, day(60), 1, versions).table);

  const RiskHistory risks({{.at = day(60), .curves = curves}});
  for (const std::uint32_t version : {1U, 2U}) {
    CHECK(risks.at(version, "order", days(0), day(60)) == 0.4);
    CHECK(risks.at(version, "order", days(1), day(60)) == 1.0);
    CHECK_FALSE(risks.at(version, "order", days(10), day(60)));
  }
  CHECK_FALSE(risks.at(1, "appointment", days(0), day(60)));
  CHECK(risk_text(curves) ==
        "1 order 0:40 86400000:100 864000000:-\n"
        "2 order 0:40 86400000:100 864000000:-\n");
  CHECK(risk_steps(in_flight({}, day(60)).table).empty());
}

TEST_CASE("risk: a stay that hops is one, by the channel that it came in by", "[friction][risk]") {
  std::vector<Named> customers;
  for (int i = 0; i < 200; ++i) {
    const bool drops = i % 4 != 0;
    const double left = drops ? 14.0 : 5.0;
    Stay second = stay(order, day(4), drops ? Cause::dropped : Cause::exited, day(left), app);
    second.entry = Entry::hop;
    customers.push_back({"old", customer({stay(order, day(0), Cause::hopped, day(4), web), second})});
  }
  Stay second = stay(order, day(98), Cause::open, {}, app);
  second.entry = Entry::hop;
  customers.push_back({"user_id:ada", customer({stay(order, day(95), Cause::hopped, day(98), web), second})});
  const RiskReport report = report_of(customers, 100);
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].age == days(5));
  CHECK(report.rows[0].channel == "app");
  CHECK(report.rows[0].cell.channel == "web");
  CHECK(report.rows[0].estimate.risk == Approx(1));
  CHECK(report.rows[0].by == day(115));
}

TEST_CASE("risk: a customer with many stays is one when it comes to certainty", "[friction][risk]") {
  const auto width = [](bool many) {
    std::vector<Named> customers;
    for (int i = 0; i < 400; ++i) {
      const int who = many ? i / 10 : i;
      const bool drops = who % 4 == 0;
      JourneyState state =
          customer({stay(order, day(0), drops ? Cause::dropped : Cause::exited, day(drops ? 10 : 1))});
      if (many && i % 10 != 0) {
        customers.back().state.instances.push_back(state.instances[0]);
      } else {
        customers.push_back({"old", state});
      }
    }
    customers.push_back({"user_id:ada", customer({stay(order, day(100))})});
    const RiskReport report = report_of(customers, 100);
    REQUIRE(report.rows.size() == 1);
    CHECK(report.rows[0].estimate.risk == Approx(0.25).margin(0.01));
    return report.rows[0].estimate.interval.half_width();
  };
  CHECK(width(true) > 2.5 * width(false));
}

TEST_CASE("risk: neither the order of customers nor the number of threads shows", "[friction][risk]") {
  std::vector<Named> customers = generated({.count = 3000, .by_plan = 0.2, .by_channel = 0.1}, 60);
  const RiskReport report = report_of(customers, 60);
  REQUIRE(report.quality.recalibration);
  CHECK(same(report, report_of(customers, 60, {}, 3)));
  std::mt19937_64 dice(9);
  for (std::size_t left = customers.size(); left > 1; --left)
    std::swap(customers[left - 1], customers[dice() % left]);
  CHECK(same(report, report_of(customers, 60)));
  CHECK(same(report, report_of(customers, 60, {}, 2)));
}

TEST_CASE("risk: what is judged is what was known at the split, and what became of it", "[friction][risk]") {
  // Horizon 20 days: as of day 100 the split is day 80. 60 customers are in flight then, 30 of whom drop off.
  std::vector<Named> customers;
  for (int i = 0; i < 200; ++i) {
    const bool drops = i % 2 == 0;
    customers.push_back({"old", customer({stay(order, day(i / 10.0), drops ? Cause::dropped : Cause::exited,
                                               day(i / 10.0 + (drops ? 10 : 6)))})});
  }
  for (int i = 0; i < 60; ++i) {
    const bool drops = i % 2 == 0;
    customers.push_back({"then", customer({stay(order, day(78), drops ? Cause::dropped : Cause::exited,
                                                day(drops ? 88 : 84))})});
  }
  // Nobody who came or left later is anything to the split's curves: all of these would drop off at once.
  for (int i = 0; i < 500; ++i) {
    customers.push_back({"later", customer({stay(order, day(80.5), Cause::dropped, day(90.5))})});
  }
  const RiskReport report = report_of(customers, 100);
  CHECK(report.judged_from == day(80));
  CHECK(report.judged_to == day(80));
  CHECK(report.quality.judged == 60);
  CHECK(report.quality.happened == 30);
  CHECK(report.quality.expected == Approx(30).margin(0.1));
  CHECK(*report.quality.ratio == Approx(1).margin(0.01));
  CHECK(*report.quality.skill == Approx(0).margin(0.001));
}

TEST_CASE("risk: on generated data the risks come true", "[friction][risk]") {
  const Lot lot{.count = 12'000, .over = 120, .by_plan = 0.25, .by_channel = 0.15, .seed = 4};
  const RiskReport report = report_of(generated(lot, 120), 120);
  const ForecastQuality& quality = report.quality;
  std::cout << "risks on 12,000 generated stays: " << quality.judged << " judged, happened/expected "
            << *quality.ratio << ", slope " << quality.recalibration->slope << ", skill " << *quality.skill
            << '\n';
  CHECK(quality.judged > 300);
  CHECK(holds_one(quality.ratio_interval));
  CHECK(std::abs(quality.recalibration->slope - 1) < 2.5 * quality.recalibration->slope_error);
  CHECK(*quality.skill > 0.05);
}

TEST_CASE("risk: a change that the past could not know is seen", "[friction][risk]") {
  // The split is day 100; from day 90 on two in three drop off instead of one in five.
  const Lot lot{.count = 12'000, .over = 120, .drop_late = 0.67, .change = 90, .repeats = 0, .seed = 4};
  const RiskReport report = report_of(generated(lot, 120), 120);
  CHECK(report.quality.ratio_interval.low > 1.2);
}

namespace {

/// In how many of the runs the interval of happened/expected holds 1.
double calibrated(int runs, int count) {
  int held = 0;
  for (int run = 0; run < runs; ++run) {
    const Lot lot{.count = count,
                  .over = 100,
                  .by_plan = 0.2,
                  .by_channel = 0.1,
                  .seed = static_cast<std::uint64_t>(run) + 100};
    held += holds_one(report_of(generated(lot, 100), 100, {.limit = 1}).quality.ratio_interval) ? 1 : 0;
  }
  return static_cast<double>(held) / runs;
}

}  // namespace

TEST_CASE("risk: over many generated journeys the risks are calibrated", "[friction][risk]") {
  const double share = calibrated(60, 3000);
  std::cout << "60 journeys of 3,000 stays: happened/expected holds 1 in " << share << '\n';
  CHECK(share >= 0.88);
}

TEST_CASE("risk: the same, long", "[.nightly]") {
  const double share = calibrated(2000, 3000);
  std::cout << "2,000 journeys of 3,000 stays: happened/expected holds 1 in " << share << '\n';
  CHECK(share >= 0.93);
}

}  // namespace lotse::test
