// SEMANTICS.md, P6: what is handed out is matched with what is derived.
#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

constexpr std::string_view reminders = R"(
journey: reminders
version: 1
abandon_after: 5d
reentry: after_end
touchpoints:
  a: {on: began, start: true, next: [{to: mail, after: 1d}, {to: urgent, on: hurried}, b]}
  mail: {channels: [email], send: {template: m, purpose: service, stale_after: 12h}}
  urgent: {channels: [sms], send: {template: u, purpose: service}}
  b: {on: went, goal: true}
)";

Properties record(std::string_view touchpoint, const EffectKey& key, std::string_view due) {
  return {{"journey", Value("reminders")},
          {"touchpoint", Value(touchpoint)},
          {"key", Value(hex(key))},
          {"due", Value(format_instant(after(due)))}};
}

const EffectKey other{.high = 1, .low = 2};

}  // namespace

TEST_CASE("effects: pending when due, stale when nobody hands them out in time", "[tracking]") {
  const Story story = Story(reminders).event("0s", "began").event("1h", "hurried");

  CHECK(story.tell_effects("2h") == Told{"urgent 1h pending"});
  CHECK(story.tell_effects("121m") == Told{"urgent 1h stale"});
  CHECK(story.tell_effects("36h") == Told{"urgent 1h stale", "mail 1d pending"});
  CHECK(story.tell_effects("36h1s") == Told{"urgent 1h stale", "mail 1d stale"});
}

TEST_CASE("effects: a key tells one effect from all others, and does not change", "[tracking]") {
  Story story(reminders);
  story.event("0s", "began").event("1h", "hurried").event("2h", "hurried");
  const auto keys = [&](std::string_view now) {
    std::vector<EffectKey> found;
    const CustomerState state = story.state(now);
    for (const Effect& effect : state.journeys[0].effects) found.push_back(effect.key);
    return found;
  };
  const auto first = keys("2h");
  REQUIRE(first.size() == 2);
  CHECK(first[0] != first[1]);

  story.event("90m", "unheard-of");
  const auto later = keys("25h");

  REQUIRE(later.size() == 3);
  CHECK(later[0] == first[0]);
  CHECK(later[1] == first[1]);
  CHECK(hex(EffectKey{.high = 0x0123456789abcdef, .low = 1}) == "0123456789abcdef0000000000000001");
  CHECK(parse_effect_key(hex(first[0])) == first[0]);
  CHECK_FALSE(parse_effect_key("0123456789ABCDEF0000000000000001"));
  CHECK_FALSE(parse_effect_key("01"));
}

TEST_CASE("effects: two instances that open at one instant send under two keys", "[tracking]") {
  std::string always(reminders);
  always.replace(always.find("after_end"), 9, "always");
  always.replace(always.find("{to: mail, after: 1d}"), 21, "{to: mail}");
  const Story story = Story(always).event("0s", "began").event("0s", "began");

  const std::vector<Effect> effects = story.state("1h").journeys[0].effects;

  REQUIRE(effects.size() == 2);
  CHECK(effects[0].instance != effects[1].instance);
  CHECK(effects[0].key != effects[1].key);
}

TEST_CASE("effects: two of one touchpoint at one instant have keys of their own", "[tracking]") {
  Story story(reminders);
  story.event("0s", "began").event("1h", "hurried").event("1h", "hurried");

  const auto effects = story.state("2h").journeys[0].effects;

  REQUIRE(effects.size() == 2);
  CHECK(effects[0].key != effects[1].key);
}

TEST_CASE("hand-out: fixes the effect with that key", "[tracking]") {
  Story story(reminders);
  story.event("0s", "began").event("1h", "hurried").event("1h", "hurried");
  const auto effects = story.state("1h").journeys[0].effects;

  story.event("61m", "effect_handed_out", "sms", record("urgent", effects[1].key, "1h"));

  CHECK(story.tell_effects("2h") == Told{"urgent 1h pending", "urgent 1h handed_out"});
  const Effect handed_out = story.state("99d").journeys[0].effects[1];
  CHECK(handed_out.key == effects[1].key);
  CHECK(handed_out.handed_out == after("61m"));
  REQUIRE(handed_out.channel);
  CHECK(story.tracker().version(0, VersionIndex(0)).channels[handed_out.channel->value()] == "sms");
}

TEST_CASE("hand-out: a message that was handed out is not withdrawn with its stay", "[tracking]") {
  Story story(reminders);
  story.event("0s", "began").event("1h", "hurried");
  const EffectKey key = story.state("1h").journeys[0].effects[0].key;

  story.event("61m", "effect_handed_out", "sms", record("urgent", key, "1h")).event("62m", "went");

  CHECK(story.tell_effects("2h") == Told{"urgent 1h handed_out"});
}

TEST_CASE("hand-out: what a late event has shifted is matched by the nearest due time, and not due again",
          "[tracking]") {
  Story story(reminders);
  story.event("1h", "began");
  const EffectKey key = story.state("25h").journeys[0].effects[0].key;
  story.event("25h", "effect_handed_out", "email", record("mail", key, "25h"));

  SECTION("to a time before the hand-out") {
    story.event("0s", "began");
    CHECK(story.tell_effects("26h") == Told{"mail 1d handed_out"});
    CHECK(story.state("26h").journeys[0].effects[0].known_as() == key);
    CHECK(story.state("26h").journeys[0].disproved.empty());
  }
  SECTION("to a time at which it would be stale by now") {
    Story earlier(reminders);
    earlier.event("0s", "began").event("40h", "effect_handed_out", "email", record("mail", other, "40h"));
    CHECK(earlier.tell_effects("41h") == Told{"mail 1d handed_out"});
    earlier.event("41h", "went").event("3d", "began");
    CHECK(earlier.tell_effects("4d") == Told{"mail 1d handed_out", "mail 4d pending"});
  }
  SECTION("to a time after it, though a stale one lies within the window") {
    Story later(reminders);
    later.event("0s", "began")
        .event("30h", "went")
        .event("37h", "began")
        .event("60h", "effect_handed_out", "email", record("mail", other, "60h"));
    CHECK(later.tell_effects("60h") == Told{"mail 1d handed_out"});
    CHECK(later.tell_effects("61h") == Told{"mail 1d withdrawn", "mail 2d13h handed_out"});
  }
  SECTION("to a time after it") {
    story.event("50m", "began").event("55m", "went").event("100m", "began").event("110m", "unheard-of");
    CHECK(story.tell_effects("27h") == Told{"mail 1d1h handed_out"});
    CHECK(story.tell("27h") == Told{"achieved: a start 50m-55m advanced | b transition 55m-55m achieved",
                                    "active: a start 1h- repeats=1"});
  }
  SECTION("out of existence: it is disproved") {
    story.event("2h", "went");
    CHECK(story.tell_effects("26h") == Told{});
    const auto disproved = story.state("26h").journeys[0].disproved;
    REQUIRE(disproved.size() == 1);
    CHECK(disproved[0] ==
          HandOut{
              .touchpoint = "mail", .key = key, .due = after("25h"), .at = after("25h"), .channel = "email"});

    story.event("3d", "began");
    CHECK(story.tell_effects("5d") == Told{"mail 4d handed_out"});
    CHECK(story.state("5d").journeys[0].disproved.empty());
  }
  SECTION("out of existence, and the next is too far away to be taken for it") {
    story.event("2h", "went").event("6d", "began");
    CHECK(story.tell_effects("7d") == Told{"mail 7d pending"});
    CHECK(story.state("7d").journeys[0].disproved.size() == 1);
  }
}

TEST_CASE("hand-out: a record at the very instant of its effect is not taken for another", "[tracking]") {
  Story story(R"(
journey: reminders
version: 1
touchpoints:
  a: {on: began, start: true, next: [mail, {to: mail, after: 1h}, b]}
  mail: {channels: [email], send: {template: m, purpose: service, stale_after: 12h}}
  b: {on: went, goal: true}
)");
  story.event("0s", "began");
  const EffectKey of_timer = story.state("1h").journeys[0].effects[1].key;

  story.event("1h", "effect_handed_out", "email", record("mail", of_timer, "1h"));

  CHECK(story.tell_effects("1h") == Told{"mail 0s pending", "mail 1h handed_out"});
  CHECK_FALSE(story.state("1h").journeys[0].effects[1].handed_out_as);
}

TEST_CASE("hand-out: a key that was handed out once counts once", "[tracking]") {
  Story story(reminders);
  story.event("0s", "began").event("1h", "hurried").event("70m", "hurried");
  const EffectKey key = story.state("70m").journeys[0].effects[0].key;
  story.event("71m", "effect_handed_out", "sms", record("urgent", key, "1h"))
      .event("72m", "effect_handed_out", "sms", record("urgent", key, "1h"))
      .event("73m", "effect_handed_out", "sms", record("mail", other, "1d"))
      .event("74m", "effect_handed_out", "sms", record("mail", other, "1d"));

  CHECK(story.tell_effects("75m") == Told{"urgent 1h handed_out", "urgent 1h10m pending"});
  CHECK(story.state("75m").journeys[0].disproved.size() == 1);
}

TEST_CASE("effects: a wait that was recorded under another key is that of the nearest", "[tracking]") {
  Story story = Story(reminders).event("0s", "began");
  Properties deferred = record("mail", other, "25h");
  deferred.emplace_back("until", Value(format_instant(after("3d"))));
  story.event("26h", "message_deferred", "", deferred);

  CHECK(story.tell_effects("80h") == Told{"mail 1d pending"});
  CHECK(story.state("80h").journeys[0].effects.at(0).deferred_until == after("3d"));
}

TEST_CASE("effects: what was stopped before its first attempt counts for no other", "[tracking]") {
  struct Row {
    const char* why;
    std::int64_t attempts;
    const char* effect;
  };
  const auto row = GENERATE(values<Row>(
      {{"it has reached nobody", 0, "mail 1d pending"}, {"it may have", 1, "mail 1d handed_out"}}));
  CAPTURE(row.why);
  Story story = Story(reminders).event("0s", "began");
  story.event("1h", "effect_handed_out", "email", record("mail", other, "1h"));
  Properties withdrawn = record("mail", other, "1h");
  withdrawn.emplace_back("attempts", Value(row.attempts));
  story.event("2h", "message_withdrawn", "email", withdrawn);

  CHECK(story.tell_effects("30h") == Told{row.effect});
}

TEST_CASE("hand-out: a record without touchpoint, key or due time, or of another journey, is left aside",
          "[tracking]") {
  Story story(reminders);
  story.event("0s", "began").event("1h", "hurried");
  const EffectKey key = story.state("1h").journeys[0].effects[0].key;
  Properties foreign = record("urgent", key, "1h");
  foreign[0].second = Value("another");
  for (std::size_t missing = 0; missing < 4; ++missing) {
    Properties properties = record("urgent", key, "1h");
    properties.erase(properties.begin() + static_cast<std::ptrdiff_t>(missing));
    story.event("61m", "effect_handed_out", "sms", properties);
  }
  story.event("61m", "effect_handed_out", "sms", foreign);

  CHECK(story.tell_effects("2h") == Told{"urgent 1h pending"});
  CHECK(story.state("2h").journeys[0].disproved.empty());
}

TEST_CASE("effects: what became of one is told by its key, whatever instance is newest", "[tracking]") {
  Story story(R"(
journey: reminders
version: 1
key: event.order
touchpoints:
  a: {on: began, start: true, next: [mail, b]}
  mail: {channels: [email], send: {template: m, purpose: service}, next: [{to: letter, on: message_failed}]}
  letter: {channels: [post], send: {template: l, purpose: service}}
  b: {on: went, goal: true}
)");
  story.event("0s", "began", "", {{"order", Value("x")}}).event("1m", "began", "", {{"order", Value("y")}});
  const EffectKey of_x = story.state("1m").journeys[0].effects[0].key;

  story.event("2m", "message_failed", "email", {{"touchpoint", Value("mail")}, {"key", Value(hex(of_x))}});

  const auto effects = story.state("3m").journeys[0].effects;
  REQUIRE(effects.size() == 3);
  CHECK(effects[2].instance == InstanceIndex(0));
}

TEST_CASE("trace: says in the author's own words what happened and why", "[tracking]") {
  class Lines final : public Trace {
   public:
    void add(Item item) override { lines.push_back(since_begin(item.at) + " " + item.text()); }
    std::vector<std::string> lines;
  };
  Story story(R"(
journey: told
version: 2
abandon_after: 2d
context: {plan: {type: string}}
touchpoints:
  a: {channels: [web], on: began, start: true, capture: {plan: event.plan}, next: [{to: b, when: event.ok}, {to: mail, after: 1d}]}
  b: {channels: [web], on: went, goal: true}
  mail: {channels: [email], send: {template: m, purpose: service}}
)");
  story.event("0s", "began", "web", {{"plan", Value("dsl")}})
      .event("1h", "went", "web", {{"ok", Value(false)}});
  Lines trace;

  (void)story.tracker().derive(story_customer, story.events(), after("9d"), &trace);

  CHECK(trace.lines == std::vector<std::string>{
                           "0s began by web",
                           "0s began opens an instance of told 2",
                           "0s stands at a",
                           "0s plan is \"dsl\"",
                           "1h went by web",
                           "1h event.ok is false",
                           "1h went moves nobody: the condition of its transition from a is false",
                           "1d the time has come for mail",
                           "1d sends mail",
                           "2d silent since 2024-03-01T09:00:00Z: dropped at a",
                           "2d mail is withdrawn: its stay has ended",
                       });
}

TEST_CASE("trace: says which transition led to each position, message and task", "[tracking]") {
  class Taken final : public Trace {
   public:
    void add(Item item) override {
      const bool led_to = item.kind == Kind::moved || item.kind == Kind::message || item.kind == Kind::task ||
                          item.kind == Kind::hold;
      CHECK((led_to || !item.transition));
      if (led_to)
        lines.push_back(item.text() + (item.transition ? fmt::format(" by {}", *item.transition) : ""));
    }
    std::vector<std::string> lines;
  };
  // The ordinals: of a 0 to 4, of mail 5, of b 6 and 7, of c 8, anywhere 9.
  Story story(R"(
journey: told
version: 1
context: {paid: {type: boolean, default: false}}
remember: [{on: paid, capture: {paid: "true"}}]
anywhere: [{to: call, on: rang}]
touchpoints:
  a:
    on: began
    start: true
    next:
      - {to: b, when: event.way == "short"}
      - {to: mail, on: asked}
      - {to: b, when: event.way == "long"}
      - settled
      - {to: call, after: 1d}
  mail: {channels: [email], send: {template: m, purpose: service}, next: [c]}
  b: {on: went, next: [settled, c]}
  c: {on: came, next: [settled]}
  settled: {when: context.paid, goal: true}
  call: {channels: [call_center], handover: {team: t, keep: true}}
)");
  story.event("0s", "began")
      .event("1h", "asked")
      .event("2d", "went", "", {{"way", Value("long")}})
      .event("3d", "rang")
      .event("4d", "came")
      .event("5d", "went")
      .event("6d", "paid");
  Taken trace;

  (void)story.tracker().derive(story_customer, story.events(), after("7d"), &trace);

  CHECK(trace.lines == std::vector<std::string>{
                           "stands at a",
                           "sends mail by 1",
                           "opens call by 4",
                           "stands at b by 2",
                           "opens call by 9",
                           "stands at c by 7",
                           "stands at b",  // off the path: no transition leads back
                           "stands at settled by 6",
                       });
}
