// A history gives back what a tracker needs: replayed from it, customers stand where deriving says.
#include "engine/workbench/history.hpp"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>

#include "engine/workbench/replay.hpp"
#include "tests/properties/histories.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

const IdentitySettings identity{
    .namespace_rank = {"user_id", "anonymous_id"}, .limits = {}, .never = {"none"}};

Event noise(Instant at, std::uint32_t number, const std::string& name) {
  Event event;
  event.id = fmt::format("noise-{}", number);
  event.source = "elsewhere";
  event.type = "nobody_hears_this";
  event.time = at;
  event.ids = {{.name_space = "user_id", .value = name}};
  event.properties = Value(Map{{Value("much"), Value("of nothing")}});
  return event;
}

}  // namespace

TEST_CASE("history: a replay from it is what deriving from all events gives", "[properties][history]") {
  CHECK(rc::check("one customer", [] {
    Dice dice = draw_dice();
    const std::string journey = draw_journey(dice);
    RC_LOG() << journey;
    const Tracker tracker = tracker_of(journey);
    std::vector<Event> events = draw_history(dice);
    draw_hand_outs(dice, tracker, events);
    // Events that no journey hears, among the others; some change the customer's traits.
    const std::uint32_t others = dice.roll(4);
    for (std::uint32_t number = 0; number < others; ++number) {
      events.push_back(noise(some_time(dice), number, "ada"));
      if (dice.one_in(2)) events.back().traits = Value(Map{{Value("zone"), Value("Europe/Berlin")}});
    }
    for (Event& event : events) event.ids = {{.name_space = "user_id", .value = "ada"}};
    shuffle(dice, events);
    const std::vector<const Tracker*> trackers{&tracker};
    History history({.identity = identity}, trackers);
    for (const Event& event : events) RC_ASSERT(history.add(event) == History::Taken::kept);
    for (const Event& event : events) RC_ASSERT(history.add(event) == History::Taken::duplicate);
    history.close();
    RC_ASSERT(history.events() == events.size());

    const Instant end = the_end();
    const CustomerState expected = replay(tracker, some_customer, events, end);
    int visited = 0;
    history.for_each_customer(1, [&](std::uint32_t, const std::string& customer, std::vector<Event>& own) {
      ++visited;
      RC_ASSERT(customer == some_customer);
      const CustomerState state = replay_in_order(tracker, customer, own, end);
      RC_ASSERT(state.journeys == expected.journeys);
      RC_ASSERT(state.traits.identical(expected.traits));
      RC_ASSERT(state.next_timer == expected.next_timer);
    });
    RC_ASSERT(visited <= 1);
    if (visited == 0) RC_ASSERT(expected.journeys.front().instances.empty());
  }));
}

TEST_CASE("history: customers are told apart and linked as at intake, on any number of threads",
          "[properties][history]") {
  Dice dice(std::vector<std::uint8_t>(64, 7));
  const Tracker tracker = tracker_of(draw_journey(dice));
  const std::vector<const Tracker*> trackers{&tracker};
  History history({.identity = identity, .latest = the_end()}, trackers);
  const std::string heard = tracker.version(0, VersionIndex(0)).event_types.front();
  std::uint32_t number = 0;
  const auto add = [&](std::vector<Identifier> ids, Instant at) {
    Event event = noise(at, number++, "");
    event.type = heard;
    event.ids = std::move(ids);
    return history.add(event);
  };
  const Instant start = the_end() - std::chrono::days(1);
  for (int i = 0; i < 100; ++i) {
    const std::string name = fmt::format("{:02}", i);
    CHECK(add({{"anonymous_id", "a" + name}}, start + std::chrono::seconds(i)) == History::Taken::kept);
    CHECK(add({{"user_id", "u" + name}, {"anonymous_id", "a" + name}}, start) == History::Taken::kept);
  }
  CHECK(add({{"user_id", "none"}}, start) == History::Taken::nobody);
  CHECK(add({{"user_id", "u00"}}, the_end() + Duration(1)) == History::Taken::from_future);
  history.close();
  CHECK(history.events() == 200);
  CHECK(history.customers() == 100);
  CHECK(history.first_event_time() == start);
  CHECK(history.last_event_time() == start + std::chrono::seconds(99));

  for (const std::uint32_t threads : {1U, 3U, 200U}) {
    std::vector<std::vector<std::string>> seen(threads);
    history.for_each_customer(
        threads, [&](std::uint32_t thread, const std::string& customer, const std::vector<Event>& events) {
          seen[thread].push_back(customer);
          if (events.size() != 2 || events[0].time > events[1].time) std::abort();
        });
    std::vector<std::string> all;
    for (const auto& run : seen) all.insert(all.end(), run.begin(), run.end());
    REQUIRE(all.size() == 100);
    for (std::size_t i = 0; i < 100; ++i) {
      // The older identity: by time, then by the rank of the namespace.
      CHECK(all[i] == fmt::format("user_id:u{:02}", i));
    }
  }
}
