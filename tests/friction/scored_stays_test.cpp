#include "engine/friction/scored_stays.hpp"

#include <catch2/catch.hpp>

#include "tests/friction/watched.hpp"

namespace lotse::test {

TEST_CASE("scored_stays: once each, at exactly entered + W, whatever became of it", "[friction][alerts]") {
  WatchedStays stays;
  stays.add(order, day(0), true);
  stays.add(order, day(0), false);
  stays.add(order, day(1), false, web, 0, Duration{30 * 24h});  // activity kept it beyond W
  stays.add(order, day(5), true);
  stays.table().left[2] = day(25);
  stays.table().cause[2] = Cause::dropped;  // after a sign of life: not by W
  stays.add(visit, day(0), true);           // our turn
  const auto scored = scored_stays(stays.as_of(day(14.9)));

  REQUIRE(scored[order].size() == 3);  // the fourth is scored on day 15
  CHECK(scored[order][0].at == day(10));
  CHECK_FALSE(scored[order][0].dropped);  // at equal instants those who did not drop come first
  CHECK(scored[order][1].dropped);
  CHECK(scored[order][2].at == day(11));
  CHECK_FALSE(scored[order][2].dropped);
  CHECK(scored[visit].empty());
  CHECK_FALSE(window_of(stays.table().places[visit]));
  CHECK_FALSE(window_of(stays.table().places[4]));  // bill ends the journey
  CHECK(window_of(stays.table().places[order]) == window);
}

TEST_CASE("scored_stays: a week begins on Monday, before 1970 too", "[friction][alerts]") {
  CHECK(week_of(Instant{}) == 0);
  CHECK(week_start(0) == *parse_instant("1969-12-29T00:00:00Z"));
  CHECK(week_of(*parse_instant("1969-12-28T23:59:59Z")) == -1);
  CHECK(week_of(*parse_instant("2024-03-04T00:00:00Z")) == week_of(*parse_instant("2024-03-10T23:59:59Z")));
  CHECK(week_start(week_of(*parse_instant("2024-03-06T12:00:00Z"))) ==
        *parse_instant("2024-03-04T00:00:00Z"));
}

TEST_CASE("streams: the whole, its channels, and the values of its segments", "[friction][alerts]") {
  WatchedStays stays;
  stays.add(order, day(0), false, app, 1);
  stays.add(order, day(0), false);
  stays.table().channel[1] = no_index;
  const Streams streams(stays.table());
  std::vector<std::string> names;
  const auto scored = [&](std::size_t stay) {
    return ScoredStay{.segment_set = stays.table().segment_set[stay], .channel = stays.table().channel[stay]};
  };
  streams.each(scored(0),
               [&](std::size_t s) { names.push_back(streams.name(s).cut + "=" + streams.name(s).value); });
  CHECK(names == std::vector<std::string>{"=", "channel=app", "plan=mobile"});
  std::size_t in = 0;
  streams.each(scored(1), [&](std::size_t) { ++in; });
  CHECK(in == 2);  // no channel
}

TEST_CASE("reference: four clean weeks that ended a week ago, or as many more as 200 stays take",
          "[friction][alerts]") {
  WeekCounts counts;
  const std::int64_t first = week_of(day(0)) + 1;
  for (int week = 0; week < 10; ++week) {
    for (int i = 0; i < 60; ++i)
      counts.add(week_day_of(week_start(first + week) + Duration{i * 1h}), i < week);
  }
  // Weeks 5 to 8 for week 10: 5 + 6 + 7 + 8 of 240.
  CHECK(counts.reference_for(first + 10, {}).scored == 240);
  CHECK(counts.reference_for(first + 10, {}).dropped == 26);
  // Week 8 left out: 4 to 7.
  CHECK(counts.reference_for(first + 10, {first + 8}).dropped == 22);
  // Three weeks only: too few.
  CHECK(counts.reference_for(first + 4, {}).scored == 180);
  CHECK(counts.reference_for(first + 1, {}).scored == 0);
  CHECK(counts.watched_from(first + 3, {}) == first + 5);
  CHECK_FALSE(counts.watched_from(first + 1, {}));
  CHECK(counts.reference_for(first + 70, {}).scored == 0);  // more than a year ago

  WeekCounts thin;
  for (int week = 0; week < 30; ++week) {
    for (int i = 0; i < 20; ++i) thin.add(week_day_of(week_start(first + week)), false);
  }
  CHECK(thin.reference_for(first + 30, {}).scored == 200);  // ten weeks
}

TEST_CASE("reference: its share is taken at its upper end, and a weekday's swing is in it",
          "[friction][alerts]") {
  WeekCounts even;
  WeekCounts swinging;
  const std::int64_t first = week_of(day(0));
  for (int week = 0; week < 4; ++week) {
    for (int d = 0; d < 7; ++d) {
      for (int i = 0; i < 1000; ++i) {
        const WeekDay at = week_day_of(week_start(first + week) + Duration{d * 24h});
        even.add(at, i % 10 < 2);
        swinging.add(at, i % 10 < (d < 5 ? 1 : 4));
      }
    }
  }
  const Reference plain = even.reference_for(first + 5, {});
  CHECK(plain.upper == wilson({5600, 28000}).high);
  const Reference weekend = swinging.reference_for(first + 5, {});
  CHECK(weekend.share().rate() == Approx((5 * 0.1 + 2 * 0.4) / 7));
  CHECK(weekend.upper == wilson({1600, 4000}).low);
}

TEST_CASE("load: each stay once in each stream, a month at the rate of the busiest of five weeks",
          "[friction][alerts]") {
  WatchedStays stays;
  const std::int64_t first = week_of(day(0)) + 1;
  for (int week = 0; week < 6; ++week) {
    for (int i = 0; i < (week == 1 ? 300 : 100); ++i) {
      stays.add(order, week_start(first + week) - window + Duration{i * 1min}, false);
    }
  }
  const StayTable& table = stays.as_of(week_start(first + 8));
  const WatchLoad load = load_of(table, scored_places(table));
  CHECK(load.weeks.at(first).stays == 300);  // the whole, its channel, its plan
  CHECK(load.weeks.at(first + 1).stays == 900);
  const double month = 365.25 / 12 / 7;
  CHECK(load.stays_a_month(first) == 0);
  CHECK(load.stays_a_month(first + 1) == Approx(300 * month));
  CHECK(load.stays_a_month(first + 2) == Approx(900 * month));
  CHECK(load.stays_a_month(first + 6) == Approx(900 * month));
  CHECK(load.stays_a_month(first + 7) == Approx(300 * month));
  CHECK(load.of(first + 2).streams == 0);
  CHECK(load.of(first + 3).streams == 3);  // 400 stays by week 1, and a week between
  CHECK(load.of(first).touchpoints == 1);
  WatchLoad twice = load;
  twice += load;
  CHECK(twice.stays_a_month(first + 2) == Approx(1800 * month));
  CHECK(twice.of(first + 3).streams == 6);
}

}  // namespace lotse::test
