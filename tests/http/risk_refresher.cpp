#include "channels/http/risk_refresher.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journey/risk_history.hpp"
#include "tests/runtime/live_shop.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

using namespace std::chrono_literals;
using test::event;
using test::minute;
using test::order;
using test::TestClock;

constexpr std::int64_t day = 24 * 60;

constexpr std::string_view plain_yaml = R"(
journey: plain
version: 1
touchpoints:
  ordered: {on: ordered, start: true, next: [used]}
  used: {on: used, goal: true}
)";

/// One in three never comes back; the others do within the day.
std::vector<Event> past(std::int64_t customers) {
  std::vector<Event> events;
  for (std::int64_t number = 0; number < customers; ++number) {
    const std::string user = "p" + std::to_string(number);
    events.push_back(order(number, "o" + user, user, user));
    if (number % 3 == 0) continue;
    events.push_back(event(number + 60, "u" + user, "used", user));
    events.back().properties = Value(Map{{Value("order"), Value(user)}});
  }
  return events;
}

}  // namespace

TEST_CASE("risk refresher: computes curves at its turn, once a night, of journeys that read any",
          "[live][risk]") {
  const test::Folder folder;
  // minute(0) is 2023-03-28T10:40Z.
  TestClock clock(minute(6 * day));
  const auto live =
      test::start(folder / "s.lotse", clock, {}, test::shop({test::rescue_yaml(), std::string(plain_yaml)}));
  REQUIRE(test::send(*live, past(90)));
  std::vector<std::vector<std::string>> told;
  http::RiskRefresher refresher(
      *live, {}, [&](const std::vector<std::string>& journeys) { told.push_back(journeys); },
      [](const std::string& reason) { FAIL(reason); });

  REQUIRE(
      test::eventually([&] { return refresher.refreshes() == 1; }));  // by itself, since none is on record
  REQUIRE(refresher.round());
  clock.set(minute(6 * day + 16 * 60 + 19));  // a minute before three
  REQUIRE(refresher.round());
  CHECK(refresher.refreshes() == 1);
  REQUIRE(told == std::vector<std::vector<std::string>>{{"rescue"}});
  const auto risk = tracker_of(*live)->journeys()[1].risk;
  REQUIRE(tracker_of(*live)->journeys()[1].versions.front()->id == "rescue");
  // Of ninety thirty never came back; nobody who is there for an hour ever did.
  CHECK(risk->at(1, "ordered", 30min, clock.now()) == 0.33);
  CHECK(risk->at(1, "ordered", 2h, clock.now()) == 1.0);
  CHECK_FALSE(tracker_of(*live)->journeys()[0].risk);

  clock.set(minute(6 * day + 16 * 60 + 20));
  REQUIRE(refresher.round());
  CHECK(refresher.refreshes() == 2);
  CHECK(told.size() == 1);  // they are as they were
  refresher.stop();

  // After a restart what is on record counts, until the next turn.
  http::RiskRefresher next(*live, {}, [](const auto&) {}, [](const auto&) {});
  REQUIRE(next.round());
  CHECK(next.refreshes() == 1);  // that night's was never on record, since nothing had changed
}

TEST_CASE("risk refresher: a version that comes into force by day has its curves at once", "[live][risk]") {
  const test::Folder folder;
  TestClock clock(minute(6 * day));
  const auto live = test::start(folder / "s.lotse", clock, {}, test::shop({test::rescue_yaml()}));
  REQUIRE(test::send(*live, past(90)));
  http::RiskRefresher refresher(
      *live, {}, [](const auto&) {}, [](const std::string& reason) { FAIL(reason); });
  REQUIRE(test::eventually([&] { return refresher.refreshes() == 1; }));
  CHECK_FALSE(tracker_of(*live)->journeys()[0].risk->at(2, "ordered", 2h, clock.now()));

  clock.set(minute(6 * day + 60));
  std::string next = test::rescue_yaml();
  next.replace(next.find("version: 1"), 10, "version: 2");
  REQUIRE(live->reload(test::shop({test::rescue_yaml(), next})));
  REQUIRE(refresher.round());

  CHECK(refresher.refreshes() == 2);
  CHECK(tracker_of(*live)->journeys()[0].risk->at(2, "ordered", 2h, clock.now() + 1min) == 1.0);
  REQUIRE(refresher.round());
  CHECK(refresher.refreshes() == 2);
}

}  // namespace lotse
