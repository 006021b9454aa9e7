#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/journey/workspace.hpp"
#include "engine/outreach/policy.hpp"
#include "engine/runtime/channel_adapter.hpp"
#include "engine/runtime/live.hpp"
#include "tests/runtime/live_shop.hpp"
#include "tests/support/folder.hpp"

using namespace lotse;
using namespace lotse::test;
using namespace std::chrono_literals;

namespace {

/// What stands in for everything behind a way out: takes what comes, and answers as it is told.
class Receiver {
 public:
  using Answer = std::function<Delivery(const std::string& route, const std::string& id)>;
  struct Got {
    std::string route;
    std::string id;
    std::string body;
  };

  void answer(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void compose_with(std::function<Result<std::string>(const Outgoing&)> compose) {
    compose_ = std::move(compose);
  }

  ChannelAdapters adapters(const std::vector<std::string>& routes) {
    ChannelAdapters adapters;
    for (const std::string& route : routes) adapters[route] = std::make_shared<Way>(*this, route);
    return adapters;
  }
  /// From here on attempts do not end until let_go().
  void hold() {
    const std::lock_guard lock(mutex_);
    holds_ = true;
  }
  void await_held() const {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (got().empty() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(2ms);
    REQUIRE(!got().empty());
  }
  void let_go() {
    std::vector<ChannelAdapter::Done> held;
    {
      const std::lock_guard lock(mutex_);
      held = std::exchange(held_, {});
      holds_ = false;
    }
    for (const auto& done : held) done({.kind = Delivery::Kind::delivered});
  }
  [[nodiscard]] std::vector<Got> got() const {
    const std::lock_guard lock(mutex_);
    return got_;
  }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> told;
    for (const Got& got : got()) told.push_back(fmt::format("{} {}", got.route, got.body));
    return told;
  }

 private:
  class Way final : public ChannelAdapter {
   public:
    Way(Receiver& receiver, std::string route) : receiver_(receiver), route_(std::move(route)) {}
    Result<std::string> compose(const Outgoing& outgoing) const override {
      if (receiver_.compose_) return receiver_.compose_(outgoing);
      return fmt::format("{} for {}{}",
                         outgoing.kind == Outgoing::Kind::task ? outgoing.team : outgoing.template_name,
                         outgoing.customer, outgoing.address.empty() ? "" : " at " + outgoing.address);
    }
    void deliver(Attempt attempt, Done done) override {
      Answer answer;
      {
        const std::lock_guard lock(receiver_.mutex_);
        receiver_.got_.push_back({route_, attempt.id, attempt.body});
        if (receiver_.holds_) {
          receiver_.held_.push_back(std::move(done));
          return;
        }
        answer = receiver_.answer_;
      }
      done(answer ? answer(route_, attempt.id) : Delivery{.kind = Delivery::Kind::delivered});
    }

   private:
    Receiver& receiver_;
    std::string route_;
  };
  mutable std::mutex mutex_;
  std::vector<Got> got_;
  bool holds_ = false;
  std::vector<ChannelAdapter::Done> held_;
  Answer answer_;
  std::function<Result<std::string>(const Outgoing&)> compose_;
};

constexpr std::string_view channels_yaml = R"yaml(
purposes: {service: {consent: opt_out}, offers: {consent: opt_in}}
channels:
  web: {}
  call_center: {human: true}
  email: {adapter: webhook, purposes: [service, offers], address: email}
  sms: {adapter: webhook, purposes: [service, offers], quiet_hours: {from: "21:00", to: "08:00"}}
  alerts: {adapter: webhook}
alerts: alerts
)yaml";

constexpr std::string_view care_yaml = R"yaml(
journey: care
version: 1
title: After the order
owner: care@example.net
key: event.order
abandon_after: 30d
stages: [buy]
context: {amount: {type: number, default: 0}, secret: {type: string, sensitive: true}}
value: context.amount
touchpoints:
  ordered:
    stage: buy
    channels: [web]
    start: true
    on: ordered
    capture: {amount: event.amount, secret: event.secret}
    next: [thanks, {to: offer, after: 2d}, {to: call, on: help_wanted}, used]
  thanks:
    channels: [email, sms]
    send: {template: thanks, purpose: service, with: {amount: context.amount}}
    next: [{to: sorry, on: [message_failed, message_blocked]}]
  sorry: {channels: [call_center], handover: {team: care}}
  offer: {channels: [sms], send: {template: offer, purpose: offers}}
  call: {channels: [call_center], handover: {team: sales}, promise: 4h}
  used: {stage: buy, channels: [web], on: used, goal: true}
)yaml";

Workspace care() {
  Workspace workspace = shop({});
  auto channels = load_channels("channels.yaml", channels_yaml, {});
  REQUIRE(channels.value);
  workspace.channels = *std::move(channels.value);
  auto journey = load_journey("care.yaml", care_yaml, workspace.channels, workspace.settings, {});
  REQUIRE(journey.value);
  workspace.journeys.push_back({.versions = {*std::move(journey.value)}, .in_force = {Instant::min()}});
  return workspace;
}

/// In the tests' minutes: ten o'clock in the morning of 2023-03-29.
constexpr std::int64_t ten = 1400;

/// A live engine with that receiver; all that happens in it happens by the test's clock.
struct Care {
  Folder folder;
  TestClock clock{minute(ten)};
  Receiver receiver;
  std::vector<std::string> ways;  ///< out of the workspace
  bool broken = false;            ///< they cannot be set up
  std::unique_ptr<Live> live;

  explicit Care(std::vector<std::string> routes = {"email", "sms", "team:care"}) : ways(std::move(routes)) {
    begin();
  }
  void begin() {
    LiveOptions options;
    options.connect = [this](const Workspace&) -> Result<ChannelAdapters> {
      if (broken) return fail(ErrorCode::bad_input, "a template is missing");
      return receiver.adapters(ways);
    };
    live = start(folder.path() / "s.lotse", clock, std::move(options), care());
  }
  void restart() {
    live.reset();
    begin();
  }
  void post(std::vector<Event> events) { REQUIRE(send(*live, std::move(events))); }
  Event order(const std::string& user, const std::string& mail = "ada@example.net") {
    Event event = lotse::test::order(at(), "o" + std::to_string(++ids_), user, "order-" + user);
    if (!mail.empty()) event.traits = Value(Map{{Value("email"), Value(mail)}});
    return event;
  }
  Event said(const std::string& user, const std::string& type, Map properties = {}) {
    Event event = lotse::test::event(at(), "s" + std::to_string(++ids_), type, user);
    event.properties = Value(std::move(properties));
    return event;
  }
  /// Minutes after ten o'clock. First whoever a late event is about is derived anew: what waits for that is
  /// looked at again a moment later, and this clock would not get there.
  void go_to(std::int64_t at) {
    if (live) REQUIRE(live->snapshot());
    clock.set(minute(ten + at));
  }
  [[nodiscard]] std::int64_t at() const { return (clock.now() - minute(0)) / 1min; }

  /// Until so many attempts have failed, and are known to have.
  void await_failures(std::uint64_t count) const {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (live->status().outreach.failed_attempts < count && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(2ms);
    REQUIRE(live->status().outreach.failed_attempts == count);
  }

  void await_arrivals(std::uint64_t count) const {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (live->status().outreach.delivered < count && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(2ms);
    REQUIRE(live->status().outreach.delivered == count);
  }

  /// The engine's own events of one customer, as `type channel reason`, once there are `count` of them.
  std::vector<std::string> recorded(const std::string& user, std::size_t count) {
    std::vector<std::string> recorded;
    const auto look = [&] {
      recorded.clear();
      const auto customer = live->customer({.name_space = "user_id", .value = user}).value();
      if (!customer) return false;
      std::vector<Event> events = customer->view.events;
      std::ranges::sort(events, {}, [](const Event& event) { return event.key(); });
      for (const Event& event : events) {
        if (event.source != "lotse") continue;
        std::string text = event.type;
        if (!event.channel.empty()) text += " " + event.channel;
        for (const char* name : {"touchpoint", "reason", "until"}) {
          const Value* value = event.properties.find(name);
          if (value != nullptr) text += " " + *value->string();
        }
        recorded.push_back(std::move(text));
      }
      return recorded.size() >= count;
    };
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!look() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(2ms);
    return recorded;
  }

 private:
  int ids_ = 0;
};

using Told = std::vector<std::string>;

Delivery failed() { return {.kind = Delivery::Kind::failed, .detail = "answered 503"}; }

}  // namespace

TEST_CASE("outreach: a message is handed out, leaves, and its arrival is recorded", "[live][outreach]") {
  Care care;

  care.post({care.order("ada")});

  CHECK(care.recorded("ada", 2) == Told{"effect_handed_out email thanks", "message_sent email thanks"});
  CHECK(care.receiver.told() == Told{"email thanks for user_id:ada at ada@example.net"});
  const auto customer = care.live->customer({.name_space = "user_id", .value = "ada"}).value();
  const auto& effects = customer->view.state.journeys[0].effects;
  REQUIRE(effects.size() == 1);
  CHECK(care.receiver.got()[0].id == hex(effects[0].key));
  CHECK(effects[0].status(care.clock.now()) == EffectStatus::handed_out);
}

TEST_CASE("outreach: a restart hands out nothing a second time", "[live][outreach]") {
  Care care;
  care.post({care.order("ada")});
  care.recorded("ada", 2);

  care.restart();
  care.post({care.order("bob", "")});

  CHECK(care.recorded("bob", 2) == Told{"effect_handed_out sms thanks", "message_sent sms thanks"});
  CHECK(care.receiver.got().size() == 2);
}

TEST_CASE("outreach: what had not arrived when the engine ended leaves again, the same under the same key",
          "[live][outreach]") {
  Care care;
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.post({care.order("ada", "")});
  care.await_failures(1);

  care.receiver.answer({});
  care.go_to(1);
  care.restart();

  CHECK(care.recorded("ada", 2) == Told{"effect_handed_out sms thanks", "message_sent sms thanks"});
  const auto got = care.receiver.got();
  REQUIRE(got.size() == 2);
  CHECK(got[0].id == got[1].id);
  CHECK(got[0].body == got[1].body);
}

TEST_CASE("outreach: a channel that refuses is followed by the next one, under another id",
          "[live][outreach]") {
  Care care;
  const auto kind = GENERATE(Delivery::Kind::refused, Delivery::Kind::address_refused, Delivery::Kind::gone);
  care.receiver.answer([&](const std::string& route, const auto&) {
    return Delivery{.kind = route == "email" ? kind : Delivery::Kind::delivered, .detail = "no"};
  });

  care.post({care.order("ada")});

  const bool address = kind == Delivery::Kind::address_refused;
  Told expected{"effect_handed_out email thanks"};
  if (address) expected.emplace_back("address_failed email thanks");
  expected.emplace_back("message_rerouted sms thanks");
  expected.emplace_back("message_sent sms thanks");
  CHECK(care.recorded("ada", expected.size()) == expected);
  const auto got = care.receiver.got();
  REQUIRE(got.size() == 2);
  CHECK(got[1].id == got[0].id + "-2");
}

TEST_CASE("outreach: what no channel takes is a dead letter, and the journey hears of it",
          "[live][outreach]") {
  Care care;
  care.receiver.answer([](const std::string& route, const auto&) {
    return route == "team:care" ? Delivery{.kind = Delivery::Kind::delivered}
                                : Delivery{.kind = Delivery::Kind::refused, .detail = "answered 400"};
  });

  care.post({care.order("ada")});
  care.recorded("ada", 3);
  care.go_to(1);  // what follows from the last of them follows after it

  CHECK(care.recorded("ada", 4) == Told{"effect_handed_out email thanks", "message_rerouted sms thanks",
                                        "message_failed sms thanks answered 400", "effect_handed_out sorry"});
  const auto dead = care.live->dead_letters(10).value();
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].route == "sms");
  CHECK(dead[0].error == "answered 400");

  SECTION("it can be tried again") {
    care.receiver.answer({});
    CHECK(care.live->revive(dead[0].id).value());
    CHECK(care.recorded("ada", 5).back() == "message_sent sms thanks");
    CHECK(care.live->dead_letters(10).value().empty());
    CHECK_FALSE(care.live->revive("nothing").value());
  }
}

TEST_CASE("outreach: quiet hours defer a message, which leaves when they are over", "[live][outreach]") {
  Care care;
  care.go_to(12 * 60);
  care.post({care.order("ada", "")});

  CHECK(care.recorded("ada", 1) == Told{"message_deferred thanks 2023-03-30T08:00:00Z"});
  CHECK(care.receiver.got().empty());

  SECTION("though that is longer than it stays fresh") {
    care.go_to(22 * 60);
    CHECK(care.recorded("ada", 3).back() == "message_sent sms thanks");
  }
  SECTION("but not when its stay has ended meanwhile") {
    care.go_to(13 * 60);
    care.post({care.said("ada", "used", {{Value("order"), Value("order-ada")}})});
    care.go_to(22 * 60);
    care.post({care.order("bob")});
    care.recorded("bob", 2);
    CHECK(care.recorded("ada", 1).size() == 1);
  }
}

TEST_CASE("outreach: what policy forbids is blocked once, with its reason", "[live][outreach]") {
  Care care;
  care.post({care.order("ada")});
  care.recorded("ada", 2);

  care.go_to(2 * 24 * 60);

  CHECK(care.recorded("ada", 3).back() == "message_blocked offer consent_missing");
  care.post({care.said("ada", "consent_given", {{Value("purpose"), Value("offers")}})});
  CHECK(care.recorded("ada", 3).size() == 3);
  CHECK(care.receiver.got().size() == 1);
}

TEST_CASE("outreach: consent withdrawn between two attempts stops the message", "[live][outreach]") {
  Care care({"sms"});
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.post({care.order("ada", "")});
  care.await_failures(1);

  care.post({care.said("ada", "consent_withdrawn", {{Value("purpose"), Value("service")}})});
  care.receiver.answer({});
  care.go_to(1);

  CHECK(care.recorded("ada", 2).back() == "message_withdrawn sms thanks consent_withdrawn");
  CHECK(care.receiver.got().size() == 1);
}

TEST_CASE("outreach: a late event that disproves what has not left yet withdraws it", "[live][outreach]") {
  Care care({"sms"});
  care.post(
      {care.said("ada", "consent_given", {{Value("purpose"), Value("offers")}}), care.order("ada", "")});
  care.recorded("ada", 2);
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.go_to(2 * 24 * 60);
  CHECK(care.recorded("ada", 3).back() == "effect_handed_out sms offer");
  care.await_failures(1);

  Event used = care.said("ada", "used", {{Value("order"), Value("order-ada")}});
  used.time -= 1h;
  care.post({used});
  care.receiver.answer({});
  care.go_to(1 + 2 * 24 * 60);

  CHECK(care.recorded("ada", 4).back() == "message_withdrawn sms offer disproved");
  CHECK(care.receiver.got().size() == 2);
}

TEST_CASE("outreach: what is long past when it is heard of is not sent", "[live][outreach]") {
  Care care;
  Event old = care.order("ada");
  old.time -= 2h;
  Event recent = care.order("bob");
  recent.time -= 30min;

  care.post({old, recent});

  CHECK(care.recorded("bob", 2).size() == 2);
  CHECK(care.recorded("ada", 0).empty());
}

TEST_CASE("outreach: without a way out nothing is decided", "[live][outreach]") {
  Care care(std::vector<std::string>{});
  care.post({care.order("ada")});
  care.post({care.order("bob")});
  CHECK(care.recorded("ada", 0).empty());
}

TEST_CASE("outreach: a message that cannot be made is blocked, by the last channel's reason",
          "[live][outreach]") {
  Care care;
  care.receiver.compose_with([](const Outgoing& outgoing) -> Result<std::string> {
    if (outgoing.kind == Outgoing::Kind::task) return std::string("task");
    return fail(ErrorCode::bad_input, "no template");
  });
  care.post({care.order("ada")});
  care.recorded("ada", 1);
  care.go_to(1);
  CHECK(care.recorded("ada", 2) == Told{"message_blocked thanks cannot_be_made", "effect_handed_out sorry"});
}

TEST_CASE("outreach: what waits for a channel that wants nothing more goes by the next one",
          "[live][outreach]") {
  Care care;
  care.receiver.answer([](const std::string& route, const auto&) {
    return route == "email" ? failed() : Delivery{.kind = Delivery::Kind::delivered};
  });
  care.post({care.order("ada")});
  care.await_failures(1);  // and waits for the next attempt
  care.receiver.answer([](const std::string& route, const auto&) {
    return Delivery{.kind = route == "email" ? Delivery::Kind::gone : Delivery::Kind::delivered};
  });

  care.post({care.order("bob")});

  CHECK(care.recorded("bob", 3).back() == "message_sent sms thanks");
  care.go_to(1);
  CHECK(care.recorded("ada", 3).back() == "message_sent sms thanks");
  CHECK(care.receiver.got().size() == 4);

  SECTION("and a reload asks it again") {
    care.receiver.answer({});
    REQUIRE(care.live->reload(::care()));
    care.post({care.order("eve")});
    CHECK(care.recorded("eve", 2).back() == "message_sent email thanks");
  }
}

TEST_CASE("outreach: an attempt that is under way outlives a reload", "[live][outreach]") {
  Care care({"sms"});
  care.receiver.hold();
  care.post({care.order("ada", "")});
  care.receiver.await_held();

  REQUIRE(care.live->reload(::care()));
  care.receiver.let_go();

  CHECK(care.recorded("ada", 2).back() == "message_sent sms thanks");
  CHECK(care.receiver.got().size() == 1);
}

TEST_CASE("tasks: open ones are listed, the most urgent first, until they are done", "[live][outreach]") {
  Care care;
  care.post({care.order("ada"), care.order("bob")});
  care.go_to(10);
  care.post({care.said("bob", "help_wanted", {{Value("order"), Value("order-bob")}})});
  care.go_to(100);
  care.post({care.said("ada", "help_wanted", {{Value("order"), Value("order-ada")}})});

  const auto customers = [&] {
    Told told;
    const std::vector<OpenTask> tasks = care.live->tasks("sales").value();
    for (const OpenTask& task : tasks) told.push_back(task.customer + (task.overdue ? " overdue" : ""));
    return told;
  };
  CHECK(customers() == Told{"user_id:bob", "user_id:ada"});
  CHECK(care.live->tasks("other").value().empty());
  care.go_to(10 + 4 * 60 + 1);
  CHECK(customers() == Told{"user_id:bob overdue", "user_id:ada"});

  const OpenTask task = care.live->tasks("").value()[0];
  care.post({care.said(
      "bob", "task_claimed",
      {{Value("key"), Value(task.key)}, {Value("journey"), Value("care")}, {Value("by"), Value("kim")}})});
  CHECK(care.live->tasks("sales").value()[0].claimed_by == "kim");
  care.post({care.said("bob", "task_done",
                       {{Value("key"), Value(task.key)},
                        {Value("task"), Value("call")},
                        {Value("result"), Value("helped")}})});
  CHECK(customers() == Told{"user_id:ada"});
}

TEST_CASE("tasks: one that is past its promise is on record once, and its owner is told",
          "[live][outreach]") {
  Care care({"email", "alerts"});
  care.receiver.compose_with([](const Outgoing& outgoing) -> Result<std::string> {
    return fmt::format("{} {} {}", outgoing.template_name, outgoing.address, to_json(outgoing.with));
  });
  care.post({care.order("ada")});
  care.recorded("ada", 2);
  care.go_to(10);
  care.post({care.said("ada", "help_wanted", {{Value("order"), Value("order-ada")}})});
  CHECK(care.recorded("ada", 3).back() == "effect_handed_out call");

  care.go_to(10 + 4 * 60);
  REQUIRE(care.live->snapshot());
  CHECK(care.recorded("ada", 3).size() == 3);  // as promised, to the minute
  care.go_to(10 + 4 * 60 + 1);
  CHECK(care.recorded("ada", 4).back() == "task_overdue call");
  care.await_arrivals(2);
  CHECK(
      care.receiver.told().back() ==
      R"(alerts task_overdue care@example.net {"route":"team:sales","detail":"promised by 2023-03-29T14:10:00Z"})");

  care.go_to(60 * 8);
  care.restart();
  REQUIRE(care.live->snapshot());
  CHECK(care.recorded("ada", 4).size() == 4);
  CHECK(care.receiver.got().size() == 2);
}

TEST_CASE("outreach: what leaves because of an event carries its trace", "[live][outreach]") {
  Care care;
  care.receiver.compose_with([](const Outgoing& outgoing) -> Result<std::string> {
    return fmt::format("{} {}", outgoing.template_name, outgoing.traceparent);
  });
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Event traced = care.order("ada");
  traced.traceparent = trace;
  care.post({traced, care.order("bob")});
  care.recorded("ada", 2);
  care.recorded("bob", 2);

  Told told = care.receiver.told();
  std::ranges::sort(told);
  CHECK(told == Told{"email thanks ", "email thanks " + trace});
}

TEST_CASE("outreach: another channel is filled as the first one was, whatever has come since",
          "[live][outreach]") {
  Care care;
  care.receiver.compose_with([](const Outgoing& outgoing) -> Result<std::string> {
    return fmt::format("{} {}", outgoing.template_name, to_json(outgoing.with));
  });
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.post({care.order("ada")});
  care.await_failures(1);
  care.receiver.answer([](const std::string& route, const auto&) {
    return Delivery{.kind = route == "email" ? Delivery::Kind::refused : Delivery::Kind::delivered};
  });
  Event used = care.said("ada", "used", {{Value("order"), Value("order-ada")}});
  used.time += 1s;
  care.post({used});
  care.go_to(1);

  CHECK(care.recorded("ada", 3).back() == "message_sent sms thanks");
  CHECK(care.receiver.told().back() == R"(sms thanks {"amount":5.0})");
}

TEST_CASE("outreach: what nobody was there to try in time is stopped", "[live][outreach]") {
  Care care({"sms"});
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.post({care.order("ada", "")});
  care.await_failures(1);
  care.live.reset();

  care.receiver.answer({});
  care.go_to(62);
  care.begin();

  CHECK(care.recorded("ada", 2).back() == "message_withdrawn sms thanks stale");
  CHECK(care.receiver.got().size() == 1);
}

TEST_CASE("outreach: the address that was refused is the one the message was made for", "[live][outreach]") {
  Care care({"email"});
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.post({care.order("ada", "ada@exmaple.net")});
  care.await_failures(1);
  Event corrected = care.said("ada", "identify");
  corrected.traits = Value(Map{{Value("email"), Value("ada@example.net")}});
  care.post({corrected});
  care.receiver.answer([](const auto&, const auto&) {
    return Delivery{.kind = Delivery::Kind::address_refused, .detail = "550"};
  });
  care.go_to(1);
  care.recorded("ada", 3);

  const auto customer = care.live->customer({.name_space = "user_id", .value = "ada"}).value();
  const auto& failures = customer->view.state.address_failures;
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].address == address_mark("ada@exmaple.net"));
}

TEST_CASE("outreach: what waits for a channel that a reload takes away goes by the next one",
          "[live][outreach]") {
  Care care;
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.post({care.order("ada")});
  care.await_failures(1);

  care.ways = {"sms"};
  REQUIRE(care.live->reload(::care()));
  care.receiver.answer({});
  care.go_to(1);

  CHECK(care.recorded("ada", 3).back() == "message_sent sms thanks");
}

TEST_CASE("outreach: stopping a version asks for no new ways out, and stops what waits", "[live][outreach]") {
  Care care({"sms"});
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.post({care.order("ada", "")});
  care.await_failures(1);
  care.go_to(1);
  care.await_failures(2);
  care.broken = true;  // somebody is at work on the templates

  REQUIRE(care.live->change_version("care", 1, VersionChange::What::stopped));
  REQUIRE(care.live->snapshot());
  care.receiver.answer({});
  care.go_to(7);

  CHECK(care.recorded("ada", 2).back() == "message_withdrawn sms thanks stopped");
  CHECK(care.receiver.got().size() == 2);
}

TEST_CASE("outreach: what quiet hours put off after the first attempt ends with its stay",
          "[live][outreach]") {
  Care care({"sms"});
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.go_to(10 * 60 + 59);  // a minute before nine in the evening
  care.post({care.order("ada", "")});
  care.await_failures(1);
  care.go_to(11 * 60 + 1);
  CHECK(care.recorded("ada", 2).back() == "message_deferred thanks 2023-03-30T08:00:00Z");

  care.go_to(12 * 60);
  care.post({care.said("ada", "used", {{Value("order"), Value("order-ada")}})});
  care.receiver.answer({});
  care.go_to(22 * 60);

  CHECK(care.recorded("ada", 3).back() == "message_withdrawn sms thanks stay_ended");
  CHECK(care.receiver.got().size() == 1);
}

TEST_CASE("outreach: an erased customer is in no outbox", "[live][outreach]") {
  Care care({"sms"});
  care.receiver.answer([](const auto&, const auto&) { return failed(); });
  care.post({care.order("ada", "")});
  care.await_failures(1);

  CHECK(care.live->erase({.name_space = "user_id", .value = "ada"}).value());
  CHECK(care.live->status().outreach.waiting == 0);
  care.receiver.answer({});
  care.go_to(1);
  care.post({care.order("bob", "")});
  care.recorded("bob", 2);

  CHECK(care.receiver.got().size() == 2);
  CHECK(care.live->status().outreach.waiting == 0);
}
