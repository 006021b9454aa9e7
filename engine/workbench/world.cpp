#include "engine/workbench/world.hpp"

#include <algorithm>

namespace lotse::scenario {

namespace {

LinkKind link_kind(const Event& event) {
  if (event.type == event_type::identify || event.type == event_type::alias) return LinkKind::explicit_link;
  return event.type == event_type::unlink ? LinkKind::unlink : LinkKind::seen_together;
}

bool decides_when_sent(const Touchpoint& touchpoint) {
  return touchpoint.kind == TouchpointKind::outbound && (touchpoint.goal || touchpoint.ends);
}

Event handed_out(const Journey& journey, const Touchpoint& touchpoint, const Effect& effect) {
  Event event;
  event.id = "~" + hex(effect.key);  // after the author's events of that instant
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

}  // namespace

World::World(const Workspace& workspace, const JourneyVersions& versions)
    : tracker_({versions}, workspace.settings),
      identities_({.namespace_rank = workspace.settings.namespace_rank,
                   .limits = workspace.settings.identity_limits,
                   .never = workspace.settings.identity_never}) {}

void World::happen(const Event& event) {
  const IdentityOutcome outcome = identities_.add(event.key(), link_kind(event), event.ids);
  if (outcome.primary) events_.emplace_back(*outcome.primary, event);
}

CustomerState World::state_of(const Identifier& identifier, Instant now, Trace* trace) const {
  const auto node = identities_.find(identifier);
  if (!node) return tracker_.fresh(identifier.name_space + ":" + identifier.value);
  const CustomerNumber customer = identities_.customer_of(*node);
  std::vector<Event> own;
  for (const auto& [primary, event] : events_) {
    if (identities_.customer_of(primary) == customer) own.push_back(event);
  }
  const std::string name = identities_.name_of(customer);
  hand_out(name, own, now);
  CustomerState state = tracker_.derive(name, own, now, trace);
  recall_values(state, own);
  return state;
}

/// A state drops the template values of an effect whose stay has ended, for nobody sends it any more; a
/// test asks what it was sent with. As of its due time they are still there.
void World::recall_values(CustomerState& state, const std::vector<Event>& events) const {
  JourneyState& journey = state.journeys.front();
  for (Effect& effect : journey.effects) {
    const Instance& instance = at(journey.instances, effect.instance);
    const auto& send = at(tracker_.version(0, instance.version).touchpoints, effect.touchpoint).send;
    if (!effect.ended || !send || send->with.empty()) continue;
    const CustomerState then = tracker_.derive(state.customer, events, effect.due);
    const auto same = std::ranges::find(then.journeys.front().effects, effect.key, &Effect::key);
    if (same != then.journeys.front().effects.end()) effect.with = same->with;
  }
}

/// A message that ends the journey or reaches its goal does so when it is handed out, as the engine would
/// at once.
void World::hand_out(const std::string& name, std::vector<Event>& events, Instant now) const {
  const Journey& journey = *tracker_.journeys().front().versions.back();
  const bool needed = std::ranges::any_of(journey.touchpoints, decides_when_sent);
  constexpr int most = 100;  // each round hands out what the one before brought about
  for (int round = 0; needed && round < most; ++round) {
    const CustomerState state = tracker_.derive(name, events, now);
    const std::size_t before = events.size();
    for (const Effect& effect : state.journeys.front().effects) {
      const Instance& instance = at(state.journeys.front().instances, effect.instance);
      const Touchpoint& touchpoint = at(tracker_.version(0, instance.version).touchpoints, effect.touchpoint);
      if (effect.handed_out || !decides_when_sent(touchpoint)) continue;
      events.push_back(handed_out(journey, touchpoint, effect));
    }
    if (events.size() == before) return;
  }
}

const Instance* chosen_instance(const JourneyState& state, const std::optional<Value>& key) {
  const Instance* chosen = nullptr;
  for (const Instance& instance : state.instances) {
    if (!key || (instance.key && instance.key->identical(*key))) chosen = &instance;
  }
  return chosen;
}

}  // namespace lotse::scenario
