// Whom an event means, and what expressions say about it.
#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/journey/splits.hpp"
#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

bool was_dropped(const Instance& instance) {
  return instance.ended && instance.stays.back().cause == Cause::dropped && !instance.outcome;
}

}  // namespace

bool is_lasting(const Expression& expression) {
  return std::ranges::all_of(expression.references(), [](const Expression::Reference& reference) {
    const auto variable = static_cast<Variable>(reference.variable);
    return variable == Variable::context || variable == Variable::customer || variable == Variable::visits;
  });
}

const Journey& Step::journey_of(const Instance& instance) const {
  return *at(where_.versions.versions, instance.version);
}

const Touchpoint& Step::position(const Instance& instance) const {
  return at(journey_of(instance).touchpoints, instance.stays.back().at);
}

bool Step::any_version(bool Reaction::* means) const {
  return std::ranges::any_of(concern_->versions, means);
}

const Reaction& Step::reaction(VersionIndex version) const { return at(concern_->versions, version); }

InstanceIndex Step::index_of(const Instance& instance) const {
  return InstanceIndex(static_cast<std::uint32_t>(&instance - state_.instances.data()));
}

const std::vector<Transition>& Step::transitions(const Instance& instance,
                                                 std::optional<TouchpointIndex> carrier) const {
  const Journey& journey = journey_of(instance);
  return carrier ? at(journey.touchpoints, *carrier).next : journey.anywhere;
}

/// The last version that was in force at the event's time; the first reaches back for ever.
VersionIndex Step::version_in_force() const {
  const auto& from = where_.versions.in_force;
  const auto later = std::upper_bound(from.begin() + 1, from.end(), now_);
  return VersionIndex(static_cast<std::uint32_t>(later - from.begin() - 1));
}

/// What is derived anew opens in the version that does so, if the event is a start there too. Nothing while
/// all that are in force are drained or stopped.
std::optional<VersionIndex> Step::opening_version() {
  if (where_.replays != nullptr) {
    for (const Replay& replay : *where_.replays) {
      if (replay.journey != where_.journey || replay.opened != now_ || lacks_key(replay.version)) continue;
      if (same_key(key(replay.version), replay.key) && start_for(replay.version)) return replay.version;
    }
  }
  const auto version = where_.versions.opening_at(now_);
  return version ? std::optional(VersionIndex(static_cast<std::uint32_t>(*version))) : std::nullopt;
}

/// The event's channel, and its key by that version's `key`: nothing where it gives null or fails, or there
/// is none.
const Step::Read& Step::read(VersionIndex version) {
  if (read_ && read_->version == version) return *read_;
  const Journey& journey = *at(where_.versions.versions, version);
  Read& read = read_.emplace();
  read.version = version;
  if (!event_->channel.empty()) read.channel = journey.find_channel(event_->channel);
  if (!journey.key) return read;
  auto key = journey.key->evaluate(Scope(journey, where_.customer, nullptr, event_, now_));
  if (key && !key->is_null()) read.key = *std::move(key);
  return read;
}

bool Step::lacks_key(VersionIndex version) {
  return at(where_.versions.versions, version)->key.has_value() && !key(version);
}

/// Whether the event's key is the instance's; in a journey without `key` every event's is.
bool Step::is_meant(const Instance& instance) {
  return !lacks_key(instance.version) && same_key(key(instance.version), instance.key);
}

bool Step::is_newest(const Instance& instance) const {
  const auto newer = state_.instances.begin() + index_of(instance).value() + 1;
  return std::none_of(newer, state_.instances.end(),
                      [&](const Instance& other) { return same_key(other.key, instance.key); });
}

/// Only the newest instance of a key can be revived, only from a drop-off, and not in a stopped version.
bool Step::can_return(const Instance& instance) const {
  return was_dropped(instance) && is_newest(instance) &&
         now_ <= where_.versions.stopped_at(instance.version.value());
}

/// What an event about a message or a task says by the effect's key goes before all else.
Instance* Step::addressed() {
  if (Instance* instance = addressed_by_effect()) return instance;
  for (auto instance = state_.instances.rbegin(); instance != state_.instances.rend(); ++instance) {
    if (is_meant(*instance)) return &*instance;
  }
  return nullptr;
}

Instance* Step::addressed_by_effect() {
  const Effect* effect = named_effect();
  return effect == nullptr ? nullptr : &at(state_.instances, effect->instance);
}

const Effect* Step::named_effect() const {
  if (state_.effects.empty()) return nullptr;
  if (event_->type != event_type::message_sent && event_->type != event_type::message_failed &&
      event_->type != event_type::message_blocked && event_->type != event_type::message_withdrawn &&
      event_->type != event_type::task_done && event_->type != event_type::task_overdue) {
    return nullptr;
  }
  const auto text = property("key");
  const auto key = text ? parse_effect_key(*text) : std::nullopt;
  if (!key) return nullptr;
  const auto found = std::ranges::find(state_.effects, *key, &Effect::known_as);
  return found == state_.effects.end() ? nullptr : &*found;
}

Instance* Step::newest_active() {
  for (auto instance = state_.instances.rbegin(); instance != state_.instances.rend(); ++instance) {
    if (!instance->ended && lacks_key(instance->version)) return &*instance;
  }
  return nullptr;
}

Instance* Step::last_ended() {
  Instance* last = nullptr;
  for (Instance& instance : state_.instances) {
    if (!instance.ended || !lacks_key(instance.version)) continue;
    if (last == nullptr || instance.ended_at >= last->ended_at) last = &instance;
  }
  return last;
}

std::optional<std::string_view> Step::property(std::string_view name) const {
  const Value* value = event_->properties.find(name);
  if (value == nullptr || value->string() == nullptr) return std::nullopt;
  return *value->string();
}

bool Step::holds(Instance* instance, VersionIndex version, const std::optional<Expression>& when) {
  if (!when) return true;
  const Scope scope(*at(where_.versions.versions, version), where_.customer, instance, event_, now_,
                    where_.versions.risk.get());
  const auto verdict = when->holds(scope);
  if (verdict) {
    if (*verdict) {
      note(Trace::Kind::condition, instance, "{} is true", when->source());
    } else {
      note(Trace::Kind::condition, instance, "{} is false", when->source());
    }
    return *verdict;
  }
  if (instance != nullptr) ++instance->expression_errors;
  if (where_.trace != nullptr) {
    const auto failed = when->evaluate(scope);
    note(Trace::Kind::expression_failed, instance, "{} counts as false: {}", when->source(),
         failed ? phrase("it gives no boolean") : Phrase::verbatim(failed.error().message));
  }
  return false;
}

Scope Step::scope(const Instance& instance) const {
  return {journey_of(instance), where_.customer, &instance, event_, now_, where_.versions.risk.get()};
}

std::optional<Value> Step::evaluate(Instance& instance, const Expression& expression) {
  auto value = expression.evaluate(scope(instance));
  if (value) return *std::move(value);
  ++instance.expression_errors;
  note(Trace::Kind::expression_failed, &instance, "{} gives nothing: {}", expression.source(),
       value.error().message);
  return std::nullopt;
}

/// The same where a failure is nobody's mistake: a segment, say, whose field is not known yet. It is not
/// counted.
std::optional<Value> Step::look(const Instance& instance, const Expression& expression) const {
  auto value = expression.evaluate(scope(instance));
  return value ? std::optional(*std::move(value)) : std::nullopt;
}

std::optional<Instant> Step::look_instant(const Instance& instance, const Expression& expression) const {
  const auto value = look(instance, expression);
  return value ? value->instant() : std::nullopt;
}

std::optional<Instant> Step::evaluate_instant(Instance& instance, const Expression& expression) {
  const auto value = evaluate(instance, expression);
  if (!value || value->is_null()) return std::nullopt;
  const auto instant = value->instant();
  if (!instant) {
    ++instance.expression_errors;
    note(Trace::Kind::expression_failed, &instance, "{} gives no instant: {}", expression.source(),
         describe(*value));
  }
  return instant;
}

/// A transition of another arm of the split is as if it were not there.
bool Step::is_in_arm(const Journey& journey, const Transition& transition) {
  if (!transition.split) return true;
  const std::string& split = at(journey.splits, *transition.split);
  if (split_ == nullptr || *split_ != split) {
    split_ = &split;
    split_fraction_ = split_fraction(where_.customer.customer, split);
  }
  return falls_to(transition, split_fraction_);
}

std::optional<ChannelIndex> Step::channel(VersionIndex version) {
  return event_ == nullptr ? std::nullopt : read(version).channel;
}

bool Step::is_named(const std::vector<EventTypeIndex>& on, VersionIndex version) const {
  const auto type = reaction(version).type;
  return type && std::ranges::find(on, *type) != on.end();
}

}  // namespace lotse
