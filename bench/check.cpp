// `lotse check` of one large journey: the time from its text to its findings, median of several runs.
// usage: bench_check [touchpoints, default 500] [FILE: writes the journey there as well]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "engine/journey/workspace.hpp"

namespace {

using namespace lotse;

constexpr int block = 10;  // touchpoints that one round of the customer's dealings takes
constexpr int runs = 15;

constexpr const char* channels_text = R"yaml(channels:
  web: {}
  app: {}
  email: {adapter: log, purposes: [service]}
  sms: {adapter: log, purposes: [service], quiet_hours: {from: "21:00", to: "08:00"}}
  call_center: {human: true}
)yaml";

constexpr const char* head = R"yaml(journey: large
owner: bench@example.net
key: event.order_id
value: context.amount
stages: [choose, buy, use]
segments: {plan: context.plan, region: customer.region}
context:
  plan:   {type: string}
  amount: {type: number, default: 0}
  slot:   {type: timestamp}
  paid:   {type: boolean, default: false}
remember: [{on: payment, when: event.amount > 0, capture: {paid: "true", amount: event.amount}}]
anywhere: [{to: mail_0, on: outage_opened}]
exit_when: [{on: cancelled, outcome: lost}]
feedback: [{on: answered, scale: csat5, score: event.rating, comment: event.text}]
touchpoints:
)yaml";

// {0}: this round, {1}: what comes after it, {2}: `start: true, ` in the first one.
constexpr const char* round = R"yaml(
  view_{0}:
    stage: choose
    channels: [web, app]
    {2}
    on: viewed_{0}
    capture: {{plan: event.plan, amount: event.amount}}
    next:
      - mail_{0}
      - choose_{0}
      - {{to: nudge_{0}, after: 2d, when: context.amount > {0}, split: test_{0}, share: 50}}
      - {{hold: true, after: 2d, split: test_{0}, share: 50}}
      - {{to: call_{0}, after: 4d, when: "context.plan in ['dsl', 'fibre'] && visits.view_{0} < 3"}}
  choose_{0}:
    stage: choose
    channels: [web, app, call_center]
    on: [chosen_{0}, chosen_again_{0}]
    when: event.product == "broadband" && has(event.slot)
    capture: {{slot: event.slot}}
    promise: 10d
    next: [ready_{0}, pay_{0}, {{to: remind_{0}, at: {{from: context.slot, days: -1, time: "18:00"}}, if_past: skip}}]
  ready_{0}: {{stage: buy, when: context.paid && context.amount >= {0}, next: pay_{0}}}
  pay_{0}:
    stage: buy
    channels: [web, app]
    on: paid_{0}
    turn: us
    promise: 3d
    next: [{{to: use_{0}, when: {{event.amount: {{gte: 1, lt: 1000}}}}}}, view_{0}, {{to: survey_{0}, after: 1d}}]
  use_{0}: {{stage: use, channels: [app], on: used_{0}, {1}}}
  mail_{0}:   {{channels: [email, sms], send: {{template: mail_{0}, purpose: service, with: {{plan: context.plan}}}}}}
  nudge_{0}:  {{channels: [email], send: {{template: nudge_{0}, purpose: service}}, next: [{{to: call_{0}, after: 5d}}]}}
  remind_{0}: {{channels: [sms, email], send: {{template: remind_{0}, purpose: service, with: {{slot: context.slot}}}}}}
  survey_{0}: {{channels: [email], send: {{template: survey_{0}, purpose: service}}, about: pay_{0}}}
  call_{0}:   {{channels: [call_center], handover: {{team: desk}}, promise: 4h}}
)yaml";

/// Rounds of ten touchpoints in a row, with all kinds, delays, splits, promises and conditions; no findings.
std::string large_journey(int touchpoints) {
  std::string text = head;
  const int rounds = std::max(1, touchpoints / block);
  for (int i = 0; i < rounds; ++i) {
    const std::string after = i + 1 < rounds ? fmt::format("next: view_{}", i + 1) : "goal: true";
    text += fmt::format(fmt::runtime(round), i, after, i == 0 ? "start: true" : "title: Look around");
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string text = large_journey(argc > 1 ? std::atoi(argv[1]) : 500);
  if (argc > 2) std::ofstream(argv[2]) << text;
  const auto channels = load_channels("channels.yaml", channels_text);
  std::vector<double> times;
  std::vector<double> work;
  std::size_t touchpoints = 0;
  for (int run = 0; run < runs; ++run) {
    const std::clock_t cpu = std::clock();
    const auto begin = std::chrono::steady_clock::now();
    const auto loaded = load_journey("large.yaml", text, *channels.value);
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
    if (!loaded.findings.empty()) {  // a clean journey goes through every check
      fmt::print(stderr, "{}", render(loaded.findings));
      return 1;
    }
    touchpoints = (*loaded.value)->touchpoints.size();
    times.push_back(taken.count());
    work.push_back(1000.0 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  }
  std::sort(times.begin(), times.end());
  std::sort(work.begin(), work.end());
  fmt::print("lotse check of a journey of {} touchpoints, {} KiB, median of {}\n", touchpoints,
             text.size() / 1024, runs);
  fmt::print("  {:<58}{:>15.0f} ms  {:.0f} ms of CPU (to reach: 100 ms)\n", "from the text to all findings",
             times[runs / 2], work[runs / 2]);
  return 0;
}
