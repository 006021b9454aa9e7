// docs/versions.md: the head count before publishing, and that it comes true.
#include "engine/workbench/publish_plan.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "tests/support/folder.hpp"

using namespace lotse;

namespace {

using Fate = PublishPlan::Fate;
using Texts = std::vector<std::string>;

const Instant begin = parse_instant("2024-03-01T09:00:00Z").value();
Instant hour(std::int64_t hours) { return begin + std::chrono::hours(hours); }

/// Three positions, a message at once and a task; `pack` is what later versions rename or leave out.
const std::string first = R"yaml(
journey: order
version: 1
key: event.order
abandon_after: 90d
touchpoints:
  order: {on: ordered, start: true, next: [pack, thanks]}
  thanks: {channels: [email], send: {template: thanks, purpose: service, stale_after: 60d}}
  pack: {on: packed, next: [sent, check]}
  check: {channels: [call_center], handover: {team: desk}}
  sent: {on: sent, next: [arrived]}
  arrived: {on: arrived, goal: true}
)yaml";

std::string second(std::string_view migrate, std::string_view extra = "") {
  return fmt::format(R"yaml(
journey: order
version: 2
key: event.order
abandon_after: 90d
{}
touchpoints:
  order: {{on: ordered, start: true, next: [packing]}}
  packing: {{on: packed, next: [arrived, welcome, enough]}}
  welcome: {{channels: [email], send: {{template: welcome, purpose: service, stale_after: 60d}}}}
  enough: {{when: visits.order > 0, next: [arrived, hello]}}
  hello: {{channels: [email], send: {{template: hello, purpose: service}}}}
  arrived: {{on: arrived, goal: true}}
{})yaml",
                     migrate, extra);
}

const std::string by_map = "migrate: {from: [1], positions: {pack: packing}}";
const std::string by_replay = "migrate: {from: [1], replay: true}";

Workspace workspace(const Texts& journeys) {
  Workspace workspace;
  workspace.channels = load_channels("channels.yaml", R"yaml(
channels:
  web: {}
  email: {adapter: log, purposes: [service]}
  call_center: {human: true}
)yaml")
                           .value.value();
  JourneyVersions& versions = workspace.journeys.emplace_back();
  for (const std::string& text : journeys) {
    const auto loaded = load_journey("journeys/order.yaml", text, workspace.channels);
    INFO(render(loaded.findings));
    REQUIRE(loaded.value);
    versions.versions.push_back(*loaded.value);
    versions.in_force.push_back(versions.in_force.empty() ? Instant::min() : Instant::max());
  }
  return workspace;
}

Event event(std::int64_t at, std::string type, std::uint32_t order) {
  return {.id = fmt::format("{}-{}", type, order),
          .source = "shop",
          .type = std::move(type),
          .channel = "web",
          .time = hour(at),
          .arrived = hour(at),
          .ids = {{"user_id", fmt::format("u{}", order % 7)}},  // some customers have several orders
          .properties = Value(Map{{Value("order"), Value(std::to_string(order))}})};
}

/// Of 30 orders each third is packed, and of these each second sent.
std::vector<Event> orders() {
  std::vector<Event> events;
  for (std::uint32_t order = 0; order < 30; ++order) {
    events.push_back(event(order, "ordered", order));
    if (order % 3 == 0) events.push_back(event(40 + order, "packed", order));
    if (order % 6 == 0) events.push_back(event(80 + order, "sent", order));
  }
  return events;
}

std::unique_ptr<Engine> open(const std::filesystem::path& file, const Texts& journeys, Instant now) {
  EngineOptions options;
  options.clock = [now] { return now; };
  auto engine = Engine::open(workspace(journeys), file, std::move(options));
  INFO((engine ? "" : engine.error().message));
  REQUIRE(engine);
  return *std::move(engine);
}

/// A store that was run with version 1.
std::filesystem::path store_in(const test::Folder& folder) {
  const auto file = folder / "shop.db";
  const auto engine = open(file, {first}, hour(150));
  REQUIRE(engine->ingest(orders()).value().accepted == 45);
  REQUIRE(engine->checkpoint());
  return file;
}

Result<PublishPlan> plan_of(const std::filesystem::path& file, const Texts& journeys, Instant now,
                            const std::optional<VersionChange>& change = std::nullopt) {
  const auto store = Store::open_for_reading(file);
  REQUIRE(store);
  return plan_publishing(**store, workspace(journeys), now, change);
}

using Counts = std::map<std::string, std::uint64_t>;

/// Where active instances will stand, by the plan: `2 packing`.
Counts foretold(const PublishPlan::Change& change) {
  Counts counts;
  for (const auto& [group, count] : change.instances) {
    if (group.fate == Fate::exits || group.to.starts_with('(')) continue;
    const bool moves = group.fate == Fate::moves || group.fate == Fate::opens;
    counts[moves ? fmt::format("{} {}", group.to_version, group.to)
                 : fmt::format("{} {}", group.version, group.position)] += count;
  }
  return counts;
}

struct Found {
  Counts active;
  Counts pending;  ///< messages
};

Found found(Engine& engine, Instant as_of) {
  Found found;
  REQUIRE(engine.for_each_state({.as_of = as_of}, 1, [&](std::uint32_t, const CustomerState& state) {
    for (const Instance& instance : state.journeys[0].instances) {
      const Journey& journey = engine.tracker().version(0, instance.version);
      if (instance.ended) continue;
      ++found.active[fmt::format("{} {}", journey.version,
                                 at(journey.touchpoints, instance.stays.back().at).id)];
    }
    for (const Effect& effect : state.journeys[0].effects) {
      const Instance& instance = at(state.journeys[0].instances, effect.instance);
      if (effect.task == TaskStatus::none && effect.status(as_of) == EffectStatus::pending)
        ++found.pending[at(engine.tracker().version(0, instance.version).touchpoints, effect.touchpoint).id];
    }
  }));
  return found;
}

std::uint64_t number(const std::map<PublishPlan::Sending, std::uint64_t>& sendings, std::string touchpoint,
                     bool task = false) {
  const auto one = sendings.find({.touchpoint = std::move(touchpoint), .task = task});
  return one == sendings.end() ? 0 : one->second;
}

}  // namespace

TEST_CASE("publish plan: nothing new is nothing to publish", "[workbench][publish]") {
  const test::Folder folder;
  const auto file = store_in(folder);
  const auto plan = plan_of(file, {first}, hour(200));
  REQUIRE(plan);
  CHECK(plan->changes.empty());
  CHECK(publish_plan_text(*plan, {}) ==
        "nothing to publish: the store knows every version of the workspace\n");
}

TEST_CASE("publish plan: by a map of positions, who moves, stays and has no place", "[workbench][publish]") {
  const test::Folder folder;
  const auto file = store_in(folder);
  const Instant now = hour(200);

  const auto plan = plan_of(file, {first, second(by_map)}, now);

  REQUIRE(plan);
  REQUIRE(plan->changes.size() == 1);
  const PublishPlan::Change& change = plan->changes[0];
  CHECK(plan->as_of == now);
  CHECK(change.published.at(0).number == 2);
  CHECK(change.count(Fate::moves) == 25);    // 20 at `order`, 5 at `pack`
  CHECK(change.count(Fate::unplaced) == 5);  // at `sent`, which version 2 does not have
  CHECK(change.count(Fate::stays) == 0);
  // Those at `pack` reach the milestone `enough` at once, which says hello.
  CHECK(foretold(change) == Counts{{"1 sent", 5}, {"2 enough", 5}, {"2 order", 20}});
  CHECK(number(change.sent, "hello") == 5);
  CHECK(number(change.sent, "welcome") == 0);
  CHECK(number(change.withdrawn, "thanks") == 20);  // of those at `order`
  CHECK(number(change.withdrawn, "check", true) == 5);

  SECTION("and so it comes") {
    const auto before = found(*open(file, {first}, now), now);
    const auto engine = open(file, {first, second(by_map)}, now);
    const Found after = found(*engine, now);
    CHECK(after.active == foretold(change));
    CHECK(after.pending.at("hello") == 5);
    CHECK(before.pending.at("thanks") - (after.pending.contains("thanks") ? after.pending.at("thanks") : 0) ==
          number(change.withdrawn, "thanks"));
  }
  SECTION("nothing was written") {
    const auto again = plan_of(file, {first}, now);
    CHECK(again->changes.empty());
  }
  SECTION("as text and as JSON") {
    const std::string text = publish_plan_text(*plan, {.width = 100});
    CHECK(text.find("order version 2: new, in force from 2024-03-09T17:00:00Z (journeys/order.yaml)\n"
                    "  instances: 0 stay, 25 move, 5 find no place, 0 exit\n") == 0);
    CHECK(text.find("  sent at once: hello 5\n  withdrawn: task check 5, thanks 20\n") != std::string::npos);
    CHECK(publish_plan_json(*plan).find("\"unplaced\": 5") != std::string::npos);
  }
}

TEST_CASE("publish plan: by replay, what the events come to under the newer graph", "[workbench][publish]") {
  const test::Folder folder;
  const auto file = store_in(folder);
  const Instant now = hour(200);
  const auto plan = plan_of(file, {first, second(by_replay)}, now);
  REQUIRE(plan);
  const PublishPlan::Change& change = plan->changes.at(0);

  // `sent` is no event of version 2: who was there stands where `packed` led.
  CHECK(foretold(change) == Counts{{"2 enough", 10}, {"2 order", 20}});
  CHECK(change.count(Fate::moves) == 30);
  CHECK(number(change.sent, "hello") == 0);  // its time is long past
  // Due at the very instant at which its stay ended, it stands (docs/decisions/0031), and is fresh for 60
  // days.
  CHECK(number(change.sent, "welcome") == 10);

  const auto engine = open(file, {first, second(by_replay)}, now);
  CHECK(found(*engine, now).active == foretold(change));
}

TEST_CASE("publish plan: without `migrate` all stay", "[workbench][publish]") {
  const test::Folder folder;
  const auto file = store_in(folder);
  const auto plan = plan_of(file, {first, second("")}, hour(200));
  REQUIRE(plan);
  CHECK(plan->changes.at(0).count(Fate::stays) == 30);
  CHECK(plan->changes.at(0).sent.empty());
  CHECK(plan->changes.at(0).withdrawn.empty());
}

TEST_CASE("publish plan: a version that comes into force later is told as of then", "[workbench][publish]") {
  const test::Folder folder;
  const auto file = store_in(folder);
  const Instant later = hour(400);
  const auto plan =
      plan_of(file, {first, second(by_map + "\nin_force_from: " + format_instant(later))}, hour(200));
  REQUIRE(plan);
  CHECK(plan->as_of == later);
  CHECK(plan->changes.at(0).count(Fate::moves) == 25);
}

TEST_CASE("publish plan: other content under a published number is refused, naming both",
          "[workbench][publish]") {
  const test::Folder folder;
  const auto file = store_in(folder);
  std::string changed = first;
  changed.replace(changed.find("90d"), 3, "80d");
  const auto plan = plan_of(file, {changed}, hour(200));
  REQUIRE_FALSE(plan);
  CHECK(plan.error().code == ErrorCode::conflict);
  const auto hash = [](const std::string& text) {
    return workspace({text}).journeys[0].versions[0]->content_hash.substr(0, 12);
  };
  CHECK(plan.error().message ==
        fmt::format("journeys/order.yaml: journey `order` version 1 was published with other content ({}) "
                    "than the file has now ({}): raise its `version`",
                    hash(first), hash(changed)));
}

TEST_CASE("publish plan: stopping a version, and that it comes true, also after opening the store again",
          "[workbench][publish]") {
  const test::Folder folder;
  const auto file = store_in(folder);
  const Instant now = hour(200);
  VersionChange change;
  {
    const auto store = Store::open_for_reading(file);
    REQUIRE(store);
    const auto published = (*store)->published().value();
    change = version_change(published, "order", std::nullopt, VersionChange::What::stopped, now).value();
    CHECK_FALSE(version_change(published, "order", 7, VersionChange::What::stopped, now));
    CHECK_FALSE(version_change(published, "order", 1, VersionChange::What::resumed, now));
  }
  const auto plan = plan_of(file, {first}, now, change);
  REQUIRE(plan);
  CHECK(plan->changes.at(0).count(Fate::exits) == 30);
  CHECK(plan->changes.at(0).withdrawn.size() == 2);  // thanks, check
  CHECK(publish_plan_text(*plan, {}).find("order version 1: to be stopped\n") == 0);

  {
    const auto writer = Store::open_for_writing(file, EngineOptions{}.wal_bytes);
    REQUIRE(writer);
    REQUIRE((*writer)->begin());
    REQUIRE((*writer)->change_version(change));
    REQUIRE((*writer)->commit());
  }
  for (const std::int64_t days : {0, 1}) {
    const auto engine = open(file, {first}, now + std::chrono::days(days));
    CHECK(found(*engine, now).active.empty());
    CHECK(found(*engine, now).pending.empty());
    // Earlier it is as it was.
    CHECK(found(*engine, now - Duration(1)).active == Counts{{"1 order", 20}, {"1 pack", 5}, {"1 sent", 5}});
    REQUIRE(engine->checkpoint());
  }
  const auto engine = open(file, {first}, hour(260));
  REQUIRE(engine->ingest(std::vector{event(250, "ordered", 99)}));
  CHECK(found(*engine, hour(260)).active.empty());
}

TEST_CASE("publish plan: draining lets all finish, and is undone", "[workbench][publish]") {
  const test::Folder folder;
  const auto file = store_in(folder);
  const auto change = [&](VersionChange::What what, Instant at) {
    const auto writer = Store::open_for_writing(file, EngineOptions{}.wal_bytes);
    REQUIRE(writer);
    const auto made = version_change((*writer)->published().value(), "order", 1, what, at);
    if (!made) return made.error().message;
    REQUIRE((*writer)->begin());
    REQUIRE((*writer)->change_version(*made));
    REQUIRE((*writer)->commit());
    return std::string();
  };
  const auto plan = plan_of(
      file, {first}, hour(200),
      VersionChange{.journey = "order", .version = 1, .what = VersionChange::What::drained, .at = hour(200)});
  CHECK(plan->changes.at(0).count(Fate::stays) == 30);

  CHECK(change(VersionChange::What::drained, hour(200)).empty());
  CHECK(change(VersionChange::What::drained, hour(201)) ==
        "journey `order` version 1 cannot be drained: it is drained already");
  CHECK(change(VersionChange::What::resumed, hour(300)).empty());
  const auto engine = open(file, {first}, hour(400));
  REQUIRE(engine->ingest(std::vector{event(199, "ordered", 101), event(250, "ordered", 102),
                                     event(299, "ordered", 103), event(300, "ordered", 104)}));
  CHECK(found(*engine, hour(400)).active == Counts{{"1 order", 22}, {"1 pack", 5}, {"1 sent", 5}});
}
