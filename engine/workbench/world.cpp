#include "engine/workbench/world.hpp"

#include <algorithm>

#include "engine/runtime/projection.hpp"
#include "engine/workbench/replay.hpp"

namespace lotse::scenario {

World::World(const Workspace& workspace, const JourneyVersions& versions)
    : tracker_({versions}, workspace.settings),
      identities_({.namespace_rank = workspace.settings.namespace_rank,
                   .limits = workspace.settings.identity_limits,
                   .never = workspace.settings.identity_never}) {}

void World::happen(const Event& event) {
  const IdentityOutcome outcome = identities_.add(event.key(), link_kind(event.type), event.ids);
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
  CustomerState state = replay(tracker_, name, own, now, trace);
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

const Instance* chosen_instance(const JourneyState& state, const std::optional<Value>& key) {
  const Instance* chosen = nullptr;
  for (const Instance& instance : state.instances) {
    if (!key || (instance.key && instance.key->identical(*key))) chosen = &instance;
  }
  return chosen;
}

}  // namespace lotse::scenario
