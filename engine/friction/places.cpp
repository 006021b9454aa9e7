#include "engine/friction/places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/base/assert.hpp"
#include "engine/base/overloaded.hpp"

namespace lotse {
namespace {

std::string source_of(const std::optional<Expression>& expression) {
  return expression ? expression->source() : std::string();
}

std::string names(const std::vector<EventTypeIndex>& types, const Journey& journey) {
  std::string text;
  for (const EventTypeIndex type : types) text += at(journey.event_types, type) + ",";
  return text;
}

std::string target_of(const std::optional<TouchpointIndex>& to, const Journey& journey) {
  return to ? at(journey.touchpoints, *to).id : std::string("hold");
}

std::string describe_transition(const Transition& transition, const Journey& journey) {
  const CalendarDelay& calendar = transition.at;
  return fmt::format("to {} trigger {} on {} when {} after {} at {}/{}/{}/{} split {} {}-{}\n",
                     target_of(transition.to, journey), static_cast<int>(transition.trigger),
                     names(transition.on, journey), source_of(transition.when), transition.after.count(),
                     source_of(calendar.from), calendar.days, calendar.time ? calendar.time->minutes : -1,
                     calendar.skip_if_past,
                     transition.split ? at(journey.splits, *transition.split) : std::string(),
                     transition.share_from, transition.share_to);
}

std::string describe_touchpoint(const Touchpoint& touchpoint, const Journey& journey) {
  std::string text = fmt::format("{} kind {} turn {} channels ", touchpoint.id,
                                 static_cast<int>(touchpoint.kind), static_cast<int>(touchpoint.turn));
  for (const ChannelIndex channel : touchpoint.channels) text += at(journey.channels, channel) + ",";
  text +=
      fmt::format(" on {} when {} goal {} ends {}", names(touchpoint.on, journey), source_of(touchpoint.when),
                  touchpoint.goal, touchpoint.ends ? at(journey.outcomes, *touchpoint.ends) : std::string());
  text += std::visit(Overloaded{[](Never) { return std::string(" never"); },
                                [](Duration silence) { return fmt::format(" abandon {}", silence.count()); }},
                     touchpoint.abandon_after);
  if (touchpoint.promise) {
    text +=
        std::visit(Overloaded{[](Duration promise) { return fmt::format(" promise {}", promise.count()); },
                              [](const Expression& promise) { return " promise " + promise.source(); }},
                   *touchpoint.promise);
  }
  for (const FieldIndex field : touchpoint.asks) text += " asks " + at(journey.context, field).name;
  if (touchpoint.send) {
    text += fmt::format(" send {} {}", touchpoint.send->template_name, touchpoint.send->purpose);
    for (const auto& [key, value] : touchpoint.send->with) text += fmt::format(" {}={}", key, value.source());
  }
  if (touchpoint.handover) text += " handover " + touchpoint.handover->team;
  text += "\n";
  for (const Transition& transition : touchpoint.next) text += describe_transition(transition, journey);
  return text;
}

bool is_position(const Touchpoint& touchpoint) {
  return touchpoint.kind == TouchpointKind::inbound || touchpoint.kind == TouchpointKind::milestone;
}

/// `1-3, 5` of ascending numbers.
std::string ranges(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += last == i ? fmt::format("{}", numbers[i]) : fmt::format("{}-{}", numbers[i], numbers[last]);
    i = last + 1;
  }
  return text;
}

Duration silence_of(const Touchpoint& touchpoint, const Journey& journey) {
  if (const auto* own = std::get_if<Duration>(&touchpoint.abandon_after)) return *own;
  if (const auto* general = std::get_if<Duration>(&journey.abandon_after)) return *general;
  return default_abandon_after;
}

Place place_from(const Touchpoint& touchpoint, const Journey& journey) {
  Place place;
  place.id = place.label = touchpoint.id;
  place.title = touchpoint.title;
  if (touchpoint.stage) place.stage = at(journey.stages, *touchpoint.stage);
  place.owner = touchpoint.owner;
  place.kind = touchpoint.kind;
  place.turn = touchpoint.turn;
  place.goal = touchpoint.goal;
  place.terminal = touchpoint.ends.has_value() || (touchpoint.goal && touchpoint.next.empty());
  place.moment_of_truth = touchpoint.moment_of_truth;
  place.horizon = 2 * silence_of(touchpoint, journey);
  place.abandon_after = touchpoint.abandon_after;
  place.target = touchpoint.target;
  return place;
}

}  // namespace

std::string experience_of(const Journey& journey, TouchpointIndex touchpoint) {
  std::vector<TouchpointIndex> list = {touchpoint};
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {  // at most each touchpoint once
    const Touchpoint& described = at(journey.touchpoints, list[i]);
    text += describe_touchpoint(described, journey);
    for (const Transition& transition : described.next) {
      const bool beside = transition.to && !is_position(at(journey.touchpoints, *transition.to));
      if (beside && std::find(list.begin(), list.end(), *transition.to) == list.end())
        list.push_back(*transition.to);
    }
  }
  return text;
}

std::vector<Place> places_of(const JourneyVersions& versions,
                             std::vector<std::vector<std::uint16_t>>& place_of) {
  std::vector<Place> places;
  std::vector<std::string> experiences;
  place_of.assign(versions.versions.size(), {});
  for (std::size_t v = versions.versions.size(); v-- > 0;) {
    const Journey& journey = *versions.versions[v];
    for (std::uint32_t t = 0; t < journey.touchpoints.size(); ++t) {
      const Touchpoint& touchpoint = journey.touchpoints[t];
      if (!is_position(touchpoint)) {
        place_of[v].push_back(no_index);
        continue;
      }
      const std::string experience = experience_of(journey, TouchpointIndex{t});
      const auto found = std::find(experiences.begin(), experiences.end(), experience);
      const auto index = static_cast<std::size_t>(found - experiences.begin());
      if (found == experiences.end()) {
        places.push_back(place_from(touchpoint, journey));
        experiences.push_back(experience);
      }
      places[index].versions.insert(places[index].versions.begin(), journey.version);
      place_of[v].push_back(static_cast<std::uint16_t>(index));
    }
  }
  LOTSE_ASSERT(places.size() < no_index);
  for (Place& place : places) {
    const auto same_id = [&](const Place& other) { return other.id == place.id; };
    if (std::count_if(places.begin(), places.end(), same_id) > 1) {
      place.label = fmt::format("{} (v{})", place.id, ranges(place.versions));
    }
  }
  return places;
}

std::vector<Duration> timed_edges(const JourneyVersions& versions) {
  std::set<Duration> edges;
  const auto add_delays = [&edges](const std::vector<Transition>& transitions) {
    for (const Transition& transition : transitions) {
      if (transition.trigger == TransitionTrigger::elapsed) edges.insert(transition.after);
    }
  };
  for (const auto& journey : versions.versions) {
    for (const Touchpoint& touchpoint : journey->touchpoints) {
      edges.insert(silence_of(touchpoint, *journey));
      edges.insert(2 * silence_of(touchpoint, *journey));
      if (touchpoint.promise && std::holds_alternative<Duration>(*touchpoint.promise)) {
        edges.insert(std::get<Duration>(*touchpoint.promise));
      }
      add_delays(touchpoint.next);
    }
    add_delays(journey->anywhere);
    for (const JourneyPromise& promise : journey->promises) edges.insert(promise.within);
  }
  edges.erase(Duration{0});
  return {edges.begin(), edges.end()};
}

}  // namespace lotse
