#include "engine/friction/places.hpp"

#include <catch2/catch.hpp>

#include "tests/friction/hand_made.hpp"

namespace lotse::test {
namespace {

Transition timed(std::uint32_t to, Duration after) {
  Transition transition;
  transition.to = TouchpointIndex{to};
  transition.trigger = TransitionTrigger::elapsed;
  transition.after = after;
  return transition;
}

std::vector<DeclaredTimer> timers_at(const Journey& journey, At at) {
  std::vector<std::vector<std::uint16_t>> place_of;
  const auto versions = versions_of({journey});
  const auto places = places_of(versions, place_of).size();
  return declared_timers(versions, place_of, places)[place_of[0][at]];
}

DeclaredTimer timer(TimerKind kind, Duration after, const char* name) {
  return {.kind = kind, .after = after, .name = name};
}

}  // namespace

TEST_CASE("declared_timers: what the file fixes in time since a touchpoint was reached",
          "[friction][timers]") {
  Journey journey = hand_made_journey();
  add_nudge(journey);
  journey.touchpoints[nudge].next.push_back(timed(call_back, Duration{120h}));
  journey.touchpoints[call_back].promise = Duration{4h};
  journey.touchpoints[appointment].promise = Duration{72h};
  Transition& evening = journey.touchpoints[order].next.emplace_back(timed(nudge, {}));
  evening.trigger = TransitionTrigger::calendar;
  evening.at.days = 6;
  Transition& hold = journey.touchpoints[order].next.emplace_back(timed(nudge, Duration{30h}));
  hold.to.reset();

  CHECK(timers_at(journey, order) ==
        std::vector<DeclaredTimer>{timer(TimerKind::delay, 48h, "nudge after 2d"),
                                   timer(TimerKind::delay, 168h, "call_back 5d after nudge"),
                                   timer(TimerKind::calendar, 144h, "nudge at its time on day 6"),
                                   timer(TimerKind::promise, 72h, "promise of appointment (3d)"),
                                   timer(TimerKind::promise, 172h, "promise of call_back (4h)"),
                                   timer(TimerKind::promise, 336h, "promise online_in_time (14d)"),
                                   timer(TimerKind::silence, 240h, "silence of 10d")});
}

TEST_CASE("declared_timers: our turn has no silence, and what an event sets off no known time",
          "[friction][timers]") {
  Journey journey = hand_made_journey();
  CHECK(timers_at(journey, visit).empty());
  add_nudge(journey);
  journey.touchpoints[order].next.back().trigger = TransitionTrigger::event;
  journey.touchpoints[nudge].next.push_back(timed(call_back, Duration{24h}));
  journey.touchpoints[order].abandon_after = Never{};
  CHECK(timers_at(journey, order) ==
        std::vector<DeclaredTimer>{timer(TimerKind::promise, 336h, "promise online_in_time (14d)")});
  journey.anywhere.push_back(timed(call_back, Duration{24h}));
  CHECK(timers_at(journey, visit) ==
        std::vector<DeclaredTimer>{timer(TimerKind::delay, 24h, "call_back after 1d")});
}

TEST_CASE("declared_timers: a reminder that repeats itself for ever comes to an end here",
          "[friction][timers]") {
  Journey journey = hand_made_journey();
  add_nudge(journey);
  journey.touchpoints[nudge].next.push_back(timed(nudge, Duration{24h}));

  const auto timers = timers_at(journey, order);

  CHECK(timers.size() > 400);
  CHECK(timers.size() < 1'100);
  CHECK(timers[1] == timer(TimerKind::delay, 72h, "nudge 1d after nudge"));
}

TEST_CASE("leads_to: over messages and tasks, in any version", "[friction][drivers]") {
  Journey first = hand_made_journey(1);
  Journey second = hand_made_journey(2);
  first.touchpoints[online].next.clear();  // bill is the same place, and only the second leads there
  const auto table = table_of({}, day(0), versions_of({first, second}));
  const auto number = [&](const char* label) {
    for (std::size_t i = 0; i < table.places.size(); ++i) {
      if (table.places[i].label == label) return i;
    }
    FAIL(label);
    return std::size_t{0};
  };

  CHECK(table.leads_to[number("order")][number("bill")]);
  CHECK(table.leads_to[number("online (v2)")][number("bill")]);
  CHECK_FALSE(table.leads_to[number("online (v1)")][number("bill")]);
  CHECK(table.leads_to[number("appointment")][number("appointment")]);
  CHECK_FALSE(table.leads_to[number("bill")][number("order")]);
}

}  // namespace lotse::test
