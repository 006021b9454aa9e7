// All 5,040 orders in which seven events can arrive, for a journey that uses every feature of the language.
#include <algorithm>
#include <array>
#include <numeric>

#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

constexpr std::string_view onboarding = R"yaml(
journey: broadband-onboarding
version: 3
title: From order to the first happy week online
owner: onboarding@example.net
key: event.order_id
reentry: unless_goal_achieved
abandon_after: 20d
value: context.order_value
stages: [order, install, use]
segments: {plan: context.plan, region: customer.region}

context:
  plan:        {type: string}
  order_value: {type: number, default: 0}
  slot:        {type: timestamp}
  address:     {type: string, sensitive: true}
  promised_on: {type: timestamp}
  papers:      {type: integer, default: 0}

remember:
  - {on: address_changed, capture: {address: event.address, papers: context.papers + 1}}

anywhere:
  - {to: outage_info, on: outage_opened}

exit_when:
  - {on: order_cancelled, when: "!has(event.undone)", outcome: lost}
  - {on: contract_ended, outcome: ended, instances: all}

promises:
  - {name: online_in_time, from: order, until: online, within: 14d}
  - {name: visit_as_told, from: order, until: technician_visit, by: context.promised_on}

feedback:
  - {on: csat_answered, scale: csat5, score: event.rating, comment: event.text}

touchpoints:
  order:
    stage: order
    channels: [web, app, store]
    start: true
    on: order_placed
    when: event.product == "broadband"
    capture:
      {plan: event.plan, order_value: event.amount, address: event.address, promised_on: event.promised_on}
    next:
      - welcome
      - appointment
      - {to: checked, when: context.papers > 3}
      - {to: nudge, after: 2d, split: nudge-test, share: 45}
      - {to: call_back, after: 2d, split: nudge-test, share: 45}
      - {hold: true, after: 2d, split: nudge-test, share: 10}

  checked: {stage: order, when: context.address != "", next: [appointment]}

  welcome:
    channels: [email, sms]
    send: {template: welcome, purpose: service, with: {plan: context.plan}}
    next: [{to: letter, on: message_failed}]
  letter: {channels: [post], send: {template: welcome_letter, purpose: service}}
  nudge: {channels: [email], send: {template: book_your_slot, purpose: service}, next: [{to: call_back, after: 5d}]}
  call_back: {channels: [call_center], handover: {team: install-desk}, promise: 4h}
  outage_info:
    {channels: [sms, email], send: {template: outage, purpose: service, with: {area: event.area}}}

  appointment:
    stage: install
    channels: [web, call_center]
    on: appointment_booked
    capture: {slot: event.slot}
    moment_of_truth: true
    next:
      - technician_visit
      - {to: eve_reminder, at: {from: context.slot, days: -1, time: "18:00"}, if_past: skip}
  eve_reminder:
    {channels: [sms], send: {template: tomorrow, purpose: service, with: {slot: context.slot}}}

  technician_visit:
    stage: install
    channels: [field]
    on: technician_visited
    asks: [address]
    promise: 10d
    turn: us
    next: [online, appointment, {to: call_back, when: event.result == "failed"}]

  online: {stage: use, channels: [app, web], on: first_login, goal: true, next: [survey, first_bill]}
  survey: {channels: [email], about: technician_visit, send: {template: survey, purpose: service}}
  first_bill: {stage: use, channels: [email, app], on: bill_opened, off_path: ignore, ends: settled}
)yaml";

Properties of_order(Properties more) {
  more.emplace_back("order_id", Value("4711"));
  return more;
}

/// Two at one instant, one without a key, one that hands out, and timers between all of them.
std::vector<Event> seven_events() {
  Story story(onboarding);
  story.event("0s", "order_placed", "web",
              of_order({{"product", Value("broadband")},
                        {"plan", Value("fibre")},
                        {"amount", Value(std::int64_t{49})},
                        {"address", Value("Mill Lane 1")},
                        {"promised_on", Value(format_instant(after("8d")))}}),
              {{"region", Value("north")}});
  const Effect welcome = story.state("1m").journeys[0].effects.at(0);
  story
      .event("1m", "effect_handed_out", "email",
             {{"journey", Value("broadband-onboarding")},
              {"touchpoint", Value("welcome")},
              {"key", Value(hex(welcome.key))},
              {"due", Value(format_instant(welcome.due))}})
      .event("3d", "appointment_booked", "call_center",
             of_order({{"slot", Value(format_instant(after("9d")))}}))
      .event("4d", "address_changed", "app", of_order({{"address", Value("High Street 2")}}))
      .event("9d", "technician_visited", "field", of_order({{"result", Value("failed")}}))
      .event("9d", "csat_answered", "app", {{"rating", Value(2.0)}, {"text", Value("nobody came")}})
      .event("12d", "first_login", "app", of_order({}));
  return story.events();
}

}  // namespace

TEST_CASE("arrival: all 5,040 orders of seven events give one single state", "[tracking]") {
  const Tracker tracker({only_version(onboarding)}, {});
  const std::vector<Event> events = seven_events();
  const std::string expected = encode(tracker.derive(story_customer, events, after("60d")));
  std::array<std::size_t, 7> order{};
  std::iota(order.begin(), order.end(), 0U);
  std::size_t orders = 0;
  std::size_t derived_anew = 0;
  std::size_t equal = 0;

  do {
    CustomerState state = tracker.fresh(story_customer);
    std::vector<Event> arrived;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Event& event = events[order[i]];
      arrived.push_back(event);
      if (Tracker::in_order(state, event)) {
        tracker.advance(state, event);
      } else {
        state = tracker.derive(story_customer, arrived, std::max(state.clock, event.time));
        ++derived_anew;
      }
      // Time goes on while the rest is on its way: timers run out that later arrivals take back.
      tracker.advance_to(state, story_begin + std::chrono::days(10 * i));
    }
    tracker.advance_to(state, after("60d"));
    ++orders;
    if (encode(state) == expected) ++equal;
  } while (std::ranges::next_permutation(order).found);

  CHECK(orders == 5'040);
  CHECK(equal == orders);
  CHECK(derived_anew > orders);
}

TEST_CASE("arrival: what the seven events come to", "[tracking]") {
  Story story(onboarding);
  const Tracker& tracker = story.tracker();
  const CustomerState state = tracker.derive(story_customer, seven_events(), after("60d"));
  REQUIRE(state.journeys[0].instances.size() == 1);
  const Instance& instance = state.journeys[0].instances[0];

  CHECK(
      story.tell(instance) ==
      "achieved \"4711\": order@web start 0s-3d advanced | appointment@call_center transition 3d-9d advanced "
      "forced | technician_visit@field transition 9d-12d advanced said=2 | online@app transition 12d-32d "
      "dropped");
  CHECK(instance.stays[1].deadline == after("13d"));
  CHECK(instance.stays[2].promised == after("13d"));
  REQUIRE(instance.promises.size() == 2);
  CHECK(instance.promises[0].reached == after("12d"));
  CHECK(instance.promises[1].deadline == after("8d"));
  CHECK(instance.promises[1].reached == after("9d"));
  CHECK(state.journeys[0].effects[0].handed_out == after("1m"));
  CHECK(instance.value == 49.0);
}
