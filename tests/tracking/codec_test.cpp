#include "engine/base/hash.hpp"
#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

/// A typical customer: one open instance that has come five touchpoints far.
Story typical() {
  return Story(R"(
journey: onboarding
version: 1
key: event.order_id
segments: {plan: context.plan}
value: context.amount
context: {plan: {type: string}, amount: {type: number}, slot: {type: timestamp}}
touchpoints:
  order: {channels: [web], on: ordered, start: true, capture: {plan: event.plan, amount: event.amount}, next: [welcome, appointment]}
  welcome: {channels: [email], send: {template: w, purpose: service}}
  appointment: {channels: [web], on: booked, capture: {slot: event.slot}, next: [visit, {to: eve, at: {from: context.slot, days: -1, time: "18:00"}}]}
  eve: {channels: [sms], send: {template: e, purpose: service}}
  visit: {channels: [field], on: visited, next: [online]}
  online: {channels: [app], on: logged_in, goal: true, next: [bill]}
  bill: {channels: [email], on: bill_opened, next: [paid]}
  paid: {channels: [web], on: paid, goal: true}
)")
      .event("0s", "ordered", "web",
             {{"order_id", Value("4711")}, {"plan", Value("fibre")}, {"amount", Value(49.0)}})
      .event("2h", "booked", "web", {{"order_id", Value("4711")}, {"slot", Value("2024-03-10T10:00:00Z")}})
      .event("9d1h", "visited", "field", {{"order_id", Value("4711")}})
      .event("9d3h", "logged_in", "app", {{"order_id", Value("4711")}})
      .event("20d", "bill_opened", "email", {{"order_id", Value("4711")}});
}

}  // namespace

TEST_CASE("encode: comes back as it was", "[tracking]") {
  for (const auto now : {"0s", "1h", "10d", "21d", "99d"}) {
    const CustomerState state = typical().state(now);
    const CustomerState back = decode(encode(state));
    CHECK(back == state);
    CHECK(encode(back) == encode(state));
    CHECK(next_timer(encode(state)) == state.next_timer);
    CHECK(next_effect(encode(state)) == state.next_effect);
  }
}

TEST_CASE("encode: its layout is that of kDerivation, which must be raised when this changes", "[tracking]") {
  CHECK(hex(sha256(encode(typical().state("21d")))) ==
        "4de71a692218f178a39395fbac415e6ab503154cdcbbf6c12211b16a14137186");
}

TEST_CASE("encode: a customer with an open instance of five stays takes under 240 bytes", "[tracking]") {
  const CustomerState state = typical().state("21d");

  REQUIRE(state.journeys[0].instances[0].stays.size() == 5);
  CHECK(encode(state).size() < 240);
}

TEST_CASE("encode: tells every two different states apart", "[tracking]") {
  const CustomerState state = typical().state("21d");
  const std::string bytes = encode(state);
  StateDecoder reused;  // what a state leaves in its memory must not show in the next one
  const auto differs = [&](auto&& change) {
    CustomerState changed = state;
    change(changed, changed.journeys[0], changed.journeys[0].instances[0],
           changed.journeys[0].instances[0].stays[1], changed.journeys[0].effects[0]);
    return changed != state && encode(changed) != bytes && decode(encode(changed)) == changed &&
           reused.decode(encode(changed)) == changed && reused.decode(bytes) == state;
  };
  using C = CustomerState;
  using J = JourneyState;
  using I = Instance;
  using S = Stay;
  using E = Effect;
  const Instant t = after("3d");

  CHECK(differs([](C& c, J&, I&, S&, E&) { c.customer += "x"; }));
  CHECK(differs([](C& c, J&, I&, S&, E&) { c.traits = Value(Map{{Value("a"), Value(1.0)}}); }));
  CHECK(differs([](C& c, J&, I&, S&, E&) { c.last_event.reset(); }));
  CHECK(differs([](C& c, J&, I&, S&, E&) { c.last_event->source = "x"; }));
  CHECK(differs([&](C& c, J&, I&, S&, E&) { c.clock = t; }));
  CHECK(differs([&](C& c, J&, I&, S&, E&) { c.last_timer = t; }));
  CHECK(differs([&](C& c, J&, I&, S&, E&) { c.next_timer = t; }));
  CHECK(differs([&](C& c, J&, I&, S&, E&) { c.next_effect = t; }));
  CHECK(differs([&](C& c, J&, I&, S&, E&) { c.consents.push_back({"news", "email", true, t, "crm", "7"}); }));
  CHECK(differs([&](C& c, J&, I&, S&, E&) { c.consents.push_back({"news", "", false, t, "", ""}); }));
  CHECK(differs([&](C& c, J&, I&, S&, E&) { c.address_failures.push_back({"email", t, "0f"}); }));
  CHECK(differs([&](C&, J&, I&, S&, E& e) { e.deferred_until = t; }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.blocked = true; }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.claimed_by = "desk"; }));
  CHECK(differs([](C& c, J&, I&, S&, E&) { ++c.events; }));
  CHECK(differs([](C&, J& j, I&, S&, E&) { ++j.starts_without_key; }));
  CHECK(differs([](C&, J& j, I&, S&, E&) { ++j.unattributed_feedback; }));
  CHECK(differs([&](C&, J& j, I&, S&, E&) { j.disproved.push_back({"x", {1, 2}, t, t, "web"}); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.version = VersionIndex(1); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.key = Value("x"); }));
  CHECK(differs([&](C&, J&, I& i, S&, E&) { i.opened = t; }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.ended = true; }));
  CHECK(differs([&](C&, J&, I& i, S&, E&) { i.ended_at = t; }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.outcome = OutcomeIndex(0); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.restarted = true; }));
  CHECK(differs([&](C&, J&, I& i, S&, E&) { i.achieved = t; }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.context[0].reset(); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.context[0] = Value(); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { ++i.visits[2]; }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.stays.pop_back(); }));
  CHECK(differs([&](C&, J&, I& i, S&, E&) { i.beside.push_back({TouchpointIndex(1), t}); }));
  CHECK(differs([&](C&, J&, I& i, S&, E&) { i.pending.push_back({TouchpointIndex(0), 1, t}); }));
  CHECK(differs([&](C&, J&, I& i, S&, E&) { i.pending.push_back({std::nullopt, 1, Instant::max()}); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { ++i.open_tasks; }));
  CHECK(differs([&](C&, J&, I& i, S&, E&) { i.promises.push_back({0, t, Instant::max(), std::nullopt}); }));
  CHECK(differs([&](C&, J&, I& i, S&, E&) { i.promises.push_back({0, t, t, t}); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.segment_sets.push_back({Value(true)}); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.value = 1e300; }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.value = -0.0; }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { i.value.reset(); }));
  CHECK(differs([](C&, J&, I& i, S&, E&) { ++i.expression_errors; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.at = TouchpointIndex(5); }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.channel.reset(); }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.entry = Entry::returned; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.revived = true; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.forced_hop = !s.forced_hop; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.entered += Duration(1); }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.cause = Cause::hopped; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.cause = Cause::open; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.left += Duration(1); }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.to.reset(); }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.outcome = OutcomeIndex(0); }));
  CHECK(differs([&](C&, J&, I&, S& s, E&) { s.recovered = t; }));
  CHECK(differs([&](C&, J&, I&, S& s, E&) { s.last_activity = t; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { ++s.repeats; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { ++s.blocked; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { ++s.deviations; }));
  CHECK(differs([&](C&, J&, I&, S& s, E&) { s.escalated = t; }));
  CHECK(differs([&](C&, J&, I&, S& s, E&) { s.promised = t; }));
  CHECK(differs([&](C&, J&, I&, S& s, E&) { s.deadline = t; }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { s.awaits = TouchpointIndex(0); }));
  CHECK(differs([](C&, J&, I&, S& s, E&) { ++s.segments; }));
  CHECK(differs([&](C&, J&, I&, S& s, E&) { s.feedback.push_back({t, Scale::nps, 9.5, "", std::nullopt}); }));
  CHECK(differs([&](C&, J&, I&, S& s, E&) { s.feedback.push_back({t, Scale::nps, 9, "so", 0}); }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { ++e.key.high; }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { ++e.key.low; }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.touchpoint = TouchpointIndex(5); }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.instance = InstanceIndex(5); }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.stay = StayIndex(5); }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { ++e.transition; }));
  CHECK(differs([&](C&, J&, I&, S&, E& e) { e.due = t; }));
  CHECK(differs([&](C&, J&, I&, S&, E& e) { e.stale_at = t; }));
  CHECK(differs([&](C&, J&, I&, S&, E& e) { e.handed_out = t; }));
  CHECK(differs([&](C&, J&, I&, S&, E& e) { e.handed_out_as = {{1, 2}, t}; }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.channel = ChannelIndex(1); }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.ended.reset(); }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.task = TaskStatus::done; }));
  CHECK(differs([&](C&, J&, I&, S&, E& e) { e.deadline = t; }));
  CHECK(differs([](C&, J&, I&, S&, E& e) { e.with.push_back(Value("x")); }));
}

TEST_CASE("encode: keeps values of every kind", "[tracking]") {
  CustomerState state = typical().state("21d");
  const Map map = {{Value("k"), Value(List{Value(), Value(true), Value(false), Value(std::int64_t{-5})})},
                   {Value("u"), Value(~std::uint64_t{0})},
                   {Value("d"), Value(-0.5)},
                   {Value("b"), Value(Bytes{std::string("\0\xff", 2)})},
                   {Value("t"), Value(Timestamp{.seconds = -5, .nanos = 999})},
                   {Value("e"), Value(CelDuration{.seconds = -5, .nanos = -999})},
                   {Value("n"), Value(TypeName{"int"})},
                   {Value("m"), Value(Map{})}};
  state.traits = Value(map);

  CHECK(decode(encode(state)) == state);
}
