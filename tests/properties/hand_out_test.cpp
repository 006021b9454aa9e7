// P6 of SEMANTICS.md, section 4: a dispatcher that crashes, is late, and sees histories change under it.
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "tests/properties/histories.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

/// Hands out what is pending, as the engine will: the record is an event, stored before anything leaves.
class Dispatcher {
 public:
  Dispatcher(const Tracker& tracker, std::string customer)
      : tracker_(tracker), customer_(std::move(customer)) {}

  void learn(const Event& event) { log_.push_back(event); }
  void learn(const std::vector<Event>& events) { log_.insert(log_.end(), events.begin(), events.end()); }

  void run(Instant now, Dice& dice) {
    CustomerState state = tracker_.derive(customer_, log_, now);
    check(state, now);
    for (const Effect& effect : state.journeys[0].effects) {
      if (effect.status(now) != EffectStatus::pending) continue;
      check_new(state, effect);
      const Event record = hand_out_of(tracker_, state, effect, now);
      RC_ASSERT(keys_.emplace(effect.key, touchpoint_of(state, effect)).second);
      learn(record);
      if (dice.one_in(5)) {  // told again after an answer that was lost
        Event again = record;
        again.id += "-again";
        learn(again);
      }
      if (dice.one_in(5)) return;  // a crash: the rest is seen again after the restart, with what was stored
    }
    state = tracker_.derive(customer_, log_, now);
    check(state, now);
    RC_ASSERT(std::ranges::none_of(state.journeys[0].effects, [&](const Effect& effect) {
      return effect.status(now) == EffectStatus::pending;
    }));
  }

  [[nodiscard]] Instant latest() const {
    Instant latest{};
    for (const Event& event : log_) latest = std::max(latest, event.time);
    return latest;
  }
  [[nodiscard]] const std::vector<Event>& log() const { return log_; }
  /// What was handed out: its key, and of which touchpoint it was.
  using Keys = std::map<EffectKey, std::string>;
  [[nodiscard]] const Keys& keys() const { return keys_; }
  void remember(const Keys& keys) { keys_.insert(keys.begin(), keys.end()); }

 private:
  [[nodiscard]] const Touchpoint& touchpoint(const CustomerState& state, const Effect& effect) const {
    const Journey& journey = tracker_.version(0, at(state.journeys[0].instances, effect.instance).version);
    return at(journey.touchpoints, effect.touchpoint);
  }
  [[nodiscard]] const std::string& touchpoint_of(const CustomerState& state, const Effect& effect) const {
    return touchpoint(state, effect).id;
  }

  /// Each record is told exactly once, of its own touchpoint: as an effect that was handed out, or as
  /// disproved.
  void check(const CustomerState& state, Instant now) const {
    std::multimap<EffectKey, std::string> told;
    for (const Effect& effect : state.journeys[0].effects) {
      if (effect.handed_out) told.emplace(effect.known_as(), touchpoint_of(state, effect));
      if (effect.handed_out) RC_ASSERT(effect.status(now) == EffectStatus::handed_out);
    }
    for (const HandOut& record : state.journeys[0].disproved) told.emplace(record.key, record.touchpoint);
    RC_ASSERT(std::ranges::equal(told, keys_));
  }

  /// What is about to be handed out was not handed out before: every record of its touchpoint within the
  /// window is some other effect that is derived.
  void check_new(const CustomerState& state, const Effect& effect) const {
    const Touchpoint& own = touchpoint(state, effect);
    const auto* abandon = std::get_if<Duration>(&own.abandon_after);
    const Duration window = abandon == nullptr ? default_abandon_after : *abandon;
    for (const HandOut& record : state.journeys[0].disproved) {
      const Duration apart = record.due < effect.due ? effect.due - record.due : record.due - effect.due;
      RC_ASSERT((record.touchpoint != own.id || apart > window));
    }
  }

  const Tracker& tracker_;
  std::string customer_;
  std::vector<Event> log_;
  Keys keys_;
};

std::vector<Event> without_records(std::vector<Event> events) {
  std::erase_if(events, [](const Event& event) { return event.type == event_type::handed_out; });
  return events;
}

void run_through(Dispatcher& dispatcher, std::vector<Event> events, Dice& dice) {
  std::ranges::sort(events, {}, &Event::time);
  std::vector<Event> late;
  Instant now = dispatcher.latest();
  for (const Event& event : events) {
    now = std::max(now, event.time);
    if (dice.one_in(3)) {
      late.push_back(event);
      continue;
    }
    dispatcher.learn(event);
    if (!late.empty() && dice.one_in(2)) {
      dispatcher.learn(late.back());
      late.pop_back();
    }
    now += std::chrono::minutes(dice.roll(120));
    if (!dice.one_in(4)) dispatcher.run(now, dice);
  }
  dispatcher.learn(late);
  for (int day = 0; day < 12; ++day) {
    now += std::chrono::hours(dice.roll(48));
    dispatcher.run(now, dice);
  }
}

}  // namespace

TEST_CASE("P6: an effect is handed out at most once, through crashes, restarts and late events",
          "[property]") {
  REQUIRE(rc::check("", [] {
    Dice dice = draw_dice();
    const std::string journey = draw_journey(dice);
    RC_LOG() << journey << "\n";
    const Tracker tracker = tracker_of(journey);
    Dispatcher dispatcher(tracker, std::string(some_customer));

    run_through(dispatcher, without_records(draw_history(dice)), dice);
  }));
}

TEST_CASE("P6: and through a merge: what was sent to either counts as sent", "[property]") {
  REQUIRE(rc::check("", [] {
    Dice dice = draw_dice();
    const std::string journey = draw_journey(dice);
    RC_LOG() << journey << "\n";
    const Tracker tracker = tracker_of(journey);
    Dispatcher older(tracker, "user_id:ada");
    Dispatcher newer(tracker, "anonymous_id:7");
    run_through(older, without_records(draw_history(dice, 6)), dice);
    std::vector<Event> others = without_records(draw_history(dice, 6));
    for (Event& event : others) event.source = "other";
    run_through(newer, others, dice);

    older.learn(newer.log());
    older.remember(newer.keys());
    run_through(older, without_records(draw_history(dice, 0)), dice);
  }));
}
