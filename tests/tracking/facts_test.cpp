// SEMANTICS.md, section 3, rules 8 and 9; promises.
#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

TEST_CASE("exits: are looked at first, may have a condition, and end dropped instances too", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: exits
version: 1
key: event.order
abandon_after: 2d
exit_when:
  - {on: cancelled, when: event.sure, outcome: lost}
  - {on: contract_ended, outcome: ended, instances: all}
touchpoints:
  a: {on: began, start: true, next: [b]}
  b: {on: [went, cancelled], next: [c]}
  c: {on: done, goal: true}
)";
  const auto order = [](std::string_view id) {
    return Properties{{"order", Value(id)}, {"sure", Value(true)}};
  };

  SECTION("first: the event does not also move") {
    const Story story =
        Story(journey).event("0s", "began", "", order("x")).event("1h", "cancelled", "", order("x"));
    CHECK(story.tell("2h") == Told{"exited \"x\": a start 0s-1h exited lost"});
  }
  SECTION("with a false condition it is an event like any other") {
    const Story story = Story(journey)
                            .event("0s", "began", "", order("x"))
                            .event("1h", "cancelled", "", {{"order", Value("x")}, {"sure", Value(false)}});
    CHECK(story.tell("2h") == Told{"active \"x\": a start 0s-1h advanced | b transition 1h-"});
  }
  SECTION("only the instance of its key, unless all are meant") {
    Story story(journey);
    story.event("0s", "began", "", order("x")).event("1h", "began", "", order("y"));
    story.event("2h", "cancelled", "", order("x"));
    CHECK(story.tell("3h") == Told{"exited \"x\": a start 0s-2h exited lost", "active \"y\": a start 1h-"});
    story.event("4h", "contract_ended");
    CHECK(story.tell("5h") ==
          Told{"exited \"x\": a start 0s-2h exited lost", "exited \"y\": a start 1h-4h exited ended"});
  }
  SECTION("a dropped instance counts as exited, its drop-off stays one") {
    Story story(journey);
    story.event("0s", "began", "", order("x")).event("5d", "cancelled", "", order("x"));
    CHECK(story.tell("6d") == Told{"exited \"x\": a start 0s-2d dropped"});
    story.event("7d", "went", "", order("x"));
    CHECK(story.tell("8d") == Told{"exited \"x\": a start 0s-2d dropped"});
  }
}

TEST_CASE("ends: where a touchpoint says so, at a goal without `next`; what was achieved stays achieved",
          "[tracking]") {
  constexpr std::string_view journey = R"(
journey: ends
version: 1
abandon_after: 2d
exit_when: [{on: left, outcome: lost}]
touchpoints:
  a: {on: began, start: true, next: [goal, on_goal, stop, {to: farewell, on: waved}]}
  goal: {on: won, goal: true}
  on_goal: {on: halfway, goal: true, next: [stop]}
  stop: {on: stopped, ends: settled}
  farewell: {channels: [email], ends: told, send: {template: f, purpose: service}}
)";
  const auto told = [&](std::initializer_list<std::string_view> types) {
    Story story(journey);
    story.event("0s", "began");
    int hour = 0;
    for (const auto type : types) story.event(fmt::format("{}h", ++hour), type);
    return story.tell("9d");
  };

  CHECK(told({"won"}) == Told{"achieved: a start 0s-1h advanced | goal transition 1h-1h achieved"});
  CHECK(told({"stopped"}) == Told{"exited: a start 0s-1h advanced | stop transition 1h-1h exited settled"});
  CHECK(told({"halfway", "stopped"}) ==
        Told{"achieved: a start 0s-1h advanced | on_goal transition 1h-2h advanced | "
             "stop transition 2h-2h exited settled"});
  CHECK(told({"halfway", "left"}) ==
        Told{"achieved: a start 0s-1h advanced | on_goal transition 1h-2h exited lost"});
  CHECK(told({"halfway"}) == Told{"achieved: a start 0s-1h advanced | on_goal transition 1h-2d1h dropped"});
  CHECK(told({"waved"}) == Told{"dropped: a start 0s-2d dropped"});
}

TEST_CASE("ends: of a message, when it is handed out", "[tracking]") {
  Story story(R"(
journey: farewell
version: 1
touchpoints:
  a: {on: began, start: true, next: [{to: farewell, on: waved}, b]}
  b: {on: went, goal: true}
  farewell: {channels: [email], ends: told, send: {template: f, purpose: service}}
)");
  story.event("0s", "began").event("1h", "waved");
  REQUIRE(story.tell("2h") == Told{"active: a start 0s-"});
  const std::string key = hex(story.state("2h").journeys[0].effects[0].key);

  story.event("90m", "effect_handed_out", "email",
              {{"journey", Value("farewell")},
               {"touchpoint", Value("farewell")},
               {"key", Value(key)},
               {"due", Value(format_instant(after("1h")))}});

  CHECK(story.tell("2h") == Told{"exited: a start 0s-1h30m exited told"});
}

TEST_CASE("feedback: is about the stay in which it came, before the same event moves anything",
          "[tracking]") {
  constexpr std::string_view journey = R"(
journey: feedback
version: 1
abandon_after: 10d
context: {plan: {type: string}}
segments: {plan: context.plan}
remember: [{on: upgraded, capture: {plan: "'gold'"}}]
feedback:
  - {on: [rated, went], scale: csat5, score: event.rating, comment: event.text, when: has(event.rating)}
  - {on: asked, scale: nps, score: event.score, about: event.about}
touchpoints:
  a: {on: began, start: true, next: [b]}
  b: {on: went, next: [survey, c]}
  survey: {channels: [email], about: a, send: {template: s, purpose: service}}
  c: {on: done, goal: true}
)";
  const auto rating = [](double value) {
    return Properties{{"rating", Value(value)}, {"text", Value("why")}};
  };
  Story story(journey);
  story.event("0s", "began");

  SECTION("the same event moves after it") {
    story.event("1h", "went", "", rating(2));
    CHECK(story.tell("2h") == Told{"active: a start 0s-1h advanced said=2 | b transition 1h-"});
    const Feedback said = story.state("2h").journeys[0].instances[0].stays[0].feedback[0];
    CHECK(said.at == after("1h"));
    CHECK(said.scale == Scale::csat5);
    CHECK(said.comment == "why");
  }
  SECTION("with the segments of when it was given") {
    story.event("1h", "upgraded").event("2h", "rated", "", rating(3));
    const Instance instance = story.state("3h").journeys[0].instances[0];
    const Feedback said = instance.stays[0].feedback[0];
    REQUIRE(said.segments);
    CHECK(instance.segment_sets[*said.segments][0].identical(Value("gold")));
    CHECK(instance.segment_sets[instance.stays[0].segments][0].is_null());
  }
  SECTION("a survey beside the stay is about the touchpoint that it asks about") {
    story.event("1h", "went").event("2h", "rated", "", rating(5));
    CHECK(story.tell("3h") == Told{"active: a start 0s-1h advanced said=5 | b transition 1h-"});
  }
  SECTION("an `about` expression goes before") {
    story.event("1h", "went").event("2h", "asked", "", {{"score", Value(9.0)}, {"about", Value("b")}});
    CHECK(story.tell("3h") == Told{"active: a start 0s-1h advanced | b transition 1h- said=9"});
  }
  SECTION("for 30 days after the end it is about the last stay") {
    story.event("1h", "done").event("30d1h", "rated", "", rating(4));
    CHECK(story.tell("40d") == Told{"achieved: a start 0s-1h advanced | c skipped 1h-1h achieved said=4"});
    CHECK(story.state("40d").journeys[0].unattributed_feedback == 0);
  }
  SECTION("later it is unattributed, and counted") {
    story.event("1h", "done").event("721h1s", "rated", "", rating(4));
    CHECK(story.tell("40d") == Told{"achieved: a start 0s-1h advanced | c skipped 1h-1h achieved"});
    CHECK(story.state("40d").journeys[0].unattributed_feedback == 1);
  }
  SECTION("about a touchpoint that was never reached it is unattributed") {
    story.event("1h", "asked", "", {{"score", Value(9.0)}, {"about", Value("c")}});
    CHECK(story.state("40d").journeys[0].unattributed_feedback == 1);
  }
  SECTION("a score beyond its scale is none, and counted") {
    story.event("1h", "rated", "", rating(6));
    const Instance instance = story.state("2h").journeys[0].instances[0];
    CHECK(instance.stays[0].feedback.empty());
    CHECK(instance.expression_errors == 1);
  }
}

TEST_CASE("feedback: of somebody who is not in the journey is unattributed", "[tracking]") {
  const Story story = Story(R"(
journey: nobody
version: 1
feedback: [{on: rated, scale: stars, score: event.stars}]
touchpoints:
  a: {on: began, start: true, next: [b]}
  b: {on: went, goal: true}
)")
                          .event("0s", "rated", "", {{"stars", Value(1.0)}});

  CHECK(story.state("1h").journeys[0].instances.empty());
  CHECK(story.state("1h").journeys[0].unattributed_feedback == 1);
}

TEST_CASE("remember: changes the context, moves nobody, is no activity", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: remember
version: 1
key: event.order
abandon_after: 2d
context: {address: {type: string}, mood: {type: string}}
remember:
  - {on: moved, capture: {address: event.address}, instances: all}
  - {on: sighed, capture: {mood: event.mood}}
touchpoints:
  a: {on: began, start: true, next: [b]}
  b: {on: went, goal: true}
)";
  Story story(journey);
  story.event("0s", "began", "", {{"order", Value("x")}}).event("1h", "began", "", {{"order", Value("y")}});
  story.event("1d", "moved", "", {{"address", Value("here")}});
  story.event("25h", "sighed", "", {{"mood", Value("blue")}, {"order", Value("x")}});

  CHECK(story.tell("5d") ==
        Told{"dropped \"x\": a start 0s-2d dropped", "dropped \"y\": a start 1h-2d1h dropped"});
  const auto instances = story.state("5d").journeys[0].instances;
  CHECK(instances[0].context[0]->identical(Value("here")));
  CHECK(instances[1].context[0]->identical(Value("here")));
  CHECK(instances[0].context[1]->identical(Value("blue")));
  CHECK_FALSE(instances[1].context[1]);

  story.event("6d", "moved", "", {{"address", Value("there")}});
  CHECK(story.state("7d").journeys[0].instances[0].context[0]->identical(Value("there")));
}

TEST_CASE("promises: of a touchpoint, since the position before was reached, or an instant", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: promised
version: 1
context: {by: {type: timestamp}}
remember: [{on: delayed, capture: {by: event.by}}]
touchpoints:
  a: {on: began, start: true, capture: {by: event.by}, next: [b, c]}
  b: {on: went, promise: 10d, next: [c]}
  c: {on: [went, done], promise: context.by, next: [d]}
  d: {on: over, goal: true}
)";
  Story story(journey);
  story.event("0s", "began", "web", {{"by", Value(format_instant(after("5d")))}});
  const auto stays = [&] { return story.state("20d").journeys[0].instances[0].stays; };
  CHECK(stays()[0].deadline == after("5d"));
  CHECK(stays()[0].awaits == TouchpointIndex(2));
  CHECK_FALSE(stays()[0].promised);

  story.event("1h", "delayed", "", {{"by", Value(format_instant(after("12d")))}});
  CHECK(stays()[0].deadline == after("10d"));
  CHECK(stays()[0].awaits == TouchpointIndex(1));

  story.event("2d", "began", "app").event("3d", "went");
  CHECK(stays()[1].deadline == after("10d"));
  CHECK(stays()[2].promised == after("10d"));
  CHECK(stays()[2].deadline == after("12d"));

  story.event("4d", "delayed", "", {{"by", Value(format_instant(after("13d")))}}).event("14d", "done");
  CHECK(stays()[2].deadline == after("13d"));
  CHECK(stays()[3].promised == after("13d"));
  CHECK_FALSE(stays()[3].deadline);
}

TEST_CASE("promises: once broken, a later word does not mend them", "[tracking]") {
  Story story(R"(
journey: broken
version: 1
context: {by: {type: timestamp}}
remember: [{on: delayed, capture: {by: event.by}}]
promises: [{name: in_time, from: a, until: b, by: context.by}]
touchpoints:
  a: {on: began, start: true, capture: {by: event.by}, next: [b]}
  b: {on: went, promise: context.by, goal: true}
)");
  story.event("0s", "began", "", {{"by", Value(format_instant(after("5d")))}});
  story.event("6d", "delayed", "", {{"by", Value(format_instant(after("12d")))}});

  const Instance instance = story.state("7d").journeys[0].instances[0];

  CHECK(instance.stays[0].deadline == after("5d"));
  REQUIRE(instance.promises.size() == 1);
  CHECK(instance.promises[0].deadline == after("5d"));
}

TEST_CASE("promises: across touchpoints, from reaching one until reaching another", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: across
version: 1
promises: [{name: soon, from: a, until: c, within: 3d}]
touchpoints:
  a: {on: began, start: true, next: [b]}
  b: {on: went, next: [c, a]}
  c: {on: done, next: [a]}
)";
  Story story(journey);
  story.event("0s", "began")
      .event("1d", "went")
      .event("2d", "began")
      .event("4d", "done")
      .event("5d", "began");

  const auto promises = story.state("6d").journeys[0].instances[0].promises;

  REQUIRE(promises.size() == 2);
  CHECK(promises[0] ==
        PromiseRecord{.promise = 0, .made = after("0s"), .deadline = after("3d"), .reached = after("4d")});
  CHECK(promises[1] == PromiseRecord{.promise = 0, .made = after("5d"), .deadline = after("8d")});
}

TEST_CASE("promises: an end before the deadline releases them, silence does not", "[tracking]") {
  Instance instance;
  instance.stays.emplace_back();
  const PromiseRecord promise{.promise = 0, .made = after("0s"), .deadline = after("10d"), .reached = {}};
  const auto ends = [&](Cause cause, std::string_view at) {
    instance.ended = true;
    instance.stays.back().cause = cause;
    instance.ended_at = after(at);
  };
  const auto as_of = [&](std::string_view now) { return instance.status(promise, after(now)); };
  CHECK(as_of("10d") == PromiseStatus::open);
  CHECK(as_of("11d") == PromiseStatus::broken);

  ends(Cause::exited, "3d");
  CHECK(as_of("11d") == PromiseStatus::released);
  ends(Cause::exited, "10d");
  CHECK(as_of("11d") == PromiseStatus::broken);
  ends(Cause::dropped, "3d");
  CHECK(as_of("5d") == PromiseStatus::open);
  CHECK(as_of("11d") == PromiseStatus::broken);
  instance.outcome = OutcomeIndex(0);
  CHECK(as_of("11d") == PromiseStatus::released);

  PromiseRecord reached = promise;
  reached.reached = after("10d");
  CHECK(instance.status(reached, after("11d")) == PromiseStatus::kept);
  reached.reached = after("10d1s");
  CHECK(instance.status(reached, after("11d")) == PromiseStatus::broken);
}

TEST_CASE("expressions: one that fails counts as false, and is counted", "[tracking]") {
  const Story story = Story(R"(
journey: failing
version: 1
touchpoints:
  a: {on: began, start: true, next: [{to: mail, when: event.amount > 100}, b]}
  b: {on: went, goal: true}
  mail: {channels: [email], send: {template: m, purpose: service}}
)")
                          .event("0s", "began", "", {{"total", Value(200.0)}});

  CHECK(story.tell_effects("1h") == Told{});
  CHECK(story.state("1h").journeys[0].instances[0].expression_errors == 1);
}

TEST_CASE("expressions: see the envelope, the traits, the visits, the channel and the time", "[tracking]") {
  const Story story = Story(R"(
journey: sight
version: 1
context: {id: {type: string}, name: {type: string}, count: {type: integer}, by: {type: string}, when: {type: timestamp}}
value: context.count
touchpoints:
  a:
    on: began
    start: true
    capture: {id: event.meta.id, name: customer.name, count: visits.a, by: channel, when: now}
    next: [b]
  b: {on: went, goal: true}
)")
                          .event("1h", "began", "web", {}, {{"name", Value("Ada")}});

  const Instance instance = story.state("2h").journeys[0].instances[0];

  CHECK(instance.context[0]->identical(Value("e000")));
  CHECK(instance.context[1]->identical(Value("Ada")));
  CHECK(instance.context[2]->identical(Value(std::int64_t{1})));
  CHECK(instance.context[3]->identical(Value("web")));
  CHECK(instance.context[4]->identical(Value(after("1h"))));
  CHECK(instance.value == 1.0);
}
