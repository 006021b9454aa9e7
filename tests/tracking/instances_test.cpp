// SEMANTICS.md, section 3: order, which instance, splits, versions.
#include <algorithm>

#include "engine/base/hash.hpp"
#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

Properties order(std::string_view id) { return {{"order", Value(id)}}; }

std::string keyed(std::string_view reentry) {
  return fmt::format(R"(
journey: keyed
version: 1
key: event.order
reentry: {}
abandon_after: 10d
touchpoints:
  a: {{on: began, start: true, next: [b]}}
  b: {{on: went, next: [c, d]}}
  c: {{on: done, goal: true}}
  d: {{on: stopped, ends: lost}}
)",
                     reentry);
}

}  // namespace

TEST_CASE("keys: one instance for each, and events go to the instance of theirs", "[tracking]") {
  const Story story = Story(keyed("after_end"))
                          .event("0s", "began", "", order("x"))
                          .event("1h", "began", "", order("y"))
                          .event("2h", "went", "", order("x"))
                          .event("3h", "went", "", order("z"));

  CHECK(story.tell("4h") ==
        Told{"active \"x\": a start 0s-2h advanced | b transition 2h-", "active \"y\": a start 1h-"});
}

TEST_CASE("keys: without one the newest active instance that has a place for the event takes it",
          "[tracking]") {
  Story story(keyed("after_end"));
  story.event("0s", "began", "", order("x"))
      .event("1h", "went", "", order("x"))
      .event("2h", "began", "", order("y"));

  SECTION("an instance on whose path it lies goes before a newer one that it would lead astray") {
    story.event("3h", "done");
    CHECK(story.tell("4h") == Told{"achieved \"x\": a start 0s-1h advanced | b transition 1h-3h advanced | "
                                   "c transition 3h-3h achieved",
                                   "active \"y\": a start 2h-"});
  }
  SECTION("the newest of those that have a place") {
    story.event("150m", "went", "", order("y")).event("3h", "done");
    CHECK(story.tell("4h")[1] ==
          "achieved \"y\": a start 2h-2h30m advanced | b transition 2h30m-3h advanced | c transition 3h-3h "
          "achieved");
  }
  SECTION("if it lies on nobody's path it leads the newest astray") {
    story.event("150m", "done", "", order("x")).event("3h", "done");
    CHECK(story.tell("4h")[1] == "achieved \"y\": a start 2h-3h advanced | c skipped 3h-3h achieved");
  }
  SECTION("a dropped instance is not active") {
    story.event("30d", "done");
    CHECK(story.tell("31d") == Told{"dropped \"x\": a start 0s-1h advanced | b transition 1h-10d1h dropped",
                                    "dropped \"y\": a start 2h-10d2h dropped"});
  }
}

TEST_CASE("keys: a start without one opens nothing and is counted", "[tracking]") {
  Story story(keyed("after_end"));
  story.event("0s", "began").event("1h", "began", "", {{"order", Value()}});
  CHECK(story.tell("2h") == Told{});
  CHECK(story.state("2h").journeys[0].starts_without_key == 2);

  story.event("3h", "began", "", order("x")).event("4h", "began").event("5h", "went").event("6h", "began");
  CHECK(story.tell("7h") == Told{"active \"x\": a start 3h-5h advanced repeats=1 | b transition 5h-"});
  CHECK(story.state("7h").journeys[0].starts_without_key == 3);
}

TEST_CASE("re-entry: where a start touchpoint opens a new instance", "[tracking]") {
  struct Row {
    const char* why;
    const char* reentry;
    std::vector<std::pair<const char*, const char*>> events;  ///< after `began` at 0s
    const char* now;
    Told expected;
  };
  const std::string repeated = "active \"x\": a start 0s- repeats=1";
  const std::string achieved = "achieved \"x\": a start 0s-1h advanced | c skipped 1h-1h achieved";
  const std::string stopped = "exited \"x\": a start 0s-1h advanced | d skipped 1h-1h exited lost";
  const std::string dropped = "dropped \"x\": a start 0s-10d dropped";
  const std::string anew = "active \"x\": a start 12d-";
  const auto row = GENERATE_REF(
      Row{"never: not after a goal", "never", {{"1h", "done"}, {"12d", "began"}}, "13d", {achieved}},
      Row{"never: a drop-off is revived instead",
          "never",
          {{"12d", "began"}},
          "13d",
          {"active \"x\": a start 0s-10d dropped recovered 12d | a returned 12d- revived"}},
      Row{"after_end: not while active", "after_end", {{"1h", "began"}}, "2h", {repeated}},
      Row{"after_end: after a goal",
          "after_end",
          {{"1h", "done"}, {"12d", "began"}},
          "13d",
          {achieved, anew}},
      Row{"after_end: after an exit",
          "after_end",
          {{"1h", "stopped"}, {"12d", "began"}},
          "13d",
          {stopped, anew}},
      Row{"after_end: after a drop-off", "after_end", {{"12d", "began"}}, "13d", {dropped, anew}},
      Row{"unless_goal_achieved: not while active",
          "unless_goal_achieved",
          {{"1h", "began"}},
          "2h",
          {repeated}},
      Row{"unless_goal_achieved: not after a goal",
          "unless_goal_achieved",
          {{"1h", "done"}, {"12d", "began"}},
          "13d",
          {achieved}},
      Row{"unless_goal_achieved: after an exit",
          "unless_goal_achieved",
          {{"1h", "stopped"}, {"12d", "began"}},
          "13d",
          {stopped, anew}},
      Row{"unless_goal_achieved: after a drop-off",
          "unless_goal_achieved",
          {{"12d", "began"}},
          "13d",
          {dropped, anew}},
      Row{"always: the active one exits as restarted",
          "always",
          {{"1h", "began"}},
          "2h",
          {"exited \"x\": a start 0s-1h exited", "active \"x\": a start 1h-"}});
  CAPTURE(row.why);
  Story story(keyed(row.reentry));

  story.event("0s", "began", "", order("x"));
  for (const auto& [at, type] : row.events) story.event(at, type, "", order("x"));

  CHECK(story.tell(row.now) == row.expected);
}

TEST_CASE("re-entry: a transition open to the start touchpoint goes before a new instance", "[tracking]") {
  const Story story = Story(R"(
journey: loop
version: 1
reentry: always
touchpoints:
  a: {on: began, start: true, next: [b]}
  b: {on: went, next: [a, c]}
  c: {on: done, goal: true}
)")
                          .event("0s", "began")
                          .event("1h", "went")
                          .event("2h", "began");

  CHECK(story.tell("3h") ==
        Told{"active: a start 0s-1h advanced | b transition 1h-2h advanced | a transition 2h-"});
}

TEST_CASE("order: events by time, then id bytewise, then source; duplicates change nothing", "[tracking]") {
  const Tracker tracker({only_version(keyed("after_end"))}, {});
  const auto event = [](std::string id, std::string source, std::string type, std::string at) {
    Event made{.id = std::move(id), .source = std::move(source), .type = std::move(type)};
    made.time = after(at);
    made.properties = map_of(order("x"));
    return made;
  };
  const std::vector<Event> events = {event("2", "s", "done", "0s"), event("10", "s", "went", "0s"),
                                     event("10", "r", "began", "0s"), event("2", "s", "stopped", "0s"),
                                     event("3", "s", "stopped", "5h")};

  const CustomerState state = tracker.derive("user_id:ada", events, after("1h"));

  CHECK(state.events == 3);
  REQUIRE(state.journeys[0].instances.size() == 1);
  CHECK(state.journeys[0].instances[0].stays.size() == 3);
  CHECK(state.journeys[0].instances[0].status() == Status::achieved);
  CHECK(state.last_event == events[0].key());
}

TEST_CASE("in_order: an event is late behind the last event, and behind any timer that has fired",
          "[tracking]") {
  Story story(keyed("after_end"));
  story.event("0s", "began", "", order("x")).event("1h", "went", "", order("x"));
  const auto at_time = [&](std::string_view at, std::string id) {
    Event event{.id = std::move(id), .source = "test"};
    event.time = after(at);
    return event;
  };

  const CustomerState early = story.state("2h");
  CHECK(Tracker::in_order(early, at_time("1h", "e002")));
  CHECK(Tracker::in_order(early, at_time("90m", "a")));
  CHECK_FALSE(Tracker::in_order(early, at_time("1h", "e001")));
  CHECK_FALSE(Tracker::in_order(early, at_time("59m", "z")));

  const CustomerState dropped = story.state("20d");
  CHECK_FALSE(Tracker::in_order(dropped, at_time("10d1h", "z")));
  CHECK(Tracker::in_order(dropped, at_time("10d2h", "z")));
}

TEST_CASE("splits: each customer has one arm by the published hash, and the control group gets nothing",
          "[tracking]") {
  const Tracker tracker({only_version(R"(
journey: split
version: 1
touchpoints:
  a:
    on: began
    start: true
    next:
      - {to: mail, after: 1d, split: nudge, share: 50}
      - {to: text, after: 1d, split: nudge, share: 30}
      - {hold: true, after: 1d, split: nudge, share: 20}
      - b
  mail: {channels: [email], send: {template: m, purpose: service}}
  text: {channels: [sms], send: {template: t, purpose: service}}
  b: {on: went, goal: true}
)")},
                        {});
  Event event{.id = "1", .source = "s", .type = "began"};
  event.time = story_begin;
  std::size_t counts[3] = {};

  for (int i = 0; i < 1'000; ++i) {
    const std::string customer = fmt::format("user_id:{}", i);
    const CustomerState state = tracker.derive(customer, {&event, 1}, after("2d"));
    const double place = split_fraction(customer, "nudge");
    const std::size_t arm = place < 0.5 ? 0 : (place < 0.8 ? 1 : 2);
    const auto& effects = state.journeys[0].effects;
    REQUIRE(effects.size() == (arm == 2 ? 0 : 1));
    if (arm < 2) REQUIRE(effects[0].touchpoint == TouchpointIndex(arm == 0 ? 1 : 2));
    ++counts[arm];
  }

  CHECK(counts[0] > 450);
  CHECK(counts[1] > 250);
  CHECK(counts[2] > 150);
}

TEST_CASE("versions: an instance begins with the one in force, and ends with it", "[tracking]") {
  const auto version = [](int number, std::string_view target) {
    return journey_from(fmt::format(R"(
journey: versions
version: {}
touchpoints:
  a: {{on: began, start: true, next: [{}]}}
  {}: {{on: went, goal: true}}
)",
                                    number, target, target));
  };
  const JourneyVersions versions{.versions = {version(1, "old"), version(2, "new")},
                                 .in_force = {Instant::min(), after("1d")}};
  const auto last = [&](std::string_view began, std::string_view went) {
    return Story(std::vector{versions}).event(began, "began").event(went, "went").tell("9d");
  };

  CHECK(last("0s", "1h") == Told{"achieved: a start 0s-1h advanced | old transition 1h-1h achieved"});
  CHECK(last("0s", "2d") == Told{"achieved: a start 0s-2d advanced | old transition 2d-2d achieved"});
  CHECK(last("1d", "2d") == Told{"achieved: a start 1d-2d advanced | new transition 2d-2d achieved"});
}

TEST_CASE("journeys: of one customer do not see each other", "[tracking]") {
  const auto journey = [](std::string_view id, std::string_view next) {
    return only_version(fmt::format(R"(
journey: {}
version: 1
touchpoints:
  a: {{on: began, start: true, next: [b]}}
  b: {{on: {}, goal: true}}
)",
                                    id, next));
  };
  const Story both = Story(std::vector{journey("one", "went"), journey("two", "ran")})
                         .event("0s", "began")
                         .event("1h", "ran");

  const CustomerState state = both.state("2h");

  CHECK(state.journeys[0].instances[0].status() == Status::active);
  CHECK(state.journeys[1].instances[0].status() == Status::achieved);
}

TEST_CASE("segments and value: are those at a stay's entry", "[tracking]") {
  Story story(R"(
journey: segments
version: 1
value: context.amount
segments: {plan: context.plan, region: customer.region}
context: {plan: {type: string}, amount: {type: number}}
touchpoints:
  a: {on: began, start: true, capture: {plan: event.plan, amount: event.amount}, next: [b]}
  b: {on: went, capture: {plan: event.plan}, next: [c]}
  c: {on: done, goal: true}
)");
  story
      .event("0s", "began", "", {{"plan", Value("dsl")}, {"amount", Value(std::int64_t{20})}},
             {{"region", Value("north")}})
      .event("1h", "went", "", {{"plan", Value("fibre")}})
      .event("2h", "done");

  const Instance instance = story.state("3h").journeys[0].instances[0];

  const auto tuple = [&](std::size_t stay) {
    const auto& set = instance.segment_sets[instance.stays[stay].segments];
    return describe(set[0]) + " " + describe(set[1]);
  };
  CHECK(tuple(0) == "\"dsl\" \"north\"");
  CHECK(tuple(1) == "\"fibre\" \"north\"");
  CHECK(tuple(2) == "\"fibre\" \"north\"");
  CHECK(instance.segment_sets.size() == 2);
  CHECK(instance.value == 20.0);
}
