// `risk` in conditions: the curves of the last refresh before the moment that is looked at. docs/tracking.md.
#include "engine/journey/risk_history.hpp"
#include "tests/support/dice.hpp"
#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

constexpr std::string_view orders = R"(
journey: orders
version: 1
abandon_after: 10d
touchpoints:
  order:
    on: ordered
    start: true
    channels: [web, app]
    next: [paid, {to: call_back, after: 2d, when: risk > 0.4}]
  call_back: {handover: {team: desk}}
  paid: {on: paid, next: [{to: mail, when: risk < 0.1}, used]}
  mail: {channels: [email], send: {template: thanks, purpose: service}}
  used: {on: used, goal: true}
)";

RiskSteps curve(std::string_view touchpoint, std::vector<RiskSteps::Step> steps, std::uint32_t version = 1) {
  return {.version = version, .touchpoint = std::string(touchpoint), .steps = std::move(steps)};
}

RiskSteps::Step step(std::string_view from, std::optional<std::uint8_t> percent) {
  return {.from = parse_duration(from).value(), .percent = percent};
}

Story with_risks(std::vector<RiskRefresh> refreshes, std::string_view journey = orders) {
  JourneyVersions versions = only_version(journey);
  versions.risk = std::make_shared<const RiskHistory>(std::move(refreshes));
  return Story(std::vector{std::move(versions)});
}

RiskRefresh at_once(std::vector<RiskSteps> curves) {
  return {.at = after("0s") - Duration{1}, .curves = std::move(curves)};
}

}  // namespace

TEST_CASE("risk in conditions: a timed transition happens for whoever is at risk then, and for nobody else",
          "[tracking][risk]") {
  SECTION("over the bound") {
    const Story story = with_risks({at_once({curve("order", {step("0s", 10), step("2d", 41)})})})
                            .event("0s", "ordered", "web");
    CHECK(story.tell_effects("3d") == Told{"call_back 2d open pending"});
  }
  SECTION("just on the bound") {
    const Story story = with_risks({at_once({curve("order", {step("0s", 90), step("2d", 40)})})})
                            .event("0s", "ordered", "web");
    CHECK(story.tell_effects("3d").empty());
  }
  SECTION("the curve of another touchpoint, or of another version, is nothing to it") {
    const Story story =
        with_risks({at_once({curve("paid", {step("0s", 90)}), curve("order", {step("0s", 90)}, 2)})})
            .event("0s", "ordered", "web");
    CHECK(story.tell_effects("3d").empty());
  }
  SECTION("the age is that of the stay, whose hops are one") {
    const Story story = with_risks({at_once({curve("order", {step("0s", 10), step("2d", 41)})})})
                            .event("0s", "ordered", "web")
                            .event("1d", "ordered", "app");
    CHECK(story.tell_effects("3d") == Told{"call_back 2d open pending"});
  }
}

TEST_CASE("risk in conditions: without a curve the condition counts as false, and is counted",
          "[tracking][risk]") {
  const Story none = Story(orders).event("0s", "ordered", "web");
  const Story untold = with_risks({at_once({curve("order", {step("0s", 90), step("1d", std::nullopt)})})})
                           .event("0s", "ordered", "web");
  for (const Story* story : {&none, &untold}) {
    CHECK(story->tell_effects("3d").empty());
    CHECK(story->state("3d").journeys[0].instances[0].expression_errors == 1);
  }
}

TEST_CASE("risk in conditions: at once it is the risk of whoever has just come", "[tracking][risk]") {
  const Story story = with_risks({at_once({curve("paid", {step("0s", 9), step("1s", 90)})})})
                          .event("0s", "ordered", "web")
                          .event("1h", "paid", "web");
  CHECK(story.tell_effects("2h") == Told{"mail 1h pending"});
}

TEST_CASE("risk in conditions: a refresh changes later decisions, and none that came before it",
          "[tracking][risk]") {
  const RiskRefresh first = at_once({curve("order", {step("0s", 80)})});
  const RiskRefresh second{.at = after("2d") + Duration{1}, .curves = {curve("order", {step("0s", 5)})}};

  const Story early = with_risks({first, second}).event("0s", "ordered", "web");
  const Story late = with_risks({first, second}).event("1s", "ordered", "web");

  CHECK(early.tell_effects("3d") == Told{"call_back 2d open pending"});
  CHECK(late.tell_effects("3d").empty());
  // What a refresh says is nothing to the states before it.
  const Story without = with_risks({first}).event("0s", "ordered", "web");
  CHECK(encode(early.state("2d")) == encode(without.state("2d")));
  CHECK(encode(early.state("3d")) == encode(without.state("3d")));
}

TEST_CASE("risk in conditions: a late event is judged by the curves that were in force then",
          "[tracking][risk]") {
  const std::vector<RiskRefresh> refreshes{at_once({curve("order", {step("0s", 80)})}),
                                           {.at = after("5d"), .curves = {curve("order", {step("0s", 5)})}}};
  // Ordered on day 0; that he had ordered once more on day 1 is heard of after the refresh.
  const Story story = with_risks(refreshes).event("0s", "ordered", "web").event("1d", "ordered", "web");
  CustomerState in_turn = story.tracker().fresh(story_customer);
  story.tracker().advance(in_turn, story.events()[0]);
  story.tracker().advance_to(in_turn, after("6d"));

  CHECK(story.tell_effects("6d") == Told{"call_back 2d open pending"});
  CHECK(in_turn.journeys[0].effects.size() == 1);
  CHECK(in_turn.journeys[0].effects[0].key == story.state("6d").journeys[0].effects[0].key);
}

TEST_CASE("risk in conditions: any order of arrival and any stops on the way give one state",
          "[tracking][risk][property]") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    std::vector<RiskRefresh> refreshes;
    for (int night = 0; night < 6; ++night) {
      refreshes.push_back({.at = after("0s") + Duration{3'600'000 * dice(150)},
                           .curves = {curve("order", {step("0s", static_cast<std::uint8_t>(dice(101))),
                                                      step("1d", static_cast<std::uint8_t>(dice(101)))}),
                                      curve("paid", {step("0s", static_cast<std::uint8_t>(dice(21)))})}});
    }
    Story story = with_risks(refreshes);
    static constexpr std::string_view types[] = {"ordered", "paid", "ordered", "used"};
    for (int i = 0; i < 8; ++i) {
      story.event(fmt::format("{}h", 1 + dice(150)), types[dice(4)], dice.one_in(2) ? "web" : "app");
    }
    std::vector<Event> events = story.events();
    dice.shuffle(events);
    const CustomerState whole = story.state("200h");
    CHECK(encode(story.tracker().derive(story_customer, events, after("200h"))) == encode(whole));

    std::ranges::sort(events, {}, [](const Event& event) { return std::pair(event.time, event.id); });
    CustomerState state = story.tracker().fresh(story_customer);
    for (const Event& event : events) {
      story.tracker().advance_to(state, event.time - Duration{dice(3'600'000)});
      story.tracker().advance(state, event);
    }
    story.tracker().advance_to(state, after("170h"));
    story.tracker().advance_to(state, after("200h"));
    CHECK(state.journeys[0].effects == whole.journeys[0].effects);
    CHECK(state.journeys[0].instances == whole.journeys[0].instances);
  }
}

TEST_CASE("risk in conditions: refused where what is given is kept, or where there is no stay",
          "[tracking][risk]") {
  struct Row {
    const char* text;
    const char* message;
  };
  const auto row = GENERATE(
      Row{"key: string(risk)", "`key` reads `risk`, but `key` is read before there is an instance"},
      Row{"value: risk", "`value` reads `risk`, but it is looked at only when something happens"},
      Row{"segments: {hot: risk > 0.5}", "segment `hot` reads `risk`, but it is looked at only when"});
  const std::string text = fmt::format(
      "journey: a\nversion: 1\n{}\ntouchpoints:\n  order: {{on: ordered, start: true, ends: done}}\n",
      row.text);
  const auto loaded = load_journey("a.yaml", text, story_channels());
  CHECK_FALSE(loaded.value);
  const std::string findings = render(loaded.findings);
  INFO(findings);
  CHECK(findings.find(row.message) != std::string::npos);
}
