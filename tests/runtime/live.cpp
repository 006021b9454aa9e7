#include "engine/runtime/live.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/runtime/live_shop.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

using test::event;
using test::eventually;
using test::minute;
using test::order;
using test::send;
using test::start;
using test::states;
using test::TestClock;
using namespace std::chrono_literals;

const Instance& instance_of(const LiveCustomer& customer, std::size_t journey = 0) {
  return customer.view.state.journeys.at(journey).instances.at(0);
}

}  // namespace

TEST_CASE("live: what is acknowledged is read at once, and once, by any identifier", "[live]") {
  const test::Folder folder;
  TestClock clock(minute(100));
  const auto live = start(folder / "s.lotse", clock);
  Event first = order(10, "e1", "u1", "o1");
  first.ids.push_back({"email", "u1@example.net"});

  CHECK(send(*live, {first, order(11, "e2", "u2", "o2")})->accepted == 2);
  CHECK(send(*live, {first})->duplicate == 1);

  const auto found = live->customer({"email", "u1@example.net"}).value();
  REQUIRE(found);
  CHECK(found->view.events.size() == 1);
  CHECK(found->view.identifiers.size() == 2);
  CHECK(found->as_of == minute(100));
  CHECK(instance_of(*found).stays.size() == 1);
  CHECK_FALSE(live->customer({"user_id", "nobody"}).value());
  CHECK(live->find_identifiers("u2") == std::vector<Identifier>{{"user_id", "u2"}});
}

TEST_CASE("live: the past is told as it was, and as it was known", "[live]") {
  const test::Folder folder;
  TestClock clock(minute(100));
  const auto live = start(folder / "s.lotse", clock);
  REQUIRE(send(*live, {order(10, "e1", "u1", "o1")}));
  clock.set(minute(200));
  Event paid = event(20, "e2", "paid", "u1");
  paid.properties = Value(Map{{Value("order"), Value("o1")}});
  REQUIRE(send(*live, {paid}));  // arrives late
  const Identifier user{"user_id", "u1"};

  CHECK(instance_of(*live->customer(user).value()).stays.size() == 2);
  CHECK(instance_of(*live->customer(user, {.as_of = minute(15)}).value()).stays.size() == 1);
  CHECK(instance_of(*live->customer(user, {.as_of = minute(150)}).value()).stays.size() == 2);
  CHECK(instance_of(*live->customer(user, {.as_of = minute(150), .known_at = minute(150)}).value())
            .stays.size() == 1);
  CHECK_FALSE(live->customer(user, {.as_of = minute(5)}).value());
  const auto snapshot = live->snapshot().value();
  CHECK(states(*snapshot, {.as_of = minute(15)})[0].journeys[0].instances[0].stays.size() == 1);
  CHECK(states(*snapshot, {.as_of = minute(5)}).empty());
}

TEST_CASE(
    "live: many senders at once, each event counts once, and the states are those of a fresh derivation",
    "[live]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  auto live = start(folder / "s.lotse", clock, {.engine = {.checkpoint_events = 300}});
  constexpr int senders = 4;
  constexpr int batches = 40;
  constexpr int batch_events = 8;
  std::vector<Event> all;
  for (int i = 0; i < senders * batches * batch_events; ++i) {
    all.push_back(
        order(i % 997, fmt::format("e{}", i), fmt::format("u{}", i % 61), fmt::format("o{}", i % 97)));
  }
  std::atomic<std::uint64_t> accepted = 0;
  std::atomic<std::uint64_t> duplicate = 0;
  std::atomic<bool> reading = true;
  std::atomic<int> bad_reads = 0;
  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < senders; ++s) {
      threads.emplace_back([&, s] {
        for (int b = 0; b < batches; ++b) {
          const auto begin = all.begin() + (s * batches + b) * batch_events;
          const std::vector<Event> batch(begin, begin + batch_events);
          accepted += send(*live, batch)->accepted;
          if (b % 5 == 0) duplicate += send(*live, batch)->duplicate;
        }
      });
    }
    std::jthread reader([&] {
      while (reading) {
        for (int user = 0; user < 61; ++user) {
          const auto found = live->customer({"user_id", fmt::format("u{}", user)});
          // All that shaped the state can be read in the log by then.
          if (!found || (*found && (*found)->view.state.events != (*found)->view.events.size())) ++bad_reads;
        }
        if (!live->snapshot()) ++bad_reads;
      }
    });
    for (int s = 0; s < senders; ++s) threads[static_cast<std::size_t>(s)].join();
    reading = false;
  }

  CHECK(accepted == all.size());
  CHECK(duplicate == senders * batches / 5 * batch_events);
  CHECK(bad_reads == 0);
  const auto expected = test::expected_states(test::shop(), all, minute(1'000));
  CHECK(states(*live->snapshot().value()) == expected);
  CHECK(live->status().commits < senders * batches * 6 / 5);  // commits are shared
  REQUIRE(live->stop());
  live.reset();
  const auto reopened = test::open(folder / "s.lotse").value();
  CHECK(reopened->recovery().replayed == 0);
  CHECK(test::states(*reopened, {.as_of = minute(1'000)}) == expected);
}

TEST_CASE("live: a snapshot stays as it was while the writer goes on", "[live]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  const auto live = start(folder / "s.lotse", clock);
  std::vector<Event> events;
  for (int i = 0; i < 300; ++i)
    events.push_back(order(i, fmt::format("e{}", i), fmt::format("u{}", i % 50), "o"));
  REQUIRE(send(*live, events));
  const auto snapshot = live->snapshot().value();
  CHECK(live->snapshot().value() == snapshot);  // nothing has changed
  const std::vector<CustomerState> before = states(*snapshot);

  for (int round = 0; round < 20; ++round) {
    std::vector<Event> more;
    for (int i = 0; i < 100; ++i) {
      more.push_back(event(400 + round, fmt::format("m{}-{}", round, i), i % 2 == 0 ? "arrived" : "looked",
                           fmt::format("u{}", i % 60)));
    }
    REQUIRE(send(*live, more));
  }

  CHECK(states(*snapshot) == before);
  CHECK(states(*live->snapshot().value()).size() == 60);
}

TEST_CASE("live: timers fire by the clock, those of a pause in their order", "[live]") {
  const test::Folder folder;
  TestClock clock(minute(10));
  const Identifier user{"user_id", "u1"};
  {
    const auto live = start(folder / "s.lotse", clock);
    REQUIRE(send(*live, {event(10, "e1", "arrived", "u1"), event(9, "e0", "arrived", "u0")}));
    CHECK(live->status().timers_fired == 0);
    std::mutex mutex;
    std::vector<Change> seen;
    const auto observer = live->observe([&](const std::vector<Change>& changes) {
      const std::lock_guard lock(mutex);
      seen.insert(seen.end(), changes.begin(), changes.end());
    });
    REQUIRE(send(*live, {event(10, "e2", "other", "u9")}));  // the writer takes notice of the observer

    clock.set(minute(10 + 60 * 24 * 40));

    REQUIRE(eventually([&] {
      const std::lock_guard lock(mutex);
      return seen.size() >= 2;
    }));
    const std::lock_guard lock(mutex);
    CHECK(seen[0].customer == "user_id:u0");
    CHECK(seen[0].cause == "dropped");
    CHECK(seen[0].from == "arrived");
    CHECK_FALSE(seen[0].to);
    CHECK(seen[1].customer == "user_id:u1");
    CHECK(seen[0].at <= seen[1].at);
    CHECK(instance_of(*live->customer(user).value(), 1).status() == Status::dropped);
    CHECK(eventually([&] { return live->status().timers_fired >= 2; }));
  }
  // Those that became due while nobody ran.
  const test::Folder other;
  TestClock later(minute(10));
  REQUIRE(send(*start(other / "s.lotse", later), {event(10, "e1", "arrived", "u1")}));
  later.set(minute(10 + 60 * 24 * 40));
  const auto again = start(other / "s.lotse", later);
  CHECK(again->status().next_timer.value_or(Instant::max()) > later.now());  // before anybody was let in
  CHECK(instance_of(*again->customer(user).value(), 1).status() == Status::dropped);
}

TEST_CASE("live: a timer that is due waits for events that came before it out of order", "[live]") {
  const test::Folder folder;
  TestClock clock(minute(100));
  const auto live = start(folder / "s.lotse", clock);
  REQUIRE(send(*live, {event(10, "e1", "arrived", "u1"), event(50, "e3", "other", "u1"),
                       event(11, "e4", "arrived", "u2")}));
  std::mutex mutex;
  std::vector<Change> seen;
  const auto observer = live->observe([&](const std::vector<Change>& changes) {
    const std::lock_guard lock(mutex);
    seen.insert(seen.end(), changes.begin(), changes.end());
  });
  REQUIRE(send(*live, {event(50, "x", "other", "u9")}));

  // Late, and in the turn of its commit u1's silence is up.
  REQUIRE(live->submit(live->prepare({event(20, "e2", "looked", "u1")}), {},
                       [&](const Result<IngestOutcome>&) { clock.set(minute(100 + 60 * 24 * 2)); }) ==
          Live::Submitted::queued);

  REQUIRE(eventually([&] {
    const std::lock_guard lock(mutex);
    return !seen.empty();
  }));
  CHECK(instance_of(*live->customer({"user_id", "u1"}).value(), 1).status() == Status::exited);
  const std::lock_guard lock(mutex);
  REQUIRE(seen.size() == 1);  // u1 has never been thought lost
  CHECK(seen[0].customer == "user_id:u2");
}

TEST_CASE("live: more than may wait is refused at once, and nothing that was queued is lost", "[live]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  auto live = start(folder / "s.lotse", clock, {.queued_bytes_max = 2'000});
  int queued = 0;
  int overloaded = 0;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 2'000; ++i) {
    const auto submitted = live->submit(
        live->prepare({order(1, fmt::format("e{}", i), "u", "o")}), {},
        [&](const Result<IngestOutcome>& outcome) { answered += outcome && outcome->accepted == 1; });
    (submitted == Live::Submitted::queued ? queued : overloaded) += 1;
  }
  REQUIRE(live->stop());

  CHECK(queued + overloaded == 2'000);
  CHECK(overloaded > 0);
  CHECK(answered == queued);
  CHECK(live->status().overloaded == static_cast<std::uint64_t>(overloaded));
  CHECK(live->submit(live->prepare({order(1, "late", "u", "o")}), {}, [](const auto&) {}) ==
        Live::Submitted::stopped);
  live.reset();
  CHECK(test::open(folder / "s.lotse").value()->counts()->events == static_cast<std::uint64_t>(queued));
}

TEST_CASE("live: a store copied at any moment of a check-point that goes on beside commits is whole",
          "[live]") {
  const test::Folder folder;
  TestClock clock(minute(5'000));
  const auto live = start(folder / "s.lotse", clock, {.engine = {.checkpoint_events = 200}});
  std::vector<Event> all;
  for (int round = 0; round < 30; ++round) {
    std::vector<Event> batch;
    for (int i = 0; i < 50; ++i) {
      const int n = round * 50 + i;
      batch.push_back(i % 7 == 0 ? order(4'000 - n, fmt::format("e{}", n), fmt::format("u{}", n % 83), "late")
                                 : order(n, fmt::format("e{}", n), fmt::format("u{}", n % 83),
                                         fmt::format("o{}", n % 5)));
      if (i % 11 == 0) batch.back().ids.push_back({"email", fmt::format("{}@example.net", n % 31)});
    }
    all.insert(all.end(), batch.begin(), batch.end());
    REQUIRE(send(*live, batch));
    if (round % 3 != 0) continue;
    const std::filesystem::path copy = folder / fmt::format("copy-{}.lotse", round);
    REQUIRE(send(*live, {}));  // a commit's slice of the check-point
    std::filesystem::copy_file(folder / "s.lotse", copy);
    std::filesystem::copy_file(folder / "s.lotse-wal", copy.string() + "-wal");
    const auto reopened = test::open(copy).value();
    CHECK(test::states(*reopened, {.as_of = minute(5'000)}) ==
          test::expected_states(test::shop(), all, minute(5'000)));
  }
  CHECK(live->status().checkpoints > 0);
}

TEST_CASE("live: rejects are kept, the latest of them, newest first", "[live]") {
  const test::Folder folder;
  TestClock clock(minute(100));
  const auto live = start(folder / "s.lotse", clock, {.rejects_max = 3});
  for (int i = 0; i < 5; ++i) {
    std::promise<void> done;
    REQUIRE(live->submit({},
                         {{.arrived = minute(100),
                           .sender = "web",
                           .dialect = "native",
                           .reason = "not JSON",
                           .detail = fmt::format("{}", i),
                           .place = "/0",
                           .text = "x"}},
                         [&](const Result<IngestOutcome>&) { done.set_value(); }) == Live::Submitted::queued);
    done.get_future().wait();
  }

  const auto rejects = live->rejects(10).value();

  REQUIRE(rejects.size() == 3);
  CHECK(rejects[0].detail == "4");
  CHECK(rejects[2].detail == "2");
  CHECK(rejects[0].sender == "web");
  CHECK(rejects[0].arrived == minute(100));
  CHECK(live->rejects(1, rejects[0].number)->at(0).detail == "3");
}

TEST_CASE("live: a new version and a new journey are taken over while events come, a changed one is refused",
          "[live]") {
  const test::Folder folder;
  TestClock clock(minute(100));
  auto live = start(folder / "s.lotse", clock, {}, test::shop({test::order_yaml()}));
  REQUIRE(send(*live, {order(10, "e1", "u1", "o1"), event(12, "e2", "arrived", "u1")}));
  CHECK(live->reload(test::shop({test::order_yaml()})).value().empty());

  CHECK(live->reload(test::shop({test::order_yaml(), test::order_yaml(2, "2d")})).value() ==
        "journey order 2");
  clock.set(minute(102));
  REQUIRE(send(*live, {order(101, "e3", "u2", "o2")}));
  CHECK(live->customer({"user_id", "u2"}).value()->view.state.journeys[0].instances[0].version ==
        VersionIndex(1));
  CHECK(live->customer({"user_id", "u1"}).value()->view.state.journeys[0].instances[0].version ==
        VersionIndex(0));

  // One that is in force from a time that has been lived through already takes over who began since.
  const std::string since = fmt::format("in_force_from: {}", format_instant(minute(101)));
  std::string third = test::order_yaml(3, "1d");
  third.insert(third.find("title:"), since + "\n");
  {
    const test::Folder beside;
    const auto other = start(beside / "s.lotse", clock, {}, test::shop({test::order_yaml()}));
    REQUIRE(send(*other, {order(10, "e1", "u1", "o1"), order(101, "e3", "u2", "o2")}));
    CHECK(other->reload(test::shop({test::order_yaml(), third})).value() == "journey order 3");
    CHECK(instance_of(*other->customer({"user_id", "u2"}).value()).version == VersionIndex(1));
    CHECK(instance_of(*other->customer({"user_id", "u1"}).value()).version == VersionIndex(0));
  }

  const Workspace both = test::shop({test::order_yaml(), test::order_yaml(2, "2d"), test::visit_yaml()});
  CHECK(live->reload(both).value() == "journey visit 1");
  CHECK(live->customer({"user_id", "u1"}).value()->view.state.journeys.size() == 2);
  CHECK(live->customer({"user_id", "u1"}).value()->view.state.journeys[1].instances.size() == 1);

  const auto refused =
      live->reload(test::shop({test::order_yaml(1, "99d"), test::order_yaml(2, "2d"), test::visit_yaml()}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::conflict);
  REQUIRE(send(*live, {order(101, "e4", "u2", "o2")}));
  const std::vector<CustomerState> before = states(*live->snapshot().value());
  REQUIRE(live->stop());
  live.reset();
  const auto again = start(folder / "s.lotse", clock, {}, both);
  CHECK(states(*again->snapshot().value()) == before);
}

TEST_CASE("live: a version is stopped while the engine runs, and stays so", "[live]") {
  const test::Folder folder;
  TestClock clock(minute(100));
  const Identifier user{"user_id", "u1"};
  {
    const auto live = start(folder / "s.lotse", clock);
    REQUIRE(send(*live, {order(10, "e1", "u1", "o1")}));
    CHECK(live->change_version("order", 9, VersionChange::What::stopped).error().code ==
          ErrorCode::not_found);
    clock.set(minute(200));
    CHECK(live->change_version("order", 1, VersionChange::What::stopped).value().at == minute(200));
    clock.set(minute(201));

    const LiveCustomer customer = *live->customer(user).value();
    CHECK(customer.view.state.journeys[0].instances.at(0).version_end == VersionEnd::stopped);
    CHECK(
        live->customer(user, {.as_of = minute(199)}).value()->view.state.journeys[0].instances.at(0).ended ==
        false);
    REQUIRE(send(*live, {order(201, "e2", "u2", "o2")}));
    CHECK(live->customer({"user_id", "u2"}).value()->view.state.journeys[0].instances.empty());
    CHECK(live->change_version("order", 1, VersionChange::What::drained).error().code == ErrorCode::conflict);
  }
  const auto again = start(folder / "s.lotse", clock);
  const LiveCustomer customer = *again->customer(user).value();
  CHECK(customer.view.state.journeys[0].instances.at(0).version_end == VersionEnd::stopped);
}

}  // namespace lotse
