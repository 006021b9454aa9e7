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

/// A position and the messages and tasks that it leads to, as far as they lead; each once.
std::vector<TouchpointIndex> with_beside(const Journey& journey, TouchpointIndex position) {
  std::vector<TouchpointIndex> list = {position};
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (const Transition& transition : at(journey.touchpoints, list[i]).next) {
      const bool beside = transition.to && !is_position(at(journey.touchpoints, *transition.to));
      if (beside && std::find(list.begin(), list.end(), *transition.to) == list.end())
        list.push_back(*transition.to);
    }
  }
  return list;
}

Place place_from(TouchpointIndex index, const Journey& journey) {
  const Touchpoint& touchpoint = at(journey.touchpoints, index);
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
  for (const TouchpointIndex met : with_beside(journey, index)) {
    const Touchpoint& own = at(journey.touchpoints, met);
    place.keeps_context = place.keeps_context || !own.asks.empty() || !own.needs.empty();
    place.may_escalate = place.may_escalate || own.kind == TouchpointKind::handover;
  }
  place.horizon = 2 * silence_of(touchpoint, journey);
  place.abandon_after = touchpoint.abandon_after;
  place.target = touchpoint.target;
  return place;
}

/// The timers of one position: walks on over the messages and tasks that come at a known time after it was
/// reached.
class TimerWalk {
 public:
  TimerWalk(const Journey& journey, std::set<DeclaredTimer>& timers) : journey_(journey), timers_(timers) {}

  void walk(TouchpointIndex position) {
    const Touchpoint& touchpoint = at(journey_.touchpoints, position);
    if (const auto* silence = std::get_if<Duration>(&touchpoint.abandon_after);
        silence != nullptr && touchpoint.turn == Turn::customer) {
      add(TimerKind::silence, *silence, "silence of " + format_duration(*silence));
    }
    for (const Transition& transition : journey_.anywhere) follow(transition, nullptr, Duration{0});
    reached_.emplace_back(position, Duration{0});
    // Reminders may repeat themselves for ever.
    for (std::size_t i = 0; i < reached_.size() && i < reached_max; ++i) {
      const auto [carrier, when] = reached_[i];
      look_at(carrier, when, i == 0);
    }
  }

 private:
  static constexpr std::size_t reached_max = 1'000;

  void look_at(TouchpointIndex index, Duration when, bool is_position) {
    const Touchpoint& carrier = at(journey_.touchpoints, index);
    for (const JourneyPromise& promise : journey_.promises) {
      if (promise.from != index || promise.by) continue;
      add(TimerKind::promise, when + promise.within,
          fmt::format("promise {} ({})", promise.name, format_duration(promise.within)));
    }
    if (carrier.kind == TouchpointKind::handover) add_promise(carrier, when);
    for (const Transition& transition : carrier.next) {
      if (is_position && transition.to) {
        const Touchpoint& target = at(journey_.touchpoints, *transition.to);
        if (lotse::is_position(target)) add_promise(target, when);
      }
      follow(transition, is_position ? nullptr : &carrier, when);
    }
  }

  void add_promise(const Touchpoint& touchpoint, Duration since) {
    if (!touchpoint.promise) return;
    if (const auto* within = std::get_if<Duration>(&*touchpoint.promise)) {
      add(TimerKind::promise, since + *within,
          fmt::format("promise of {} ({})", touchpoint.id, format_duration(*within)));
    }
  }

  /// `carrier`: the message or task that lists the transition; null: the position, or `anywhere`.
  void follow(const Transition& transition, const Touchpoint* carrier, Duration since) {
    if (!transition.to) return;  // the control group: nothing happens
    const Touchpoint& target = at(journey_.touchpoints, *transition.to);
    const std::string after = carrier == nullptr ? "" : " after " + carrier->id;
    switch (transition.trigger) {
      case TransitionTrigger::event:
        return;
      case TransitionTrigger::calendar:
        if (transition.at.from) return;
        add(TimerKind::calendar, since + std::chrono::days(transition.at.days),
            fmt::format("{} at its time on day {}{}", target.id, transition.at.days, after));
        return;
      case TransitionTrigger::elapsed:
        since += transition.after;
        add(TimerKind::delay, since,
            carrier == nullptr ? fmt::format("{} after {}", target.id, format_duration(transition.after))
                               : fmt::format("{} {}{}", target.id, format_duration(transition.after), after));
        break;
      case TransitionTrigger::at_once:
        break;
    }
    const std::pair next(*transition.to, since);
    const bool known = std::find(reached_.begin(), reached_.end(), next) != reached_.end();
    if (!is_position(target) && !known) reached_.push_back(next);
  }

  void add(TimerKind kind, Duration after, std::string name) {
    timers_.insert({.kind = kind, .after = after, .name = std::move(name)});
  }

  const Journey& journey_;
  std::set<DeclaredTimer>& timers_;
  std::vector<std::pair<TouchpointIndex, Duration>> reached_;
};

}  // namespace

std::string experience_of(const Journey& journey, TouchpointIndex touchpoint) {
  std::string text;
  for (const TouchpointIndex met : with_beside(journey, touchpoint)) {
    text += describe_touchpoint(at(journey.touchpoints, met), journey);
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
        places.push_back(place_from(TouchpointIndex{t}, journey));
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

std::vector<std::vector<DeclaredTimer>> declared_timers(
    const JourneyVersions& versions, const std::vector<std::vector<std::uint16_t>>& place_of,
    std::size_t places) {
  std::vector<std::set<DeclaredTimer>> timers(places);
  for (std::size_t v = 0; v < versions.versions.size(); ++v) {
    const Journey& journey = *versions.versions[v];
    for (std::uint32_t t = 0; t < journey.touchpoints.size(); ++t) {
      const std::uint16_t place = place_of[v][t];
      if (place != no_index) TimerWalk(journey, timers[place]).walk(TouchpointIndex{t});
    }
  }
  std::vector<std::vector<DeclaredTimer>> result;
  for (const std::set<DeclaredTimer>& of_place : timers)
    result.emplace_back(of_place.begin(), of_place.end());
  return result;
}

std::vector<std::vector<bool>> leads_to(const JourneyVersions& versions,
                                        const std::vector<std::vector<std::uint16_t>>& place_of,
                                        std::size_t places) {
  std::vector<std::vector<bool>> result(places, std::vector<bool>(places));
  for (std::size_t v = 0; v < versions.versions.size(); ++v) {
    const auto& reaches = versions.versions[v]->graph.reaches;
    for (std::size_t from = 0; from < reaches.size(); ++from) {
      for (std::size_t to = 0; to < reaches.size(); ++to) {
        const bool both = place_of[v][from] != no_index && place_of[v][to] != no_index;
        if (both && reaches[from][to]) result[place_of[v][from]][place_of[v][to]] = true;
      }
    }
  }
  return result;
}

}  // namespace lotse
