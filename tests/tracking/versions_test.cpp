// docs/versions.md: taking over by a map of positions, draining and stopping.
#include <algorithm>

#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

constexpr std::string_view first_version = R"yaml(
journey: order
version: 1
key: event.order
abandon_after: 30d
segments: {plan: context.plan}
context:
  plan: {type: string}
  parcels: {type: integer, default: 0}
touchpoints:
  order:
    {on: ordered, start: true, capture: {plan: event.plan}, next: [pack, thanks]}
  thanks: {channels: [email], send: {template: thanks, purpose: service}}
  pack: {on: packed, capture: {parcels: context.parcels + 1},
         next: [arrived, {to: nudge, after: 5d}, check, {to: gone, on: asked}]}
  nudge: {channels: [email], send: {template: nudge, purpose: service}}
  gone: {channels: [email], send: {template: gone, purpose: service}}
  check: {channels: [call_center], handover: {team: desk}}
  arrived: {on: arrived, goal: true}
)yaml";

std::string second_version(std::string_view migrate) {
  return fmt::format(R"yaml(
journey: order
version: 2
key: event.order
abandon_after: 30d
segments: {{region: customer.region, plan: context.plan}}
migrate: {}
context:
  weight: {{type: number, default: 1.5}}
  plan: {{type: string}}
touchpoints:
  order: {{on: ordered, start: true, capture: {{plan: event.plan}}, next: [shipped]}}
  shipped:
    on: sent
    next: [arrived, {{to: early, after: 1d}}, {{to: nudge, after: 7d}}, check]
  early: {{channels: [email], send: {{template: early, purpose: service}}}}
  nudge: {{channels: [email], send: {{template: nudge, purpose: service}}}}
  check: {{channels: [call_center], handover: {{team: desk}}}}
  arrived: {{on: arrived, goal: true}}
)yaml",
                     migrate);
}

JourneyVersions two(std::string_view migrate, std::string_view in_force) {
  return {.versions = {journey_from(first_version), journey_from(second_version(migrate))},
          .in_force = {Instant::min(), after(in_force)}};
}

Properties order(std::string_view id) { return {{"order", Value(id)}, {"plan", Value("fibre")}}; }

constexpr std::string_view by_map = "{from: [1], positions: {pack: shipped}}";

/// Every event in its order, with time standing still, and going on, in between.
CustomerState step_by_step(const Story& story, std::string_view now) {
  CustomerState state = story.tracker().fresh(story_customer);
  for (const Event& event : story.events()) {
    story.tracker().advance_to(state, event.time - Duration(1));
    story.tracker().advance(state, event);
  }
  story.tracker().advance_to(state, after(now));
  return state;
}

}  // namespace

TEST_CASE("versions: a newer one takes over where the instance stands, by its map of positions",
          "[tracking]") {
  const Story story = Story(std::vector{two(by_map, "4d")})
                          .event("0s", "ordered", "web", order("x"))
                          .event("1d", "packed", "web", order("x"))
                          .event("2d", "packed", "app", order("x"));

  CHECK(story.tell("3d") == Told{"active \"x\": order@web start 0s-1d advanced | pack@web transition 1d-2d "
                                 "hopped | pack@app hop 2d- forced"});
  CHECK(story.tell("4d") == Told{"exited \"x\": order@web start 0s-1d advanced",
                                 "active \"x\": shipped@web transition 1d-2d hopped | shipped@app hop 2d- "
                                 "forced"});
  const CustomerState state = story.state("4d");
  const Instance& before = state.journeys[0].instances.at(0);
  const Instance& moved = state.journeys[0].instances.at(1);
  CHECK(before.version_end == VersionEnd::moved);
  CHECK(before.ended_at == after("4d"));
  CHECK(moved.opened == after("0s"));
  CHECK(moved.version == VersionIndex(1));

  SECTION("the context goes along by name, a new field has its default") {
    CHECK(describe(Value(moved.context.at(0).value())) == "1.5");
    CHECK(moved.context.at(1)->identical(Value("fibre")));
  }
  SECTION("segments are those of the newer version") {
    CHECK(moved.segment_sets.at(moved.stays[0].segments).at(1).identical(Value("fibre")));
  }
  SECTION("the message whose time came before is not sent; one still to come counts from the position") {
    CHECK(story.tell_effects("8d") == Told{"thanks 0s stale", "check 1d open pending", "nudge 8d pending"});
  }
  SECTION("an open task is the newer version's, and done there") {
    CHECK(moved.open_tasks == 1);
    Story done = story;
    done.event("5d", "task_done", "", {{"order", Value("x")}, {"task", Value("check")}});
    CHECK(done.tell_effects("6d").at(1) == "check 1d done withdrawn");
  }
  SECTION("it goes on along the newer graph") {
    Story on = story;
    on.event("5d", "arrived", "web", order("x"));
    CHECK(on.tell("6d").at(1) ==
          "achieved \"x\": shipped@web transition 1d-2d hopped | shipped@app hop 2d-5d advanced forced | "
          "arrived@web transition 5d-5d achieved forced");
  }
}

TEST_CASE("versions: what a message is filled with goes along by its names", "[tracking]") {
  const auto version = [](int number, std::string_view with, std::string_view migrate) {
    return journey_from(fmt::format(R"yaml(
journey: order
version: {}
abandon_after: 30d
{}
context: {{plan: {{type: string}}, price: {{type: number}}}}
touchpoints:
  order: {{on: ordered, start: true, capture: {{plan: event.plan, price: event.price}}, next: [thanks, done]}}
  thanks: {{channels: [email], send: {{template: t, purpose: service, stale_after: 9d, with: {{{}}}}}}}
  done: {{on: done, goal: true}}
)yaml",
                                    number, migrate, with));
  };
  const Story story =
      Story(std::vector{JourneyVersions{
                .versions = {version(1, "plan: context.plan, price: context.price", ""),
                             version(2, "price: context.price, rest: context.plan", "migrate: {from: [1]}")},
                .in_force = {Instant::min(), after("4d")}}})
          .event("0s", "ordered", "web", {{"plan", Value("fibre")}, {"price", Value(29.5)}});

  const auto with = [&](std::string_view now) { return story.state(now).journeys[0].effects.at(0).with; };
  REQUIRE(with("3d").size() == 2);
  CHECK(with("3d")[0].identical(Value("fibre")));
  REQUIRE(with("5d").size() == 2);
  CHECK(with("5d")[0].identical(Value(29.5)));
  CHECK(with("5d")[1].is_null());
}

TEST_CASE("versions: who stands at the start is taken over whole", "[tracking]") {
  Story story(std::vector{two(by_map, "4d")});
  story.event("3d", "ordered", "web", order("x"));
  CHECK(story.tell("4d") == Told{"active \"x\": order@web start 3d-"});
  CHECK(story.state("4d").journeys[0].instances.at(0).version == VersionIndex(1));

  // `thanks` is no part of version 2: not handed out, nothing of it is left.
  CHECK(story.tell_effects("4d") == Told{});
}

TEST_CASE("versions: a message that was sent and that the newer version does not have stays on record",
          "[tracking]") {
  Story story(std::vector{two(by_map, "4d")});
  story.event("3d", "ordered", "web", order("x"));
  const Effect thanks = story.state("3d").journeys[0].effects.at(0);
  story.event("73h", "effect_handed_out", "email",
              {{"journey", Value("order")},
               {"touchpoint", Value("thanks")},
               {"key", Value(hex(thanks.key))},
               {"due", Value(format_instant(thanks.due))}});

  const CustomerState state = story.state("5d");
  REQUIRE(state.journeys[0].disproved.size() == 1);
  CHECK(state.journeys[0].disproved[0].key == thanks.key);
  CHECK(state.journeys[0].disproved[0].channel == "email");
  CHECK(state.journeys[0].disproved[0].due == thanks.due);
}

TEST_CASE("versions: where the newer one has no such position the instance stays and ends in its own",
          "[tracking]") {
  Story story(std::vector{two("{from: [1]}", "4d")});  // version 2 has no `pack`
  story.event("0s", "ordered", "web", order("x")).event("1d", "packed", "web", order("x"));
  CHECK(story.tell("5d") == Told{"active \"x\": order@web start 0s-1d advanced | pack@web transition 1d-"});
  CHECK(story.state("5d").journeys[0].instances.at(0).version == VersionIndex(0));

  // What it reaches later is too late for taking over.
  story.event("6d", "ordered", "web", order("x"));
  CHECK(story.state("7d").journeys[0].instances.at(0).version == VersionIndex(0));
}

TEST_CASE("versions: without `migrate`, from another version, or after its end nobody is taken over",
          "[tracking]") {
  Story story(std::vector{two(by_map, "4d")});
  story.event("0s", "ordered", "web", order("x")).event("3d", "arrived", "web", order("x"));
  CHECK(story.state("5d").journeys[0].instances.size() == 1);
  CHECK(story.state("5d").journeys[0].instances.at(0).version == VersionIndex(0));

  story.event("6d", "ordered", "web", order("y"));
  CHECK(story.state("7d").journeys[0].instances.at(1).version == VersionIndex(1));
}

TEST_CASE("versions: an instance behind the one that moved keeps its effects", "[tracking]") {
  Story story(std::vector{two(by_map, "4d")});
  story.event("0s", "ordered", "web", order("x"))
      .event("1d", "packed", "web", order("x"))
      .event("2d", "ordered", "web", order("y"))
      .event("3d", "packed", "web", order("y"));

  const CustomerState state = story.state("4d");
  REQUIRE(state.journeys[0].instances.size() == 4);
  std::vector<std::string> told;
  for (const Effect& effect : state.journeys[0].effects) {
    const Instance& instance = at(state.journeys[0].instances, effect.instance);
    told.push_back(fmt::format("{} of {} {}", at(story.journey(instance).touchpoints, effect.touchpoint).id,
                               describe(*instance.key), instance.ended ? "before" : "now"));
  }
  CHECK(told ==
        Told{"thanks of \"x\" before", "check of \"x\" now", "thanks of \"y\" before", "check of \"y\" now"});
}

TEST_CASE("versions: taking over, step by step, gives what deriving from scratch gives", "[tracking]") {
  Story story(std::vector{two(by_map, "4d")});
  story.event("0s", "ordered", "web", order("x"))
      .event("1d", "packed", "web", order("x"))
      .event("3d", "ordered", "web", order("y"))
      .event("4d", "packed", "app", order("y"))  // at the very instant: before it
      .event("5d", "arrived", "web", order("x"))
      .event("6d", "arrived", "web", order("y"));
  CHECK(step_by_step(story, "50d") == story.state("50d"));
  for (const std::string_view now : {"4d", "5d", "50d"})
    CHECK(decode(encode(story.state(now))) == story.state(now));
  CHECK(
      story.tell("50d").back() ==
      "achieved \"y\": shipped@app transition 4d-6d advanced forced | arrived@web transition 6d-6d achieved "
      "forced");
}

namespace {

JourneyVersions drained(std::vector<Drain> first, std::vector<Drain> second = {}) {
  JourneyVersions versions = two(by_map, "4d");
  std::string plain = second_version("");
  plain.erase(plain.find("migrate: \n"), 10);
  versions.versions[1] = journey_from(plain);
  versions.drains = {std::move(first), std::move(second)};
  return versions;
}

std::vector<std::uint32_t> versions_of(const Story& story, std::string_view now) {
  std::vector<std::uint32_t> numbers;
  const CustomerState state = story.state(now);
  for (const Instance& instance : state.journeys[0].instances)
    numbers.push_back(instance.version.value() + 1);
  return numbers;
}

}  // namespace

TEST_CASE("draining: starts go to the newest version in force that takes any", "[tracking]") {
  const auto starts = [](JourneyVersions versions) {
    Story story(std::vector{std::move(versions)});
    story.event("1d", "ordered", "web", order("a"))
        .event("5d", "ordered", "web", order("b"))
        .event("7d", "ordered", "web", order("c"))
        .event("9d", "ordered", "web", order("d"));
    return story;
  };
  CHECK(versions_of(starts(drained({})), "9d") == std::vector<std::uint32_t>{1, 2, 2, 2});
  CHECK(versions_of(starts(drained({}, {{after("6d"), after("8d")}})), "9d") ==
        std::vector<std::uint32_t>{1, 2, 1, 2});
  CHECK(versions_of(starts(drained({}, {{after("7d"), after("9d")}})), "9d") ==
        std::vector<std::uint32_t>{1, 2, 1, 2});

  const Story none = starts(drained({{after("6d")}}, {{after("6d")}}));
  CHECK(versions_of(none, "9d") == std::vector<std::uint32_t>{1, 2});
  CHECK(none.state("9d").journeys[0].starts_without_version == 2);
}

TEST_CASE("draining: who is under way finishes", "[tracking]") {
  Story story(std::vector{drained({{after("1d")}})});
  story.event("0s", "ordered", "web", order("x"))
      .event("2d", "packed", "web", order("x"))
      .event("3d", "arrived", "web", order("x"));
  CHECK(story.tell("4d") == Told{"achieved \"x\": order@web start 0s-2d advanced | pack@web transition 2d-3d "
                                 "advanced | arrived@web transition 3d-3d achieved"});
  CHECK(story.state("4d").journeys[0].starts_without_version == 0);
}

namespace {

JourneyVersions stopped(std::string_view at) {
  JourneyVersions versions = only_version(first_version);
  versions.stopped = {after(at)};
  return versions;
}

}  // namespace

TEST_CASE("stopping: open instances exit at its instant, and what is pending is withdrawn", "[tracking]") {
  Story story(std::vector{stopped("3d")});
  story.event("0s", "ordered", "web", order("x")).event("1d", "packed", "web", order("x"));

  CHECK(story.tell("71h").back().ends_with("pack@web transition 1d-"));
  CHECK(story.tell("4d") ==
        Told{"exited \"x\": order@web start 0s-1d advanced | pack@web transition 1d-3d exited"});
  const CustomerState state = story.state("9d");
  CHECK(state.journeys[0].instances[0].version_end == VersionEnd::stopped);
  CHECK(state.journeys[0].instances[0].open_tasks == 0);
  CHECK(story.tell_effects("9d") == Told{"thanks 0s stale", "check 1d withdrawn withdrawn"});

  SECTION("nothing opens any more, and nobody comes back") {
    story.event("5d", "ordered", "web", order("y")).event("6d", "arrived", "web", order("x"));
    CHECK(story.tell("7d").size() == 1);
    CHECK(story.state("7d").journeys[0].starts_without_version == 1);
  }
}

TEST_CASE("stopping: who was dropped before stays dropped", "[tracking]") {
  Story story(std::vector{stopped("40d")});
  story.event("0s", "ordered", "web", order("x")).event("50d", "packed", "web", order("x"));
  CHECK(story.tell("60d") == Told{"dropped \"x\": order@web start 0s-30d dropped"});
}

TEST_CASE("stopping: step by step, with the stop in the middle, gives what deriving from scratch gives",
          "[tracking]") {
  Story story(std::vector{stopped("3d")});
  story.event("0s", "ordered", "web", order("x"))
      .event("1d", "packed", "web", order("x"))
      .event("2d", "ordered", "web", order("y"))
      .event("3d", "packed", "web", order("y"))
      .event("4d", "arrived", "web", order("x"))
      .event("5d", "ordered", "web", order("z"));
  CHECK(step_by_step(story, "50d") == story.state("50d"));

  // A late event is put where its time says: before the stop.
  std::vector<Event> late = story.events();
  std::ranges::rotate(late, late.begin() + 1);
  CHECK(story.tracker().derive(story_customer, late, after("50d")) == story.state("50d"));
}

namespace {

/// A version of `order` that derives anew. `begins`: what starts it.
JourneyVersions replaying(std::string_view in_force, std::string_view begins = "ordered") {
  const std::string second = fmt::format(R"yaml(
journey: order
version: 2
key: event.order
abandon_after: 30d
migrate: {{from: [1], replay: true}}
context:
  parcels: {{type: integer, default: 0}}
touchpoints:
  order: {{on: {}, start: true, next: [packing]}}
  packing: {{on: packed, capture: {{parcels: context.parcels + 10}}, next: [arrived, {{to: late, after: 1d}}, {{to: nudge, after: 7d}}]}}
  late: {{channels: [email], send: {{template: late, purpose: service}}}}
  nudge: {{channels: [email], send: {{template: nudge, purpose: service}}}}
  arrived: {{on: arrived, goal: true}}
)yaml",
                                         begins);
  return {.versions = {journey_from(first_version), journey_from(second)},
          .in_force = {Instant::min(), after(in_force)}};
}

Story replayed_story(std::string_view in_force, std::string_view begins = "ordered") {
  Story story(std::vector{replaying(in_force, begins)});
  story.event("0s", "ordered", "web", order("x"))
      .event("1d", "packed", "web", order("x"))
      .event("2d", "ordered", "web", order("y"))
      .event("3d", "arrived", "web", order("y"));
  return story;
}

}  // namespace

TEST_CASE("versions: a newer one derives open instances anew from their own events", "[tracking]") {
  const Story story = replayed_story("4d");
  CHECK(story.tell("95h") ==
        Told{"active \"x\": order@web start 0s-1d advanced | pack@web transition 1d-",
             "achieved \"y\": order@web start 2d-3d advanced | arrived@web skipped 3d-3d "
             "achieved"});
  CHECK(story.tell("4d") == Told{"active \"x\": order@web start 0s-1d advanced | packing@web transition 1d-",
                                 "achieved \"y\": order@web start 2d-3d advanced | arrived@web skipped 3d-3d "
                                 "achieved"});
  const CustomerState state = story.state("4d");
  CHECK(state.journeys[0].instances[0].version == VersionIndex(1));
  CHECK(state.journeys[0].instances[0].context.at(0)->identical(Value(std::int64_t{10})));
  CHECK(state.journeys[0].instances[1].version == VersionIndex(0));

  // What lies in the past is stale; what is still to come is sent.
  CHECK(story.tell_effects("9d") == Told{"thanks 2d stale", "late 2d stale", "nudge 8d stale"});
  CHECK(story.tell_effects("8d").back() == "nudge 8d pending");
}

TEST_CASE("versions: what the newer one finds no start for goes on in its own", "[tracking]") {
  const Story story = replayed_story("4d", "signed");
  CHECK(story.tell("4d")[0] == "active \"x\": order@web start 0s-1d advanced | pack@web transition 1d-");
  CHECK(story.state("4d").journeys[0].instances[0].version_end == VersionEnd::kept);
  CHECK(story.tell("60d")[0].starts_with("active"));  // a task is open: it is our turn
}

TEST_CASE("versions: deriving anew takes the events; who has them not is told", "[tracking]") {
  Story story = replayed_story("4d");
  const Tracker& tracker = story.tracker();
  CustomerState state = tracker.derive(story_customer, story.events(), after("3d"));
  CHECK_FALSE(tracker.needs_history(state, after("95h")));
  CHECK(tracker.needs_history(state, after("4d")));

  tracker.advance_to(state, after("50d"));
  CHECK(state == tracker.derive(story_customer, story.events(), after("4d") - Duration(1)));

  CHECK_FALSE(tracker.needs_history(story.state("4d"), after("50d")));
  story.event("5d", "arrived", "web", order("x"));
  CHECK(step_by_step(story, "50d") != story.state("50d"));  // who does not ask
  CHECK(story.tell("50d")[0] ==
        "achieved \"x\": order@web start 0s-1d advanced | packing@web transition 1d-5d advanced | "
        "arrived@web transition 5d-5d achieved");
}

TEST_CASE("versions: what comes late may decide who is derived anew, and is out of order", "[tracking]") {
  Story story = replayed_story("4d");
  const CustomerState state = story.state("4d");
  story.event("84h", "arrived", "web", order("x"));
  const Event& late = story.events().back();

  CHECK_FALSE(Tracker::in_order(state, late));
  CHECK(story.state("4d").journeys[0].instances[0].version == VersionIndex(0));
}

TEST_CASE("versions: a trace tells of an instance that was derived anew once", "[tracking]") {
  struct Opened final : Trace {
    void add(Item item) override { opened += item.kind == Kind::opened ? 1 : 0; }
    int opened = 0;
  } trace;
  const Story story = replayed_story("4d");
  (void)story.tracker().derive(story_customer, story.events(), after("9d"), &trace);
  CHECK(trace.opened == 2);
}

TEST_CASE("versions: what a version without a key has dropped may come back beside one that has a key",
          "[tracking]") {
  const auto version = [](int number, std::string_view key) {
    return journey_from(fmt::format(R"yaml(
journey: order
version: {}
{}
abandon_after: 5d
touchpoints:
  order: {{on: ordered, start: true, next: [pack]}}
  pack: {{on: packed, next: [sent]}}
  sent: {{on: sent, next: [arrived]}}
  arrived: {{on: arrived, goal: true}}
)yaml",
                                    number, key));
  };
  const Story story =
      Story(std::vector{JourneyVersions{.versions = {version(1, ""), version(2, "key: event.order")},
                                        .in_force = {Instant::min(), after("1d")}}})
          .event("0s", "ordered")
          .event("1h", "packed")
          .event("40d", "ordered", "", order("x"))
          .event("41d", "sent");
  CHECK(story.tell("41d") ==
        Told{"active: order start 0s-1h advanced | pack transition 1h-5d1h dropped recovered 41d | "
             "sent transition 41d- revived",
             "active \"x\": order start 40d-"});
}

TEST_CASE("versions: lost context goes along as long as the newer version asks there",
          "[tracking][lost_context]") {
  struct Row {
    const char* why;
    std::string_view wants;
    std::size_t carried;
  };
  const auto row =
      GENERATE(Row{"asked there still", "asks: [address]", 1}, Row{"asked for no more", "turn: us", 0},
               Row{"needed, not asked", "needs: [address]", 0});
  CAPTURE(row.why);
  const auto version = [](int number, std::string_view wants, std::string_view migrate) {
    return journey_from(fmt::format(R"yaml(
journey: order
version: {}
{}
context: {{address: {{type: string}}}}
touchpoints:
  order: {{on: ordered, start: true, capture: {{address: event.plan}}, next: [visit]}}
  visit: {{on: visited, {}, next: [done]}}
  done: {{on: finished, goal: true}}
)yaml",
                                    number, migrate, wants));
  };
  const Story story =
      Story(std::vector{JourneyVersions{.versions = {version(1, "asks: [address]", ""),
                                                     version(2, row.wants, "migrate: {from: [1]}")},
                                        .in_force = {Instant::min(), after("2d")}}})
          .event("0s", "ordered", "", order("x"))
          .event("1d", "visited");
  REQUIRE(story.state("1d").journeys[0].instances.back().stays.back().lost.size() == 1);
  const CustomerState moved = story.state("3d");
  REQUIRE(moved.journeys[0].instances.back().version == VersionIndex(1));
  CHECK(moved.journeys[0].instances.back().stays.back().lost.size() == row.carried);
}
