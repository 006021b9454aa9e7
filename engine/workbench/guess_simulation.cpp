#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/workbench/event_properties.hpp"
#include "engine/workbench/simulation.hpp"

namespace lotse {

namespace {

/// The touchpoints that an event reaches from `from`: along `next`, over messages, tasks and milestones.
std::vector<TouchpointIndex> inbound_after(const Journey& journey, const Touchpoint& from) {
  std::vector<TouchpointIndex> found;
  std::vector<bool> seen(journey.touchpoints.size(), false);
  std::vector<const Touchpoint*> queue{&from};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    for (const Transition& transition : queue[head]->next) {
      if (!transition.to || seen[transition.to->value()]) continue;
      seen[transition.to->value()] = true;
      const Touchpoint& to = at(journey.touchpoints, *transition.to);
      if (to.kind == TouchpointKind::inbound) {
        found.push_back(*transition.to);
      } else {
        queue.push_back(&to);
      }
    }
  }
  return found;
}

ValueSource of_type(const Type& type) {
  switch (type.kind) {
    case TypeKind::boolean:
      return {.how = Value(true), .as = {}};
    case TypeKind::integer:
    case TypeKind::unsigned_integer:
      return {.how = Between{.from = 1, .to = 5, .whole = true}, .as = {}};
    case TypeKind::floating:
      return {.how = Between{.from = 10, .to = 100, .whole = true}, .as = {}};
    case TypeKind::timestamp:
      return {.how = Delay{.from = std::chrono::days(1), .to = std::chrono::days(7)}, .as = {}};
    case TypeKind::dyn:
    case TypeKind::null:
    case TypeKind::string:
    case TypeKind::bytes:
    case TypeKind::duration:
    case TypeKind::list:
    case TypeKind::map:
    case TypeKind::type:
      break;
  }
  return {.how = Weights{{{Value("a"), 5}, {Value("b"), 3}, {Value("c"), 2}}}, .as = {}};
}

void add(ValueSources& sources, const std::string& name, ValueSource source) {
  const bool known = std::ranges::any_of(sources, [&](const auto& own) { return own.first == name; });
  if (!known && !name.empty()) sources.emplace_back(name, std::move(source));
}

/// Properties that satisfy the key, the conditions and the captures of a touchpoint, as far as their text
/// tells.
ValueSources properties_of(const Journey& journey, const Touchpoint& touchpoint) {
  ValueSources sources;
  if (journey.key) {
    for_each_event_field(*journey.key, [&](const std::string& name) {
      add(sources, name, {.how = NameReference{"key"}, .as = {}});
    });
  }
  if (touchpoint.when) {
    for_each_event_field(*touchpoint.when, [&](const std::string& name) {
      Value value = wanted(*touchpoint.when, name);
      if (!value.is_null()) add(sources, name, {.how = std::move(value), .as = {}});
    });
  }
  for (const Capture& capture : touchpoint.capture) {
    for_each_event_field(capture.value, [&](const std::string& name) {
      add(sources, name, of_type(at(journey.context, capture.field).type));
    });
  }
  return sources;
}

}  // namespace

Simulation guess_simulation(const Journey& journey) {
  constexpr double drop = 0.1;
  constexpr Delay usual{.from = std::chrono::hours(1), .to = std::chrono::days(3)};
  Simulation simulation;
  for (const Touchpoint& touchpoint : journey.touchpoints) {
    TouchpointSimulation made;
    if (touchpoint.kind == TouchpointKind::inbound) {
      made.event = at(journey.event_types, touchpoint.on.front());
      for (const ChannelIndex channel : touchpoint.channels) made.channels.emplace_back(channel, 1.0);
      made.properties = properties_of(journey, touchpoint);
      if (!touchpoint.ends) {
        for (const TouchpointIndex to : inbound_after(journey, touchpoint)) {
          made.next.push_back({.to = to, .after = usual});
        }
      }
      if (!made.next.empty() && touchpoint.turn == Turn::customer) made.drop = drop;
    }
    simulation.touchpoints.push_back(std::move(made));
  }
  return simulation;
}

}  // namespace lotse
