#include "engine/workbench/replay.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace lotse {
namespace {

constexpr int rounds_max = 100;  // each hands out what the one before brought about

bool decides_when_sent(const Touchpoint& touchpoint) {
  return touchpoint.kind == TouchpointKind::outbound && (touchpoint.goal || touchpoint.ends);
}

bool decides_when_sent(const Tracker& tracker) {
  return std::ranges::any_of(tracker.journeys(), [](const JourneyVersions& versions) {
    return std::ranges::any_of(versions.versions, [](const auto& journey) {
      return std::ranges::any_of(journey->touchpoints,
                                 [](const Touchpoint& touchpoint) { return decides_when_sent(touchpoint); });
    });
  });
}

Event handed_out(const Journey& journey, const Touchpoint& touchpoint, const Effect& effect) {
  Event event;
  event.id = "~" + hex(effect.key);  // after the customers' own events of that instant
  event.source = "lotse";
  event.type = event_type::handed_out;
  event.time = effect.due;
  event.arrived = effect.due;
  event.properties = Value(Map{{Value("journey"), Value(journey.id)},
                               {Value("touchpoint"), Value(touchpoint.id)},
                               {Value("key"), Value(hex(effect.key))},
                               {Value("due"), Value(format_instant(effect.due))}});
  return event;
}

/// Whether there was any.
bool hand_out(const Tracker& tracker, const CustomerState& state, std::vector<Event>& events) {
  const std::size_t before = events.size();
  for (std::uint32_t number = 0; number < state.journeys.size(); ++number) {
    const JourneyState& own = state.journeys[number];
    for (const Effect& effect : own.effects) {
      const Journey& journey = tracker.version(number, at(own.instances, effect.instance).version);
      const Touchpoint& touchpoint = at(journey.touchpoints, effect.touchpoint);
      if (effect.handed_out || !decides_when_sent(touchpoint)) continue;
      events.push_back(handed_out(journey, touchpoint, effect));
    }
  }
  return events.size() > before;
}

void hand_out_all(const Tracker& tracker, CustomerState& state, std::vector<Event>& events, Instant now) {
  for (int round = 0; round < rounds_max && hand_out(tracker, state, events); ++round)
    state = tracker.derive(state.customer, events, now);
}

}  // namespace

CustomerState replay(const Tracker& tracker, std::string_view customer, std::vector<Event>& events,
                     Instant now, Trace* trace) {
  if (decides_when_sent(tracker)) {
    CustomerState state = tracker.derive(customer, events, now);
    hand_out_all(tracker, state, events, now);
    if (trace == nullptr) return state;
  }
  return tracker.derive(customer, events, now, trace);
}

CustomerState replay_in_order(const Tracker& tracker, std::string_view customer, std::vector<Event>& events,
                              Instant now) {
  CustomerState state = tracker.fresh(customer);
  for (const Event& event : events) tracker.advance(state, event);
  tracker.advance_to(state, now);
  hand_out_all(tracker, state, events, now);
  return state;
}

}  // namespace lotse
