// SEMANTICS.md, section 3, rules 3, 6 and 7: what happens by time, and by silence.
#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

TEST_CASE("delays: count from when the touchpoint that carries them was reached", "[tracking]") {
  const Story story = Story(R"(
journey: delays
version: 1
touchpoints:
  a: {on: began, start: true, next: [{to: first, after: 2d}, b]}
  first: {channels: [email], send: {template: f, purpose: service}, next: [{to: second, after: 3d}]}
  second: {channels: [sms], send: {template: s, purpose: service}}
  b: {on: went, goal: true}
)")
                          .event("1h", "began");

  CHECK(story.tell_effects("2d") == Told{});
  CHECK(story.tell_effects("2d1h") == Told{"first 2d1h pending"});
  CHECK(story.tell_effects("5d1h") == Told{"first 2d1h stale", "second 5d1h pending"});
}

TEST_CASE("delays: a repeat does not restart them, leaving ends them", "[tracking]") {
  Story story(R"(
journey: delays
version: 1
touchpoints:
  a: {on: began, start: true, next: [{to: nudge, after: 2d}, b]}
  nudge: {channels: [email], send: {template: n, purpose: service}}
  b: {on: went, next: [c]}
  c: {on: done, goal: true}
)");
  story.event("0s", "began").event("1d", "began");
  CHECK(story.tell_effects("2d") == Told{"nudge 2d pending"});

  story.event("36h", "went");
  CHECK(story.tell_effects("10d") == Told{});
}

TEST_CASE("delays: what is due happens only if its condition holds then", "[tracking]") {
  Story story(R"(
journey: condition
version: 1
context: {done: {type: boolean, default: false}}
remember: [{on: proved, capture: {done: "true"}}]
touchpoints:
  a: {on: began, start: true, next: [{to: nudge, after: 2d, when: "!context.done"}, b]}
  nudge: {channels: [email], send: {template: n, purpose: service}}
  b: {on: went, goal: true}
)");
  story.event("0s", "began");
  CHECK(story.tell_effects("2d") == Told{"nudge 2d pending"});

  story.event("1d", "proved");
  CHECK(story.tell_effects("2d") == Told{});
}

TEST_CASE("delays: a timer due at the instant of an event comes after it", "[tracking]") {
  const std::string_view journey = R"(
journey: instant
version: 1
touchpoints:
  a: {on: began, start: true, next: [{to: nudge, after: 2d}, b]}
  nudge: {channels: [email], send: {template: n, purpose: service}}
  b: {on: went, next: [c]}
  c: {on: done, goal: true}
)";
  CHECK(Story(journey).event("0s", "began").event("2d", "went").tell_effects("3d") == Told{});
  CHECK(Story(journey).event("0s", "began").event("48h1s", "went").tell_effects("3d") ==
        Told{"nudge 2d withdrawn"});
}

TEST_CASE("delays: at equal due times the order is that of the open transitions, abandonment last",
          "[tracking]") {
  const Story story = Story(R"(
journey: ties
version: 1
abandon_after: 2d
anywhere: [{to: everywhere, after: 2d}]
touchpoints:
  a: {on: began, start: true, next: [early, late, {to: mine, after: 2d}, b]}
  early: {channels: [email], send: {template: e, purpose: service}, next: [{to: of_early, after: 2d}]}
  late: {channels: [sms], at_once: true, send: {template: l, purpose: service}, next: [{to: of_late, after: 2d}]}
  mine: {channels: [email], send: {template: m, purpose: service}}
  of_early: {channels: [email], send: {template: o, purpose: service}}
  of_late: {channels: [sms], send: {template: o, purpose: service}}
  everywhere: {channels: [post], send: {template: x, purpose: service}}
  b: {on: went, goal: true}
)")
                          .event("0s", "began");

  CHECK(story.tell_effects("2d") == Told{"early 0s stale", "late 0s stale", "mine 2d pending",
                                         "of_late 2d pending", "of_early 2d pending",
                                         "everywhere 2d pending"});
  CHECK(story.tell("2d") == Told{"dropped: a start 0s-2d dropped"});
}

TEST_CASE("calendar: that many days on, at that local time, in the customer's zone", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: calendar
version: 1
context: {slot: {type: timestamp}}
touchpoints:
  a: {on: began, start: true, capture: {slot: event.slot}, next: [{to: eve, at: {from: context.slot, days: -1, time: "18:00"}, if_past: skip}, {to: now, at: {days: 0, time: "08:00"}}, b]}
  eve: {channels: [sms], send: {template: e, purpose: service}}
  now: {channels: [email], send: {template: n, purpose: service}}
  b: {on: went, goal: true}
)";
  const auto due = [&](std::string_view slot, const Properties& traits, const WorkspaceSettings& settings) {
    Story story(journey, settings);
    story.event("0s", "began", "", {{"slot", Value(slot)}}, traits);
    const CustomerState state = story.state("60d");
    for (const Effect& effect : state.journeys[0].effects) {
      if (effect.touchpoint == TouchpointIndex(1)) return format_instant(effect.due);
    }
    return std::string("never");
  };
  WorkspaceSettings berlin;
  berlin.zone = "Europe/Berlin";

  CHECK(due("2024-03-10T10:00:00Z", {}, {}) == "2024-03-09T18:00:00Z");
  CHECK(due("2024-03-10T10:00:00Z", {}, berlin) == "2024-03-09T17:00:00Z");
  CHECK(due("2024-04-10T10:00:00Z", {}, berlin) == "2024-04-09T16:00:00Z");
  CHECK(due("2024-03-10T10:00:00Z", {{"zone", Value("America/New_York")}}, berlin) == "2024-03-09T23:00:00Z");
  CHECK(due("2024-03-10T10:00:00Z", {{"zone", Value("Nowhere/Never")}}, berlin) == "2024-03-09T17:00:00Z");
  CHECK(due("2024-03-01T10:00:00Z", {}, berlin) == "never");
}

TEST_CASE("calendar: a time that has passed happens now, or not at all with `if_past: skip`", "[tracking]") {
  const auto effects = [](std::string_view if_past) {
    return Story(fmt::format(R"(
journey: past
version: 1
touchpoints:
  a: {{on: began, start: true, next: [{{to: mail, at: {{days: 0, time: "08:00"}}{}}}, b]}}
  mail: {{channels: [email], send: {{template: m, purpose: service}}}}
  b: {{on: went, goal: true}}
)",
                             if_past))
        .event("0s", "began")
        .tell_effects("1m");
  };
  CHECK(effects("") == Told{"mail 0s pending"});
  CHECK(effects(", if_past: skip") == Told{});
}

TEST_CASE("calendar: a time that hangs on the context moves with it until it has happened", "[tracking]") {
  Story story(R"(
journey: moved
version: 1
context: {slot: {type: timestamp}}
remember: [{on: rebooked, capture: {slot: event.slot}}]
touchpoints:
  a: {on: began, start: true, next: [{to: eve, at: {from: context.slot, days: -1, time: "18:00"}, if_past: skip}, b]}
  eve: {channels: [sms], send: {template: e, purpose: service}}
  b: {on: went, goal: true}
)");
  story.event("0s", "began");
  CHECK(story.tell_effects("20d") == Told{});

  story.event("1h", "rebooked", "", {{"slot", Value("2024-03-05T10:00:00Z")}});
  CHECK(story.tell_effects("20d") == Told{"eve 3d9h stale"});

  story.event("2d", "rebooked", "", {{"slot", Value("2024-03-07T10:00:00Z")}});
  CHECK(story.tell_effects("20d") == Told{"eve 5d9h stale"});

  story.event("6d", "rebooked", "", {{"slot", Value("2024-03-20T10:00:00Z")}});
  CHECK(story.tell_effects("20d") == Told{"eve 5d9h stale"});
}

TEST_CASE("leaving: deferred messages and open tasks end with the stay, a kept task does not", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: leaving
version: 1
touchpoints:
  a: {on: began, start: true, next: [mail, dropped, kept, b]}
  mail: {channels: [email], send: {template: m, purpose: service, stale_after: 3d}}
  dropped: {channels: [call_center], handover: {team: t}}
  kept: {channels: [call_center], handover: {team: t, keep: true}}
  b: {on: went, next: [c]}
  c: {on: done, goal: true}
)";
  Story story(journey);
  story.event("0s", "began");
  CHECK(story.tell_effects("30m") ==
        Told{"mail 0s pending", "dropped 0s open pending", "kept 0s open pending"});

  story.event("40m", "went");
  CHECK(story.tell_effects("50m") ==
        Told{"mail 0s withdrawn", "dropped 0s withdrawn withdrawn", "kept 0s open pending"});
  CHECK(story.state("50m").journeys[0].instances[0].open_tasks == 1);
}

TEST_CASE("leaving: what the ending itself sets off still happens", "[tracking]") {
  const Story story = Story(R"(
journey: farewell
version: 1
touchpoints:
  a: {on: began, start: true, next: [b, {to: bye, on: went}]}
  b: {on: went, ends: over}
  bye: {channels: [email], send: {template: b, purpose: service}}
)")
                          .event("0s", "began")
                          .event("1h", "went");

  CHECK(story.tell("2h") == Told{"exited: a start 0s-1h advanced | b transition 1h-1h exited over"});
  CHECK(story.tell_effects("2h") == Told{"bye 1h pending"});
}

TEST_CASE("silence: a stay ends dropped when it has lasted the window since the last activity",
          "[tracking]") {
  Story story(R"(
journey: silence
version: 1
abandon_after: 10d
feedback: [{on: rated, scale: stars, score: event.stars}]
touchpoints:
  a: {on: began, start: true, next: [b, patient]}
  b: {on: went, abandon_after: 2d, next: [c]}
  patient: {on: waited, abandon_after: never, next: [c]}
  c: {on: done, goal: true}
)");
  story.event("0s", "began");
  CHECK(story.tell("239h") == Told{"active: a start 0s-"});
  CHECK(story.tell("10d") == Told{"dropped: a start 0s-10d dropped"});
  CHECK(story.tell("99d") == Told{"dropped: a start 0s-10d dropped"});

  Story repeated = story;
  repeated.event("3d", "began").event("5d", "unheard-of").event("6d", "rated", "", {{"stars", Value(4.0)}});
  CHECK(repeated.tell("99d") == Told{"dropped: a start 0s-16d dropped repeats=1 said=4"});

  Story own = story;
  own.event("1d", "went");
  CHECK(own.tell("99d") == Told{"dropped: a start 0s-1d advanced | b transition 1d-3d dropped"});

  Story never = story;
  never.event("1d", "waited");
  CHECK(never.tell("99d") == Told{"active: a start 0s-1d advanced | patient transition 1d-"});
}

TEST_CASE("silence: is no drop-off while a timed transition is still to come", "[tracking]") {
  const Story story = Story(R"(
journey: waiting
version: 1
abandon_after: 2d
touchpoints:
  a: {on: began, start: true, next: [{to: nudge, after: 5d}, b]}
  nudge: {channels: [email], send: {template: n, purpose: service}, next: [{to: last, after: 1d, when: "false || visits.a > 5"}]}
  last: {channels: [email], send: {template: l, purpose: service}}
  b: {on: went, goal: true}
)")
                          .event("0s", "began");

  CHECK(story.tell("5d12h") == Told{"active: a start 0s-"});
  CHECK(story.tell("6d") == Told{"dropped: a start 0s-6d dropped"});
  CHECK(Tracker::next_due(story.state("1d")) == after("5d"));
  CHECK(Tracker::next_due(story.state("5d")) == after("6d"));
  CHECK(Tracker::next_due(story.state("6d")) == std::nullopt);
}

TEST_CASE("our turn: silence is no drop-off at `turn: us`, nor while a task is open", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: turns
version: 1
abandon_after: 2d
touchpoints:
  a: {on: began, start: true, next: [{to: call, on: asked}, ours, theirs]}
  call: {channels: [call_center], handover: {team: t}, promise: 4h}
  ours: {on: waited, turn: us, next: [b]}
  theirs: {on: shipped, turn: third_party, next: [b]}
  b: {on: went, goal: true}
)";
  CHECK(Story(journey).event("0s", "began").event("1d", "waited").tell("99d") ==
        Told{"active: a start 0s-1d advanced | ours transition 1d-"});
  CHECK(Story(journey).event("0s", "began").event("1d", "shipped").tell("99d") ==
        Told{"active: a start 0s-1d advanced | theirs transition 1d-"});

  Story asked(journey);
  asked.event("0s", "began").event("1d", "asked");
  CHECK(asked.tell("99d") == Told{"active: a start 0s-"});
  const CustomerState waiting = asked.state("99d");
  CHECK(waiting.journeys[0].effects[0].deadline == after("1d4h"));
  CHECK(waiting.journeys[0].instances[0].stays[0].escalated == after("1d"));

  asked.event("7d", "task_done", "", {{"task", Value("call")}, {"result", Value("ok")}});
  CHECK(asked.tell("9d") == Told{"dropped: a start 0s-9d dropped"});
  CHECK(asked.tell_effects("9d") == Told{"call 1d done withdrawn"});
}

TEST_CASE("tasks: task_done names its touchpoint, and its transitions are that task's", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: tasks
version: 1
touchpoints:
  a: {on: began, start: true, next: [first, second, b]}
  first: {channels: [call_center], handover: {team: t}, next: [{to: sorry, on: task_done, when: event.result == "failed"}]}
  second: {channels: [call_center], handover: {team: t}}
  sorry: {channels: [email], send: {template: s, purpose: service}}
  b: {on: went, goal: true}
)";
  const auto effects = [&](std::string_view task, std::string_view result) {
    return Story(journey)
        .event("0s", "began")
        .event("1m", "task_done", "", {{"task", Value(task)}, {"result", Value(result)}})
        .tell_effects("2m");
  };

  CHECK(effects("first", "failed") ==
        Told{"first 0s done withdrawn", "second 0s open pending", "sorry 1m pending"});
  CHECK(effects("first", "ok") == Told{"first 0s done withdrawn", "second 0s open pending"});
  CHECK(effects("second", "failed") == Told{"first 0s open pending", "second 0s done withdrawn"});
  CHECK(effects("third", "failed") == Told{"first 0s open pending", "second 0s open pending"});
}

TEST_CASE("revival: a later event that would move it brings a dropped instance back, the drop-off stays one",
          "[tracking]") {
  constexpr std::string_view journey = R"(
journey: revival
version: 1
abandon_after: 2d
touchpoints:
  a: {on: began, start: true, next: [b]}
  b: {on: went, next: [{to: c, when: event.ok}, mail]}
  mail: {channels: [email], send: {template: m, purpose: service}, next: [{to: d, when: event.by_mail}]}
  c: {on: done, goal: true}
  d: {on: [done, clicked], goal: true}
)";
  Story story(journey);
  story.event("0s", "began").event("1h", "went");
  REQUIRE(story.tell("9d") == Told{"dropped: a start 0s-1h advanced | b transition 1h-2d1h dropped"});
  const std::string before = "a start 0s-1h advanced | b transition 1h-2d1h dropped recovered 5d | ";

  SECTION("along a transition") {
    story.event("5d", "done", "", {{"ok", Value(true)}});
    CHECK(story.tell("9d") == Told{"achieved: " + before + "c transition 5d-5d achieved revived"});
  }
  SECTION("along one of what was beside the last stay") {
    story.event("5d", "clicked", "", {{"by_mail", Value(true)}});
    CHECK(story.tell("9d") == Told{"achieved: " + before + "d transition 5d-5d achieved revived"});
  }
  SECTION("at the same touchpoint") {
    story.event("5d", "went");
    CHECK(story.tell("6d") == Told{"active: " + before + "b returned 5d- revived"});
  }
  SECTION("off the path; but where re-entry lets the event open a new instance, that goes first") {
    story.event("5d", "began");
    CHECK(story.tell("6d") ==
          Told{"dropped: a start 0s-1h advanced | b transition 1h-2d1h dropped", "active: a start 5d-"});
    story.event("5d1h", "done", "", {{"ok", Value(true)}});
    CHECK(story.tell("6d") == Told{"dropped: a start 0s-1h advanced | b transition 1h-2d1h dropped",
                                   "achieved: a start 5d-5d1h advanced | c skipped 5d1h-5d1h achieved"});
  }
  SECTION("a blocked event moves nobody") {
    story.event("5d", "done", "", {{"ok", Value(false)}});
    CHECK(story.tell("9d") == Told{"dropped: a start 0s-1h advanced | b transition 1h-2d1h dropped"});
  }
}
