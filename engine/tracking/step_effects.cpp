// What was handed out, and which derived effect it was. SEMANTICS.md, P6; docs/decisions/0030.
#include <algorithm>
#include <variant>

#include "engine/base/hash.hpp"
#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

Duration distance(Instant a, Instant b) { return a < b ? b - a : a - b; }

}  // namespace

/// The effect with that very key; else, of those that are still to be handed out, the touchpoint's nearest by
/// due time; else the record waits for one that a later step derives.
void Step::hand_out() {
  const auto touchpoint = property("touchpoint");
  const auto text = property("key");
  const auto key = text ? parse_effect_key(*text) : std::nullopt;
  const Value* due_value = event_->properties.find("due");
  const auto due = due_value == nullptr ? std::nullopt : due_value->instant();
  if (!touchpoint || !key || !due) {
    note(Trace::Kind::ignored, nullptr, "a record of handing out without touchpoint, key or due time");
    return;
  }
  if (is_recorded(*key)) return;

  const auto exact = std::ranges::find(state_.effects, *key, &Effect::key);
  Effect* effect = exact == state_.effects.end() ? nearest_pending(*touchpoint, *due) : &*exact;
  if (effect != nullptr) {
    match(*effect, now_, *key, event_->channel);
  } else {
    state_.disproved.push_back({.touchpoint = std::string(*touchpoint),
                                .key = *key,
                                .due = *due,
                                .at = now_,
                                .channel = event_->channel});
    note(Trace::Kind::message, nullptr, "{} was handed out, but is not derived", *touchpoint);
  }
  settle();
}

bool Step::is_recorded(EffectKey key) const {
  const auto is_it = [&](const Effect& effect) { return effect.key == key && effect.handed_out; };
  return std::ranges::any_of(state_.effects, is_it) ||
         std::ranges::find(state_.disproved, key, &HandOut::key) != state_.disproved.end();
}

Effect* Step::nearest_pending(std::string_view touchpoint, Instant due) {
  Effect* nearest = nullptr;
  for (Effect& effect : state_.effects) {
    if (effect.status(now_) != EffectStatus::pending || touchpoint_id(effect) != touchpoint) continue;
    if (distance(effect.due, due) > window(effect)) continue;
    if (nearest == nullptr || distance(effect.due, due) < distance(nearest->due, due)) nearest = &effect;
  }
  return nearest;
}

/// An effect just derived is what was handed out already, if a record of its touchpoint within the window is
/// left.
void Step::take_over(Effect& effect) {
  const auto is_it = [&](const HandOut& record) {
    return record.touchpoint == touchpoint_id(effect) &&
           (record.key == effect.key || distance(record.due, effect.due) <= window(effect));
  };
  const auto further = [&](const HandOut& record) {
    return std::pair(record.key != effect.key, distance(record.due, effect.due));
  };
  auto nearest = state_.disproved.end();
  for (auto record = state_.disproved.begin(); record != state_.disproved.end(); ++record) {
    if (!is_it(*record)) continue;
    if (nearest == state_.disproved.end() || further(*record) < further(*nearest)) nearest = record;
  }
  if (nearest == state_.disproved.end()) return;
  const HandOut record = std::move(*nearest);
  state_.disproved.erase(nearest);
  match(effect, record.at, record.key, record.channel);
}

/// A message that reaches its goal, or ends the instance, does so when it is handed out, while its stay
/// lasts.
void Step::match(Effect& effect, Instant handed_out, EffectKey key, std::string_view channel) {
  Instance& instance = at(state_.instances, effect.instance);
  const Journey& journey = journey_of(instance);
  const Touchpoint& touchpoint = at(journey.touchpoints, effect.touchpoint);
  effect.key = key;
  effect.handed_out = handed_out;
  effect.channel = channel.empty() ? std::nullopt : journey.find_channel(channel);
  effect.with.clear();
  note(Trace::Kind::message, &instance, "{} is handed out", touchpoint.id);
  if (touchpoint.kind != TouchpointKind::outbound || effect.ended || instance.ended) return;
  if (touchpoint.goal) achieve(instance);
  if (touchpoint.ends || (touchpoint.goal && touchpoint.next.empty())) end_at(instance, effect.touchpoint);
}

/// How far due times may lie apart for one to be taken for the other. Where silence never counts as leaving
/// it is the default of journeys.
Duration Step::window(const Effect& effect) const {
  const Journey& journey = journey_of(at(state_.instances, effect.instance));
  const auto* window = std::get_if<Duration>(&at(journey.touchpoints, effect.touchpoint).abandon_after);
  return window == nullptr ? default_abandon_after : *window;
}

const std::string& Step::touchpoint_id(const Effect& effect) const {
  return at(journey_of(at(state_.instances, effect.instance)).touchpoints, effect.touchpoint).id;
}

/// 128 bits of XXH3 over what tells one effect from all others. The count tells apart those of one touchpoint
/// that one instance has at one instant.
EffectKey Step::derived_key(const Instance& instance, const Effect& effect) const {
  const Journey& journey = journey_of(instance);
  std::uint32_t count = 0;
  for (auto other = state_.effects.rbegin(); other != state_.effects.rend() && other->due == effect.due;
       ++other) {
    if (other->instance == effect.instance && other->touchpoint == effect.touchpoint) ++count;
  }
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", where_.customer.customer, journey.id,
                  at(journey.touchpoints, effect.touchpoint).id, instance.key ? describe(*instance.key) : "",
                  instance.opened.time_since_epoch().count(), effect.due.time_since_epoch().count(), count);
  return {.high = fast_hash(text, 1), .low = fast_hash(text, 2)};
}

}  // namespace lotse
