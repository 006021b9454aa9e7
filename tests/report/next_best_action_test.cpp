#include "engine/report/next_best_action.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/outreach/sent_messages.hpp"

namespace lotse::test {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kChannels = R"yaml(
purposes: {service: {consent: opt_out}, marketing: {consent: opt_in}}
caps: [{count: 1, per: 1h, purpose: marketing}]
channels:
  web: {}
  email: {adapter: log, purposes: [service, marketing]}
  call_center: {human: true}
)yaml";

constexpr std::string_view kOrder = R"yaml(
journey: order
key: event.order
value: context.amount
stages: [buy, use]
context:
  amount: {type: number, default: 0}
  address: {type: string}
  iban: {type: string, sensitive: true}
  phone: {type: string, fresh_for: 2h}
promises:
  - {name: delivery, from: ordered, until: used, within: 5d}
touchpoints:
  ordered:
    stage: buy
    channels: [web]
    start: true
    on: ordered
    capture: {amount: event.amount, address: event.address, iban: event.iban, phone: event.phone}
    next: [paid, visit, {to: offer, after: 10m}, {to: hint, after: 20m}, {to: call, after: 30m}]
  offer: {channels: [email], send: {template: offer, purpose: marketing}}
  hint:  {channels: [email], send: {template: hint, purpose: service}}
  call:  {channels: [call_center], handover: {team: sales}, promise: 4h}
  paid:  {stage: buy, channels: [web], on: paid, next: used}
  visit: {stage: buy, channels: [web, call_center], on: visited, moment_of_truth: true, asks: [address, iban, phone], next: used}
  used:  {stage: use, channels: [web], on: used, goal: true}
)yaml";

const Instant begin = *parse_instant("2026-03-02T09:00:00Z");

/// One customer who ordered, and what a channel is told about it.
class Contact {
 public:
  Contact() {
    auto channels = load_channels("channels.yaml", kChannels);
    INFO(render(channels.findings));
    REQUIRE(channels.value);
    workspace_.channels = *std::move(channels.value);
    auto journey = load_journey("order.yaml", kOrder, workspace_.channels);
    INFO(render(journey.findings));
    REQUIRE(journey.value);
    workspace_.journeys = {{.versions = {*journey.value}, .in_force = {Instant::min()}}};
    tracker_ = std::make_unique<Tracker>(workspace_.journeys, workspace_.settings);
  }

  Contact& event(Duration at, std::string type, Map properties = {}) {
    Event event;
    event.id = fmt::format("e{:02}", events_.size());
    event.source = "shop";
    event.type = std::move(type);
    event.channel = "web";
    event.time = begin + at;
    event.ids = {{"user_id", "ada"}};
    event.properties = Value(std::move(properties));
    events_.push_back(std::move(event));
    return *this;
  }
  Contact& ordered(Duration at, std::string order, double amount) {
    return event(at, "ordered",
                 {{Value("order"), Value(std::move(order))},
                  {Value("amount"), Value(amount)},
                  {Value("address"), Value("1 High Street")},
                  {Value("iban"), Value("DE02")},
                  {Value("phone"), Value("+4930123")}});
  }
  /// A record about the effect of `touchpoint` that has come into being by `at`.
  Contact& recorded(Duration at, std::string type, std::string_view touchpoint, Map more = {}) {
    const CustomerState state = this->state(at);
    for (const Effect& effect : state.journeys.at(0).effects) {
      if (workspace_.journeys[0].versions[0]->touchpoints.at(effect.touchpoint.value()).id != touchpoint)
        continue;
      more.emplace_back(Value("journey"), Value("order"));
      more.emplace_back(Value("touchpoint"), Value(touchpoint));
      more.emplace_back(Value("key"), Value(hex(effect.key)));
      more.emplace_back(Value("due"), Value(format_instant(effect.due)));
      return event(at, std::move(type), std::move(more));
    }
    FAIL("there is no such effect");
    return *this;
  }

  [[nodiscard]] CustomerState state(Duration at) const {
    return tracker_->derive("user_id:ada", events_, begin + at);
  }
  [[nodiscard]] CustomerReport report(Duration at) const {
    CustomerReport report;
    report.identifiers = {{"user_id", "ada"}};
    report.state = state(at);
    report.journeys = &tracker_->journeys();
    report.as_of = begin + at;
    report.sensitive = sensitive_;
    return report;
  }
  [[nodiscard]] NextBestActions ask(Duration at, std::string_view channel = "call_center") const {
    return next_best_actions(report(at), workspace_, channel);
  }
  [[nodiscard]] std::string json(Duration at, std::size_t limit) const {
    return next_best_actions_json(report(at), workspace_, "call_center", limit);
  }
  Contact& sees_sensitive() {
    sensitive_ = true;
    return *this;
  }
  [[nodiscard]] const std::vector<JourneyVersions>& journeys() const { return workspace_.journeys; }

 private:
  Workspace workspace_;
  std::unique_ptr<Tracker> tracker_;
  std::vector<Event> events_;
  bool sensitive_ = false;
};

/// `task call (task_open promise_open), message hint (…)`.
template <class Item>
std::string words_of(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) {
    text += text.empty() ? "" : ", ";
    if constexpr (requires { item.kind; }) text += fmt::format("{} ", name_of(item.kind));
    text += item.subject.touchpoint + " (";
    for (const Reason& reason : item.reasons)
      text += fmt::format("{}{}", &reason == &item.reasons.front() ? "" : " ", reason.word);
    text += ")";
  }
  return text;
}

}  // namespace

TEST_CASE("next best action: what goes first", "[report][next_best]") {
  struct Row {
    const char* why;
    Duration at;
    const char* channel;
    const char* actions;
  };
  const auto row =
      GENERATE(Row{"nothing is due yet: the promise, and the moment of truth that can happen here", 5min,
                   "call_center", "open_promise used (promise_open), touchpoint visit (moment_of_truth)"},
               Row{"not where it cannot happen", 5min, "email", "open_promise used (promise_open)"},
               Row{"a task before all that holds, a message last", 40min, "call_center",
                   "task call (task_open promise_open), open_promise used (promise_open), touchpoint visit "
                   "(moment_of_truth), "
                   "message hint (message_pending opt_out)"},
               Row{"a task past its promise is a broken promise; the messages are stale", 5h, "call_center",
                   "broken_promise call (task_open promise_broken), open_promise used (promise_open), "
                   "touchpoint visit (moment_of_truth)"},
               Row{"of two broken ones the earlier", 24h * 6, "web",
                   "broken_promise call (task_open promise_broken), broken_promise used (promise_broken), "
                   "touchpoint visit (moment_of_truth)"});
  CAPTURE(row.why);
  Contact contact;
  contact.ordered(0min, "o1", 40);

  CHECK(words_of(contact.ask(row.at, row.channel).actions) == row.actions);
}

TEST_CASE("next best action: more at stake goes first within a kind", "[report][next_best]") {
  Contact contact;
  contact.ordered(0min, "o1", 10).ordered(1min, "o2", 500);

  const NextBestActions answer = contact.ask(40min);

  REQUIRE(answer.actions.size() >= 2);
  CHECK(answer.actions[0].kind == NextAction::Kind::task);
  CHECK(answer.actions[0].value == 500);
  CHECK(answer.actions[1].kind == NextAction::Kind::task);
  CHECK(answer.actions[1].value == 10);
  REQUIRE(answer.standing.size() == 2);
  CHECK(answer.standing[0].subject.touchpoint == "ordered");
  CHECK(answer.standing[0].stage == "buy");
  CHECK(answer.standing[0].since == begin);
  CHECK(answer.standing[0].turn == "ours: 1 task is open");
}

TEST_CASE("next best action: what comes next, that which can happen here first", "[report][next_best]") {
  Contact contact;
  contact.ordered(0min, "o1", 40);

  const NextBestActions answer = contact.ask(5min);

  CHECK(words_of(answer.expected) == "visit (moment_of_truth), paid ()");
  CHECK(answer.expected.at(0).here);
  CHECK_FALSE(answer.expected.at(1).here);
  CHECK(answer.expected.at(1).on == std::vector<std::string>{"paid"});
}

TEST_CASE("next best action: messages that policy forbids are named, with the reason",
          "[report][next_best]") {
  const auto said = [](const char* purpose) { return Map{{Value("purpose"), Value(purpose)}}; };
  const auto asked = [](Contact& contact) {
    const NextBestActions answer = contact.ask(40min);
    std::string messages;
    for (const NextAction& action : answer.actions) {
      if (action.kind == NextAction::Kind::message) messages += action.subject.touchpoint + " ";
    }
    return messages + "not " + words_of(answer.avoid);
  };
  Contact contact;
  contact.ordered(0min, "o1", 40);

  SECTION("opt-in and never said") { CHECK(asked(contact) == "hint not offer (consent_missing)"); }
  SECTION("consented") {
    contact.event(2min, "consent_given", said("marketing"));
    CHECK(asked(contact) == "offer hint not ");
  }
  SECTION("said no") {
    contact.event(2min, "consent_withdrawn", said("service"));
    CHECK(asked(contact) == "not offer (consent_missing), hint (consent_withdrawn)");
  }
  SECTION("capped by what was sent of another order") {
    contact.event(2min, "consent_given", said("marketing"));
    contact.recorded(11min, "effect_handed_out", "offer", {{Value("channel"), Value("email")}});
    contact.ordered(12min, "o2", 10);
    CHECK(asked(contact) == "hint hint not offer (capped)");
  }
  SECTION("waiting for the end of quiet hours is no reason against") {
    contact.recorded(21min, "message_deferred", "hint",
                     {{Value("until"), Value(format_instant(begin + 9h))}});
    CHECK(words_of(contact.ask(40min).actions).ends_with("message hint (message_deferred opt_out)"));
  }
  SECTION("nor is that no channel would take it") {
    contact.recorded(21min, "message_blocked", "hint", {{Value("reason"), Value("no_address")}});
    CHECK(words_of(contact.ask(40min).actions).ends_with("message hint (message_blocked opt_out)"));
  }
}

TEST_CASE("next best action: what is known is not to be asked again", "[report][next_best]") {
  Contact contact;
  contact.ordered(0min, "o1", 40);
  const auto known = [&](Duration at) {
    std::string text;
    for (const KnownField& field : contact.ask(at).known)
      text +=
          fmt::format("{} is {} at {}; ", field.field, to_json(field.value), fmt::join(field.asked_at, " "));
    return text;
  };

  CHECK(known(1h) ==
        R"(address is "1 High Street" at visit; iban is "•••" at visit; phone is "+4930123" at visit; )");
  CHECK(known(3h) == R"(address is "1 High Street" at visit; iban is "•••" at visit; )");
  contact.sees_sensitive();
  CHECK(known(3h) == R"(address is "1 High Street" at visit; iban is "DE02" at visit; )");
}

TEST_CASE("next best action: nobody is told what is over", "[report][next_best]") {
  Contact contact;
  contact.ordered(0min, "o1", 40)
      .event(1min, "paid", {{Value("order"), Value("o1")}})
      .event(2min, "used", {{Value("order"), Value("o1")}});

  const NextBestActions answer = contact.ask(40min);

  CHECK(answer.standing.empty());
  CHECK(answer.expected.empty());
  CHECK(answer.actions.empty());
  CHECK(answer.known.empty());
  CHECK(answer.avoid.empty());
}

TEST_CASE("next best action: as JSON, with no more actions than are wanted", "[report][next_best]") {
  Contact contact;
  contact.ordered(0min, "o1", 40);

  const std::string json = contact.json(40min, 1);

  CHECK(json.find(R"("channel": "call_center")") != std::string::npos);
  CHECK(json.find(R"("kind": "task")") != std::string::npos);
  CHECK(json.find(R"("kind": "open_promise")") == std::string::npos);
  CHECK(json.find(R"("reason": "consent_missing")") != std::string::npos);
  CHECK(json.find("DE02") == std::string::npos);
}

TEST_CASE("sent messages: what was handed out, disproved ones and all, but for tasks",
          "[report][next_best]") {
  Contact contact;
  contact.ordered(0min, "o1", 40);
  contact.recorded(11min, "effect_handed_out", "offer", {{Value("channel"), Value("email")}});
  contact.recorded(31min, "effect_handed_out", "call");
  const auto sent = [&] {
    const CustomerState state = contact.state(40min);
    std::string text;
    for (const SentMessage& message : sent_messages(contact.journeys(), state))
      text += fmt::format("{} {} ", format_instant(message.at), message.purpose);
    return text;
  };

  CHECK(sent() == "2026-03-02T09:11:00Z marketing ");
  contact.event(5min, "paid", {{Value("order"), Value("o1")}});  // came late: the offer was never to be sent
  CHECK(sent() == "2026-03-02T09:11:00Z marketing ");
}

}  // namespace lotse::test
