// What was handed out, and which derived effect it was. SEMANTICS.md, P6; docs/decisions/0030.
#include <algorithm>
#include <variant>

#include "engine/base/hash.hpp"
#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

Duration distance(Instant a, Instant b) { return a < b ? b - a : a - b; }

}  // namespace

void Step::note_of_effect() {
  if (event_->type == event_type::handed_out) return hand_out();
  if (event_->type == event_type::message_withdrawn) return forget_untried();
  if (event_->type == event_type::message_deferred) return defer();
  const auto text = property("key");
  const auto key = text ? parse_effect_key(*text) : std::nullopt;
  const auto effect = key ? std::ranges::find(state_.effects, *key, &Effect::known_as) : state_.effects.end();
  if (effect == state_.effects.end()) {
    note(Trace::Kind::ignored, nullptr, "{} of what is not derived", event_->type);
  } else if (event_->type == event_type::message_blocked) {
    if (!effect->handed_out) effect->blocked = true;
  } else if (event_->type == event_type::message_rerouted) {
    effect->channel = journey_of(at(state_.instances, effect->instance)).find_channel(event_->channel);
  } else if (event_->type == event_type::task_overdue) {
    effect->overdue_noted = true;
  } else if (event_->type == event_type::task_released) {
    effect->claimed_by.clear();
  } else if (effect->task == TaskStatus::open && effect->claimed_by.empty()) {
    effect->claimed_by = property("by").value_or("");
  }
}

/// The effect with that key, else the nearest as in hand_out(): derived anew, after a merge say, it waits all
/// the same. It stays as fresh as it was: what may be late after its due time may be late after the wait.
void Step::defer() {
  const auto record = recorded();
  const Value* value = event_->properties.find("until");
  const auto until = value == nullptr ? std::nullopt : value->instant();
  if (!record || !until) return;
  const bool handed_out = is_recorded(record->key);  // its next attempt waits, which is the outbox's affair
  Effect* const effect = handed_out ? nullptr : nearest_effect(*record, true);
  if (effect == nullptr) return;
  const Duration fresh_for = effect->stale_at - effect->deferred_until.value_or(effect->due);
  effect->deferred_until = *until;
  effect->stale_at = *until + fresh_for;
  note(Trace::Kind::message, &at(state_.instances, effect->instance), "{} waits until {}",
       touchpoint_id(*effect), *until);
}

/// What was stopped before the first attempt has reached nobody: it counts for no other effect.
void Step::forget_untried() {
  const auto text = property("key");
  const auto key = text ? parse_effect_key(*text) : std::nullopt;
  const Value* attempts = event_->properties.find("attempts");
  if (!key || attempts == nullptr || attempts->number() != 0.0) return;
  std::erase_if(state_.disproved, [&](const HandOut& record) { return record.key == *key; });
}

/// What the event says of an effect: touchpoint, key and due time; nothing where one is missing.
std::optional<HandOut> Step::recorded() {
  const auto touchpoint = property("touchpoint");
  const auto text = property("key");
  const auto key = text ? parse_effect_key(*text) : std::nullopt;
  const Value* due_value = event_->properties.find("due");
  const auto due = due_value == nullptr ? std::nullopt : due_value->instant();
  if (!touchpoint || !key || !due) {
    note(Trace::Kind::ignored, nullptr, "a record without touchpoint, key or due time");
    return std::nullopt;
  }
  return HandOut{.touchpoint = std::string(*touchpoint),
                 .key = *key,
                 .due = *due,
                 .at = now_,
                 .channel = event_->channel};
}

/// The effect with that very key; else the touchpoint's nearest by due time, of those that are still to be
/// handed out if there are any; else the record waits for one that a later step derives.
void Step::hand_out() {
  auto found = recorded();
  if (!found || is_recorded(found->key)) return;
  HandOut& record = *found;
  Effect* effect = nearest_effect(record, true);
  if (effect == nullptr) effect = nearest_effect(record, false);
  if (effect != nullptr) {
    match(*effect, record);
  } else {
    note(Trace::Kind::message, nullptr, "{} was handed out, but is not derived", record.touchpoint);
    state_.disproved.push_back(std::move(record));
  }
  settle();
}

bool Step::is_recorded(EffectKey key) const {
  const auto is_it = [&](const Effect& effect) { return effect.handed_out && effect.known_as() == key; };
  return std::ranges::any_of(state_.effects, is_it) ||
         std::ranges::find(state_.disproved, key, &HandOut::key) != state_.disproved.end();
}

/// Of those not handed out: the one with the record's key, else the nearest by due time.
Effect* Step::nearest_effect(const HandOut& record, bool pending) {
  Effect* nearest = nullptr;
  for (Effect& effect : state_.effects) {
    if (effect.handed_out) continue;
    if (effect.key == record.key) return &effect;
    if ((effect.status(now_) == EffectStatus::pending) != pending ||
        touchpoint_id(effect) != record.touchpoint)
      continue;
    if (distance(effect.due, record.due) > window(effect)) continue;
    if (nearest == nullptr || distance(effect.due, record.due) < distance(nearest->due, record.due))
      nearest = &effect;
  }
  return nearest;
}

/// An effect just derived is what was handed out already, if there is a record with its key, or one of its
/// touchpoint within the window that waits, or that is nearer to it than to an effect that has it but would
/// not be sent anyway.
void Step::take_over(Effect& effect) {
  HandOut* waiting = nearest_waiting(effect);
  Effect* holder = nearest_holder(effect);
  const auto is_nearer = [&] {
    return distance(waiting->due, effect.due) <= distance(holder->handed_out_as->due, effect.due);
  };
  if (holder != nullptr && holder->known_as() == effect.key) {
    give_over(*holder, effect);
  } else if (waiting != nullptr && (holder == nullptr || waiting->key == effect.key || is_nearer())) {
    const HandOut record = std::move(*waiting);
    state_.disproved.erase(state_.disproved.begin() + (waiting - state_.disproved.data()));
    match(effect, record);
  } else if (holder != nullptr) {
    give_over(*holder, effect);
  }
}

HandOut* Step::nearest_waiting(const Effect& effect) {
  HandOut* nearest = nullptr;
  for (HandOut& record : state_.disproved) {
    if (record.touchpoint != touchpoint_id(effect)) continue;
    if (record.key == effect.key) return &record;
    if (distance(record.due, effect.due) > window(effect)) continue;
    if (nearest == nullptr || distance(record.due, effect.due) < distance(nearest->due, effect.due))
      nearest = &record;
  }
  return nearest;
}

/// A record that comes at the very instant of its effect can come before it, and is then taken for another,
/// which gives it back whatever becomes of that one.
Effect* Step::nearest_holder(const Effect& effect) {
  Effect* nearest = nullptr;
  for (Effect& other : state_.effects) {
    if (!other.handed_out_as) continue;
    if (other.known_as() == effect.key) return &other;
    const bool would_be_sent = !other.ended && now_ <= other.stale_at;
    const Duration apart = distance(other.handed_out_as->due, effect.due);
    if (would_be_sent || touchpoint_id(other) != touchpoint_id(effect) || apart > window(effect)) continue;
    if (apart >= distance(other.handed_out_as->due, other.due)) continue;
    if (nearest == nullptr || apart < distance(nearest->handed_out_as->due, effect.due)) nearest = &other;
  }
  return nearest;
}

void Step::give_over(Effect& from, Effect& to) {
  to.handed_out = std::exchange(from.handed_out, std::nullopt);
  to.channel = std::exchange(from.channel, std::nullopt);
  const Effect::As as = *std::exchange(from.handed_out_as, std::nullopt);
  if (as.key != to.key) to.handed_out_as = as;
  count_hand_out(to);
}

void Step::match(Effect& effect, const HandOut& record) {
  const Journey& journey = journey_of(at(state_.instances, effect.instance));
  effect.handed_out = record.at;
  if (record.key != effect.key) effect.handed_out_as = {.key = record.key, .due = record.due};
  effect.channel = record.channel.empty() ? std::nullopt : journey.find_channel(record.channel);
  count_hand_out(effect);
}

/// A message that reaches its goal, or ends the instance, does so when it is handed out, while its stay
/// lasts.
void Step::count_hand_out(const Effect& effect) {
  Instance& instance = at(state_.instances, effect.instance);
  const Touchpoint& touchpoint = at(journey_of(instance).touchpoints, effect.touchpoint);
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
/// that instances of one key and opening have at one instant.
EffectKey Step::derived_key(const Instance& instance, const Effect& effect) const {
  const Journey& journey = journey_of(instance);
  const std::string& touchpoint = touchpoint_id(effect);
  std::uint32_t count = 0;
  for (auto other = state_.effects.rbegin(); other != state_.effects.rend() && other->due == effect.due;
       ++other) {
    const Instance& its = at(state_.instances, other->instance);
    const bool same_instance = its.opened == instance.opened && same_key(its.key, instance.key);
    if (same_instance && touchpoint_id(*other) == touchpoint) ++count;
  }
  std::string text;
  text.reserve(256);
  const auto add = [&](std::string_view part) { text.append(part).push_back('\n'); };
  const auto add_number = [&](std::int64_t number) { add(fmt::format_int(number).c_str()); };
  add(where_.customer.customer);
  add(journey.id);
  add(touchpoint);
  add(instance.key ? describe(*instance.key) : "");
  add_number(instance.opened.time_since_epoch().count());
  add_number(effect.due.time_since_epoch().count());
  add_number(count);
  return {.high = fast_hash(text, 1), .low = fast_hash(text, 2)};
}

}  // namespace lotse
