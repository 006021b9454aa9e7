#include "engine/report/why.hpp"

#include <catch2/catch.hpp>

#include "tests/tracking/story.hpp"

namespace lotse::test {
namespace {

constexpr std::string_view orders = R"yaml(
journey: orders
version: 1
abandon_after: 20d
context:
  plan: {type: string}
  iban: {type: string, sensitive: true}
remember:
  - {on: planned, capture: {plan: event.plan}}
  - {on: paid_by, capture: {iban: event.iban}}
touchpoints:
  order:
    on: ordered
    start: true
    next:
      - {to: reminder, after: 2d}
      - {to: fibre_mail, after: 1d, when: context.plan == "fibre"}
      - {to: iban_mail, after: 1d, when: 'context.iban == "x"'}
      - {to: welcome, when: has(context.plan)}
      - {to: call, on: complained, when: event.loud}
      - {to: survey, at: {days: 1, time: "18:00"}}
      - {to: nudge, after: 3d, split: nudge-test, share: 50}
      - {hold: true, after: 3d, split: nudge-test, share: 50}
      - appointment
  appointment: {on: booked, channels: [web], when: event.ok, next: [{to: thanks, after: 1d}, done]}
  done: {on: finished, goal: true}
  reminder: {channels: [email, sms], send: {template: r, purpose: marketing, stale_after: 12h}}
  fibre_mail: {channels: [email], send: {template: f, purpose: service}, at_once: true}
  iban_mail: {channels: [email], send: {template: i, purpose: service}, at_once: true}
  welcome: {channels: [email], send: {template: w, purpose: service}, at_once: true}
  survey: {channels: [email], send: {template: s, purpose: service}, at_once: true}
  nudge: {channels: [email], send: {template: n, purpose: service}, at_once: true}
  thanks: {channels: [email], send: {template: t, purpose: service}}
  call: {channels: [call_center], handover: {team: t}}
)yaml";

Story ordered() { return Story(orders).event("0s", "ordered", "web"); }

WhyAnswer answer_of(const Story& story, std::string_view touchpoint, std::string_view now,
                    std::string_view customer = story_customer, bool sensitive = false) {
  const auto answer = why({.tracker = &story.tracker(),
                           .customer = customer,
                           .events = story.events(),
                           .journey = "",
                           .touchpoint = touchpoint,
                           .as_of = after(now),
                           .sensitive = sensitive});
  REQUIRE(answer);
  return *answer;
}

/// The key of the last effect of the touchpoint.
std::string key_of(const Story& story, std::string_view touchpoint, std::string_view now) {
  const CustomerState state = story.state(now);
  std::string key;
  for (const Effect& effect : state.journeys[0].effects) {
    const Instance& instance = at(state.journeys[0].instances, effect.instance);
    if (at(story.journey(instance).touchpoints, effect.touchpoint).id == touchpoint) key = hex(effect.key);
  }
  REQUIRE_FALSE(key.empty());
  return key;
}

Value decision(std::vector<Properties> entries) {
  List list;
  for (const Properties& entry : entries) list.push_back(map_of(entry));
  return Value(std::move(list));
}

/// The reminder as it is due after two days, and what was recorded of it.
Story reminded(std::string_view at, std::string_view type, std::string_view channel, Properties more = {}) {
  Story story = ordered();
  more.insert(more.end(), {{"journey", Value("orders")},
                           {"touchpoint", Value("reminder")},
                           {"key", Value(key_of(story, "reminder", "2d"))},
                           {"due", Value(format_instant(after("2d")))}});
  story.event(at, type, channel, more);
  return story;
}

}  // namespace

TEST_CASE("why: of who was derived anew by a newer version", "[report][why]") {
  std::string second(orders);
  second.replace(second.find("version: 1"), 10, "version: 2\nmigrate: {from: [1], replay: true}");
  Story story(std::vector{JourneyVersions{.versions = {journey_from(orders), journey_from(second)},
                                          .in_force = {Instant::min(), after("1h")}}});
  story.event("0s", "ordered", "web");

  const WhyAnswer answer = answer_of(story, "reminder", "2h");

  CHECK(answer.sentence.text() ==
        "Not sent: waiting until 2024-03-03 09:00 (delay of 2 days since `order`).");
}

TEST_CASE("why: the sentence of a message that time brings", "[report][why]") {
  struct Row {
    const char* why;
    Story story;
    const char* touchpoint;
    const char* now;
    WhyOutcome outcome;
    const char* sentence;
  };
  const auto row = GENERATE(values<Row>({
      {"not begun", Story(orders), "reminder", "1h", WhyOutcome::never_due,
       "Never due: `user_id:ada` has not entered orders."},
      {"its carrier is not reached", ordered(), "thanks", "1h", WhyOutcome::never_due,
       "Never due: `user_id:ada` has not reached `appointment`."},
      {"a delay runs", ordered(), "reminder", "1h", WhyOutcome::waiting,
       "Not sent: waiting until 2024-03-03 09:00 (delay of 2 days since `order`)."},
      {"calendar time", ordered(), "survey", "1h", WhyOutcome::waiting,
       "Not sent: waiting until 2024-03-02 18:00 (18:00 on the day after `order`)."},
      {"the stay ended first", ordered().event("1d", "booked", "web", {{"ok", Value(true)}}), "reminder",
       "3d", WhyOutcome::stay_ended,
       "Not sent: the stay at `order` ended (advanced to `appointment`) on 2024-03-02 09:00 before the 2 "
       "days "
       "were over."},
      {"dropped, and reminded", ordered(), "thanks", "40d", WhyOutcome::never_due,
       "Never due: `user_id:ada` did not reach `appointment` before the journey ended on 2024-03-21 09:00."},
      {"a condition, false", ordered().event("1h", "planned", "", {{"plan", Value("dsl")}}), "fibre_mail",
       "2d", WhyOutcome::not_met,
       "Not sent: on 2024-03-02 09:00 `context.plan == \"fibre\"` is false: context.plan = \"dsl\"."},
      {"a condition that fails", ordered(), "fibre_mail", "2d", WhyOutcome::not_met,
       "Not sent: on 2024-03-02 09:00 `context.plan == \"fibre\"` counts as false (`context.plan` has no "
       "value): "
       "context.plan is not there."},
      {"at once, false", ordered(), "welcome", "2d", WhyOutcome::not_met,
       "Not sent: on 2024-03-01 09:00 `has(context.plan)` is false: context.plan is not there."},
      {"due", ordered(), "reminder", "49h", WhyOutcome::due,
       "Not sent: due since 2024-03-03 09:00, and not handed out yet."},
      {"too late", ordered(), "reminder", "4d", WhyOutcome::stale,
       "Not sent: due on 2024-03-03 09:00, and not handed out by 2024-03-03 21:00, when it was too late."},
      {"the stay ended before it was handed out",
       ordered().event("49h", "booked", "web", {{"ok", Value(true)}}), "reminder", "3d",
       WhyOutcome::withdrawn,
       "Not sent: due on 2024-03-03 09:00, but the stay at `order` ended on 2024-03-03 10:00 before it was "
       "handed out."},
  }));
  CAPTURE(row.why);

  const WhyAnswer answer = answer_of(row.story, row.touchpoint, row.now);

  CHECK(answer.sentence.text() == row.sentence);
  CHECK(name(answer.outcome) == name(row.outcome));
}

TEST_CASE("why: the sentence of what was decided and done outside", "[report][why]") {
  struct Row {
    const char* why;
    const char* at;
    const char* type;
    const char* channel;
    Properties more;
    WhyOutcome outcome;
    const char* sentence;
  };
  const auto row = GENERATE(values<Row>({
      {"sent", "49h", "message_sent", "email", {}, WhyOutcome::sent, "Sent by email on 2024-03-03 10:00."},
      {"failed",
       "49h",
       "message_failed",
       "sms",
       {{"reason", Value("unknown number")}},
       WhyOutcome::failed,
       "Not sent: it failed by sms on 2024-03-03 10:00: unknown number."},
      {"stopped",
       "49h",
       "message_withdrawn",
       "email",
       {{"reason", Value("disproved")}},
       WhyOutcome::withdrawn,
       "Not sent: stopped on 2024-03-03 10:00 before it left: disproved."},
      {"on its way",
       "48h",
       "effect_handed_out",
       "email",
       {},
       WhyOutcome::on_its_way,
       "Handed out by email on 2024-03-03 09:00; what became of it is not known yet."},
      {"blocked on both channels",
       "48h",
       "message_blocked",
       "",
       {{"decision", decision({{{"channel", Value("email")}, {"refusal", Value("consent_missing")}},
                               {{"channel", Value("sms")}, {"refusal", Value("no_address")}}})}},
       WhyOutcome::blocked,
       "Not sent: consent for marketing by email was never given; there is no address for sms."},
      {"deferred",
       "48h",
       "message_deferred",
       "",
       {{"until", Value("2024-03-03T19:00:00Z")},
        {"decision", decision({{{"channel", Value("email")},
                                {"refusal", Value("quiet_hours")},
                                {"until", Value("2024-03-03T19:00:00Z")}}})}},
       WhyOutcome::deferred,
       "Not sent: deferred until 2024-03-03 19:00: quiet hours by email until 2024-03-03 19:00."},
  }));
  CAPTURE(row.why);

  const WhyAnswer answer = answer_of(reminded(row.at, row.type, row.channel, row.more), "reminder", "50h");

  CHECK(answer.sentence.text() == row.sentence);
  CHECK(name(answer.outcome) == name(row.outcome));
}

TEST_CASE("why: consent that was withdrawn is told with its day", "[report][why]") {
  Story story = reminded(
      "48h", "message_blocked", "",
      {{"decision", decision({{{"channel", Value("email")}, {"refusal", Value("consent_withdrawn")}}})}});
  story.event("1h", "consent_given", "", {{"purpose", Value("marketing")}});
  story.event("5h", "consent_withdrawn", "", {{"purpose", Value("marketing")}, {"channel", Value("email")}});
  story.event("3d", "consent_withdrawn", "", {{"purpose", Value("marketing")}});

  CHECK(answer_of(story, "reminder", "4d").sentence.text() ==
        "Not sent: consent for marketing by email was withdrawn on 2024-03-01 14:00.");
}

TEST_CASE("why: a task", "[report][why]") {
  const Story quiet = ordered().event("1h", "complained", "web", {{"loud", Value(false)}});
  Story story = ordered().event("1h", "complained", "web", {{"loud", Value(true)}});

  CHECK(answer_of(quiet, "call", "2h").sentence.text() ==
        "Not opened: waiting for `complained`; when it came, `event.loud` is false: event.loud = false.");
  CHECK(answer_of(story, "call", "2h").sentence.text() == "Open since 2024-03-01 10:00.");
  const Properties key{
      {"task", Value("call")}, {"key", Value(key_of(story, "call", "2h"))}, {"by", Value("Kim")}};
  story.event("2h", "task_claimed", "", key);
  CHECK(answer_of(story, "call", "3h").sentence.text() ==
        "Open since 2024-03-01 10:00, claimed by Kim on 2024-03-01 11:00.");
  Properties done = key;
  done.emplace_back("result", Value("solved"));
  story.event("4h", "task_done", "", done);
  CHECK(answer_of(story, "call", "5h").sentence.text() == "Done by Kim on 2024-03-01 13:00: solved.");
}

TEST_CASE("why: a position", "[report][why]") {
  CHECK(answer_of(ordered(), "appointment", "1h").sentence.text() == "Not reached: waiting for `booked`.");
  CHECK(answer_of(ordered().event("1h", "booked", "web", {{"ok", Value(false)}}), "appointment", "2h")
            .sentence.text() ==
        "Not reached: waiting for `booked`; when it came, `event.ok` is false: event.ok = false.");
  CHECK(answer_of(ordered().event("1h", "booked", "app", {{"ok", Value(true)}}), "appointment", "2h")
            .sentence.text() ==
        "Not reached: waiting for `booked`; when it came, `appointment` does not take it by app.");
  CHECK(answer_of(ordered().event("1h", "booked", "web", {{"ok", Value(true)}}), "appointment", "2h")
            .sentence.text() == "Reached on 2024-03-01 10:00.");
  CHECK(answer_of(ordered().event("1h", "finished"), "done", "2h").sentence.text() ==
        "Reached on 2024-03-01 10:00.");
  CHECK(answer_of(ordered(), "order", "1h").sentence.text() == "Reached on 2024-03-01 09:00.");
}

TEST_CASE("why: the control group, and the other arm", "[report][why]") {
  // SHA-256 of "user_id:ada\nnudge-test" and "user_id:dan\nnudge-test" are 0.8689 and 0.4187:
  // docs/decisions/0004.
  const WhyAnswer ada = answer_of(ordered(), "nudge", "1h", "user_id:ada");
  const WhyAnswer dan = answer_of(ordered(), "nudge", "1h", "user_id:dan");
  CHECK(ada.sentence.text() == "Held back: control group of nudge-test.");
  CHECK(dan.sentence.text() == "Not sent: waiting until 2024-03-04 09:00 (delay of 3 days since `order`).");
}

TEST_CASE("why: what tells a sensitive field is shown to those who may see it only", "[report][why]") {
  const Story story = ordered().event("1h", "paid_by", "", {{"iban", Value("secret")}});

  const std::string shown = why_text(answer_of(story, "iban_mail", "2d", story_customer, true));
  const WhyAnswer masked = answer_of(story, "iban_mail", "2d");

  CHECK(shown.find("context.iban = \"secret\"") != std::string::npos);
  CHECK(masked.sentence.text().ends_with("is false: context.iban = •••."));
  CHECK(why_text(masked).find("secret") == std::string::npos);
  CHECK(why_json(masked).find("secret") == std::string::npos);
}

TEST_CASE("why: in JSON each sentence comes taken apart too", "[report][why]") {
  const std::string json = why_json(answer_of(ordered(), "reminder", "1h"));

  const auto has = [&](std::string_view part) { return json.find(part) != std::string::npos; };
  CAPTURE(json);
  CHECK(has(
      R"json("phrase": {"say":"{}.","with":[{"say":"{}: waiting until {} ({})","with":[)json"
      R"json({"say":"Not sent","with":[]},{"at":"2024-03-03T09:00:00Z"},{"say":"delay of {} since {}",)json"
      R"json("with":[{"say":"{} days","with":["2"]},"`order`"]}]}]})json"));
  CHECK(has(R"json("phrase": {"say":"{} is reached","with":["`order`"]})json"));
}

TEST_CASE("why: the newest instance is meant, and there what came last", "[report][why]") {
  Story story = ordered();
  story.event("1d", "booked", "web", {{"ok", Value(true)}})
      .event("2d", "finished")
      .event("10d", "ordered", "web");
  CHECK(answer_of(story, "reminder", "11d").sentence.text() ==
        "Not sent: waiting until 2024-03-13 09:00 (delay of 2 days since `order`).");
}

TEST_CASE("why: what there is not, and what is not one thing", "[report][why]") {
  const Story story = ordered();
  const Story both(std::vector{only_version(orders), only_version(R"yaml(
journey: claims
version: 1
touchpoints:
  order: {on: claimed, start: true, goal: true}
)yaml")});
  const auto ask = [](const Story& asked, std::string_view journey, std::string_view touchpoint) {
    const auto answer = why({.tracker = &asked.tracker(),
                             .customer = story_customer,
                             .events = asked.events(),
                             .journey = journey,
                             .touchpoint = touchpoint,
                             .as_of = after("1h")});
    return answer ? answer->journey : answer.error().message;
  };

  CHECK(ask(story, "", "remider") ==
        "`remider` is no touchpoint of this workspace; did you mean `reminder`?");
  CHECK(ask(story, "order", "reminder") == "`order` is no journey of this workspace; did you mean `orders`?");
  CHECK(ask(both, "claims", "reminder") == "`reminder` is no touchpoint of `claims`");
  CHECK(ask(both, "", "order") == "which journey? orders, claims have a touchpoint `order`");
  CHECK(ask(both, "claims", "order") == "claims");
  CHECK(ask(both, "", "reminder") == "orders");
}

TEST_CASE("why: the whole of a message that was never sent", "[report][why]") {
  const Story story = ordered()
                          .event("1h", "planned", "", {{"plan", Value("dsl")}})
                          .event("2d", "booked", "app", {{"ok", Value(true)}});
  CHECK(why_text(answer_of(story, "fibre_mail", "3d")) ==
        R"text(Not sent: on 2024-03-02 09:00 `context.plan == "fibre"` is false: context.plan = "dsl".
fibre_mail of orders, for user_id:ada, as of 2024-03-04 09:00 (UTC)

2024-03-01 09:00     ordered             `order` is reached
                                         `fibre_mail` waits until 2024-03-02 09:00: delay of 1 day
                                         since `order`
2024-03-02 09:00     (time)              `fibre_mail` does not follow: `context.plan == "fibre"` is
                                         false: context.plan = "dsl"
)text");
}

TEST_CASE("why: the whole of a message that was deferred, and sent", "[report][why]") {
  Story story = reminded("48h", "message_deferred", "",
                         {{"until", Value("2024-03-03T19:00:00Z")},
                          {"decision", decision({{{"channel", Value("email")},
                                                  {"refusal", Value("quiet_hours")},
                                                  {"until", Value("2024-03-03T19:00:00Z")}}})}});
  const Properties key{{"journey", Value("orders")},
                       {"touchpoint", Value("reminder")},
                       {"key", Value(key_of(story, "reminder", "2d"))},
                       {"due", Value(format_instant(after("2d")))}};
  story.event("1h", "consent_given", "", {{"purpose", Value("marketing")}});
  story.event("58h", "effect_handed_out", "email", key).event("58h30s", "message_sent", "email", key);
  const WhyAnswer answer = answer_of(story, "reminder", "3d");
  CHECK(why_text(answer) == R"text(Sent by email on 2024-03-03 19:00:30.
reminder of orders, for user_id:ada, as of 2024-03-04 09:00 (UTC)

2024-03-01 09:00     ordered             `order` is reached
                                         `reminder` waits until 2024-03-03 09:00: delay of 2 days
                                         since `order`
2024-03-01 10:00     consent_given       consent for marketing is given
2024-03-03 09:00     (time)              `reminder` is due
2024-03-03 09:00     message_deferred    deferred until 2024-03-03 19:00: quiet hours by email until
                                         2024-03-03 19:00
2024-03-03 19:00     effect_handed_out   handed out by email
2024-03-03 19:00:30  message_sent        sent by email
)text");
  const std::string json = why_json(answer);
  CHECK(json.starts_with(R"json({
  "customer": "user_id:ada",
  "journey": "orders",
  "touchpoint": "reminder",
  "as_of": "2024-03-04T09:00:00Z",
  "outcome": "sent",
  "sentence": "Sent by email on 2024-03-03 19:00:30.",
  "phrase": {"say":"Sent by {} on {}.","with":["email",{"at":"2024-03-03T19:00:30Z"}]},
  "until": null,
  "items": [
    {
      "at": "2024-03-01T09:00:00Z",
      "kind": "reached",
      "instance": 0,
      "event": "ordered",
      "text": "`order` is reached",
      "phrase": {"say":"{} is reached","with":["`order`"]},
      "until": null,
      "condition": null,
      "split": null,
      "decision": []
    },
)json"));
  CHECK(json.find(R"json("decision": [
        {
          "channel": "email",
          "refusal": "quiet_hours",
          "until": "2024-03-03T19:00:00Z",
          "detail": null
        }
      ])json") != std::string::npos);
}

}  // namespace lotse::test
