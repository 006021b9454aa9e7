// Which instance an event moves, and where to.
#include <algorithm>

#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

bool offers(const Touchpoint& touchpoint, std::optional<ChannelIndex> channel) {
  if (touchpoint.channels.empty()) return true;
  return channel && std::ranges::find(touchpoint.channels, *channel) != touchpoint.channels.end();
}

bool is_delivery(std::string_view type) {
  return type == event_type::message_sent || type == event_type::message_failed ||
         type == event_type::message_blocked;
}

}  // namespace

void Step::apply() {
  if (any_version(&Reaction::exits)) apply_exits();
  if (any_version(&Reaction::feedback)) apply_feedback();
  if (any_version(&Reaction::remembered)) apply_remembered();
  if (event_->type == event_type::task_done) close_task();
  apply_movement();
  settle();
}

/// A transition open to the start touchpoint goes before all, then a new instance where re-entry allows one,
/// then the instance that the event means, then continuity.
void Step::apply_movement() {
  const auto opening = opening_version();
  const auto start = opening ? start_for(*opening) : std::nullopt;
  Instance* meant = addressed();
  Choice choice;
  if (meant != nullptr && (!meant->ended || can_return(*meant))) {
    collect_triggers(*meant);
    choice = choose(*meant);
  }

  const bool moves_to_start = choice.what == Choice::What::move &&
                              at(journey_of(*meant).touchpoints, choice.to).start &&
                              choice.entry == Entry::transition && !meant->ended;
  if (!opening && !moves_to_start) count_refused_start(meant);
  if (moves_to_start) {
    apply_to(*meant, choice);
  } else if (start && !lacks_key(*opening) && may_open(*opening, meant)) {
    if (meant != nullptr && !meant->ended) restart(*meant);
    open(*opening, *start);
  } else if (meant != nullptr && !meant->ended) {
    apply_to(*meant, choice);
  } else if (meant != nullptr && can_return(*meant)) {
    revive(*meant, choice);
  } else if (meant == nullptr) {
    apply_by_continuity(start && lacks_key(*opening));
  }
}

/// Every version in force is drained or stopped: what would open an instance opens none.
void Step::count_refused_start(const Instance* meant) {
  const VersionIndex in_force = version_in_force();
  if (!start_for(in_force) || lacks_key(in_force) || !may_open(in_force, meant)) return;
  ++state_.starts_without_version;
  note(Trace::Kind::ignored, nullptr, "{} would start an instance, but no version takes any", event_->type);
}

/// Without a key the newest active instance that has a place for the event takes it, or else the newest in
/// which it is a deviation; a start without a key deviates nobody and is counted.
void Step::apply_by_continuity(bool starts) {
  Instance* fallback = nullptr;
  Choice fallback_choice;
  for (auto instance = state_.instances.rbegin(); instance != state_.instances.rend(); ++instance) {
    if (instance->ended || !lacks_key(instance->version)) continue;
    collect_triggers(*instance);
    const Choice choice = choose(*instance);
    if (has_place(*instance, choice)) return apply_to(*instance, choice);
    if (fallback == nullptr && choice.what != Choice::What::nothing) {
      fallback = &*instance;
      fallback_choice = choice;
    }
  }
  triggers_.clear();
  if (starts) {
    ++state_.starts_without_key;
    note(Trace::Kind::ignored, nullptr, "{} would start an instance, but has no key", event_->type);
  } else if (fallback != nullptr) {
    apply_to(*fallback, fallback_choice);
  }
}

bool Step::has_place(Instance& instance, const Choice& choice) {
  const bool on_path = choice.what == Choice::What::again ||
                       (choice.what == Choice::What::move && choice.entry == Entry::transition);
  return on_path || !triggers_.empty() || (named_effect() != nullptr && addressed_by_effect() == &instance);
}

/// What was triggered beside happens after the move, in the new stay: else it would end with the old one.
void Step::apply_to(Instance& instance, const Choice& choice) {
  Stay& stay = instance.stays.back();
  const Journey& journey = journey_of(instance);
  const auto by = channel(instance.version);
  switch (choice.what) {
    case Choice::What::nothing:
      break;
    case Choice::What::blocked:
      ++stay.blocked;
      note(Trace::Kind::blocked, &instance,
           "{} moves nobody: the condition of its transition from {} is false", event_->type,
           position(instance).id);
      break;
    case Choice::What::ignored:
      ++stay.deviations;
      note(Trace::Kind::ignored, &instance, "{} is off the path at {} and ignored", event_->type,
           position(instance).id);
      break;
    case Choice::What::again:
      if (by && stay.channel && *by != *stay.channel) {
        hop(instance, *by);
      } else {
        repeat(instance);
      }
      break;
    case Choice::What::off_path:
      note(Trace::Kind::deviated, &instance, "no transition leads from {} to {}", position(instance).id,
           at(journey.touchpoints, choice.to).id);
      [[fallthrough]];
    case Choice::What::move:
      leave(instance, choice.entry == Entry::went_back ? Cause::went_back : Cause::advanced, choice.to,
            std::nullopt);
      reach(instance, choice.to, choice.entry, choice.along);
      break;
  }
  run_triggers(instance);
}

void Step::restart(Instance& instance) {
  triggers_.clear();
  note(Trace::Kind::exited, &instance, "{} starts anew; the instance at {} ends", event_->type,
       position(instance).id);
  instance.restarted = true;
  end(instance, Cause::exited, std::nullopt);
}

void Step::open(VersionIndex version, TouchpointIndex start) {
  triggers_.clear();
  const Journey& journey = *at(where_.versions.versions, version);
  Instance& instance = state_.instances.emplace_back();
  instance.version = version;
  instance.key = key(version);
  instance.opened = now_;
  instance.visits.assign(journey.touchpoints.size(), 0);
  instance.context.reserve(journey.context.size());
  for (const ContextField& field : journey.context) instance.context.push_back(field.initial);
  instance.stays.reserve(4);
  if (!instance.key) {
    note(Trace::Kind::opened, &instance, "{} opens an instance of {} {}", event_->type, journey.id,
         journey.version);
  } else if (is_traced()) {
    note(Trace::Kind::opened, &instance, "{} opens an instance of {} {} for {}", event_->type, journey.id,
         journey.version, describe(*instance.key));
  }
  reach(instance, start, Entry::start);
}

/// The drop-off stays one, marked with when it was recovered.
void Step::revive(Instance& instance, const Choice& choice) {
  const bool moves = choice.what == Choice::What::move || choice.what == Choice::What::off_path ||
                     choice.what == Choice::What::again;
  if (!moves) {
    triggers_.clear();
    return;
  }
  note(Trace::Kind::revived, &instance, "{} brings it back after it was dropped at {}", event_->type,
       position(instance).id);
  instance.ended = false;
  instance.ended_at = {};
  instance.stays.back().recovered = now_;
  if (choice.what == Choice::What::again) {
    reach(instance, instance.stays.back().at, Entry::returned);
  } else {
    reach(instance, choice.to, choice.entry, choice.along);
  }
  run_triggers(instance);
}

/// In order: the first listed transition that may happen; a listed one whose condition is false blocks; the
/// event of the position itself; a deviation.
Step::Choice Step::choose(Instance& instance) {
  if (reaction(instance.version).inbound.empty()) return {};
  if (const auto listed = choose_listed(instance)) return *listed;
  const TouchpointIndex here = instance.stays.back().at;
  if (matches(&instance, instance.version, here)) return {.what = Choice::What::again, .to = here};
  return choose_off_path(instance);
}

std::optional<Step::Choice> Step::choose_listed(Instance& instance) {
  const Journey& journey = journey_of(instance);
  std::optional<Choice> choice;
  for_each_open(instance, [&](std::optional<TouchpointIndex>, const Transition& transition) {
    if (!transition.to || transition.trigger != TransitionTrigger::event) return false;
    if (at(journey.touchpoints, *transition.to).kind != TouchpointKind::inbound) return false;
    if (!matches(&instance, instance.version, *transition.to) || !is_in_arm(journey, transition))
      return false;
    const bool open = holds(instance, transition.when);
    choice = {.what = open ? Choice::What::move : Choice::What::blocked,
              .to = *transition.to,
              .along = &transition};
    return open;
  });
  return choice;
}

Step::Choice Step::choose_off_path(Instance& instance) {
  const Journey& journey = journey_of(instance);
  const TouchpointIndex here = instance.stays.back().at;
  for (const TouchpointIndex to : reaction(instance.version).inbound) {
    if (to == here || !matches(&instance, instance.version, to)) continue;
    const bool ignored = journey.off_path_ignore || at(journey.touchpoints, to).off_path_ignore;
    const bool before = at(instance.visits, to) > 0;
    const bool ahead = journey.graph.reaches[here.value()][to.value()];
    return {.what = ignored ? Choice::What::ignored : Choice::What::off_path,
            .to = to,
            .entry = before ? Entry::went_back : (ahead ? Entry::skipped : Entry::elsewhere)};
  }
  return {};
}

/// The first start touchpoint in the file that the event matches.
std::optional<TouchpointIndex> Step::start_for(VersionIndex version) {
  const Journey& journey = *at(where_.versions.versions, version);
  for (const TouchpointIndex to : reaction(version).inbound) {
    if (at(journey.touchpoints, to).start && matches(nullptr, version, to)) return to;
  }
  return std::nullopt;
}

bool Step::may_open(VersionIndex version, const Instance* newest) const {
  if (newest == nullptr) return true;
  const auto same_key = [&](const Instance& instance) {
    return instance.key ? newest->key && instance.key->identical(*newest->key) : !newest->key;
  };
  const auto has_achieved = [&](const Instance& instance) { return same_key(instance) && instance.achieved; };
  switch (at(where_.versions.versions, version)->reentry) {
    case Reentry::never:
      return false;
    case Reentry::after_end:
      return newest->ended;
    case Reentry::unless_goal_achieved:
      return newest->ended && std::ranges::none_of(state_.instances, has_achieved);
    case Reentry::always:
      return true;
  }
  return false;
}

/// Whether the event is one of that touchpoint: by its type, its channel and the touchpoint's condition.
bool Step::matches(Instance* instance, VersionIndex version, TouchpointIndex touchpoint) {
  const Journey& journey = *at(where_.versions.versions, version);
  const Touchpoint& candidate = at(journey.touchpoints, touchpoint);
  return is_named(candidate.on, version) && offers(candidate, channel(version)) &&
         holds(instance, version, candidate.when);
}

/// The transitions to messages, tasks and control groups that the event triggers, as the instance stands
/// before it moves.
void Step::collect_triggers(Instance& instance) {
  triggers_.clear();
  if (!reaction(instance.version).triggers) return;
  const Journey& journey = journey_of(instance);
  for_each_open(instance, [&](std::optional<TouchpointIndex> carrier, const Transition& transition) {
    const bool beside = !transition.to || !is_position(at(journey.touchpoints, *transition.to));
    const Trigger trigger{.carrier = carrier, .transition = &transition};
    if (beside && transition.trigger == TransitionTrigger::event &&
        is_named(transition.on, instance.version) && is_own(instance, trigger) &&
        is_in_arm(journey, transition) && holds(instance, transition.when)) {
      triggers_.push_back(trigger);
    }
    return false;
  });
}

/// What became of a message, or of a task, concerns the touchpoint that it names: `next: [{to: letter, on:
/// message_failed}]` on `welcome` is about the welcome message, whatever else failed.
bool Step::is_own(const Instance& instance, const Trigger& trigger) const {
  if (!trigger.carrier) return true;
  const Touchpoint& carrier = at(journey_of(instance).touchpoints, *trigger.carrier);
  if (const Effect* effect = named_effect(); effect != nullptr && carrier.kind != TouchpointKind::inbound) {
    return at(state_.instances, effect->instance).version == instance.version &&
           effect->touchpoint == *trigger.carrier;
  }
  if (carrier.kind == TouchpointKind::outbound && is_delivery(event_->type)) {
    return property("touchpoint") == carrier.id;
  }
  if (carrier.kind == TouchpointKind::handover && event_->type == event_type::task_done) {
    return property("task") == carrier.id;
  }
  return true;
}

void Step::run_triggers(Instance& instance) {
  const std::vector<Trigger> triggers = std::exchange(triggers_, {});
  for (const Trigger& trigger : triggers) reach_beside(instance, *trigger.transition);
}

}  // namespace lotse
