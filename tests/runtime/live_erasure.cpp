// Erasure and retention beside intake.
#include "engine/runtime/live_erasure.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/store/sqlite.hpp"
#include "tests/runtime/live_shop.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/runtime/traces.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

using test::eventually;
using test::minute;
using test::order;
using test::send;
using test::Sender;
using test::start;
using test::states;
using test::TestClock;
using namespace std::chrono_literals;
using Stage = RetentionProgress::Stage;

constexpr std::int64_t day = 24 * 60;  // minutes

std::string user(int number) { return fmt::format("user-of-{:05}", number); }
std::string order_id(int number) { return fmt::format("order-of-{:05}", number); }

/// A customer each, at `at`; whoever's number is given comes with an address that one can look for.
std::vector<Event> customers(int from, int to, std::int64_t at) {
  std::vector<Event> events;
  for (int i = from; i < to; ++i) {
    events.push_back(order(at, fmt::format("event-of-{:05}", i), user(i), order_id(i)));
    events.back().ids.push_back({"email", fmt::format("mail-of-{:05}@example.net", i)});
  }
  return events;
}

std::vector<std::string> traces_of(int from, int to) {
  std::vector<std::string> traces;
  for (int i = from; i < to; ++i) {
    for (const char* const what : {"event", "user", "mail", "order"})
      traces.push_back(fmt::format("{}-of-{:05}", what, i));
  }
  return traces;
}

void send_all(Live& live, const std::vector<Event>& events) {
  constexpr std::size_t batch = 500;
  for (std::size_t at = 0; at < events.size(); at += batch) {
    const auto end = std::min(events.size(), at + batch);
    REQUIRE(send(live, {events.begin() + static_cast<std::ptrdiff_t>(at),
                        events.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
}

std::size_t instances(const std::vector<CustomerState>& states) {
  std::size_t count = 0;
  for (const CustomerState& state : states) {
    for (const JourneyState& journey : state.journeys) count += journey.instances.size();
  }
  return count;
}

std::vector<CustomerState> named(std::vector<CustomerState> states) {
  std::erase_if(states, [](const CustomerState& state) { return state.customer.empty(); });
  return states;
}

Workspace with_retention(std::optional<Retention> retention, const Workspace& workspace = test::shop()) {
  Workspace asked = workspace;
  asked.settings.zone = "Europe/Berlin";
  asked.settings.retention = retention;
  return asked;
}

const Retention two_years{.older = std::chrono::days(730), .at = LocalTime{210}};

/// What a run tells, in order.
class Told {
 public:
  std::function<void(const RetentionProgress&)> hear() {
    return [this](const RetentionProgress& progress) {
      const std::lock_guard lock(mutex_);
      progress_.push_back(progress);
    };
  }
  std::vector<Stage> stages() {
    const std::lock_guard lock(mutex_);
    std::vector<Stage> stages;
    for (const RetentionProgress& progress : progress_) stages.push_back(progress.stage);
    return stages;
  }
  RetentionProgress last() {
    const std::lock_guard lock(mutex_);
    return progress_.back();
  }

 private:
  std::mutex mutex_;
  std::vector<RetentionProgress> progress_;
};

}  // namespace

TEST_CASE("retention: the next run is the next time of day in the workspace's zone", "[live][retention]") {
  struct Row {
    const char* why;
    const char* last;
    const char* next;
  };
  const auto row =
      GENERATE(Row{"later the same day", "2024-01-15T01:00:00Z", "2024-01-15T02:30:00Z"},
               Row{"the day after", "2024-01-15T02:30:00Z", "2024-01-16T02:30:00Z"},
               Row{"the local day counts, not that of UTC", "2024-01-15T23:30:00Z", "2024-01-16T02:30:00Z"},
               Row{"summer time begins in that night", "2024-03-30T12:00:00Z", "2024-03-31T01:30:00Z"},
               Row{"and ends in that", "2024-10-26T12:00:00Z", "2024-10-27T02:30:00Z"});
  CAPTURE(row.why);

  CHECK(format_instant(next_retention(two_years, "Europe/Berlin", parse_instant(row.last).value())) ==
        row.next);
}

TEST_CASE("live: an erasure leaves no byte, and events are taken all the while", "[live][erasure]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  auto live = start(folder / "s.lotse", clock);
  const std::vector<Event> events = customers(0, 1'500, 10);
  send_all(*live, events);
  REQUIRE(test::found_in(test::bytes_of(folder.path()), traces_of(7, 9)).size() == 8);
  const std::size_t before = instances(states(*live->snapshot().value()));
  Sender beside(*live, 900);

  CHECK(live->erase({"user_id", user(7)}).value());
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(7, 8)).empty());
  std::vector<std::jthread> together;
  std::atomic<int> erased = 0;
  for (int i = 8; i < 12; ++i) {
    together.emplace_back([&, i] { erased += live->erase({"user_id", user(i)}).value() ? 1 : 0; });
  }
  together.clear();
  CHECK(erased == 4);
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(7, 12)).empty());
  CHECK_FALSE(live->erase({"user_id", user(7)}).value());

  std::vector<Event> left = beside.end();
  CHECK(instances(states(*live->snapshot().value())) == before + left.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i < 7 || i >= 12) left.push_back(events[i]);
  }
  const auto expected = test::expected_states(test::shop(), left, minute(1'000));
  CHECK(named(states(*live->snapshot().value())) == expected);
  REQUIRE(live->stop());
  live.reset();
  const auto reopened = test::open(folder / "s.lotse").value();
  CHECK_FALSE(reopened->recovery().rebuilt);
  CHECK(named(test::states(*reopened, {.as_of = minute(1'000)})) == expected);
}

TEST_CASE("live: an erasure in the middle of a check-point loses nobody else's state", "[live][erasure]") {
  const bool whole = GENERATE(true, false);
  CAPTURE(whole);
  const test::Folder folder;
  TestClock clock(minute(1'000));
  std::vector<Event> left = customers(0, 2'000, 10);
  {
    const auto engine = test::open(folder / "s.lotse").value();
    REQUIRE(engine->ingest(left));
    REQUIRE(engine->checkpoint());
  }
  Workspace workspace = test::shop();
  if (whole) workspace.settings.stale_after += 1min;  // all is derived anew, and so the check-point begins
  const auto live = start(folder / "s.lotse", clock, {.engine = {.checkpoint_events = 500}}, workspace);

  for (int round = 0; round < (whole ? 1 : 5); ++round) {
    if (!whole) {  // one falls due, of those who have come since
      const std::vector<Event> more = customers(2'000 + round * 800, 2'000 + (round + 1) * 800, 20);
      send_all(*live, more);
      left.insert(left.end(), more.begin(), more.end());
    }
    CHECK(live->erase({"user_id", user(1'990 - round)}).value());
    left.erase(left.begin() + 1'990 - round);
  }

  for (const char* const end : {"", "-wal"}) {  // as if the machine stopped here
    const std::string file = (folder / "s.lotse").string() + end;
    if (std::filesystem::exists(file)) std::filesystem::copy_file(file, (folder / "copy").string() + end);
  }
  const auto reopened = test::open(folder / "copy", workspace).value();
  CHECK_FALSE(reopened->recovery().rebuilt);
  CHECK(named(test::states(*reopened, {.as_of = minute(1'000)})) ==
        test::expected_states(workspace, left, minute(1'000)));
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(1'990, 1'991)).empty());
}

TEST_CASE("live: who reads old pages is told of by an erasure, while events are taken; another finishes it",
          "[live][erasure]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  const auto live = start(folder / "s.lotse", clock);
  send_all(*live, customers(0, 20, 10));
  auto reader = sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::read).value();
  REQUIRE(reader.execute("BEGIN; SELECT count(*) FROM events"));
  Sender beside(*live, 900);

  const auto blocked = live->erase({"user_id", user(3)});

  REQUIRE(!blocked);
  CHECK(blocked.error().code == ErrorCode::unavailable);
  CHECK(blocked.error().message.find("all else is erased: end the reader") != std::string::npos);
  CHECK_FALSE(live->customer({"user_id", user(3)}).value());
  CHECK(beside.end().size() > 20);  // not one long wait
  REQUIRE(reader.execute("COMMIT"));
  CHECK_FALSE(live->erase({"user_id", user(3)}).value());
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(3, 4)).empty());
}

TEST_CASE("live: a report of the past counts who is erased while it is computed", "[live][erasure]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  const auto live = start(folder / "s.lotse", clock);
  send_all(*live, customers(0, 20, 10));
  const auto snapshot = live->snapshot().value();
  const Moment past{.as_of = minute(500)};
  const std::size_t before = instances(states(*snapshot, past));

  REQUIRE(live->erase({"user_id", user(3)}).value());

  CHECK(instances(states(*snapshot, past)) == before);
  CHECK(instances(states(*live->snapshot().value(), past)) == before);
}

TEST_CASE("live: everything about a customer is told while the writer goes on, nothing once they are erased",
          "[live][rights]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  const auto live = start(folder / "s.lotse", clock);
  send_all(*live, customers(0, 20, 10));
  REQUIRE(send(*live, {order(50, "second", user(3), "o2"), order(5, "late", user(3), "o0")}));

  const auto found = live->record({"email", "mail-of-00003@example.net"}).value();

  REQUIRE(found);
  CHECK(found->record.events.size() == 3);
  CHECK(found->record.events[0].event.id == "late");
  CHECK(found->record.identifiers.size() == 2);
  CHECK(found->record.state.journeys[0].instances.size() == 3);
  REQUIRE(live->erase({"user_id", user(3)}).value());
  CHECK_FALSE(live->record({"user_id", user(3)}).value());
}

TEST_CASE("live: retention erases the silent at night, beside intake, and reports go on counting them",
          "[live][retention]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  Told told;
  LiveOptions options;
  options.retained = told.hear();
  auto live = start(folder / "s.lotse", clock, options, with_retention(two_years));
  send_all(*live, customers(0, 700, 10));
  REQUIRE(told.stages().empty());
  clock.set(minute(700 * day));
  REQUIRE(eventually([&] { return told.stages() == std::vector{Stage::begun, Stage::done}; }));
  CHECK(told.last().erased == 0);  // not that silent yet
  send_all(*live, customers(700, 800, 700 * day));
  const std::size_t before = instances(states(*live->snapshot().value()));
  Sender beside(*live, 700 * day);

  clock.set(minute(732 * day));

  REQUIRE(eventually([&] { return told.stages().size() == 4; }));
  CHECK(told.stages()[3] == Stage::done);
  CHECK(told.last().erased == 700);
  CHECK(told.last().before == clock.now() - two_years.older);
  const std::size_t sent = beside.end().size();
  CHECK(sent > 0);
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(0, 700)).empty());
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(700, 701)).size() == 4);
  CHECK(instances(states(*live->snapshot().value())) == before + sent);
  REQUIRE(eventually([&] { return live->status().retention_runs == 2; }));
  CHECK(live->status().retention_customers == 700);
  CHECK(live->status().next_retention == next_retention(two_years, "Europe/Berlin", clock.now()));
}

TEST_CASE("live: a night in which nobody ran is made up for; the first is waited for", "[live][retention]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  const auto run = [&](std::optional<Retention> retention) {
    Told told;
    LiveOptions options;
    options.retained = told.hear();
    const auto live = start(folder / "s.lotse", clock, options, with_retention(retention));
    if (live->status().counts.customers == 0) send_all(*live, customers(0, 5, 10));
    REQUIRE(send(*live, {}));  // a turn of the writer
    REQUIRE(send(*live, {}));
    const bool due = live->status().next_retention && *live->status().next_retention <= clock.now();
    if (due)
      REQUIRE(eventually([&] { return !told.stages().empty() && told.stages().back() == Stage::done; }));
    REQUIRE(live->stop());
    return told.stages();
  };
  const std::vector<Stage> none;
  const std::vector<Stage> once{Stage::begun, Stage::done};
  CHECK(run(two_years) == none);  // asked for only now
  CHECK(run(two_years) == none);
  clock.set(minute(1'000 + 3 * day));
  CHECK(run(two_years) == once);  // one for all the nights
  CHECK(run(two_years) == none);
  CHECK(run(std::nullopt) == none);
  clock.set(minute(1'000 + 9 * day));
  CHECK(run(two_years) == none);  // asked for anew
}

TEST_CASE("live: retention follows a reload of lotse.yaml", "[live][retention]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  const auto live = start(folder / "s.lotse", clock, {}, with_retention(std::nullopt));
  CHECK_FALSE(live->status().next_retention);

  REQUIRE(live->reload(with_retention(two_years)));

  CHECK(eventually([&] { return live->status().next_retention.has_value(); }));
  REQUIRE(live->reload(with_retention(std::nullopt)));
  CHECK(eventually([&] { return !live->status().next_retention.has_value(); }));
}

}  // namespace lotse
