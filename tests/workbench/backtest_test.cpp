#include "engine/workbench/backtest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/workbench/backtest_text.hpp"

namespace lotse {
namespace {

using backtest::Change;
using backtest::ChangeCount;
using backtest::ChangeKind;
using backtest::End;

constexpr std::string_view channels_text = R"yaml(channels:
  web: {}
  call_center: {human: true}
  email: {adapter: log, purposes: [service]}
)yaml";

constexpr std::string_view shop = R"yaml(journey: shop
version: 1
key: event.order
abandon_after: 10d
segments: {plan: context.plan}
context: {plan: {type: string}}
exit_when: [{on: cancelled, outcome: lost}]
touchpoints:
  order:
    channels: [web, call_center]
    start: true
    on: ordered
    capture: {plan: event.plan}
    next: [thanks, delivery, {to: reminder, after: 1d}]
  thanks:   {channels: [email], send: {template: thanks, purpose: service}}
  reminder: {channels: [email], send: {template: reminder, purpose: service}}
  delivery: {on: delivered, promise: 3d, goal: true}
)yaml";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// As `shop`, but: gives up after five days, does not thank, reminds a day later, promises two days.
std::string stricter_shop() {
  std::string text = replaced(std::string(shop), "version: 1", "version: 2");
  text = replaced(text, "abandon_after: 10d", "abandon_after: 5d");
  text = replaced(text, "[thanks, delivery, {to: reminder, after: 1d}]",
                  "[delivery, {to: reminder, after: 2d}]");
  text = replaced(text, "  thanks:   {channels: [email], send: {template: thanks, purpose: service}}\n", "");
  return replaced(text, "promise: 3d", "promise: 2d");
}

struct Shop {
  Channels channels = load_channels("channels.yaml", channels_text).value.value();
  WorkspaceSettings settings;

  [[nodiscard]] Tracker tracker(std::string_view text, std::string_view file = "shop.yaml") const {
    auto loaded = load_journey(file, text, channels);
    INFO(render(loaded.findings));
    REQUIRE(loaded.value);
    return backtest::tracker_of(*loaded.value, settings);
  }
};

Instant hour(int hours) {
  return std::chrono::sys_days(std::chrono::year(2024) / 3 / 1) + std::chrono::hours(hours);
}

/// Each event as (hour, type), by the web, or as `type@channel`.
std::vector<Event> events_of(const std::string& customer, const std::string& plan,
                             const std::vector<std::pair<int, std::string>>& what) {
  std::vector<Event> events;
  for (const auto& [at, type] : what) {
    Event event;
    event.id = fmt::format("{}-{}", customer, events.size());
    event.source = "test";
    event.type = type.substr(0, type.find('@'));
    event.channel = type.find('@') == std::string::npos ? "web" : type.substr(type.find('@') + 1);
    event.time = hour(at);
    event.ids = {{.name_space = "user_id", .value = customer}};
    event.properties = Value(Map{{Value("order"), Value("1")}, {Value("plan"), Value(plan)}});
    events.push_back(event);
  }
  return events;
}

/// Five customers; the last event of all is at hour 400.
std::vector<Event> some_events() {
  std::vector<Event> events;
  const auto add = [&](const std::vector<Event>& own) {
    events.insert(events.end(), own.begin(), own.end());
  };
  add(events_of("quick", "basic", {{0, "ordered"}, {10, "delivered"}}));     // before any reminder
  add(events_of("middling", "basic", {{0, "ordered"}, {60, "delivered"}}));  // late by two days' promise
  add(events_of("slow", "plus", {{0, "ordered"}, {200, "delivered"}}));      // dropped, and back
  add(events_of("gone", "plus", {{0, "ordered"}, {30, "cancelled"}}));
  add(events_of("waiting", "plus", {{230, "ordered"}, {400, "something_else"}}));  // 7 days of silence
  return events;
}

backtest::Report run(const Shop& world, const std::vector<Event>& events, const Tracker& after,
                     const Tracker* before, std::uint32_t threads = 1) {
  std::vector<const Tracker*> trackers{&after};
  if (before != nullptr) trackers.push_back(before);
  History history({.identity = {.namespace_rank = {"user_id"}, .limits = {}, .never = {}}}, trackers);
  for (const Event& event : events) history.add(event);
  history.close();
  auto report = backtest::run(history, after, before, world.channels, {.threads = threads});
  REQUIRE(report);
  return *std::move(report);
}

/// `3x promise delivery: kept → broken (middling)`.
std::vector<std::string> told(const backtest::Comparison& against) {
  std::vector<std::string> lines;
  for (const ChangeCount& count : against.changes) {
    std::string line = fmt::format("{}x {}", count.instances, backtest::sentence(count.change));
    for (const backtest::Example& example : count.examples) line += fmt::format(", {}", example.customer);
    lines.push_back(line);
  }
  return lines;
}

std::uint64_t sum_of(const backtest::Comparison& against, ChangeKind kind, const std::string& subject) {
  std::uint64_t sum = 0;
  for (const ChangeCount& count : against.changes) {
    if (count.change.kind == kind && count.change.subject == subject) sum += count.times;
  }
  return sum;
}

}  // namespace

TEST_CASE("backtest: what a journey would have made of recorded events", "[workbench][backtest]") {
  const Shop world;
  const Tracker tracker = world.tracker(shop);
  const backtest::Report report = run(world, some_events(), tracker, nullptr);

  CHECK(report.events == 10);
  CHECK(report.customers == 5);
  CHECK(report.as_of == hour(400));
  CHECK_FALSE(report.before);
  CHECK_FALSE(report.against);
  const backtest::Totals& totals = report.after.totals;
  CHECK(totals.customers == 5);
  CHECK(totals.instances == 5);
  CHECK(totals.ends[static_cast<std::size_t>(End::achieved)] == 3);  // ten days were not over for `slow`
  CHECK(totals.ends[static_cast<std::size_t>(End::exited)] == 1);
  CHECK(totals.ends[static_cast<std::size_t>(End::active)] == 1);
  CHECK(totals.ends[static_cast<std::size_t>(End::dropped)] == 0);
  CHECK(totals.outcomes == std::map<std::string, std::uint64_t, std::less<>>{{"lost", 1}});
  const auto reached = [&](std::string_view id) {
    return std::ranges::find(totals.touchpoints, id, &backtest::TouchpointCount::id)->reached;
  };
  CHECK(reached("order") == 5);
  CHECK(reached("thanks") == 5);
  CHECK(reached("reminder") == 4);  // `quick` was
  CHECK(reached("delivery") == 3);
  // `gone` went before the third day; `waiting` is past it.
  CHECK(totals.promises.at("delivery") ==
        backtest::PromiseCount{.kept = 2, .broken = 2, .open = 0, .released = 1});
}

TEST_CASE("backtest: against another version, who would fare differently", "[workbench][backtest]") {
  const Shop world;
  const Tracker before = world.tracker(shop);
  const Tracker after = world.tracker(stricter_shop(), "stricter.yaml");
  const backtest::Report report = run(world, some_events(), after, &before);

  REQUIRE(report.against);
  const backtest::Comparison& against = *report.against;
  CHECK(told(against) ==
        std::vector<std::string>{
            "1x active → dropped, user_id:waiting", "1x the same end by another way, user_id:slow",
            "5x thanks: does not go out any more, user_id:quick, user_id:middling, user_id:slow",
            "1x reminder: does not go out any more, user_id:gone",
            "3x reminder: goes out at another time, user_id:middling, user_id:slow, user_id:waiting",
            "1x promise delivery: kept → broken, user_id:middling"});
  CHECK(against.instances == 5);
  CHECK(against.changed == 5);
  CHECK(against.customers_changed == 5);
  CHECK(against.segments == std::vector<backtest::SegmentCount>{
                                {.segment = "plan", .value = "plus", .instances = 3, .changed = 3},
                                {.segment = "plan", .value = "basic", .instances = 2, .changed = 2}});
}

TEST_CASE("backtest: the same journey makes no difference", "[workbench][backtest]") {
  const Shop world;
  const Tracker before = world.tracker(shop);
  const Tracker after = world.tracker(replaced(std::string(shop), "version: 1", "version: 2"));
  const backtest::Report report = run(world, some_events(), after, &before);

  CHECK(report.against->changed == 0);
  CHECK(report.against->changes.empty());
  CHECK(backtest::report_text(report).find("None of 5 journeys would have gone differently.") !=
        std::string::npos);
}

TEST_CASE("backtest: instances that only one version has", "[workbench][backtest]") {
  const Shop world;
  const Tracker before = world.tracker(shop);
  const Tracker after = world.tracker(replaced(std::string(shop), "    on: ordered\n",
                                               "    on: ordered\n    when: event.plan == \"plus\"\n"));
  const backtest::Report report = run(world, some_events(), after, &before);

  const auto lines = told(*report.against);
  CHECK(std::ranges::count(lines, "2x achieved → not entered, user_id:quick, user_id:middling") == 1);
  CHECK(report.against->instances == 5);
  CHECK(report.after.totals.instances == 3);
}

TEST_CASE("backtest: the counts of a comparison add up, whatever the threads", "[workbench][backtest]") {
  const Shop world;
  const Tracker before = world.tracker(shop);
  const Tracker after = world.tracker(stricter_shop());
  std::vector<Event> events;
  std::uint32_t dice = 1;
  const auto roll = [&](std::uint32_t sides) {
    dice = dice * 1'664'525U + 1'013'904'223U;
    return (dice >> 16U) % sides;
  };
  for (int customer = 0; customer < 400; ++customer) {
    const int at = static_cast<int>(roll(1000));
    std::vector<std::pair<int, std::string>> what{{at, "ordered"}};
    if (roll(3) == 0) what.emplace_back(at + static_cast<int>(roll(40)) + 1, "ordered@call_center");
    if (roll(4) > 0)
      what.emplace_back(at + static_cast<int>(roll(400)) + 1, roll(5) > 0 ? "delivered" : "cancelled");
    if (roll(3) == 0) what.emplace_back(at + 500, "ordered");  // and again, with the same key
    for (Event& event : events_of(fmt::format("c{}", customer), roll(2) > 0 ? "basic" : "plus", what))
      events.push_back(std::move(event));
  }
  const backtest::Report report = run(world, events, after, &before);
  const backtest::Comparison& against = *report.against;

  for (std::size_t end = 0; end < backtest::end_count; ++end) {
    std::uint64_t row = 0;
    std::uint64_t column = 0;
    for (std::size_t other = 0; other < backtest::end_count; ++other) {
      row += against.ends[end][other];
      column += against.ends[other][end];
    }
    if (end == static_cast<std::size_t>(End::absent)) continue;
    CHECK(row == report.before->totals.ends[end]);
    CHECK(column == report.after.totals.ends[end]);
  }
  for (const std::string subject : {"thanks", "reminder"}) {
    const auto count = [&](const backtest::Totals& totals) {
      const auto found = std::ranges::find(totals.touchpoints, subject, &backtest::TouchpointCount::id);
      return found == totals.touchpoints.end() ? 0 : found->reached;
    };
    CHECK(count(report.before->totals) + sum_of(against, ChangeKind::message_more, subject) ==
          count(report.after.totals) + sum_of(against, ChangeKind::message_less, subject));
  }
  std::int64_t broken = 0;
  for (const ChangeCount& count : against.changes) {
    if (count.change.kind != ChangeKind::promise) continue;
    if (count.change.after == "broken") broken += static_cast<std::int64_t>(count.times);
    if (count.change.before == "broken") broken -= static_cast<std::int64_t>(count.times);
  }
  CHECK(broken == static_cast<std::int64_t>(report.after.totals.promises.at("delivery").broken) -
                      static_cast<std::int64_t>(report.before->totals.promises.at("delivery").broken));
  CHECK(broken > 0);
  std::uint64_t instances = 0;
  std::uint64_t changed = 0;
  for (const backtest::SegmentCount& count : against.segments) {
    instances += count.instances;
    changed += count.changed;
  }
  CHECK(instances == against.instances);
  CHECK(changed == against.changed);
  CHECK(changed > 100);

  // Counted apart, by the friction report: promises that are due.
  const auto past = [](const FrictionReport& friction) {
    return std::ranges::find(friction.rows, "delivery", &FrictionRow::touchpoint)->past_promise;
  };
  for (const backtest::Version* version : {&report.after, &*report.before}) {
    const backtest::PromiseCount& counted = version->totals.promises.at("delivery");
    CHECK(past(version->friction).x == counted.broken);
    CHECK(past(version->friction).n <= counted.broken + counted.kept);
  }

  const std::string text = backtest::report_json(report);
  for (const std::uint32_t threads : {2U, 7U})
    CHECK(backtest::report_json(run(world, events, after, &before, threads)) == text);
}

TEST_CASE("backtest: a second instance with the same key is held against the second one",
          "[workbench][backtest]") {
  const Shop world;
  const Tracker before = world.tracker(shop);
  const Tracker after = world.tracker(stricter_shop());
  const std::vector<Event> events = events_of("again", "plus",
                                              {{0, "ordered"},
                                               {10, "delivered"},
                                               {100, "ordered"},
                                               {110, "ordered@call_center"},
                                               {160, "delivered"}});
  const backtest::Report report = run(world, events, after, &before);

  CHECK(report.against->instances == 2);
  CHECK(told(*report.against) ==
        std::vector<std::string>{"2x thanks: does not go out any more, user_id:again, user_id:again",
                                 "1x reminder: goes out at another time, user_id:again",
                                 "1x promise delivery: kept → broken, user_id:again"});
  CHECK(report.before->totals.promises.at("delivery") ==
        backtest::PromiseCount{.kept = 2, .broken = 0, .open = 0, .released = 0});
}

TEST_CASE("backtest: beside another, a version fares as it does alone", "[workbench][backtest]") {
  // A message that ends the journey is taken for handed out; neither version sees that of the other.
  const std::string ending = replaced(std::string(shop), "template: reminder, purpose: service}}",
                                      "template: reminder, purpose: service}, ends: reminded}");
  const Shop world;
  const Tracker before = world.tracker(replaced(ending, "after: 1d", "after: 2d"));
  const Tracker after = world.tracker(replaced(ending, "version: 1", "version: 2"));
  const std::vector<Event> events = some_events();
  const backtest::Report both = run(world, events, after, &before);

  CHECK(both.after.totals == run(world, events, after, nullptr).after.totals);
  CHECK(both.before->totals == run(world, events, before, nullptr).after.totals);
  CHECK(both.after.totals.outcomes.at("reminded") > 0);
  CHECK(both.after.totals != both.before->totals);
}

TEST_CASE("backtest: says in each format what it cannot tell", "[workbench][backtest]") {
  const Shop world;
  const Tracker before = world.tracker(shop);
  const Tracker after = world.tracker(stricter_shop(), "stricter.yaml");
  const backtest::Report report = run(world, some_events(), after, &before);

  std::string one_line = backtest::report_text(report);
  std::ranges::replace(one_line, '\n', ' ');
  CHECK(one_line.find(backtest::caveat()) != std::string::npos);
  CHECK(backtest::report_markdown(report).find(backtest::caveat()) != std::string::npos);
  CHECK(backtest::report_json(report).find("might have acted otherwise") != std::string::npos);
  CHECK(one_line.find("before: shop.yaml, version 1") != std::string::npos);
  CHECK(one_line.find("after:  stricter.yaml, version 2") != std::string::npos);
}

}  // namespace lotse
