#include "engine/workbench/try_session.hpp"

#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/workbench/scenario.hpp"
#include "engine/workbench/scenario_checks.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/paths.hpp"

namespace lotse {
namespace {

using trial::Reply;
using trial::Session;

constexpr std::string_view channels_text = R"yaml(channels:
  web: {}
  app: {}
  call_center: {human: true}
  email: {adapter: log, purposes: [service]}
)yaml";

constexpr std::string_view shop_text = R"yaml(journey: shop
abandon_after: 10d
stages: [buy, get]
context: {amount: {type: number, default: 0}, gift: {type: boolean}, promised: {type: timestamp}, note: {type: string}}
exit_when: [{on: cancelled, outcome: lost}]
promises: [{name: fast, from: order, until: delivery, within: 2d}]
feedback: [{on: rated, scale: stars, score: event.stars, comment: event.text}]
touchpoints:
  order:
    stage: buy
    channels: [web, app]
    start: true
    on: ordered
    when: event.kind == "goods"
    capture: {amount: event.amount, gift: event.gift, promised: event.promised, note: event.note}
    next: [thanks, {to: card, when: context.gift}, payment, {to: reminder, after: 1d}, {to: call, after: 3d}]
  thanks:   {channels: [email], send: {template: thanks, purpose: service, with: {amount: context.amount}}}
  card:     {channels: [email], send: {template: card, purpose: service}}
  reminder: {channels: [email], send: {template: reminder, purpose: service}}
  call:     {channels: [call_center], handover: {team: sales}, promise: 4h}
  payment:
    stage: buy
    channels: [web]
    on: paid
    next: [{to: delivery, when: event.door == "front"}]
  delivery: {stage: get, on: delivered, goal: true}
)yaml";

Workspace shop_workspace() {
  Workspace workspace;
  workspace.channels = load_channels("channels.yaml", channels_text).value.value();
  auto loaded = load_journey("shop.yaml", shop_text, workspace.channels);
  INFO(render(loaded.findings));
  REQUIRE(loaded.value);
  workspace.journeys.push_back({.versions = {*loaded.value}, .in_force = {Instant::min()}});
  return workspace;
}

const Workspace& shop() {
  static const Workspace workspace = shop_workspace();
  return workspace;
}

const Workspace& broadband() {
  static const Workspace workspace = load_workspace(test::source_dir() / "journeys/broadband").value.value();
  return workspace;
}

Session session_on(const Workspace& workspace, std::size_t width = 100) {
  const Zone zone = Zone::find(workspace.settings.zone).value();
  return {workspace,
          0,
          scenario::read_local_instant(scenario::default_start, zone).value(),
          {.width = width, .color = false}};
}

/// The answers to these lines, each of which must be understood.
std::string answers(Session& session, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    const Reply reply = session.answer(line);
    INFO(line << "\n" << reply.text);
    REQUIRE(reply.understood);
    text += reply.text;
  }
  return text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string position(const Session& session) {
  const CustomerState state = session.state();
  const auto& instances = state.journeys.front().instances;
  if (instances.empty()) return "none";
  const Instance& instance = instances.back();
  return shop().journeys.front().versions.back()->touchpoints[instance.stays.back().at.value()].id;
}

constexpr const char* goods = "ordered channel=web kind=goods amount=49.90";

}  // namespace

TEST_CASE("try: an event's answer says where it led, what is known and sent, and what comes next", "[try]") {
  Session session = session_on(shop());

  CHECK(session.prompt() == "2024-01-15 09:00 c1> ");
  CHECK(answers(session, {goods}) == R"(Mon 2024-01-15 09:00  ordered by web
  position   – → order (buy)
  context    amount 49.9
  promise    fast is open, due by Wed 2024-01-17 09:00
  note       event.gift gives nothing: no such key: gift; event.promised gives nothing: no such key:
             promised; event.note gives nothing: no such key: note; context.gift counts as false:
             `context.gift` has no value
  sends      thanks to c1 by email, at once: template thanks with amount 49.9
  next       reminder on Tue 2024-01-16 09:00
)");
  CHECK(session.prompt() == "2024-01-15 09:00 c1 order> ");
}

TEST_CASE("try: values are read as the field that keeps them wants it", "[try]") {
  Session session = session_on(shop());

  answers(session, {"post ordered channel=app kind=goods amount=50 gift=true promised=2024-01-17T12:00 "
                    "note=\"ring \\\"twice\\\"\" customer.region=north"});

  const CustomerState state = session.state();
  const auto& context = state.journeys.front().instances.front().context;
  CHECK(context[0]->identical(Value(50.0)));
  CHECK(context[1]->identical(Value(true)));
  CHECK(context[2]->instant() == parse_instant("2024-01-17T12:00:00Z"));
  CHECK(*context[3]->string() == "ring \"twice\"");
  CHECK(state.traits.find("region")->identical(Value("north")));
}

TEST_CASE("try: what makes no sense is refused with what was meant, and changes nothing", "[try]") {
  struct Row {
    const char* line;
    const char* answer;
  };
  const auto row = GENERATE(
      Row{"orderd",
          "`orderd` is no command, and shop does not listen to such an event; did you mean `ordered`?"},
      Row{"shwo", "`shwo` is no command, and shop does not listen to such an event; did you mean `show`?"},
      Row{"xyzzy",
          "`xyzzy` is no command, and shop does not listen to such an event; `help` lists the commands, "
          "`next` the events"},
      Row{"post orderd", "shop does not listen to `orderd`; did you mean `ordered`?"},
      Row{"post", "which event? `post order_placed amount=49.90 channel=web`"},
      Row{"ordered amount=much", "`amount` is kept as `amount`, which is a number; `much` is not"},
      Row{"ordered gift=1", "`gift` is kept as `gift`, which is true or false; `1` is not"},
      Row{"ordered promised=soon",
          "`promised` is kept as `promised`, which is a point in time, such as 2024-03-01T09:00; `soon` is "
          "not"},
      Row{"ordered channel=wbe", "`wbe` is no channel of channels.yaml; did you mean `web`?"},
      Row{"ordered amount", "`amount` is no property; write NAME=VALUE, such as amount=49.90"},
      Row{"ordered amount=", "`amount` has no value; amount=\"\" is an empty text"},
      Row{"ordered amount=1 amount=2", "`amount` is given twice"},
      Row{"ordered note=\"open", "a \" has no end"},
      Row{"wait until 2024-01-14",
          "time does not go back: it is Mon 2024-01-15 09:00; `undo` takes the last step back"},
      Row{"wait long",
          "`long` is no duration; write `wait 3d`, `wait until 2024-03-01T09:00`, `wait until 18:00` "
          "or `wait next`"},
      Row{"wait next", "no timer runs for c1; `next` lists what would move"},
      Row{"undo", "there is nothing to take back"},
      Row{"customer c/2", "`c/2` is no name for a customer: letters, digits, `_`, `-`, `.`"},
      Row{"customer unknown", "`unknown` identifies nobody in this workspace; take another name"},
      Row{"customer c2 colour=red", "`colour` is no split of shop; write SPLIT=ARM"},
      Row{"save order.yaml", "`lotse test` finds files that end in .test.yaml; `order.yaml` does not"},
      Row{"save order.test.yaml", "no event has been posted yet: there is nothing to test"},
      Row{"\xff", "the line is no UTF-8 text"});
  constexpr std::size_t unbroken = 400;
  Session session = session_on(shop(), unbroken);
  const CustomerState before = session.state();

  const Reply reply = session.answer(row.line);

  CHECK_FALSE(reply.understood);
  CHECK(reply.text == std::string("error: ") + row.answer + "\n");
  CHECK(session.steps() == 0);
  CHECK(session.state() == before);
  CHECK(session.prompt() == "2024-01-15 09:00 c1> ");
}

TEST_CASE("try: a property that the journey does not read is posted and remarked on", "[try]") {
  Session session = session_on(shop());

  CHECK(has(answers(session, {"ordered channel=web kind=goods amunt=3"}),
            "note       the journey reads no `amunt` of ordered; did you mean `amount`?"));
}

TEST_CASE("try: time passes to the next timer, by a duration, and until a time", "[try]") {
  Session session = session_on(shop());
  answers(session, {goods});

  CHECK(answers(session, {"wait next"}) == R"(Tue 2024-01-16 09:00  1d later
  sends      reminder to c1 by email, Tue 2024-01-16 09:00: template reminder
  next       call on Thu 2024-01-18 09:00
)");
  CHECK(has(answers(session, {"wait until 18:00"}), "Tue 2024-01-16 18:00  9h later\n"));
  CHECK(has(answers(session, {"wait until 08:30"}), "Wed 2024-01-17 08:30  14h 30m later\n"));
  CHECK(has(answers(session, {"wait until 2024-01-18T09:00"}),
            "task       call for sales about c1, Thu 2024-01-18 09:00, promised by Thu 2024-01-18 13:00\n"));
  CHECK(has(answers(session, {"task_done task=call", "wait 10d"}),
            "position   order (buy) → dropped, silent since Thu 2024-01-18 09:00"));
}

TEST_CASE("try: what is typed after a timer was seen happens after it", "[try]") {
  Session session = session_on(shop());
  answers(session, {goods, "wait next"});

  const std::string text = answers(session, {"paid"});

  CHECK(has(text, "Tue 2024-01-16 09:00:01  paid by web\n"));
  CHECK(has(text, "a second later"));
  CHECK(has(answers(session, {"effects"}), "reminder to c1 by email, Tue 2024-01-16 09:00"));
}

TEST_CASE("try: why names the ways that were not taken, and for what reason", "[try]") {
  Session session = session_on(shop());

  CHECK(has(answers(session, {"ordered kind=service channel=web", "why"}),
            "  order  needs event.kind == \"goods\": false\n"));
  CHECK(has(answers(session, {"ordered kind=goods channel=call_center", "why"}),
            "  order  takes ordered by web or app only, not by call_center\n"));
  answers(session, {goods, "paid"});
  const std::string blocked = answers(session, {"delivered", "why"});
  CHECK(has(blocked, "position   still at payment: delivered moves nobody: the condition of its transition"));
  CHECK(has(blocked, "delivery  needs event.door == \"front\": counts as false, no such key: door"));
  const std::string taken = answers(session, {"delivered door=front", "why"});
  CHECK(has(taken, "position   payment (buy) → delivery (get) → achieved"));
  CHECK(has(taken, "stands at delivery"));
}

TEST_CASE("try: why tells of another event, of time, and of a message whose condition is false", "[try]") {
  Session session = session_on(shop());

  CHECK(has(answers(session, {"ordered channel=web kind=goods gift=false", "why"}),
            "card  needs context.gift: false"));
  const std::string why = answers(session, {"rated stars=2", "why"});
  CHECK(has(why, "payment   waits for paid by web\n"));
  CHECK(has(why, "reminder  is due on Tue 2024-01-16 09:00\n"));
  CHECK(has(why, "feedback   stars 2 about order\n"));
}

TEST_CASE("try: the map marks where the customer stands, was and may go", "[try]") {
  Session session = session_on(shop());
  answers(session, {goods, "wait 1d", "paid"});

  CHECK(answers(session, {"map"}) == R"(  buy                             get
  ✓ order                         → delivery
    ↳ thanks sent 01-15 09:00
    ↳ card
    ↳ reminder sent 01-16 09:00
    ↳ call
  ▶ payment

  ▶ here   ✓ was here   → may come next   · not yet   ↳ message or task beside it
)");
}

TEST_CASE("try: customers are moved on their own, and time passes for all", "[try]") {
  Session session = session_on(shop());
  answers(session, {goods, "customer ada"});

  CHECK(session.prompt() == "2024-01-15 09:00 ada> ");
  answers(session, {"ordered channel=app kind=goods"});
  const std::string text = answers(session, {"wait next"});

  CHECK(has(text, "reminder to ada by email"));
  CHECK(has(text, "reminder to c1 by email"));
  CHECK(answers(session, {"customer"}) == "  c1  at order\n▶ ada  at order\n");
}

TEST_CASE("try: a customer may be one who falls into an arm of a split", "[try]") {
  Session session = session_on(broadband());
  answers(session,
          {"customer ada nudge-test=nudge", "order_placed channel=web order_id=o1 product=broadband"});

  CHECK(has(answers(session, {"wait 2d"}), "nudge to ada by email"));
  const Reply reply = session.answer("customer bob nudge-test=nugde");
  CHECK(reply.text == "error: `nugde` is no arm of nudge-test; did you mean `nudge`?\n");
  CHECK(session.answer("customer ada-2").text == "error: user_id:ada-2 is ada already; take another name\n");
  const auto made = session.recording("t.test.yaml", "", "the arm");
  REQUIRE(made);
  CHECK(has(*made, "    customers: {ada: {split: {nudge-test: nudge}}}\n"));
}

TEST_CASE("try: undo takes back step by step, reset everything", "[try]") {
  Session session = session_on(shop());
  const CustomerState start = session.state();
  answers(session, {goods, "wait 1d", "customer ada", goods});

  CHECK(answers(session, {"undo"}) == "  took back ordered; it is Tue 2024-01-16 09:00\n");
  CHECK(answers(session, {"undo"}) == "  took back the choice of customer; it is Tue 2024-01-16 09:00\n");
  CHECK(session.prompt() == "2024-01-16 09:00 c1 order> ");
  CHECK(answers(session, {"undo"}) == "  took back the wait; it is Mon 2024-01-15 09:00\n");
  CHECK(position(session) == "order");
  answers(session, {"reset"});
  CHECK(session.state() == start);
}

TEST_CASE("try: the recording is a test that passes as it is", "[try][record]") {
  Session session = session_on(shop());
  answers(session, {goods, "wait next", "paid", "rated stars=4 text=\"quick: yes\"", "delivered door=front"});

  const auto made = session.recording("shop.test.yaml", "", "Who pays after the reminder gets the goods");

  REQUIRE(made);
  CHECK(*made == R"yaml(# Recorded by `lotse try`.
journey: shop

tests:
  - test: Who pays after the reminder gets the goods
    given:
      - at: 2024-01-15 09:00
        event: ordered
        customer: c1
        channel: web
        properties: {kind: goods, amount: 49.9}
        expect:
          position: order
          status: active
          context: {amount: 49.9}
          instances: 1
          sent:
            - {touchpoint: thanks, at: 2024-01-15 09:00, channel: email, template: thanks, with: {amount: 49.9}}
      - after: 1d
        expect:
          position: order
          status: active
          sent:
            - {touchpoint: reminder, at: 2024-01-16 09:00, channel: email, template: reminder}
      - after: 1s
        event: paid
        channel: web
        expect:
          position: payment
          status: active
      - event: rated
        properties: {stars: 4, text: "quick: yes"}
        expect:
          position: payment
          status: active
          feedback:
            - {touchpoint: payment, scale: stars, score: 4.0}
      - event: delivered
        properties: {door: front}
        expect:
          position: none
          status: achieved
    expect:
      customer: c1
      position: none
      status: achieved
      visited: [order, payment, delivery]
      context: {amount: 49.9}
      feedback:
        - {touchpoint: payment, scale: stars, score: 4.0}
      promises: {fast: kept}
      instances: 1
      sent:
        - {touchpoint: thanks, at: 2024-01-15 09:00, channel: email, template: thanks, with: {amount: 49.9}}
        - {touchpoint: reminder, at: 2024-01-16 09:00, channel: email, template: reminder}
      tasks: []
      not_sent: [card, call]
      coming: []
)yaml");
  const auto loaded = scenario::load_scenarios("shop.test.yaml", *made, shop());
  REQUIRE(loaded.value);
  const auto outcomes = scenario::run(*loaded.value, shop());
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front().passed());
}

TEST_CASE("try: a recorded test fails once the journey does otherwise", "[try][record]") {
  Session session = session_on(shop());
  answers(session, {goods, "wait 1d"});
  const auto made = session.recording("shop.test.yaml", "", "t");
  REQUIRE(made);
  std::string other(shop_text);
  other.replace(other.find("{to: reminder, after: 1d}"), 25, "{to: reminder, after: 2d}");
  Workspace changed = shop_workspace();
  changed.journeys.front().versions.front() =
      load_journey("shop.yaml", other, changed.channels).value.value();

  const auto loaded = scenario::load_scenarios("shop.test.yaml", *made, changed);

  REQUIRE(loaded.value);
  CHECK_FALSE(scenario::run(*loaded.value, changed).front().passed());
}

TEST_CASE("try: a recording is added to a file and leaves what is there", "[try][record]") {
  Session session = session_on(shop());
  answers(session, {goods});
  const std::string head =
      "journey: shop\nzone: Europe/Berlin  # ours\ntests:\n- test: first\n  given: [{after: 1d}]  # a day\n"
      "  expect: {position: none}\n";
  const std::string tail = "\n# what several tests use\nevents:\n  order: {event: ordered}\n";

  const auto made = session.recording("shop.test.yaml", head + tail, "second");

  REQUIRE(made);
  CHECK(made->starts_with(head + "\n- test: second\n  zone: UTC\n  given:\n    - at: 2024-01-15 09:00\n"));
  CHECK(made->ends_with(tail));
  const auto loaded = scenario::load_scenarios("shop.test.yaml", *made, shop());
  REQUIRE(loaded.value);
  CHECK(loaded.value->scenarios.size() == 2);
  for (const auto& outcome : scenario::run(*loaded.value, shop())) CHECK(outcome.passed());
}

TEST_CASE("try: a file that a test cannot be added to is refused and says why", "[try][record]") {
  struct Row {
    const char* text;
    const char* why;
  };
  const auto row = GENERATE(
      Row{"tests: [{test: a, given: [{after: 1d}]}]\n", "its `tests` is no list of one test after the other"},
      Row{"tests:\n  -\n    test: a\n    given: [{after: 1d}]\n", "its first test does not begin with `- `"},
      Row{"journey: shoop\ntests:\n  - {test: a, given: []}\n", "`shoop` is no journey of this workspace"},
      Row{"tests:\n  - test: mine\n    given: [{after: 1d}]\n", "has a test called `mine` already"});
  Session session = session_on(shop());
  answers(session, {goods});

  const auto made = session.recording("shop.test.yaml", row.text, "mine");

  REQUIRE_FALSE(made);
  CAPTURE(made.error().message);
  CHECK(has(made.error().message, row.why));
}

TEST_CASE("try: the last word is completed by what the journey listens to", "[try][complete]") {
  struct Row {
    const char* line;
    std::vector<std::string> words;
  };
  const auto row = GENERATE(
      Row{"ord", {"ordered"}}, Row{"pa", {"paid"}}, Row{"s", {"save", "show"}}, Row{"post d", {"delivered"}},
      Row{"ordered a", {"amount="}},
      Row{"ordered ", {"amount=", "channel=", "gift=", "kind=", "note=", "promised="}},
      Row{"ordered amount=1 kind=", {"kind=goods"}}, Row{"ordered gift=", {"gift=false", "gift=true"}},
      Row{"ordered channel=", {"channel=app", "channel=web"}}, Row{"ordered amount=1 am", {}},
      Row{"task_done task=", {"task=call"}}, Row{"wait ", {"next", "until"}}, Row{"why ", {"all"}},
      Row{"customer ", {"c1"}}, Row{"ordered note=\"a", {}}, Row{"nothing ", {}});
  CAPTURE(row.line);

  CHECK(session_on(shop()).complete(row.line).words == row.words);
}

namespace {

/// A line as somebody might type it who knows the journey, or almost.
std::string random_line(test::Dice& dice) {
  static const std::vector<std::string> lines{
      "order_placed channel=web order_id=o1 product=broadband plan=fibre amount=39.9 address=\"Mill Lane 7\"",
      "order_placed channel=store order_id=o2 product=broadband amount=20",
      "slots_viewed channel=web",
      "slots_viewed channel=chat order_id=o1",
      "appointment_booked channel=app order_id=o1 slot=2024-01-20T09:00",
      "appointment_booked channel=web slot=2024-02-01T14:00",
      "id_checked",
      "parcel_delivered content=router order_id=o1",
      "technician_visited result=failed",
      "technician_visited order_id=o1 result=done",
      "line_fault_found",
      "first_login channel=app",
      "bill_opened channel=email",
      "complaint_raised channel=chat severity=2",
      "task_done task=call_back result=ok",
      "message_failed touchpoint=welcome",
      "csat_answered rating=2 text=\"so: so\"",
      "nps_answered score=9",
      "outage_opened area=north",
      "order_cancelled order_id=o1",
      "contract_ended",
      "identify customer.region=east",
      "address_changed address=[1, 'a: b']",
      "wait 1h",
      "wait 2d",
      "wait 30d",
      "wait next",
      "wait until 18:00",
      "wait until 2024-02-01",
      "customer ada",
      "customer bob nudge-test=hold",
      "customer c1",
      "undo",
      "map",
      "next",
      "why",
      "why all",
      "show",
      "context",
      "effects",
      "help",
      "# a remark",
      "",
      "order_placed amount=x",
      "save x.test.yaml",
      "wait -3d",
      "customer \"\"",
      "order_placed =",
      "post post",
      "{",
      "'"};
  std::string line = lines[dice(lines.size())];
  constexpr unsigned seldom = 12;
  if (dice.one_in(seldom)) line.erase(dice(line.size() + 1));
  if (dice.one_in(seldom) && !line.empty()) line[dice(line.size())] = static_cast<char>(dice(256));
  return line;
}

}  // namespace

TEST_CASE("try: no line breaks a session, and undoing everything gives back the start", "[try][property]") {
  rc::prop("undo", [](std::uint64_t seed) {
    test::Dice dice(seed);
    Session session = session_on(broadband());
    const CustomerState start = session.state();
    const std::string prompt = session.prompt();
    for (int i = 0; i < 25; ++i) {
      const std::size_t steps = session.steps();
      const std::string line = random_line(dice);
      const Reply reply = session.answer(line);
      if (!reply.understood) RC_ASSERT(session.steps() == steps);
      RC_ASSERT(reply.text.empty() || reply.text.ends_with('\n'));
      (void)session.complete(line);
    }
    while (session.answer("undo").understood) RC_ASSERT(session.clock() >= Instant{});
    RC_ASSERT(session.state() == start);
    RC_ASSERT(session.prompt() == prompt);
    RC_ASSERT(session.steps() == 0U);
  });
}

TEST_CASE("try: whatever was done, the recording passes as a test", "[try][record][property]") {
  rc::prop("recorded", [](std::uint64_t seed) {
    test::Dice dice(seed);
    Session session = session_on(broadband());
    bool any = false;
    for (int i = 0; i < 20; ++i) {
      const Reply reply = session.answer(random_line(dice));
      any = any || reply.save.has_value();
    }
    if (!session.answer("save x.test.yaml").save) return;
    const auto made = session.recording("x.test.yaml", "", "");
    if (!made) RC_FAIL(made.error().message);
    const auto twice = session.recording("x.test.yaml", *made, "again");
    if (!twice) RC_FAIL(twice.error().message);
    RC_ASSERT(twice->starts_with(*made));
  });
}

}  // namespace lotse
