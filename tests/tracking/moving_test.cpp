// SEMANTICS.md, section 3, rules 1, 2, 4 and 5: what an event does to the position.
#include <vector>

#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

constexpr std::string_view shop = R"(
journey: shop
version: 1
abandon_after: 30d
context:
  plan: {type: string}
touchpoints:
  browse: {channels: [web, app, store], start: true, on: browsed, capture: {plan: event.plan}, next: [basket, checkout]}
  basket: {channels: [web, app], on: added, next: [checkout]}
  checkout: {channels: [web, app], on: [paid, ordered], when: event.amount > 0, next: [{to: thanks, when: event.paid}]}
  thanks: {channels: [web, app, email], on: confirmed, goal: true}
)";

struct Given {
  std::string_view at;
  std::string_view type;
  std::string_view channel;
  Properties properties = {};
};

Told told(std::string_view journey, const std::vector<Given>& events, std::string_view now) {
  Story story(journey);
  for (const Given& given : events) story.event(given.at, given.type, given.channel, given.properties);
  return story.tell(now);
}

const Value one(std::int64_t{1});

}  // namespace

TEST_CASE("moving: a transition happens on an event of its target's type, channel and condition",
          "[tracking]") {
  struct Row {
    const char* why;
    Given event;
    const char* expected;
  };
  const auto row = GENERATE(
      Row{"type and channel fit",
          {"1h", "added", "app"},
          "active: browse@web start 0s-1h advanced | basket@app transition 1h- forced"},
      Row{"either type of the list will do",
          {"1h", "ordered", "web", {{"amount", Value(std::int64_t{5})}}},
          "active: browse@web start 0s-1h advanced | checkout@web transition 1h-"},
      Row{"the channel is none of the target's", {"1h", "added", "store"}, "active: browse@web start 0s-"},
      Row{"the channel is not declared", {"1h", "added", "fax"}, "active: browse@web start 0s-"},
      Row{"no channel is no channel of a list", {"1h", "added", ""}, "active: browse@web start 0s-"},
      Row{"the target's own condition is false: no event of it",
          {"1h", "paid", "web", {{"amount", Value(std::int64_t{0})}}},
          "active: browse@web start 0s-"},
      Row{"the target's own condition fails: counts as false",
          {"1h", "paid", "web"},
          "active: browse@web start 0s-"},
      Row{"a type that nobody names", {"1h", "scrolled", "web"}, "active: browse@web start 0s-"});
  CAPTURE(row.why);

  CHECK(told(shop, {{"0s", "browsed", "web"}, row.event}, "2h") == Told{row.expected});
}

TEST_CASE("moving: among inbound targets the first wins, and the event moves once", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: first-wins
version: 1
touchpoints:
  a: {on: began, start: true, next: [{to: b, when: event.to == "b"}, c]}
  b: {on: went, next: [c]}
  c: {on: went, next: [d]}
  d: {on: went, goal: true}
)";
  CHECK(told(journey, {{"0s", "began", "web"}, {"1h", "went", "web"}}, "2h") ==
        Told{"active: a@web start 0s-1h advanced | c@web transition 1h-"});
  CHECK(told(journey, {{"0s", "began", "web"}, {"1h", "went", "web", {{"to", Value("b")}}}}, "2h") ==
        Told{"active: a@web start 0s-1h advanced | b@web transition 1h-"});
}

TEST_CASE("moving: a listed transition whose condition is false blocks, and nobody moves", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: blocked
version: 1
touchpoints:
  a: {on: began, start: true, next: [{to: b, when: event.ok}]}
  b: {on: went, next: [c]}
  c: {on: went, goal: true}
)";
  CHECK(told(journey, {{"0s", "began", "web"}, {"1h", "went", "web", {{"ok", Value(false)}}}}, "2h") ==
        Told{"active: a@web start 0s- blocked=1"});
  CHECK(told(journey, {{"0s", "began", "web"}, {"1h", "went", "web"}}, "2h") ==
        Told{"active: a@web start 0s- blocked=1"});
}

TEST_CASE("moving: open transitions are the position's, then what is beside it, later first, then anywhere's",
          "[tracking]") {
  constexpr std::string_view journey = R"(
journey: order
version: 1
anywhere: [far]
touchpoints:
  a: {on: began, start: true, next: [mail, {to: text, after: 1h}, {to: near, when: event.near}]}
  mail: {channels: [email], send: {template: m, purpose: service}, next: [{to: by_mail, when: event.mail}]}
  text: {channels: [sms], send: {template: t, purpose: service}, next: [{to: by_text, when: event.text}]}
  near: {on: went, goal: true}
  by_mail: {on: went, goal: true}
  by_text: {on: went, goal: true}
  far: {on: went, goal: true}
)";
  struct Row {
    const char* why;
    bool near;
    bool text;
    bool mail;
    const char* expected;
  };
  const auto row = GENERATE(Row{"the position's own goes first", true, true, true, "near"},
                            Row{"then the message reached later", false, true, true, "by_text"},
                            Row{"then the one reached earlier", false, false, true, "by_mail"},
                            Row{"anywhere comes last", false, false, false, "far"});
  CAPTURE(row.why);

  const Story story =
      Story(journey)
          .event("0s", "began")
          .event("2h", "went", "",
                 {{"near", Value(row.near)}, {"text", Value(row.text)}, {"mail", Value(row.mail)}});

  CHECK(story.tell("3h") == Told{std::string("achieved: a start 0s-2h advanced | ") + row.expected +
                                 " transition 2h-2h achieved"});
}

TEST_CASE("moving: messages and tasks triggered by the same event all happen, beside the new stay",
          "[tracking]") {
  const Story story = Story(R"(
journey: all-happen
version: 1
touchpoints:
  a: {on: began, start: true, next: [b, {to: mail, on: went}, {to: task, on: went}, {to: text, on: went, when: event.text}]}
  b: {on: went, next: [c]}
  c: {on: done, goal: true}
  mail: {channels: [email], send: {template: m, purpose: service}}
  text: {channels: [sms], send: {template: t, purpose: service}}
  task: {channels: [call_center], handover: {team: t}}
)")
                          .event("0s", "began")
                          .event("1h", "went");

  CHECK(story.tell("90m") == Told{"active: a start 0s-1h advanced | b transition 1h-"});
  CHECK(story.tell_effects("90m") == Told{"mail 1h pending", "task 1h open pending"});
  CHECK(story.state("90m").journeys[0].effects[0].stay == StayIndex(1));
}

TEST_CASE("moving: what became of a message concerns that message only", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: own-message
version: 1
touchpoints:
  a: {on: began, start: true, next: [mail, text, {to: any, on: message_blocked}, b]}
  b: {on: went, goal: true}
  mail: {channels: [email], send: {template: m, purpose: service}, next: [{to: letter, on: message_failed}]}
  text: {channels: [sms], at_once: true, send: {template: t, purpose: service}}
  any: {channels: [sms], send: {template: a, purpose: service}}
  letter: {channels: [post], send: {template: l, purpose: service}}
)";
  const auto effects = [&](std::string_view type, std::string_view touchpoint) {
    return Story(journey)
        .event("0s", "began")
        .event("1m", type, "", {{"touchpoint", Value(touchpoint)}})
        .tell_effects("2m");
  };

  CHECK(effects("message_failed", "mail") == Told{"mail 0s pending", "text 0s pending", "letter 1m pending"});
  CHECK(effects("message_failed", "text") == Told{"mail 0s pending", "text 0s pending"});
  CHECK(effects("message_blocked", "text") == Told{"mail 0s pending", "text 0s pending", "any 1m pending"});
}

TEST_CASE("moving: a message's or a task's key alone says which one is meant", "[tracking]") {
  Story story(R"(
journey: by-key
version: 1
touchpoints:
  a: {on: began, start: true, next: [mail, text, call, b]}
  b: {on: went, goal: true}
  mail: {channels: [email], send: {template: m, purpose: service}, next: [{to: letter, on: message_failed}]}
  text: {channels: [sms], at_once: true, send: {template: t, purpose: service}, next: [{to: again, on: message_failed}]}
  call: {channels: [call_center], handover: {team: t}, next: [{to: thanks, on: task_done}]}
  letter: {channels: [post], send: {template: l, purpose: service}}
  again: {channels: [sms], send: {template: g, purpose: service}}
  thanks: {channels: [email], send: {template: d, purpose: service}}
)");
  story.event("0s", "began");
  const auto key_of = [&](std::size_t effect) {
    return Value(hex(story.state("0s").journeys[0].effects[effect].key));
  };
  const Value mail = key_of(0);
  const Value call = key_of(2);

  story.event("1m", "message_failed", "", {{"key", mail}}).event("2m", "task_done", "", {{"key", call}});

  CHECK(story.tell_effects("3m") == Told{"mail 0s pending", "text 0s pending", "call 0s done withdrawn",
                                         "letter 1m pending", "thanks 2m pending"});
}

TEST_CASE("at once: messages and tasks without a trigger happen on reaching, after the captures",
          "[tracking]") {
  const Story story =
      Story(R"(
journey: at-once
version: 1
context: {plan: {type: string}}
touchpoints:
  a:
    on: began
    start: true
    capture: {plan: event.plan}
    next: [{to: fibre, when: context.plan == "fibre"}, {to: big, when: event.amount > 100}, {to: never, when: event.amount > 500}, b]
  b: {on: went, goal: true}
  fibre: {channels: [email], send: {template: f, purpose: service, with: {plan: context.plan}}, next: [{to: second}]}
  second: {channels: [sms], at_once: true, send: {template: s, purpose: service}}
  big: {channels: [call_center], handover: {team: vip}}
  never: {channels: [email], send: {template: n, purpose: service}}
)")
          .event("0s", "began", "web", {{"plan", Value("fibre")}, {"amount", Value(std::int64_t{200})}});

  CHECK(story.tell_effects("1m") == Told{"fibre 0s pending", "second 0s pending", "big 0s open pending"});
  const Effect fibre = story.state("1m").journeys[0].effects[0];
  REQUIRE(fibre.with.size() == 1);
  CHECK(fibre.with[0].identical(Value("fibre")));
}

TEST_CASE("milestones: are reached as soon as the context says so, whatever the order", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: documents
version: 1
context:
  id: {type: boolean, default: false}
  income: {type: boolean, default: false}
remember: [{on: income_proved, capture: {income: "true"}}]
touchpoints:
  apply: {on: [applied, uploaded], start: true, capture: {id: "event.id || context.id"}, next: [complete]}
  complete: {when: context.id && context.income, next: [thanks, decided]}
  thanks: {channels: [email], send: {template: t, purpose: service}}
  decided: {on: decision, goal: true}
)";
  const auto yes = Properties{{"id", Value(true)}};
  const auto no = Properties{{"id", Value(false)}};

  CHECK(told(journey,
             {{"0s", "applied", "web", no}, {"1h", "uploaded", "web", yes}, {"2h", "income_proved", ""}},
             "3h") == Told{"active: apply@web start 0s-2h advanced repeats=1 | complete milestone 2h-"});
  CHECK(told(journey,
             {{"0s", "applied", "web", no}, {"1h", "income_proved", ""}, {"2h", "uploaded", "web", yes}},
             "3h") == Told{"active: apply@web start 0s-2h advanced repeats=1 | complete@web milestone 2h-"});
  CHECK(told(journey, {{"0s", "applied", "web", yes}, {"1h", "decision", ""}}, "2h") ==
        Told{"achieved: apply@web start 0s-1h advanced | decided skipped 1h-1h achieved"});
}

TEST_CASE("off the path: a deviation is named by where it leads", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: deviations
version: 1
touchpoints:
  a: {on: began, start: true, next: [b, side]}
  b: {on: b, next: [c]}
  c: {on: c, next: [d]}
  d: {on: d, goal: true}
  side: {on: side, goal: true, next: [d]}
)";
  struct Row {
    const char* why;
    std::vector<Given> events;
    const char* expected;
  };
  const auto row =
      GENERATE(Row{"visited before",
                   {{"0s", "began", ""}, {"1h", "b", ""}, {"2h", "began", ""}},
                   "active: a start 0s-1h advanced | b transition 1h-2h went_back | a went_back 2h-"},
               Row{"further on",
                   {{"0s", "began", ""}, {"1h", "c", ""}},
                   "active: a start 0s-1h advanced | c skipped 1h-"},
               Row{"neither",
                   {{"0s", "began", ""}, {"1h", "side", ""}, {"2h", "c", ""}},
                   "achieved: a start 0s-1h advanced | side transition 1h-2h advanced | c elsewhere 2h-"});
  CAPTURE(row.why);

  CHECK(told(journey, row.events, "3h") == Told{row.expected});
}

TEST_CASE("off the path: of several the first in the file, and `off_path: ignore` records only",
          "[tracking]") {
  const auto journey = [](std::string_view whole, std::string_view one) {
    return fmt::format(R"(
journey: ignore
version: 1
{}
touchpoints:
  a: {{on: began, start: true, next: [b]}}
  b: {{on: b, next: [c]}}
  c: {{on: x, next: [d]{}}}
  d: {{on: [x, y], goal: true}}
)",
                       whole, one);
  };

  CHECK(told(journey("", ""), {{"0s", "began", ""}, {"1h", "x", ""}}, "2h") ==
        Told{"active: a start 0s-1h advanced | c skipped 1h-"});
  CHECK(told(journey("", ", off_path: ignore"), {{"0s", "began", ""}, {"1h", "x", ""}}, "2h") ==
        Told{"active: a start 0s- deviations=1"});
  CHECK(told(journey("off_path: ignore", ""), {{"0s", "began", ""}, {"1h", "y", ""}}, "2h") ==
        Told{"active: a start 0s- deviations=1"});
}

TEST_CASE("again: the event of the position itself is a repeat, in another channel a hop", "[tracking]") {
  Story story(R"(
journey: again
version: 1
abandon_after: 10d
context: {slot: {type: string}}
touchpoints:
  book: {channels: [web, app], start: true, on: booked, capture: {slot: event.slot}, next: [confirm, {to: nudge, after: 2d}, visit]}
  confirm: {channels: [email], send: {template: c, purpose: service}}
  nudge: {channels: [email], send: {template: n, purpose: service}}
  visit: {channels: [field], on: visited, goal: true}
)");
  story.event("0s", "booked", "web", {{"slot", Value("a")}})
      .event("1h", "booked", "web", {{"slot", Value("b")}})
      .event("2h", "booked", "app", {{"slot", Value("c")}})
      .event("3h", "booked", "app");

  CHECK(story.tell("3h") ==
        Told{"active: book@web start 0s-2h hopped repeats=1 | book@app hop 2h- forced repeats=1"});
  CHECK(story.tell_effects("3h") == Told{"confirm 0s stale"});
  CHECK(story.tell_effects("2d") == Told{"confirm 0s stale", "nudge 2d pending"});
  const Instance booked = story.state("3h").journeys[0].instances[0];
  CHECK(booked.context[0]->identical(Value("c")));
  CHECK(booked.expression_errors == 1);
  CHECK(booked.visits[0] == 1);

  story.event("4h", "visited", "field");
  CHECK(
      story.tell("5h") ==
      Told{"achieved: book@web start 0s-2h hopped repeats=1 | book@app hop 2h-4h advanced forced repeats=1 | "
           "visit@field transition 4h-4h achieved"});
}

TEST_CASE("again: a transition to the position itself begins a new stay", "[tracking]") {
  CHECK(told(R"(
journey: self
version: 1
touchpoints:
  call: {channels: [call_center], start: true, on: called, next: [call, solved]}
  solved: {on: solved, goal: true}
)",
             {{"0s", "called", "call_center"}, {"1h", "called", "call_center"}}, "2h") ==
        Told{"active: call@call_center start 0s-1h advanced | call@call_center transition 1h-"});
}

TEST_CASE("hops: designed where the journey makes the customer change channel, else forced", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: hops
version: 1
touchpoints:
  a: {channels: [web, app], start: true, on: began, next: [shop, both]}
  shop: {channels: [store], on: bought, goal: true, next: [both]}
  both: {channels: [web, store], on: used, goal: true}
)";
  CHECK(told(journey, {{"0s", "began", "web"}, {"1h", "bought", "store"}}, "2h") ==
        Told{"achieved: a@web start 0s-1h advanced | shop@store transition 1h-"});
  CHECK(told(journey, {{"0s", "began", "web"}, {"1h", "used", "store"}}, "2h") ==
        Told{"achieved: a@web start 0s-1h advanced | both@store transition 1h-1h achieved forced"});
  CHECK(told(journey, {{"0s", "began", "app"}, {"1h", "used", "store"}}, "2h") ==
        Told{"achieved: a@app start 0s-1h advanced | both@store transition 1h-1h achieved"});
}

TEST_CASE("hops: whichever event completes a milestone, the customer has changed no channel", "[tracking]") {
  constexpr std::string_view journey = R"(
journey: milestones
version: 1
context: {parcel: {type: boolean, default: false}}
remember: [{on: delivered, capture: {parcel: "true"}}]
touchpoints:
  a: {channels: [web], start: true, on: began, next: [ready]}
  ready: {when: context.parcel, next: [b]}
  b: {channels: [web, post], on: used, goal: true}
)";
  CHECK(told(journey, {{"0s", "began", "web"}, {"1h", "delivered", "post"}, {"2h", "used", "web"}}, "3h") ==
        Told{"achieved: a@web start 0s-1h advanced | ready@post milestone 1h-2h advanced | b@web transition "
             "2h-2h achieved"});
  CHECK(told(journey, {{"0s", "began", "web"}, {"1h", "delivered", "post"}, {"2h", "used", "post"}}, "3h") ==
        Told{"achieved: a@web start 0s-1h advanced | ready@post milestone 1h-2h advanced | b@post transition "
             "2h-2h achieved forced"});
}

TEST_CASE(
    "captures: keep the declared type, null clears, what fails leaves the field as it was and is counted",
    "[tracking]") {
  struct Row {
    const char* why;
    const char* type;
    Value given;
    std::optional<Value> kept;
    std::uint32_t errors;
  };
  const auto row = GENERATE(Row{"text stays text", "string", Value("b"), Value("b"), 0},
                            Row{"a number is no text", "string", one, Value("a"), 1},
                            Row{"an instant arrives as text", "timestamp", Value("2024-03-05T10:00:00+01:00"),
                                Value(*parse_instant("2024-03-05T09:00:00Z")), 0},
                            Row{"no instant", "timestamp", Value("tomorrow"), std::nullopt, 1},
                            Row{"a whole number is a number", "number", one, Value(1.0), 0},
                            Row{"null clears", "string", Value(), std::nullopt, 0});
  CAPTURE(row.why);
  const bool text = std::string_view(row.type) == "string";
  const Story story = Story(fmt::format(R"(
journey: types
version: 1
context: {{x: {{type: {}{}}}}}
touchpoints:
  a: {{on: began, start: true, capture: {{x: event.x}}, next: [b]}}
  b: {{on: went, goal: true}}
)",
                                        row.type, text ? ", default: a" : ""))
                          .event("0s", "began", "", {{"x", row.given}});

  const Instance instance = story.state("1h").journeys[0].instances[0];

  REQUIRE(instance.context[0].has_value() == row.kept.has_value());
  if (row.kept) CHECK(instance.context[0]->identical(*row.kept));
  CHECK(instance.expression_errors == row.errors);
}
