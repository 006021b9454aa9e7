#include "tests/end_to_end/decoy_logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tests/end_to_end/orders.hpp"
#include "tests/support/dice.hpp"

namespace lotse::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* journey_yaml = R"(
journey: broadband
version: 1
title: From order to use
owner: install@example.net
abandon_after: 10d
segments: {{plan: context.plan, region: context.region}}
context:
  plan: {{type: string}}
  region: {{type: string}}
feedback:
  - {{on: rated, scale: stars, score: event.score}}
touchpoints:
  ordered:
    channels: [web, app]
    start: true
    on: ordered
    capture: {{plan: event.plan, region: event.region}}
    next: [details]
  details: {{channels: [web, app], on: details, next: [{after_details}]}}
{decoy}
  papers: {{channels: [web, app], on: papers, next: [appointment]}}
  appointment: {{channels: [web, app], on: appointment, next: [visit]}}
  visit: {{channels: [web, app], on: visit, promise: 4d, next: [setup]}}
  setup: {{channels: [web, app], on: setup, next: [used]}}
  used: {{channels: [web, app], on: used, goal: true}}
)";
constexpr const char* channels_yaml = "channels:\n  web: {title: Web}\n  app: {title: App}\n";

std::string decoy_yaml(Decoy decoy) {
  switch (decoy) {
    case Decoy::declared:
      return "  decoy: {channels: [web, app], on: decoy, target: 0.4, next: [papers]}";
    case Decoy::structural:
      return "  decoy: {channels: [web, app], on: decoy, ends: refused}";
    case Decoy::timer:
      return "  decoy: {when: has(context.plan), next: [papers]}";
    case Decoy::tiny:
    case Decoy::simpson:
    case Decoy::slow:
      return "  decoy: {channels: [web, app], on: decoy, next: [papers]}";
  }
  return {};
}

std::string_view after_details(Decoy decoy) {
  const bool some = decoy == Decoy::tiny || decoy == Decoy::structural;
  return decoy == Decoy::timer ? "{to: decoy, after: 3d}" : some ? "papers, decoy" : "decoy";
}

/// One customer's walk.
class Walk {
 public:
  Walk(Decoy decoy, std::size_t number, Dice& dice, std::vector<Event>& events)
      : decoy_(decoy),
        dice_(dice),
        events_(events),
        user_(fmt::format("u{}", number)),
        now_(Instant(24h * 19'700) + Duration{1min} * dice(90 * 24 * 60)),
        hard_(dice.one_in(2)),
        web_(chance(decoy == Decoy::simpson ? (hard_ ? 0.9 : 0.1) : 0.5)) {}

  void run() {
    for (const char* step : {"ordered", "details"}) {
      if (!visit(step, 0.1)) return;
    }
    if (decoy_ == Decoy::structural && chance(0.15)) return send("decoy");
    if (decoy_ != Decoy::tiny || chance(0.012)) {
      if (!visit_decoy()) return;
    }
    if (!visit("papers", 0.1) || !visit("appointment", 0.35)) return;
    if (!visit("visit", 0.1) || !visit("setup", 0.1)) return;
    send("used");
  }

 private:
  bool chance(double p) { return dice_(1'000'000) < static_cast<int>(p * 1'000'000); }

  /// Whether the customer goes on from there.
  bool visit(std::string_view step, double drops, int least_hours = 1, int most_hours = 72) {
    send(step);
    if (dice_.one_in(12)) {  // again, perhaps in the other channel
      now_ += 20min;
      if (dice_.one_in(2) && decoy_ != Decoy::simpson) web_ = !web_;
      send(step);
    }
    if (dice_.one_in(5)) rate();
    now_ += Duration{1min} * (60 * least_hours + dice_(60 * (most_hours - least_hours)));
    return !chance(drops);
  }

  bool visit_decoy() {
    switch (decoy_) {
      case Decoy::declared:
        return visit("decoy", 0.4);
      case Decoy::tiny:
        return visit("decoy", 0.95);
      case Decoy::simpson:
        return visit("decoy", hard_ ? (web_ ? 0.17 : 0.22) : (web_ ? 0.02 : 0.05));
      case Decoy::slow:
        return visit("decoy", 0.1, 140, 230);
      case Decoy::timer:
        now_ += 72h;  // our delay, which the customer waits for
        return !chance(0.1);
      case Decoy::structural:
        return true;
    }
    return true;
  }

  void rate() {
    const Instant back = now_;
    now_ += 5min;
    send("rated");
    now_ = back;
  }

  void send(std::string_view type) {
    Map properties;
    if (type == "ordered") {
      properties.emplace_back(Value("plan"), Value(hard_ ? "adsl" : "fibre"));
      properties.emplace_back(Value("region"), Value(dice_.one_in(3) ? "north" : "south"));
    }
    if (type == "rated") properties.emplace_back(Value("score"), Value(std::int64_t{1} + dice_(5)));
    Event& event = events_.emplace_back();
    event.id = fmt::format("{}-{}", user_, ++sent_);
    event.source = "shop";
    event.type = type;
    event.channel = web_ ? "web" : "app";
    event.time = now_;
    event.ids = {{"user_id", user_}};
    event.properties = Value(std::move(properties));
  }

  Decoy decoy_;
  Dice& dice_;
  std::vector<Event>& events_;
  std::string user_;
  Instant now_;
  bool hard_;
  bool web_;
  int sent_ = 0;
};

}  // namespace

std::string_view name(Decoy decoy) {
  constexpr std::string_view names[] = {"declared", "tiny", "simpson", "slow", "structural", "timer"};
  return names[static_cast<std::size_t>(decoy)];
}

void write_decoy_workspace(const std::filesystem::path& workspace, Decoy decoy) {
  write_file(workspace / "lotse.yaml", "zone: UTC\n");
  write_file(workspace / "channels.yaml", channels_yaml);
  write_file(workspace / "journeys" / "broadband.yaml",
             fmt::format(fmt::runtime(journey_yaml), fmt::arg("after_details", after_details(decoy)),
                         fmt::arg("decoy", decoy_yaml(decoy))));
}

std::vector<Event> decoy_events(Decoy decoy, std::size_t customers) {
  Dice dice(1900 + static_cast<std::uint64_t>(decoy));
  std::vector<Event> events;
  for (std::size_t number = 0; number < customers; ++number) Walk(decoy, number, dice, events).run();
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.time < b.time; });
  return events;
}

std::string line_of(const Event& event) {
  return fmt::format(
      R"({{"id":"{}","source":"{}","type":"{}","time":"{}","channel":"{}","ids":{{"user_id":"{}"}},"properties":{}}})",
      event.id, event.source, event.type, format_instant(event.time), event.channel, event.ids[0].value,
      to_json(event.properties));
}

}  // namespace lotse::test
