// Reaching a touchpoint, what happens on it, and leaving it.
#include <algorithm>
#include <variant>

#include "engine/base/overloaded.hpp"
#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

/// Touchpoints reached in one step. The loader refuses cycles that need neither event nor time, so only a
/// very long chain comes near; it is cut rather than let a step take for ever.
constexpr std::uint32_t reached_in_step_max = 1'000;

/// As CEL writes it; an instant is kept as one, and truth has a word in every language.
Phrase value_phrase(const Value& value) {
  if (const bool* truth = std::get_if<bool>(&value.rep())) return *truth ? phrase("true") : phrase("false");
  if (const auto instant = value.instant()) return Phrase::moment(*instant, describe(value));
  return Phrase::verbatim(describe(value));
}

}  // namespace

/// The touchpoint becomes the position: captures first, then what is promised, messages and tasks at once,
/// timers. Milestones follow in settle().
void Step::reach(Instance& instance, TouchpointIndex to, Entry entry, const Transition* along) {
  ++reached_;
  const Journey& journey = journey_of(instance);
  const Touchpoint& touchpoint = at(journey.touchpoints, to);
  const auto by = channel(instance.version);
  instance.stays.push_back({.at = to,
                            .channel = by,
                            .entry = entry,
                            .revived = !instance.stays.empty() && instance.stays.back().recovered == now_,
                            .forced_hop = is_forced(instance, to, entry, by),
                            .entered = now_,
                            .last_activity = now_});
  instance.beside.clear();
  ++at(instance.visits, to);
  note_along(along, Trace::Kind::moved, instance, "stands at {}", touchpoint.id);
  note_asked(instance, to);
  capture(instance, touchpoint.capture);
  note_needed(instance, to);
  touch(instance, true);
  instance.stays.back().segments = segments(instance);
  instance.stays.back().promised = promised(instance, to);
  keep_promises(instance, to);
  if (touchpoint.goal) achieve(instance);
  happen_at_once(instance, to);
  happen_at_once(instance, std::nullopt);
  if (instance.ended) return;
  if (is_terminal(touchpoint)) return end_at(instance, to);
  arm(instance, to, now_);
  arm(instance, std::nullopt, now_);
}

void Step::repeat(Instance& instance) {
  Stay& stay = instance.stays.back();
  ++stay.repeats;
  stay.last_activity = now_;
  note(Trace::Kind::repeated, &instance, "{} again at {}", event_->type, position(instance).id);
  capture(instance, position(instance).capture);
}

/// The position is not reached anew: what is beside it, its timers and its promises go on.
void Step::hop(Instance& instance, ChannelIndex channel) {
  Stay& left = instance.stays.back();
  left.cause = Cause::hopped;
  left.left = now_;
  note(Trace::Kind::repeated, &instance, "{} again at {}, now by {}", event_->type, position(instance).id,
       at(journey_of(instance).channels, channel));
  const Stay& before = instance.stays.back();
  const TouchpointIndex here = before.at;
  Stay next{.at = here,
            .channel = channel,
            .entry = Entry::hop,
            .forced_hop = true,
            .entered = now_,
            .last_activity = now_,
            .deadline = before.deadline,
            .awaits = before.awaits};
  instance.stays.push_back(std::move(next));
  note_asked(instance, here);
  capture(instance, position(instance).capture);
  note_needed(instance, here);
  touch(instance);
  instance.stays.back().segments = segments(instance);
}

/// A message or a task beside the stay, or nothing at all for the control group.
void Step::reach_beside(Instance& instance, const Transition& transition) {
  const Journey& journey = journey_of(instance);
  if (!transition.to) {
    note_along(&transition, Trace::Kind::hold, instance, "nothing is done: the control group");
    return;
  }
  if (++reached_ > reached_in_step_max) return;
  const TouchpointIndex to = *transition.to;
  const Touchpoint& touchpoint = at(journey.touchpoints, to);
  std::erase_if(instance.beside, [&](const Beside& beside) { return beside.touchpoint == to; });
  instance.beside.push_back({.touchpoint = to, .reached = now_});
  disarm(instance, to);
  ++at(instance.visits, to);
  note_asked(instance, to);
  capture(instance, touchpoint.capture);
  note_needed(instance, to);
  touch(instance);
  keep_promises(instance, to);
  derive_effect(instance, transition);
  happen_at_once(instance, to);
  if (instance.ended) return;
  arm(instance, to, now_);
  if (touchpoint.kind != TouchpointKind::handover) return;
  if (touchpoint.goal) achieve(instance);
  if (is_terminal(touchpoint)) end_at(instance, to);
}

void Step::derive_effect(Instance& instance, const Transition& transition) {
  const Touchpoint& touchpoint = at(journey_of(instance).touchpoints, *transition.to);
  const bool is_task = touchpoint.kind == TouchpointKind::handover;
  Effect effect{
      .key = {},
      .touchpoint = *transition.to,
      .instance = index_of(instance),
      .stay = StayIndex(static_cast<std::uint32_t>(instance.stays.size() - 1)),
      .transition = transition.ordinal,
      .due = now_,
      .stale_at = now_ + (touchpoint.send && touchpoint.send->stale_after ? *touchpoint.send->stale_after
                                                                          : where_.settings.stale_after),
      .task = is_task ? TaskStatus::open : TaskStatus::none};
  effect.key = derived_key(instance, effect);
  if (!is_task) {
    note_along(&transition, Trace::Kind::message, instance, "sends {}", touchpoint.id);
  } else {
    note_along(&transition, Trace::Kind::task, instance, "opens {}", touchpoint.id);
    ++instance.open_tasks;
    Stay& stay = instance.stays.back();
    if (!instance.ended && !stay.escalated) stay.escalated = now_;
    if (touchpoint.promise) {
      effect.deadline =
          std::visit(Overloaded{[&](Duration within) { return std::optional(now_ + within); },
                                [&](const Expression& by) { return evaluate_instant(instance, by); }},
                     *touchpoint.promise);
    }
  }
  if (touchpoint.send) {
    effect.with.reserve(touchpoint.send->with.size());
    for (const auto& [name, value] : touchpoint.send->with) {
      effect.with.push_back(evaluate(instance, value).value_or(Value()));
    }
  }
  state_.effects.push_back(std::move(effect));
  take_over(state_.effects.back());
}

void Step::happen_at_once(Instance& instance, std::optional<TouchpointIndex> carrier) {
  const Journey& journey = journey_of(instance);
  for (const Transition& transition : transitions(instance, carrier)) {
    if (transition.trigger != TransitionTrigger::at_once) continue;
    if (transition.to && is_position(at(journey.touchpoints, *transition.to))) continue;
    if (is_in_arm(journey, transition) && holds(instance, transition.when))
      reach_beside(instance, transition);
  }
}

void Step::touch(const Instance& instance, bool reached) {
  const InstanceIndex index = index_of(instance);
  const auto known = std::ranges::find(touched_, index, &Touched::instance);
  if (known == touched_.end()) {
    touched_.push_back({.instance = index, .reached = reached});
  } else {
    known->reached = known->reached || reached;
  }
}

/// Looks again at all that depends on the context, and at milestones, until nothing changes any more.
void Step::settle() {
  while (!touched_.empty()) {
    const Touched touched = touched_.front();
    touched_.erase(touched_.begin());
    Instance& instance = at(state_.instances, touched.instance);
    look_again(instance, touched.reached);
    if (instance.ended) continue;
    const Transition* along = milestone(instance);
    if (along == nullptr || reached_ >= reached_in_step_max) continue;
    leave(instance, Cause::advanced, along->to, std::nullopt);
    reach(instance, *along->to, Entry::milestone, along);
  }
}

void Step::look_again(Instance& instance, bool reached) {
  look_at_value(instance);
  if (instance.ended) return;
  look_at_promises(instance);
  look_at_deadline(instance, reached);
  rearm(instance);
}

/// The transition to the first open milestone that holds; null: there is none.
const Transition* Step::milestone(Instance& instance) {
  const Journey& journey = journey_of(instance);
  const Transition* found = nullptr;
  for_each_open(instance, [&](std::optional<TouchpointIndex>, const Transition& transition) {
    if (!transition.to || transition.trigger != TransitionTrigger::at_once) return false;
    const Touchpoint& target = at(journey.touchpoints, *transition.to);
    if (target.kind != TouchpointKind::milestone || *transition.to == instance.stays.back().at) return false;
    if (!is_in_arm(journey, transition) || !holds(instance, transition.when)) return false;
    if (!holds(instance, target.when)) return false;
    found = &transition;
    return true;
  });
  return found;
}

void Step::leave(Instance& instance, Cause cause, std::optional<TouchpointIndex> to,
                 std::optional<OutcomeIndex> outcome) {
  Stay& stay = instance.stays.back();
  stay.cause = cause;
  stay.left = now_;
  stay.to = to;
  stay.outcome = outcome;
  withdraw(instance);
  instance.pending.clear();
}

/// With the stay its deferred messages and open tasks end. What is due at the very instant of its end stands:
/// it was set off by what ended it.
void Step::withdraw(Instance& instance) {
  const Journey& journey = journey_of(instance);
  const InstanceIndex mine = index_of(instance);
  const Instant since = whole_stay(instance, instance.stays.size() - 1).entered;
  for (auto effect = state_.effects.rbegin(); effect != state_.effects.rend() && effect->due >= since;
       ++effect) {
    if (effect->instance != mine || effect->due == now_ || effect->ended) continue;
    const Touchpoint& touchpoint = at(journey.touchpoints, effect->touchpoint);
    const bool is_task = effect->task == TaskStatus::open;
    if (is_task && touchpoint.handover->keep) continue;
    effect->ended = now_;
    effect->with.clear();
    if (is_task) {
      effect->task = TaskStatus::withdrawn;
      --instance.open_tasks;
    }
    if (is_task || !effect->handed_out) {
      note(Trace::Kind::withdrawn, &instance, "{} is withdrawn: its stay has ended", touchpoint.id);
    }
  }
}

void Step::end(Instance& instance, Cause cause, std::optional<OutcomeIndex> outcome) {
  leave(instance, cause, std::nullopt, outcome);
  instance.ended = true;
  instance.ended_at = now_;
  instance.outcome = outcome;
}

/// At a goal without `next`, or where a touchpoint `ends` it.
void Step::end_at(Instance& instance, TouchpointIndex touchpoint) {
  const Touchpoint& last = at(journey_of(instance).touchpoints, touchpoint);
  if (last.ends) {
    note(Trace::Kind::ended, &instance, "ends at {}: {}", last.id,
         at(journey_of(instance).outcomes, *last.ends));
  } else {
    note(Trace::Kind::ended, &instance, "ends at {}", last.id);
  }
  end(instance, last.goal ? Cause::achieved : Cause::exited, last.ends);
}

void Step::achieve(Instance& instance) {
  if (instance.achieved) return;
  instance.achieved = now_;
  note(Trace::Kind::achieved, &instance, "has reached its goal");
}

/// In the order of the file, each seeing those before it. Null clears a field; what fails, or is of another
/// type than the field, leaves it as it was.
void Step::capture(Instance& instance, const std::vector<Capture>& captures) {
  const Journey& journey = journey_of(instance);
  for (const Capture& capture : captures) {
    const auto value = evaluate(instance, capture.value);
    if (!value) continue;
    const ContextField& field = at(journey.context, capture.field);
    auto kept = value->is_null() ? std::optional<Value>() : coerce(*value, field.type);
    if (!value->is_null() && !kept) {
      ++instance.expression_errors;
      note(Trace::Kind::expression_failed, &instance, "{} is no {}, as {} must be", describe(*value),
           describe(field.type), field.name);
      continue;
    }
    if (!kept) {
      note(Trace::Kind::captured, &instance, "{} is unknown", field.name);
    } else if (is_traced()) {
      note(Trace::Kind::captured, &instance, "{} is {}", field.name, value_phrase(*kept));
    }
    if (kept && field.watched) collect(instance, capture.field);
    at(instance.context, capture.field) = std::move(kept);
    touch(instance);
  }
}

void Step::keep_promises(Instance& instance, TouchpointIndex reached) {
  const Journey& journey = journey_of(instance);
  for (std::uint32_t i = 0; i < journey.promises.size(); ++i) {
    const JourneyPromise& promise = journey.promises[i];
    const auto is_open = [&](const PromiseRecord& record) { return record.promise == i && !record.reached; };
    if (promise.until == reached) {
      for (PromiseRecord& record : instance.promises) {
        if (is_open(record)) record.reached = now_;
      }
    }
    if (promise.from == reached && std::ranges::none_of(instance.promises, is_open)) {
      const Instant deadline = promise.by ? unknown_instant : now_ + promise.within;
      instance.promises.push_back({.promise = i, .made = now_, .deadline = deadline});
      note(Trace::Kind::promise, &instance, "{} is promised", promise.name);
    }
  }
}

/// Promises for an instant follow the context until the instant has passed.
void Step::look_at_promises(Instance& instance) {
  const Journey& journey = journey_of(instance);
  for (PromiseRecord& record : instance.promises) {
    const auto& by = journey.promises[record.promise].by;
    if (!by || record.reached || record.deadline < now_) continue;
    record.deadline = look_instant(instance, *by).value_or(unknown_instant);
  }
}

/// By when the touchpoint just reached was promised: since the position before was reached, or an instant.
std::optional<Instant> Step::promised(Instance& instance, TouchpointIndex to) {
  const Touchpoint& touchpoint = at(journey_of(instance).touchpoints, to);
  if (!touchpoint.promise) return std::nullopt;
  if (const auto* by = std::get_if<Expression>(&*touchpoint.promise)) return evaluate_instant(instance, *by);
  if (instance.stays.size() < 2) return std::nullopt;
  return whole_stay(instance, instance.stays.size() - 2).entered + std::get<Duration>(*touchpoint.promise);
}

/// The earliest promise among the positions that the position's own transitions lead to; of equal ones the
/// first. Looked at on reaching the position, and again when the context changes, if nothing but the context
/// decides and it has not passed.
void Step::look_at_deadline(Instance& instance, bool reached) {
  const Journey& journey = journey_of(instance);
  const Instant since = whole_stay(instance, instance.stays.size() - 1).entered;
  Stay& stay = instance.stays.back();
  if (!reached && stay.deadline && *stay.deadline < now_) return;
  std::optional<Instant> earliest;
  std::optional<TouchpointIndex> awaits;
  for (const Transition& transition : position(instance).next) {
    if (!transition.to) continue;
    const Touchpoint& target = at(journey.touchpoints, *transition.to);
    if (!is_position(target) || !target.promise) continue;
    const auto* expression = std::get_if<Expression>(&*target.promise);
    if (expression != nullptr && !reached && !is_lasting(*expression)) return;
    const auto by = expression != nullptr ? look_instant(instance, *expression)
                                          : std::optional(since + std::get<Duration>(*target.promise));
    if (!by || (earliest && *earliest <= *by)) continue;
    earliest = by;
    awaits = transition.to;
  }
  stay.deadline = earliest;
  stay.awaits = awaits;
}

void Step::look_at_value(Instance& instance) {
  const auto& value = journey_of(instance).value;
  if (!value) return;
  const auto result = look(instance, *value);
  if (!result) return;
  if (const auto number = result->number()) instance.value = *number;
}

/// The current values as one of the instance's distinct tuples; null where one fails.
std::uint32_t Step::segments(Instance& instance) {
  const Journey& journey = journey_of(instance);
  boost::container::small_vector<Value, 8> tuple;
  for (const Segment& segment : journey.segments) {
    tuple.push_back(look(instance, segment.value).value_or(Value()));
  }
  auto& sets = instance.segment_sets;
  const auto known = std::ranges::find_if(sets, [&](const std::vector<Value>& set) {
    return std::ranges::equal(set, tuple, [](const Value& a, const Value& b) { return a.identical(b); });
  });
  const auto index = static_cast<std::uint32_t>(known - sets.begin());
  if (known == sets.end()) sets.emplace_back(tuple.begin(), tuple.end());
  return index;
}

/// Consecutive stays in different channels are a hop. It is designed where the journey makes the customer
/// change: along its own transition, to a touchpoint that the channel of the stay before does not offer; and
/// where a milestone is met, which happens in no channel and by whatever event comes last. All others are
/// forced.
bool Step::is_forced(const Instance& instance, TouchpointIndex to, Entry entry,
                     std::optional<ChannelIndex> channel) const {
  if (!channel || entry == Entry::milestone) return false;
  const auto last = std::ranges::find_if(instance.stays.rbegin(), instance.stays.rend(),
                                         [](const Stay& stay) { return stay.entry != Entry::milestone; });
  if (last == instance.stays.rend()) return false;
  const auto& before = last->channel;
  if (!before || *before == *channel) return false;
  const bool along = entry == Entry::transition;
  const auto& offered = at(journey_of(instance).touchpoints, to).channels;
  const bool offered_before = offered.empty() || std::ranges::find(offered, *before) != offered.end();
  return !along || offered_before;
}

}  // namespace lotse
