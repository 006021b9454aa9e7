// What the customer had told already, and is asked again or lost.
#include <algorithm>

#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

const Collected* find(const Instance& instance, FieldIndex field) {
  const auto found = std::ranges::find(instance.collected, field, &Collected::field);
  return found == instance.collected.end() ? nullptr : &*found;
}

bool is_fresh(const Collected& collected, const ContextField& field, Instant now) {
  return !field.fresh_for || now - collected.at <= *field.fresh_for;
}

}  // namespace

void Step::collect(Instance& instance, FieldIndex field) const {
  const auto found = std::ranges::find(instance.collected, field, &Collected::field);
  if (found == instance.collected.end()) {
    instance.collected.push_back({.field = field, .at = now_});
  } else {
    found->at = now_;
  }
}

/// In an earlier instance of this journey, within `fresh_for`. A field without it may mean another thing each
/// time (the slot of this order), and is the instance's own.
bool Step::told_before(const Instance& instance, const ContextField& field) const {
  if (!field.fresh_for) return false;
  for (const Instance& earlier : state_.instances) {
    if (&earlier == &instance) return false;
    const Journey& journey = journey_of(earlier);
    for (const Collected& collected : earlier.collected) {
      const bool same = at(journey.context, collected.field).name == field.name;
      if (same && at(earlier.context, collected.field) && is_fresh(collected, field, now_)) return true;
    }
  }
  return false;
}

/// Before the captures: what this event brings was asked for by it.
void Step::note_asked(Instance& instance, TouchpointIndex to) {
  const Journey& journey = journey_of(instance);
  for (const FieldIndex asked : at(journey.touchpoints, to).asks) {
    const ContextField& field = at(journey.context, asked);
    const Collected* collected = find(instance, asked);
    const bool known =
        collected != nullptr && at(instance.context, asked) && is_fresh(*collected, field, now_);
    if (known || told_before(instance, field)) {
      note_lost(instance, {.field = asked, .at = to, .what = LostContext::What::asked_again, .when = now_});
    }
  }
}

/// After the captures: what this event brings is there.
void Step::note_needed(Instance& instance, TouchpointIndex to) {
  const Journey& journey = journey_of(instance);
  for (const FieldIndex needed : at(journey.touchpoints, to).needs) {
    const Collected* collected = find(instance, needed);
    if (collected != nullptr && at(instance.context, needed)) continue;
    if (collected != nullptr || told_before(instance, at(journey.context, needed))) {
      note_lost(instance, {.field = needed, .at = to, .what = LostContext::What::missing, .when = now_});
    }
  }
}

void Step::note_lost(Instance& instance, const LostContext& lost) {
  std::vector<LostContext>& all = instance.stays.back().lost;
  const auto same = [&](const LostContext& other) {
    return other.field == lost.field && other.at == lost.at && other.what == lost.what;
  };
  if (std::ranges::any_of(all, same)) return;
  all.push_back(lost);
  const Journey& journey = journey_of(instance);
  const std::string& field = at(journey.context, lost.field).name;
  if (lost.what == LostContext::What::asked_again) {
    note(Trace::Kind::lost_context, &instance, "{} asks for {} again, which is known",
         at(journey.touchpoints, lost.at).id, field);
  } else {
    note(Trace::Kind::lost_context, &instance, "{} needs {}, which was told and is not there any more",
         at(journey.touchpoints, lost.at).id, field);
  }
}

}  // namespace lotse
