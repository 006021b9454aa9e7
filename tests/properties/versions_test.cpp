// Two versions, of which the second takes over by a map, by replay or not at all, drained and stopped at any
// time: P1, P4 and P5 hold all the same. docs/versions.md.
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/properties/histories.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

std::string draw_migration(Dice& dice) {
  switch (dice.roll(4)) {
    case 0:
      return "";
    case 1:
      return "migrate: {from: [1]}\n";
    case 2:
      return "migrate: {from: [1], positions: {p1: p3, p2: p0}}\n";
    default:
      return "migrate: {from: [1], replay: true}\n";
  }
}

Tracker draw_versions(Dice& dice) {
  const std::string first = draw_journey(dice);
  std::string second = dice.one_in(3) ? draw_journey(dice) : first;
  second.replace(second.find("version: 1\n"), 11, "version: 2\n" + draw_migration(dice));
  RC_LOG() << first << second << "\n";
  JourneyVersions versions = tracker_of(first, second).journeys().front();
  for (std::size_t version = 0; version < 2; ++version) {
    std::vector<Drain> drains;
    if (dice.one_in(4)) {
      const Instant from = some_time(dice);
      drains.push_back(
          {.from = from, .until = dice.one_in(2) ? from + std::chrono::days(2) : Instant::max()});
    }
    versions.drains.push_back(std::move(drains));
    versions.stopped.push_back(dice.one_in(4) ? some_time(dice) : Instant::max());
  }
  WorkspaceSettings settings;
  settings.zone = "Europe/Berlin";
  return {{std::move(versions)}, std::move(settings)};
}

/// Whatever has been taken over, all indices lead somewhere, one instance of a key is active, and no two
/// effects are known by one key.
void check_whole(const Tracker& tracker, const CustomerState& state) {
  const JourneyState& journey = state.journeys[0];
  std::vector<std::uint32_t> open_tasks(journey.instances.size());
  std::set<EffectKey> keys;
  for (const Effect& effect : journey.effects) {
    const Instance& instance = at(journey.instances, effect.instance);
    RC_ASSERT(effect.stay.value() < instance.stays.size());
    RC_ASSERT(effect.touchpoint.value() < tracker.version(0, instance.version).touchpoints.size());
    if (effect.task == TaskStatus::open) ++at(open_tasks, effect.instance);
    RC_ASSERT(keys.insert(effect.known_as()).second);
  }
  RC_ASSERT(std::ranges::is_sorted(journey.effects, {}, &Effect::due));
  for (std::size_t i = 0; i < journey.instances.size(); ++i) {
    const Instance& instance = journey.instances[i];
    const Journey& own = tracker.version(0, instance.version);
    RC_ASSERT(!instance.stays.empty());
    RC_ASSERT(instance.context.size() == own.context.size());
    RC_ASSERT(instance.visits.size() == own.touchpoints.size());
    RC_ASSERT(open_tasks[i] == instance.open_tasks);
    const bool left = instance.stays.back().cause != Cause::open;
    RC_ASSERT(instance.ended == left);
    for (const Stay& stay : instance.stays) RC_ASSERT(stay.segments < instance.segment_sets.size());
    for (std::size_t j = i + 1; j < journey.instances.size(); ++j) {
      const Instance& other = journey.instances[j];
      const bool same_key = instance.key ? other.key && instance.key->identical(*other.key) : !other.key;
      RC_ASSERT((instance.ended || other.ended || !same_key));
    }
  }
}

}  // namespace

TEST_CASE("P1, P4, P5: with versions that take over, are drained and are stopped", "[property]") {
  REQUIRE(rc::check("", [] {
    Dice dice = draw_dice();
    const Tracker tracker = draw_versions(dice);
    std::vector<Event> events = draw_history(dice);
    draw_hand_outs(dice, tracker, events);
    const CustomerState last = tracker.derive(some_customer, events, the_end());
    const std::string expected = encode(last);
    check_whole(tracker, last);
    RC_ASSERT(encode(decode(expected)) == expected);

    std::ranges::sort(events, {}, &Event::key);
    for (const bool shuffled : {false, true}) {
      if (shuffled) shuffle(dice, events);
      Keeper keeper(tracker, std::string(some_customer));
      for (const Event& event : events) {
        keeper.take(event);
        if (dice.one_in(2)) keeper.wait(some_time(dice));
      }
      keeper.wait(the_end());
      RC_ASSERT(encode(keeper.state()) == expected);
    }

    const Instant then = some_time(dice);
    std::vector<Event> until_then;
    std::ranges::copy_if(events, std::back_inserter(until_then),
                         [&](const Event& event) { return event.time <= then; });
    const CustomerState as_of = tracker.derive(some_customer, events, then);
    check_whole(tracker, as_of);
    RC_ASSERT(encode(as_of) == encode(tracker.derive(some_customer, until_then, then)));
  }));
}
