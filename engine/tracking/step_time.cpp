// Timers: delays, calendar times, silence.
#include <algorithm>
#include <functional>
#include <tuple>
#include <variant>

#include "engine/tracking/customer_zone.hpp"
#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

/// While it is our turn, or a timed transition is to come, silence is no drop-off.
std::optional<Instant> silence_ends(const Journey& journey, const Instance& instance, Instant last_step) {
  const Stay& stay = instance.stays.back();
  const Touchpoint& position = at(journey.touchpoints, stay.at);
  const auto* window = std::get_if<Duration>(&position.abandon_after);
  if (window == nullptr || position.turn != Turn::customer || instance.open_tasks > 0) return std::nullopt;
  return std::max(stay.last_activity + *window, last_step);
}

bool is_calendar(const Transition& transition) { return transition.trigger == TransitionTrigger::calendar; }

}  // namespace

/// A drop-off that a timed transition held back is dated when that was decided: in the last step.
Instant Step::next_timer(const JourneyVersions& versions, const Instance& instance, Instant last_step) {
  if (instance.ended) return Instant::max();
  const Instant change = next_version_change(versions, instance, last_step);
  if (!instance.pending.empty() && instance.pending.front().due != unknown_instant)
    return std::min(change, instance.pending.front().due);
  const Journey& journey = *at(versions.versions, instance.version);
  return std::min(change, silence_ends(journey, instance, last_step).value_or(Instant::max()));
}

void Step::fire(Instance& instance) {
  if (!instance.pending.empty() && instance.pending.front().due == now_) {
    fire_transition(instance);
  } else if (next_version_change(where_.versions, instance, now_) == now_) {
    change_version(instance);
  } else {
    abandon(instance);
  }
  settle();
}

void Step::fire_transition(Instance& instance) {
  const Journey& journey = journey_of(instance);
  const PendingTransition pending = instance.pending.front();
  instance.pending.erase(instance.pending.begin());
  const Transition& transition = transitions(instance, pending.carrier)[pending.transition];
  if (transition.to) {
    note(Trace::Kind::timer, &instance, "the time has come for {}",
         at(journey.touchpoints, *transition.to).id);
  } else {
    note(Trace::Kind::timer, &instance, "the time has come for the control group");
  }
  if (!holds(instance, transition.when)) return;
  if (!transition.to || !is_position(at(journey.touchpoints, *transition.to))) {
    reach_beside(instance, transition);
  } else if (holds(instance, at(journey.touchpoints, *transition.to).when)) {
    leave(instance, Cause::advanced, transition.to, std::nullopt);
    reach(instance, *transition.to, Entry::milestone, &transition);
  }
}

void Step::abandon(Instance& instance) {
  note(Trace::Kind::abandoned, &instance, "silent since {}: dropped at {}",
       instance.stays.back().last_activity, position(instance).id);
  end(instance, Cause::dropped, std::nullopt);
}

/// Puts the timed transitions of what was reached among the pending ones. Of what was reached under the
/// version before, those whose time came under it stay out.
void Step::arm(Instance& instance, std::optional<TouchpointIndex> carrier, Instant reached) {
  const auto& listed = transitions(instance, carrier);
  for (std::uint32_t i = 0; i < listed.size(); ++i) {
    const bool timed = listed[i].trigger == TransitionTrigger::elapsed || is_calendar(listed[i]);
    if (!timed || !is_in_arm(journey_of(instance), listed[i])) continue;
    const auto when = due(instance, listed[i], reached);
    if (reached < now_ && when && *when <= now_) continue;
    insert_pending(instance, {.carrier = carrier, .transition = i, .due = when.value_or(unknown_instant)});
  }
}

/// What is reached again counts its delays from now.
void Step::disarm(Instance& instance, TouchpointIndex carrier) {
  std::erase_if(instance.pending,
                [&](const PendingTransition& pending) { return pending.carrier == carrier; });
}

/// A calendar time that hangs on the context moves with it until it has happened.
void Step::rearm(Instance& instance) {
  const auto hangs_on_context = [&](const PendingTransition& pending) {
    const Transition& transition = transitions(instance, pending.carrier)[pending.transition];
    return is_calendar(transition) && transition.at.from && is_lasting(*transition.at.from);
  };
  if (std::ranges::none_of(instance.pending, hangs_on_context)) return;
  const auto first = std::ranges::stable_partition(instance.pending, std::not_fn(hangs_on_context)).begin();
  const std::vector<PendingTransition> moving(first, instance.pending.end());
  instance.pending.erase(first, instance.pending.end());
  for (PendingTransition pending : moving) {
    const Transition& transition = transitions(instance, pending.carrier)[pending.transition];
    pending.due = due(instance, transition, now_).value_or(unknown_instant);
    insert_pending(instance, pending);
  }
}

void Step::insert_pending(Instance& instance, PendingTransition pending) {
  const auto order = [&](const PendingTransition& a) {
    return std::tuple(a.due, rank(instance, a.carrier), a.transition);
  };
  const auto place = std::ranges::upper_bound(instance.pending, order(pending), std::less<>(), order);
  instance.pending.insert(place, pending);
}

/// Nothing where the instant cannot be told, or has passed and is to be skipped. What has passed is due now.
std::optional<Instant> Step::due(Instance& instance, const Transition& transition, Instant reached) {
  if (transition.trigger == TransitionTrigger::elapsed) return reached + transition.after;
  const CalendarDelay& delay = transition.at;
  const auto from = delay.from ? evaluate_instant(instance, *delay.from) : std::optional(reached);
  if (!from) return std::nullopt;
  const Zone local = zone_of(where_.customer.traits, where_.settings);
  const Instant when = delay.time ? local.at(*from, delay.days, *delay.time)
                                  : local.instant(local.local(*from) + std::chrono::days(delay.days));
  if (when >= now_) return when;
  return delay.skip_if_past ? std::nullopt : std::optional(now_);
}

/// The order of the open transitions: the position's, then what is beside it, later reached first, then
/// `anywhere`.
std::uint32_t Step::rank(const Instance& instance, std::optional<TouchpointIndex> carrier) const {
  const auto last = static_cast<std::uint32_t>(instance.beside.size()) + 1;
  if (!carrier) return last;
  if (*carrier == instance.stays.back().at) return 0;
  const auto found = std::ranges::find(instance.beside, *carrier, &Beside::touchpoint);
  return last - 1 - static_cast<std::uint32_t>(found - instance.beside.begin());
}

}  // namespace lotse
