#include "engine/friction/timers.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <random>

#include "tests/friction/hand_made.hpp"

namespace lotse::test {
namespace {

/// Stays at order that ended in one way after so many days, each of a customer of its own.
class Stays {
 public:
  Stays& left(std::size_t count, double days, Cause cause = Cause::advanced) {
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<Stay> stays = {stay(order, day(0), cause, day(days))};
      if (cause == Cause::advanced) stays.push_back(stay(appointment, day(days)));
      customers_.push_back(customer(stays));
    }
    return *this;
  }
  /// Still open, having come so many days before day 500.
  Stays& open(std::size_t count, double days) {
    customers_.insert(customers_.end(), count, customer({stay(order, day(500 - days))}));
    return *this;
  }
  /// `count` on each of the days from `first` to `last`.
  Stays& each_day(std::size_t count, int first, int last, Cause cause = Cause::advanced) {
    for (int i = first; i <= last; ++i) left(count, i + 0.4, cause);
    return *this;
  }
  [[nodiscard]] std::vector<NamedTimer> timers(const Journey& journey = hand_made_journey()) const {
    return timers_of(table_of(customers_, day(500), versions_of({journey})), {})[0];
  }

 private:
  std::vector<JourneyState> customers_;
};

std::vector<std::string> names(const std::vector<NamedTimer>& timers) {
  std::vector<std::string> names;
  for (const NamedTimer& timer : timers) names.push_back(describe(timer));
  return names;
}

Journey with_nudge() {
  Journey journey = hand_made_journey();
  add_nudge(journey);
  return journey;
}

double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

}  // namespace

TEST_CASE("timers: the figures of a peak, by hand", "[friction][timers]") {
  // On each of the days 0 to 8 there leave 10, on day 4 there are 210; 1,000 stay on, and 100 were last seen
  // on day 4, so that half of them count as having been there.
  Stays stays;
  stays.each_day(10, 0, 8).left(200, 4.1).open(1'000, 480).open(100, 4.5);

  const auto timers = stays.timers();

  REQUIRE(timers.size() == 1);
  const NamedTimer& timer = timers[0];
  CHECK(timer.unit == TimerUnit::day);
  CHECK(timer.index == 4);
  CHECK_FALSE(timer.silence);
  CHECK(timer.events == 210);
  CHECK(timer.hazard == Approx(210 / 1300.0));
  // Days 0 to 3 have 1,390 to 1,360 at risk; 5 to 8 have 1,040 to 1,010, and day 9 nobody leaves: the third
  // of these five ascending, that of day 6 with 1,030, is the greater median.
  CHECK(timer.neighbours == Approx(10 / 1030.0));
  CHECK(*timer.ratio == Approx(210 / 1300.0 / (10 / 1030.0)));
  CHECK_FALSE(timer.declared);
  CHECK(describe(timer) == "a timer that is not in the file (day 4)");
}

TEST_CASE("timers: the end of a range in which many leave is none", "[friction][timers]") {
  Stays stays;
  stays.each_day(200, 0, 2).left(230, 3.1).each_day(2, 4, 9).open(200, 480);

  CHECK(stays.timers().empty());
}

TEST_CASE("timers: twenty events and ten times the neighbours at least", "[friction][timers]") {
  struct Row {
    const char* why;
    std::size_t every_day, on_day, still_there;
    bool named;
  };
  const auto row = GENERATE(Row{"just enough events", 0, 20, 100, true}, Row{"too few", 0, 19, 100, false},
                            Row{"just over ten times", 100, 1'020, 100'000, true},
                            Row{"just under ten times", 100, 980, 100'000, false});
  CAPTURE(row.why);
  // The at risk are too many to build one by one, so that hazards are as their counts: as one table's
  // columns.
  StayTable table = table_of({}, day(500));
  const auto add = [&](std::size_t count, double days) {
    for (std::size_t i = 0; i < count; ++i) {
      table.instances.push_back(
          {.customer = table.customers++, .first_stay = static_cast<std::uint32_t>(table.size())});
      table.entered.push_back(day(0));
      table.left.push_back(day(days));
      table.instance.push_back(static_cast<std::uint32_t>(table.instances.size() - 1));
      table.place.push_back(0);
      table.cause.push_back(Cause::advanced);
    }
  };
  for (int i = 0; i < 20; ++i) {
    add(i == 8 ? row.on_day : row.every_day, i + 0.5);
  }
  add(row.still_there, 450);

  const auto timers = timers_of(table, {})[0];

  CHECK(timers.size() == (row.named ? 1U : 0U));
}

TEST_CASE("timers: what merely falls, rises or comes every day is no timer", "[friction][timers]") {
  SECTION("half go at once, the second day has many times the hazard of those to come") {
    const auto timers = Stays()
                            .left(5'000, 0.2)
                            .left(2'000, 1.2)
                            .left(400, 2.2)
                            .each_day(40, 3, 12)
                            .left(2'000, 1e4)
                            .timers();
    CHECK(names(timers).empty());
  }
  SECTION("all leave on the same day that they come") {
    CHECK(names(Stays().left(5'000, 0.2).timers()).empty());
  }
  SECTION("more every day") {
    Stays stays;
    for (int i = 0; i < 20; ++i) stays.left(static_cast<std::size_t>(10 * i), i + 0.3);
    stays.left(10'000, 1e4);
    CHECK(names(stays.timers()).empty());
  }
  SECTION("nobody") { CHECK(names(Stays().timers()).empty()); }
  SECTION("nobody leaves") { CHECK(names(Stays().left(500, 1e4).timers()).empty()); }
  SECTION("later than is looked at") { CHECK(names(Stays().left(500, 450).left(500, 1e4).timers()).empty()); }
}

TEST_CASE("timers: silence is Lotse's own rule and never the customers' choice", "[friction][timers]") {
  Stays stays;
  stays.each_day(10, 0, 20).left(300, 10, Cause::dropped).left(100, 1e4);

  const auto timers = stays.timers();

  REQUIRE(timers.size() == 1);
  CHECK(timers[0].silence);
  CHECK(timers[0].events == 300);
  CHECK(timers[0].neighbours == 0);
  CHECK_FALSE(timers[0].ratio);
  CHECK(describe(timers[0]) == "silence of 10d");
  CHECK(timers[0].declared->kind == TimerKind::silence);
}

TEST_CASE("timers: moves on the day of the silence are not explained by it", "[friction][timers]") {
  const auto timers = Stays().each_day(10, 0, 20).left(300, 10.2).left(2'000, 1e4).timers();
  CHECK(names(timers) == std::vector<std::string>{"a timer that is not in the file (day 10)"});
}

TEST_CASE("timers: drop-offs that a timer held back are named by it, others by the rule",
          "[friction][timers]") {
  Journey journey = with_nudge();
  journey.touchpoints[order].next.back().after = Duration{13 * 24h};
  CHECK(names(Stays().each_day(10, 0, 20).left(300, 13, Cause::dropped).timers(journey)) ==
        std::vector<std::string>{"nudge after 13d"});
  CHECK(names(Stays().each_day(10, 0, 20).left(300, 15, Cause::dropped).timers(journey)) ==
        std::vector<std::string>{"the silence rule (day 15)"});
}

TEST_CASE("timers: a peak is named by the nearest timer of the file that can explain it",
          "[friction][timers]") {
  struct Row {
    const char* why;
    double days;
    const char* name;
  };
  const auto row =
      GENERATE(Row{"answers on the day of the message", 3.1, "nudge after 3d"},
               Row{"answers on the day after it", 4.3, "nudge after 3d"},
               Row{"too late for it", 5.3, "a timer that is not in the file (day 5)"},
               Row{"before it is no answer", 2.3, "a timer that is not in the file (day 2)"},
               Row{"a calendar time may come a day early", 7.9, "call_back at its time on day 8"},
               Row{"a promise kept at the last moment", 13.95, "promise online_in_time (14d)"},
               Row{"a promise kept just after it", 14.01, "promise online_in_time (14d)"},
               Row{"not a day after it", 15.01, "a timer that is not in the file (day 15)"});
  CAPTURE(row.why);
  Journey journey = with_nudge();
  journey.touchpoints[order].next.back().after = Duration{72h};
  Transition& calendar = journey.touchpoints[order].next.emplace_back();
  calendar.to = TouchpointIndex{call_back};
  calendar.trigger = TransitionTrigger::calendar;
  calendar.at.days = 8;

  const auto timers = Stays().each_day(5, 0, 25).left(300, row.days).left(2'000, 1e4).timers(journey);

  CHECK(names(timers) == std::vector<std::string>{row.name});
}

TEST_CASE("timers: the first two days are looked at by the hour where a timer is that short",
          "[friction][timers]") {
  Journey journey = with_nudge();
  journey.touchpoints[order].next.back().after = Duration{6h};
  Stays stays;
  for (int hour = 0; hour < 96; ++hour) stays.left(10, (hour + 0.5) / 24);
  stays.left(300, 6.2 / 24).left(300, 30.5 / 24).left(3'000, 8.5).left(2'000, 1e4);

  const auto by_hour = stays.timers(journey);

  CHECK(names(by_hour) == std::vector<std::string>{"nudge after 6h",
                                                   "a timer that is not in the file (hour 30)",
                                                   "a timer that is not in the file (day 8)"});
  CHECK(by_hour[0].unit == TimerUnit::hour);
  CHECK(by_hour[0].index == 6);
  CHECK(by_hour[0].events == 310);
  CHECK(names(stays.timers()) == std::vector<std::string>{"a timer that is not in the file (day 8)"});
}

TEST_CASE("timers: a stay that goes on in another channel is one", "[friction][timers]") {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 300; ++i) {
    Stay called = stay(order, day(3.2), Cause::advanced, day(6.2), call_center);
    called.entry = Entry::hop;
    customers.push_back(
        customer({stay(order, day(0), Cause::hopped, day(3.2)), called, stay(appointment, day(6.2))}));
    customers.push_back(customer({stay(order, day(0), Cause::open)}));
  }

  const auto timers = timers_of(table_of(customers, day(50)), {});

  CHECK(names(timers[0]) == std::vector<std::string>{"a timer that is not in the file (day 6)"});
}

TEST_CASE("timers: only selected stays are counted", "[friction][timers]") {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 100; ++i) {
    const double entered = i % 2 == 0 ? 0 : 20;
    customers.push_back(customer(
        {stay(order, day(entered), Cause::advanced, day(entered + 5.5)), stay(appointment, day(30))}));
  }
  const StayTable table = table_of(customers, day(60));
  std::vector<bool> keep(table.size());
  keep[0] = true;
  const auto events = [&](const Selection& selection) {
    const auto timers = timers_of(table, selection)[0];
    return timers.empty() ? 0U : timers[0].events;
  };

  CHECK(events({}) == 100);
  CHECK(events({.from = day(20)}) == 50);
  CHECK(events({.to = day(20)}) == 50);
  CHECK(events({.from = day(1), .to = day(20)}) == 0);
  CHECK(events({.keep = &keep}) == 0);
}

TEST_CASE("timers: the same for any order of customers and number of threads", "[friction][timers]") {
  std::mt19937_64 dice(11);
  std::vector<JourneyState> customers;
  for (int i = 0; i < 2'000; ++i) {
    const double entered = uniform(dice) * 30;
    const double lasts = uniform(dice) < 0.3 ? 5.5 : -60 * std::log1p(-uniform(dice));
    JourneyState one =
        customer({stay(order, day(entered), Cause::advanced, day(entered + lasts)),
                  stay(appointment, day(entered + lasts), Cause::dropped, day(entered + lasts + 10))});
    if (i % 3 == 0) one.instances.push_back(one.instances[0]);
    customers.push_back(one);
  }
  const auto one = timers_of(table_of(customers, day(60)), {});
  REQUIRE(names(one[0]) == std::vector<std::string>{"a timer that is not in the file (day 5)"});
  REQUIRE(names(one[1]) == std::vector<std::string>{"silence of 10d"});

  std::reverse(customers.begin(), customers.end());
  const StayTable turned = table_of(customers, day(60));

  CHECK(timers_of(turned, {}, 1) == one);
  CHECK(timers_of(turned, {}, 3) == one);
}

namespace {

/// How many of `runs` journeys without any timer have one named; half of the stays leave by a falling, half
/// by an even hazard, on weekdays ten times as often as on week-ends.
int falsely_named(int runs) {
  std::mt19937_64 dice(17);
  int named = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<JourneyState> customers;
    for (int i = 0; i < 2'000; ++i) {
      const double entered = uniform(dice) * 60;
      double lasts = (i % 2 == 0 ? 1.5 : 20) * -std::log1p(-uniform(dice));
      while (static_cast<int>(entered + lasts) % 7 >= 5 && uniform(dice) < 0.9) lasts += uniform(dice) * 2;
      customers.push_back(customer({stay(order, day(entered), Cause::advanced, day(entered + lasts)),
                                    stay(appointment, day(entered + lasts))}));
    }
    named += timers_of(table_of(customers, day(90)), {})[0].empty() ? 0 : 1;
  }
  std::cout << "timers: " << named << " of " << runs << " journeys without one have one named\n";
  return named;
}

}  // namespace

TEST_CASE("timers: weekdays and hurry are no timers", "[friction][timers]") { CHECK(falsely_named(20) == 0); }

TEST_CASE("timers: weekdays and hurry are no timers, at length", "[.nightly]") {
  CHECK(falsely_named(1'000) <= 10);
}

}  // namespace lotse::test
