// P1, P2, P4, P5 and P7 of SEMANTICS.md, section 4, over drawn journeys and histories.
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/base/diagnostic.hpp"
#include "tests/properties/histories.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

struct Drawn {
  std::string journey;
  Tracker tracker;
  std::vector<Event> events;
};

Drawn draw(Dice& dice) {
  const std::string journey = draw_journey(dice);
  const bool two = dice.one_in(3);
  std::string second = two ? draw_journey(dice) : std::string();
  if (two) second.replace(second.find("version: 1"), 10, "version: 2");
  Drawn drawn{.journey = journey, .tracker = tracker_of(journey, second), .events = draw_history(dice)};
  draw_hand_outs(dice, drawn.tracker, drawn.events);
  RC_LOG() << journey << second << "\n";
  for (const Event& event : drawn.events) {
    RC_LOG() << format_instant(event.time) << " " << event.id << " " << event.source << " " << event.type
             << " " << event.channel << " " << to_json(event.properties) << "\n";
  }
  return drawn;
}

std::vector<Event> by_key(std::vector<Event> events) {
  std::ranges::sort(events, {}, &Event::key);
  return events;
}

/// What a stay was as of `then`, of that which carries a time.
struct Seen {
  TouchpointIndex at;
  std::optional<ChannelIndex> channel;
  Entry entry;
  bool revived;
  bool forced_hop;
  Instant entered;
  Cause cause;
  Instant left;
  std::optional<TouchpointIndex> to;
  std::optional<Instant> recovered;
  std::optional<Instant> escalated;
  std::optional<Instant> promised;
  std::uint32_t segments;
  std::vector<Feedback> feedback;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen seen(const Stay& stay, Instant then) {
  const auto by_then = [&](const std::optional<Instant>& at) {
    return at && *at <= then ? at : std::nullopt;
  };
  const bool left = stay.cause != Cause::open && stay.left <= then;
  Seen result{.at = stay.at,
              .channel = stay.channel,
              .entry = stay.entry,
              .revived = stay.revived,
              .forced_hop = stay.forced_hop,
              .entered = stay.entered,
              .cause = left ? stay.cause : Cause::open,
              .left = left ? stay.left : Instant{},
              .to = left ? stay.to : std::nullopt,
              .recovered = by_then(stay.recovered),
              .escalated = by_then(stay.escalated),
              .promised = stay.promised,
              .segments = stay.segments,
              .feedback = {}};
  for (const Feedback& feedback : stay.feedback) {
    if (feedback.at <= then) result.feedback.push_back(feedback);
  }
  return result;
}

std::vector<std::vector<Seen>> seen(const CustomerState& state, Instant then) {
  std::vector<std::vector<Seen>> result;
  for (const Instance& instance : state.journeys[0].instances) {
    if (instance.opened > then) continue;
    auto& stays = result.emplace_back();
    for (const Stay& stay : instance.stays) {
      if (stay.entered <= then) stays.push_back(seen(stay, then));
    }
  }
  return result;
}

/// Instances by status, stays by cause, visits and tasks add up.
void check_conservation(const CustomerState& state) {
  const JourneyState& journey = state.journeys[0];
  std::vector<const Instance*> active;

  for (std::size_t number = 0; number < journey.instances.size(); ++number) {
    const Instance& instance = journey.instances[number];
    RC_ASSERT(!instance.stays.empty());
    RC_ASSERT(instance.stays.front().entered == instance.opened);
    RC_ASSERT(instance.ended == (instance.stays.back().cause != Cause::open));
    RC_ASSERT((instance.pending.empty() || !instance.ended));
    RC_ASSERT(std::ranges::is_sorted(instance.pending, {}, &PendingTransition::due));
    std::vector<std::uint32_t> reached(instance.visits.size());
    for (std::size_t i = 0; i < instance.stays.size(); ++i) {
      const Stay& stay = instance.stays[i];
      const bool last = i + 1 == instance.stays.size();
      // Conditions in parentheses of their own: rapidcheck's capture does not short-circuit.
      RC_ASSERT((stay.entry == Entry::start) == (i == 0));
      RC_ASSERT((stay.cause != Cause::open || last));
      RC_ASSERT((stay.cause == Cause::open || stay.entered <= stay.left));
      RC_ASSERT((last || stay.left <= instance.stays[i + 1].entered));
      RC_ASSERT((last || stay.cause == Cause::dropped || stay.left == instance.stays[i + 1].entered));
      RC_ASSERT((last || stay.cause != Cause::dropped || stay.recovered == instance.stays[i + 1].entered));
      RC_ASSERT((last || stay.to == std::nullopt || *stay.to == instance.stays[i + 1].at));
      RC_ASSERT(stay.segments < instance.segment_sets.size());
      if (stay.entry != Entry::hop) ++at(reached, stay.at);
    }
    std::uint32_t open_tasks = 0;
    for (const Effect& effect : journey.effects) {
      if (effect.instance.value() != number) continue;
      ++at(reached, effect.touchpoint);
      if (effect.task == TaskStatus::open) ++open_tasks;
    }
    RC_ASSERT(reached == instance.visits);
    RC_ASSERT(open_tasks == instance.open_tasks);
    if (!instance.ended) active.push_back(&instance);
  }
  RC_ASSERT(std::ranges::is_sorted(journey.effects, {}, &Effect::due));
  for (std::size_t i = 0; i < active.size(); ++i) {
    for (std::size_t j = i + 1; j < active.size(); ++j) {
      // None is a key of its own: of a version without one, beside a later version's that has one.
      const auto& a = active[i]->key;
      const auto& b = active[j]->key;
      RC_ASSERT((a.has_value() != b.has_value() || (a && !a->identical(*b))));
    }
  }
}

}  // namespace

TEST_CASE("P1: any order of arrival gives the same state", "[property]") {
  REQUIRE(rc::check("", [] {
    Dice dice = draw_dice();
    const Drawn drawn = draw(dice);
    const std::string expected = encode(drawn.tracker.derive(some_customer, drawn.events, the_end()));
    // In their order too: then what comes late does so for the timers that ran out meanwhile.
    std::vector<Event> arriving = by_key(drawn.events);
    for (const bool shuffled : {false, true}) {
      if (shuffled) shuffle(dice, arriving);
      Keeper keeper(drawn.tracker, std::string(some_customer));
      for (const Event& event : arriving) {
        keeper.take(event);
        if (dice.one_in(2)) keeper.wait(some_time(dice));
      }
      keeper.wait(the_end());

      RC_ASSERT(encode(keeper.state()) == expected);
      RC_ASSERT(encode(drawn.tracker.derive(some_customer, arriving, the_end())) == expected);
    }
  }));
}

TEST_CASE("P2: duplicates change nothing; with other content the first wins", "[property]") {
  REQUIRE(rc::check("", [] {
    Dice dice = draw_dice();
    const Drawn drawn = draw(dice);
    const CustomerState state = drawn.tracker.derive(some_customer, drawn.events, the_end());
    RC_ASSERT(state.events == drawn.events.size());  // the same id from another source is another event
    const std::string expected = encode(state);
    std::vector<Event> arriving = drawn.events;
    for (const Event& event : drawn.events) {
      if (!dice.one_in(2)) continue;
      Event again = event;
      if (dice.one_in(2)) {
        again.time = some_time(dice);
        again.type = "p1";
        again.properties = Value(Map{});
      }
      arriving.push_back(std::move(again));
    }

    RC_ASSERT(encode(drawn.tracker.derive(some_customer, arriving, the_end())) == expected);
  }));
}

TEST_CASE("P4: event by event gives what deriving from scratch gives, at every prefix", "[property]") {
  StateDecoder reused;
  REQUIRE(rc::check("", [&reused] {
    Dice dice = draw_dice();
    const Drawn drawn = draw(dice);
    const std::vector<Event> events = by_key(drawn.events);
    CustomerState state = drawn.tracker.fresh(some_customer);

    for (std::size_t i = 0; i < events.size(); ++i) {
      const Instant here = events[i].time;
      drawn.tracker.advance(state, events[i]);
      const Instant until = i + 1 < events.size() ? events[i + 1].time : the_end();
      if (here < until) {
        // Whatever is due between two events may fire in any number of steps.
        drawn.tracker.advance_to(state, here + (until - here) / 3);
        const Instant now = dice.one_in(2) ? here + (until - here) / 2 : until - Duration(1);
        drawn.tracker.advance_to(state, now);
        const CustomerState scratch =
            drawn.tracker.derive(some_customer, std::span(events).first(i + 1), now);
        RC_ASSERT(encode(state) == encode(scratch));
        RC_ASSERT(state == scratch);
        RC_ASSERT(decode(encode(state)) == state);
        RC_ASSERT(next_timer(encode(state)) == state.next_timer);
        state = reused.decode(encode(state));
        RC_ASSERT(encode(state) == encode(scratch));
      }
    }
  }));
}

TEST_CASE("P4: time moves on to each timer, and an earlier moment does nothing", "[property]") {
  REQUIRE(rc::check("", [] {
    Dice dice = draw_dice();
    const Drawn drawn = draw(dice);
    CustomerState state = drawn.tracker.derive(some_customer, drawn.events, some_time(dice));
    int timers = 0;

    while (const auto due = Tracker::next_due(state)) {
      RC_ASSERT(*due > state.clock);
      RC_ASSERT(++timers < 1'000);
      const std::string before = encode(state);
      drawn.tracker.advance_to(state, state.clock - Duration(1));
      RC_ASSERT(encode(state) == before);
      CustomerState just_before = state;
      drawn.tracker.advance_to(just_before, *due - Duration(1));
      RC_ASSERT(just_before.journeys == state.journeys);
      drawn.tracker.advance_to(state, *due);
      RC_ASSERT(state.last_timer == *due);
    }
  }));
}

TEST_CASE("P5: the state as of an earlier instant is what the later state says of it", "[property]") {
  REQUIRE(rc::check("", [] {
    Dice dice = draw_dice();
    const Drawn drawn = draw(dice);
    const Instant then = some_time(dice);
    std::vector<Event> until_then;
    std::ranges::copy_if(drawn.events, std::back_inserter(until_then),
                         [&](const Event& event) { return event.time <= then; });

    const CustomerState as_of = drawn.tracker.derive(some_customer, drawn.events, then);
    const CustomerState later = drawn.tracker.derive(some_customer, drawn.events, the_end());

    RC_ASSERT(encode(as_of) == encode(drawn.tracker.derive(some_customer, until_then, then)));
    RC_ASSERT(seen(as_of, then) == seen(later, then));
  }));
}

TEST_CASE("P7: nothing is lost: instances by status, stays by cause, visits, tasks", "[property]") {
  REQUIRE(rc::check("", [] {
    Dice dice = draw_dice();
    const Drawn drawn = draw(dice);

    check_conservation(drawn.tracker.derive(some_customer, drawn.events, some_time(dice)));
    // Right after some of the events, before silence ends what they should have ended.
    for (const Event& event : drawn.events) {
      if (!dice.one_in(4)) continue;
      check_conservation(drawn.tracker.derive(some_customer, drawn.events, event.time));
    }
  }));
}
