#include "engine/tracking/reactions.hpp"

#include <algorithm>
#include <set>

namespace lotse {
namespace {

bool names(const std::vector<EventTypeIndex>& on, EventTypeIndex type) {
  return std::ranges::binary_search(on, type);
}

template <class Rules>
bool any_names(const Rules& rules, EventTypeIndex type) {
  return std::ranges::any_of(rules, [&](const auto& rule) { return std::ranges::count(rule.on, type) > 0; });
}

bool triggers(const Journey& journey, EventTypeIndex type) {
  return any_names(journey.anywhere, type) ||
         std::ranges::any_of(journey.touchpoints,
                             [&](const Touchpoint& touchpoint) { return any_names(touchpoint.next, type); });
}

std::vector<TouchpointIndex> listeners(const Journey& journey, EventTypeIndex type) {
  std::vector<TouchpointIndex> found;
  for (std::uint32_t i = 0; i < journey.touchpoints.size(); ++i) {
    if (names(journey.touchpoints[i].on, type)) found.emplace_back(i);
  }
  return found;
}

Reaction reaction(const Journey& journey, std::string_view name) {
  const auto type = journey.find_event_type(name);
  if (!type) return {};
  return {.type = type,
          .exits = any_names(journey.exit_when, *type),
          .remembered = any_names(journey.remember, *type),
          .feedback = any_names(journey.feedback, *type),
          .triggers = triggers(journey, *type),
          .inbound = listeners(journey, *type)};
}

/// Every type that any version names, and task_done, which closes tasks whether it is named or not.
std::set<std::string, std::less<>> types_of(const JourneyVersions& versions) {
  std::set<std::string, std::less<>> types;
  for (const auto& journey : versions.versions) {
    types.insert(journey->event_types.begin(), journey->event_types.end());
    if (std::ranges::any_of(journey->touchpoints, [](const Touchpoint& touchpoint) {
          return touchpoint.kind == TouchpointKind::handover;
        })) {
      types.emplace(event_type::task_done);
    }
  }
  return types;
}

}  // namespace

Tracker::Index::Index(std::span<const JourneyVersions> journeys) {
  for (std::uint32_t index = 0; index < journeys.size(); ++index) {
    const JourneyVersions& versions = journeys[index];
    for (const std::string& type : types_of(versions)) {
      Concern concern{.journey = index, .versions = {}};
      for (const auto& journey : versions.versions) concern.versions.push_back(reaction(*journey, type));
      concerns[type].push_back(std::move(concern));
    }
    journey_by_id.emplace(versions.versions.front()->id, index);
    replays |= std::ranges::any_of(
        versions.versions, [](const auto& journey) { return journey->migrate && journey->migrate->replay; });
  }
}

}  // namespace lotse
