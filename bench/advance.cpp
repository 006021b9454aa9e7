// How fast the core is: `advance` and `derive` per event, `encode` and `decode` per state, on one core; with
// few customers, whose states and events stay in the cache, and with many, which come from memory.
//
// The journey is the typical one: order, appointment, visit, online, with a message at once, a delay, a
// calendar time, a key, captures and a segment. Of each customer's seven events five move it, one is
// remembered, one is nobody's.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/tracker.hpp"

namespace {

using namespace lotse;

constexpr std::string_view channels_text = R"(
channels:
  web: {}
  app: {}
  email: {purposes: [service]}
  sms: {purposes: [service]}
  call_center: {human: true}
  field: {human: true}
)";

constexpr std::string_view journey_text = R"(
journey: onboarding
version: 1
key: event.order_id
abandon_after: 30d
value: context.order_value
segments: {plan: context.plan}
context:
  plan: {type: string}
  order_value: {type: number, default: 0}
  slot: {type: timestamp}
  address: {type: string}
remember: [{on: address_changed, capture: {address: event.address}}]
exit_when: [{on: order_cancelled, outcome: lost}]
feedback: [{on: csat_answered, scale: csat5, score: event.rating}]
touchpoints:
  order:
    channels: [web, app]
    start: true
    on: order_placed
    when: event.product == "broadband"
    capture: {plan: event.plan, order_value: event.amount, address: event.address}
    next: [welcome, appointment, {to: nudge, after: 2d}]
  welcome: {channels: [email], send: {template: welcome, purpose: service, with: {plan: context.plan}}}
  nudge: {channels: [email], send: {template: nudge, purpose: service}}
  appointment:
    channels: [web, call_center]
    on: appointment_booked
    capture: {slot: event.slot}
    next: [technician_visit, {to: eve, at: {from: context.slot, days: -1, time: "18:00"}, if_past: skip}]
  eve: {channels: [sms], send: {template: eve, purpose: service, with: {slot: context.slot}}}
  technician_visit:
    channels: [field]
    on: technician_visited
    promise: 10d
    turn: us
    next: [online, appointment, {to: call_back, when: event.result == "failed"}]
  call_back: {channels: [call_center], handover: {team: desk}, promise: 4h}
  online: {channels: [app, web], on: first_login, goal: true, next: [first_bill]}
  first_bill: {channels: [email, app], on: bill_opened, ends: settled}
)";

constexpr std::size_t events_each = 7;

template <class T>
T loaded(Loaded<T> result) {
  if (!result.value) {
    std::fputs(render(result.findings).c_str(), stderr);
    std::exit(1);
  }
  return *std::move(result.value);
}

Tracker make_tracker() {
  const Channels channels = loaded(load_channels("channels.yaml", channels_text));
  const auto journey = loaded(load_journey("onboarding.yaml", journey_text, channels));
  return {{{.versions = {journey}, .in_force = {Instant::min()}}}, {}};
}

Event make(std::size_t customer, std::size_t number, std::string_view type, std::string_view channel,
           std::chrono::hours at, Map properties) {
  Event event{.id = fmt::format("{:08}-{}", customer, number), .source = "bench"};
  event.type = type;
  event.channel = channel;
  event.time = Instant(std::chrono::days(19'700)) + at;
  properties.emplace_back(Value("order_id"), Value(fmt::format("order-{}", customer)));
  event.properties = Value(std::move(properties));
  return event;
}

std::vector<Event> history(std::size_t customer) {
  using std::chrono::hours;
  return {
      make(customer, 0, "order_placed", "web", hours(0),
           {{Value("product"), Value("broadband")},
            {Value("plan"), Value(customer % 2 == 0 ? "fibre" : "dsl")},
            {Value("amount"), Value(49.9)},
            {Value("address"), Value("Mill Lane 1")}}),
      make(customer, 1, "page_viewed", "web", hours(1), {{Value("page"), Value("/help")}}),
      make(customer, 2, "appointment_booked", "call_center", hours(60),
           {{Value("slot"), Value("2023-12-24T10:00:00Z")}}),
      make(customer, 3, "address_changed", "app", hours(80), {{Value("address"), Value("High Street 2")}}),
      make(customer, 4, "technician_visited", "field", hours(240), {{Value("result"), Value("ok")}}),
      make(customer, 5, "first_login", "app", hours(250), {}),
      make(customer, 6, "bill_opened", "email", hours(600), {})};
}

/// Of this thread's CPU, so that a busy machine shows less.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds(auto&& work) {
  const double begin = cpu_seconds();
  work();
  return cpu_seconds() - begin;
}

/// Median of several runs, in nanoseconds for each of `count`; `prepare` is not counted.
double median_ns(std::size_t count, auto&& work, auto&& prepare) {
  std::array<double, 15> runs{};
  for (double& run : runs) {
    prepare();
    run = seconds(work) / static_cast<double>(count) * 1e9;
  }
  std::ranges::nth_element(runs, runs.begin() + 7);
  return runs[7];
}

double median_ns(std::size_t count, auto&& work) {
  return median_ns(count, work, [] {});
}

void measure(const Tracker& tracker, std::size_t customers) {
  std::vector<std::vector<Event>> histories;
  for (std::size_t customer = 0; customer < customers; ++customer) histories.push_back(history(customer));
  const std::size_t events = customers * events_each;
  std::vector<CustomerState> states(customers);

  // Event by event through all customers, as they come in.
  const double advance_ns = median_ns(
      events,
      [&] {
        for (std::size_t number = 0; number < events_each; ++number) {
          for (std::size_t i = 0; i < customers; ++i) tracker.advance(states[i], histories[i][number]);
        }
      },
      [&] {
        for (std::size_t i = 0; i < customers; ++i) states[i] = tracker.fresh(histories[i][0].id);
      });
  const Instant end = states[0].clock;
  const double derive_ns = median_ns(events, [&] {
    for (std::size_t i = 0; i < customers; ++i)
      states[i] = tracker.derive(histories[i][0].id, histories[i], end);
  });

  for (std::size_t i = 0; i < customers; ++i)
    states[i] = tracker.derive("user_id:1", std::span(histories[i]).first(6), end);
  std::vector<std::string> encoded(customers);
  const double encode_ns = median_ns(customers, [&] {
    for (std::size_t i = 0; i < customers; ++i) encode(states[i], encoded[i]);
  });
  // As intake does: into the same memory each time.
  StateDecoder decoder;
  std::uint64_t looked_at = 0;
  const double decode_ns = median_ns(customers, [&] {
    for (std::size_t i = 0; i < customers; ++i) looked_at += decoder.decode(encoded[i]).events;
  });

  LOTSE_ASSERT(looked_at > 0);
  fmt::print(
      "{:>7} customers: advance {:.2f} M events/s ({:.0f} ns each), derive {:.2f} M events/s ({:.0f} ns)\n",
      customers, 1e3 / advance_ns, advance_ns, 1e3 / derive_ns, derive_ns);
  fmt::print("{:>7} customers: encode {:.0f} ns, decode {:.0f} ns; {} bytes (4 stays, 2 messages)\n",
             customers, encode_ns, decode_ns, encoded[0].size());
}

}  // namespace

int main() {
  const Tracker tracker = make_tracker();
  measure(tracker, 200);
  measure(tracker, 20'000);
  return 0;
}
