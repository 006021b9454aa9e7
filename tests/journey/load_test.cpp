#include <rapidcheck.h>

#include <chrono>

#include "tests/journey/support.hpp"

namespace lotse::test {

using namespace std::chrono_literals;

namespace {

const Touchpoint& touchpoint(const Journey& journey, std::string_view id) {
  const auto index = journey.find_touchpoint(id);
  REQUIRE(index);
  return at(journey.touchpoints, *index);
}

/// "web,app": the channels of a touchpoint, in their order.
std::string channels_of(const Journey& journey, const Touchpoint& touchpoint) {
  std::string names;
  for (const ChannelIndex channel : touchpoint.channels) {
    names += (names.empty() ? "" : ",") + at(journey.channels, channel);
  }
  return names;
}

std::string target_of(const Journey& journey, const Transition& transition) {
  return transition.to ? at(journey.touchpoints, *transition.to).id : "(hold)";
}

/// A journey of two touchpoints and whatever `touchpoints` and `head` add.
std::string small(std::string_view next, std::string_view touchpoints = "", std::string_view head = "") {
  return std::string("journey: demo\n") + std::string(head) +
         "touchpoints:\n  order: {start: true, on: order_placed, next: " + std::string(next) +
         "}\n  happy: {on: first_login, goal: true}\n" + std::string(touchpoints);
}

}  // namespace

TEST_CASE("load_journey: the example of the format loads without a finding, whole", "[journey]") {
  const auto journey = must_load(example_text());

  CHECK(journey->id == "broadband-onboarding");
  CHECK(journey->version == 3);
  CHECK(journey->title == "From order to the first happy week online");
  CHECK(journey->owner == "onboarding@example.net");
  CHECK(journey->key->source() == "event.order_id");
  CHECK(journey->reentry == Reentry::after_end);
  CHECK(std::get<Duration>(journey->abandon_after) == Duration(30 * 24h));
  CHECK(journey->stages == std::vector<std::string>{"order", "install", "use"});
  CHECK(journey->segments.size() == 2);
  CHECK(journey->context.size() == 4);
  CHECK(journey->context[3].sensitive);
  CHECK(journey->context[1].initial->number() == 0.0);
  CHECK(journey->source == example_text());
  CHECK(journey->content_hash.size() == 64);
  CHECK(std::is_sorted(journey->event_types.begin(), journey->event_types.end()));
  CHECK(journey->channels.size() == example_channels().channels.size());
  CHECK(journey->splits == std::vector<std::string>{"nudge-test"});
  REQUIRE(journey->exit_when.size() == 2);
  CHECK_FALSE(journey->exit_when[0].all_instances);
  CHECK(journey->exit_when[1].all_instances);
  CHECK(at(journey->outcomes, journey->exit_when[0].outcome) == "lost");
  REQUIRE(journey->feedback.size() == 1);
  CHECK(journey->feedback[0].scale == Scale::csat5);
  REQUIRE(journey->promises.size() == 1);
  CHECK(journey->promises[0].within == Duration(14 * 24h));
  CHECK(touchpoint(*journey, "order").where.line == 36);
}

TEST_CASE("load_journey: touchpoints are of four kinds, and transitions have the triggers of their targets",
          "[journey]") {
  const auto journey = must_load(example_text());
  const Touchpoint& order = touchpoint(*journey, "order");

  CHECK(order.kind == TouchpointKind::inbound);
  CHECK(order.start);
  CHECK(channels_of(*journey, order) == "web,app,store");
  CHECK(order.when->source() == "event.product == \"broadband\"");
  REQUIRE(order.next.size() == 5);
  struct Row {
    std::size_t index;
    const char* to;
    TransitionTrigger trigger;
    std::uint32_t from, until;
  };
  for (const Row& row : {Row{0, "welcome", TransitionTrigger::at_once, 0, 0},
                         Row{1, "appointment", TransitionTrigger::event, 0, 0},
                         Row{2, "nudge", TransitionTrigger::elapsed, 0, 4500},
                         Row{3, "call_back", TransitionTrigger::elapsed, 4500, 9000},
                         Row{4, "(hold)", TransitionTrigger::elapsed, 9000, 10000}}) {
    INFO(row.to);
    const Transition& transition = order.next[row.index];
    CHECK(target_of(*journey, transition) == row.to);
    CHECK(transition.trigger == row.trigger);
    CHECK(transition.share_from == row.from);
    CHECK(transition.share_to == row.until);
    CHECK(transition.ordinal == row.index);
  }
  CHECK(order.next[2].after == Duration(48h));

  const Touchpoint& welcome = touchpoint(*journey, "welcome");
  CHECK(welcome.kind == TouchpointKind::outbound);
  CHECK(welcome.send->purpose == "service");
  CHECK(welcome.send->with.at(0).first == "plan");
  CHECK(welcome.next[0].trigger == TransitionTrigger::event);
  CHECK(at(journey->event_types, welcome.next[0].on.at(0)) == "message_failed");

  const Touchpoint& call_back = touchpoint(*journey, "call_back");
  CHECK(call_back.kind == TouchpointKind::handover);
  CHECK(call_back.handover->team == "install-desk");
  CHECK(std::get<Duration>(*call_back.promise) == Duration(4h));

  const Transition& reminder = touchpoint(*journey, "appointment").next[1];
  CHECK(reminder.trigger == TransitionTrigger::calendar);
  CHECK(reminder.at.from->source() == "context.slot");
  CHECK(reminder.at.days == -1);
  CHECK(reminder.at.time == LocalTime{18 * 60});
  CHECK(reminder.at.skip_if_past);

  const Touchpoint& visit = touchpoint(*journey, "technician_visit");
  CHECK(visit.turn == Turn::us);
  CHECK(visit.asks.size() == 1);
  CHECK(at(journey->outcomes, *touchpoint(*journey, "first_bill").ends) == "settled");
  CHECK(journey->anywhere.at(0).ordinal == 13);
}

TEST_CASE("load_journey: the facts of the example's graph", "[journey]") {
  const auto journey = must_load(example_text());
  const auto index = [&](std::string_view id) { return *journey->find_touchpoint(id); };
  const auto reaches = [&](std::string_view from, std::string_view to) {
    return bool{journey->graph.reaches[index(from).value()][index(to).value()]};
  };

  CHECK(reaches("order", "first_bill"));
  CHECK_FALSE(reaches("online", "order"));
  CHECK(reaches("technician_visit", "appointment"));
  CHECK(journey->graph.dominator[index("online").value()] == index("technician_visit"));
  CHECK_FALSE(journey->graph.dominator[index("order").value()]);
  CHECK(journey->graph.before_every_goal ==
        std::vector{index("order"), index("appointment"), index("technician_visit"), index("online")});
}

TEST_CASE("load_journey: what is left out has its default", "[journey]") {
  const auto journey = must_load(small("happy"));

  CHECK(journey->version == 1);
  CHECK(journey->title == "demo");
  CHECK_FALSE(journey->key);
  CHECK(std::get<Duration>(journey->abandon_after) == default_abandon_after);
  CHECK_FALSE(journey->in_force_from);
  CHECK(touchpoint(*journey, "order").title == "order");
  CHECK(touchpoint(*journey, "order").channels.empty());
  CHECK(touchpoint(*journey, "order").turn == Turn::customer);
}

TEST_CASE("load_journey: a touchpoint's own silence and owner go before the journey's", "[journey]") {
  const auto journey = must_load(
      "journey: demo\nowner: a@example.net\nabandon_after: 3d\noff_path: ignore\ntouchpoints:\n"
      "  order: {start: true, on: order_placed, next: happy, abandon_after: never}\n"
      "  happy: {on: first_login, goal: true, owner: b@example.net}\n");

  CHECK(std::holds_alternative<Never>(touchpoint(*journey, "order").abandon_after));
  CHECK(std::get<Duration>(touchpoint(*journey, "happy").abandon_after) == Duration(72h));
  CHECK(touchpoint(*journey, "order").owner == "a@example.net");
  CHECK(touchpoint(*journey, "happy").owner == "b@example.net");
  CHECK(touchpoint(*journey, "happy").off_path_ignore);
}

TEST_CASE("load_journey: a condition may be written as a mapping", "[journey]") {
  const auto journey =
      must_load(small("[{to: happy, when: {event.amount: {gte: 100, lt: 200}, event.plan: [a, b]}}]"));

  CHECK(touchpoint(*journey, "order").next[0].when->source() ==
        "event.amount >= 100 && event.amount < 200 && event.plan in [\"a\", \"b\"]");
}

TEST_CASE("load_journey: defaults are read in the types of their fields", "[journey]") {
  const auto journey = must_load(
      small("happy", "",
            "context:\n  a: {type: string, default: yes}\n  b: {type: number, default: 3}\n"
            "  c: {type: integer, default: 3}\n  d: {type: boolean, default: true}\n"
            "  e: {type: timestamp, default: 2024-03-01T09:00:00Z}\n  f: {type: duration, default: 1h30m}\n"
            "  g: {type: list, default: [1, a]}\n  h: {type: map, default: {k: 1.5}}\n  i: {type: any, "
            "default: 2}\n"));
  std::string defaults;
  for (const ContextField& field : journey->context)
    defaults += field.name + "=" + describe(*field.initial) + "\n";

  CHECK(defaults ==
        "a=\"yes\"\nb=3.0\nc=3\nd=true\ne=timestamp(\"2024-03-01T09:00:00Z\")\nf=duration(\"5400s\")\n"
        "g=[1, \"a\"]\nh={\"k\": 1.5}\ni=2\n");
}

TEST_CASE("load_journey: all findings of a file come at once, by their places", "[journey]") {
  CHECK(findings_of(
            "journey: demo\nreentry: sometimes\ntouchpoints:\n"
            "  order: {start: true, on: order_placed, next: [hapy, {to: happy, when: evnt.x}], nxt: a}\n"
            "  happy: {on: first_login, goal: yes}\n") ==
        "j.yaml:2:10: error: `reentry` cannot be `sometimes` [J013]\n"
        "    reentry: sometimes\n"
        "             ^\n"
        "  hint: there are `never`, `after_end`, `unless_goal_achieved`, `always`\n"
        "j.yaml:4:49: error: `hapy` is no touchpoint [J030]\n"
        "      order: {start: true, on: order_placed, next: [hapy, {to: happy, when: evnt.x}], nxt: a}\n"
        "                                                    ^\n"
        "  hint: did you mean `happy`?\n"
        "j.yaml:4:73: error: unknown name `evnt` [J035]\n"
        "      order: {start: true, on: order_placed, next: [hapy, {to: happy, when: evnt.x}], nxt: a}\n"
        "                                                                            ^\n"
        "  hint: did you mean `event`?\n"
        "j.yaml:4:83: error: `nxt` is no key of touchpoint `order` [J010]\n"
        "      order: {start: true, on: order_placed, next: [hapy, {to: happy, when: evnt.x}], nxt: a}\n"
        "                                                                                      ^\n"
        "  hint: did you mean `next`?\n"
        "j.yaml:5:34: error: `goal` must be true or false; this is text [J012]\n"
        "      happy: {on: first_login, goal: yes}\n"
        "                                     ^\n"
        "  hint: write `goal: true` or `goal: false`\n");
}

TEST_CASE("load_journey: a mistake in an expression does not hide what the journey means", "[journey]") {
  const auto loaded = load(small("[{to: happy, when: event.x ==}]", "  lost: {on: lost, goal: true}\n"));

  CHECK_FALSE(loaded.value);
  REQUIRE(loaded.findings.size() == 2);
  CHECK(loaded.findings[0].code == "J035");
  CHECK(loaded.findings[1].code == "J041");
}

TEST_CASE("load_journey: warnings let the journey load", "[journey]") {
  const auto loaded = load(small("[{to: happy, when: true}]"));

  CHECK(loaded.value);
  REQUIRE(loaded.findings.size() == 1);
  CHECK(loaded.findings[0].code == "J050");
  CHECK(loaded.findings[0].severity == Severity::warning);
}

TEST_CASE("load_journey: more findings than anybody reads are counted", "[journey]") {
  std::string touchpoints;
  for (int i = 0; i < 600; ++i) touchpoints += "  t" + std::to_string(i) + ": {on: lost, goal: true}\n";
  const auto loaded = load(small("happy", touchpoints));

  REQUIRE(loaded.findings.size() == 501);
  CHECK(render(loaded.findings.back()) == "j.yaml: error: 100 more findings are not shown [J003]\n");
}

TEST_CASE("load_journey: a thousand touchpoints load quickly, one more is refused", "[journey]") {
  std::string touchpoints;
  std::string next = "[happy";
  for (int i = 0; i < 998; ++i) {
    const std::string id = "t" + std::to_string(i);
    touchpoints += "  " + id + ": {on: e" + std::to_string(i) + ", next: happy}\n";
    next += ", " + id;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto journey = must_load(small(next + "]", touchpoints));
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(journey->touchpoints.size() == 1000);
  CHECK(took < 20s);  // with sanitizers, on a busy machine

  const auto refused = load(small(next + "]", touchpoints + "  more: {on: more, goal: true}\n"));
  REQUIRE_FALSE(refused.findings.empty());
  CHECK(refused.findings[0].message == "1001 touchpoints; at most 1000 are read");
}

TEST_CASE("load_journey: whatever is done to a file's bytes, it gives a journey or an error",
          "[journey][property]") {
  const std::string files[] = {example_text(), small("happy"),
                               small("[{to: happy, when: {event.a: {gte: 3}}}]", "", "key: event.k\n")};
  REQUIRE(rc::check("bytes cut, doubled, swapped and put in", [&] {
    std::string text = files[*rc::gen::inRange<std::size_t>(0, 3)];
    const int changes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < changes && !text.empty(); ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      const auto length = *rc::gen::inRange<std::size_t>(0, 30);
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          text.resize(at);
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(at / 2, length));
          break;
        case 3:
          text.insert(at, *rc::gen::element<std::string>("{", "[", "\"", ": ", "- ", "\n", "\t", "&a ", "*a",
                                                         "<<: ", "#", "~", "0", "\xFF", ", ", "null", "true",
                                                         "- - - "));
          break;
        default:
          text[at] = *rc::gen::arbitrary<char>();
      }
    }
    const auto loaded = load(text);
    RC_ASSERT(loaded.value.has_value() != has_errors(loaded.findings));
    if (loaded.value) RC_ASSERT((*loaded.value)->touchpoints.size() > 0);
  }));
}

TEST_CASE("load_journey: loading is a function of the text", "[journey][property]") {
  const auto once = must_load(example_text());
  const auto again = must_load(example_text());

  CHECK(once->content_hash == again->content_hash);
  CHECK(once->event_types == again->event_types);
  CHECK(findings_of("touchpoints: {a: 1, b: 2}\nx: y\n") == findings_of("touchpoints: {a: 1, b: 2}\nx: y\n"));
}

}  // namespace lotse::test
