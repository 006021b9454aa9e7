// Curves that conditions read, put on record by an engine and by a running one.
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journey/risk_history.hpp"
#include "engine/runtime/live_risk.hpp"
#include "tests/runtime/live_shop.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

using namespace std::chrono_literals;
using test::minute;
using test::order;
using test::TestClock;

constexpr std::int64_t day = 24 * 60;

Workspace rescue() { return test::shop({test::rescue_yaml()}); }

std::vector<JourneyRisk> curves(std::uint8_t percent) {
  return {{.journey = "rescue",
           .curves = {{.version = 1, .touchpoint = "ordered", .steps = {{.from = 0h, .percent = percent}}}}}};
}

/// The customers who have a task by then.
std::vector<std::string> called(const std::vector<CustomerState>& states) {
  std::vector<std::string> called;
  for (const CustomerState& state : states) {
    if (!state.journeys[0].effects.empty()) called.push_back(state.customer);
  }
  return called;
}

using Called = std::vector<std::string>;
using Events = std::vector<Event>;

}  // namespace

TEST_CASE("risks: curves that are recorded decide from then on, and change nothing that was decided",
          "[engine][risk]") {
  const test::Folder folder;
  const Workspace workspace = rescue();
  {
    const auto engine = test::open(folder / "s.lotse", workspace).value();
    REQUIRE(engine->ingest(Events{order(10, "e1", "ada", "a")}));
    REQUIRE(engine->ingest(Events{order(2 * day, "e2", "bob", "b")}));  // ada was decided on meanwhile
    CHECK(called(test::states(*engine)).empty());
    CHECK(engine->record_risks(workspace, curves(60)).value() == Called{"rescue"});
    CHECK(engine->record_risks(workspace, curves(60))->empty());  // in force already
    CHECK(engine->record_risks(workspace, std::vector<JourneyRisk>{{.journey = "gone", .curves = {}}})
              ->empty());
    REQUIRE(engine->checkpoint());
  }

  EngineOptions later;
  later.clock = [] { return minute(1'000'000 + 3 * day); };
  const auto again = test::open(folder / "s.lotse", workspace, later).value();
  CHECK_FALSE(again->recovery().rebuilt);
  REQUIRE(again->ingest(
      Events{order(1'000'001, "e3", "eve", "e")}));  // after the clock by which they were recorded
  REQUIRE(again->ingest(Events{order(1'000'001 + 2 * day, "e4", "zoe", "z")}));

  // bob was looked at after a day: before they were recorded.
  CHECK(called(test::states(*again)) == Called{"user_id:eve"});
  CHECK(again->compare_with_log(SIZE_MAX)->differing.empty());
}

TEST_CASE("risks: a check-point from before stays good, and one that is of no use is not made good",
          "[engine][risk]") {
  const test::Folder folder;
  const Workspace workspace = rescue();
  {
    const auto engine = test::open(folder / "s.lotse", workspace).value();
    REQUIRE(engine->ingest(Events{order(10, "e1", "ada", "a"), order(2 * day, "e2", "bob", "b")}));
    REQUIRE(engine->checkpoint());
  }
  SECTION("no check-point follows") {
    REQUIRE(test::open(folder / "s.lotse", workspace).value()->record_risks(workspace, curves(60)));
    const auto again = test::open(folder / "s.lotse", workspace).value();
    CHECK_FALSE(again->recovery().rebuilt);
    CHECK(again->compare_with_log(SIZE_MAX)->differing.empty());
  }
  SECTION("the settings have changed since it was made") {
    Workspace other = workspace;
    other.settings.stale_after += 1min;
    REQUIRE(test::open(folder / "s.lotse", other).value()->record_risks(other, curves(60)));
    CHECK(test::open(folder / "s.lotse", other).value()->recovery().rebuilt);
  }
}

TEST_CASE("risks: an event that is dated ahead of the clock is decided as before", "[engine][risk]") {
  const test::Folder folder;
  const Workspace workspace = rescue();
  EngineOptions options;
  TestClock clock(minute(day + 10));
  options.clock = [&clock] { return clock.now(); };
  const auto engine = test::open(folder / "s.lotse", workspace, options).value();
  // The second one's time, which is a little ahead, has fired the first one's timer.
  REQUIRE(engine->ingest(Events{order(12, "e1", "ada", "a"), order(day + 13, "e2", "ada", "b")}));
  REQUIRE(engine->record_risks(workspace, curves(60)));

  CHECK(called(test::states(*engine)).empty());
  CHECK(engine->compare_with_log(SIZE_MAX)->differing.empty());
}

TEST_CASE("risks: a running engine takes new curves at once, and reloads go on with them", "[live][risk]") {
  const test::Folder folder;
  TestClock clock(minute(10));
  const Workspace workspace = rescue();
  auto live = test::start(folder / "s.lotse", clock, {}, workspace);
  REQUIRE(test::send(*live, {order(10, "e1", "ada", "a")}));
  clock.set(minute(10 + day));
  REQUIRE(test::eventually([&] { return live->status().timers_fired > 0; }));
  const auto before = live->snapshot().value();

  CHECK(record_risks(*live, curves(60)).value() == Called{"rescue"});
  CHECK(record_risks(*live, curves(60))->empty());
  REQUIRE(test::send(*live, {order(10 + day, "e2", "bob", "b")}));
  Workspace other = workspace;
  other.settings.stale_after += 1min;
  REQUIRE(live->reload(other));
  clock.set(minute(10 + 2 * day));

  CHECK(test::eventually(
      [&] { return called(test::states(*live->snapshot().value())) == Called{"user_id:bob"}; }));
  CHECK(called(test::states(*before)).empty());
  CHECK(tracker_of(*live)->journeys()[0].risk->refreshes().size() == 1);
  REQUIRE(live->stop());
  live.reset();
  const auto again = test::open(folder / "s.lotse", other).value();
  CHECK_FALSE(again->recovery().rebuilt);
  CHECK(again->compare_with_log(SIZE_MAX)->differing.empty());
}

}  // namespace lotse
