// Compact bytes of a state. Each struct is described once, for writing and for reading. The layout holds
// within one build; what is stored notes which build wrote it.
#include <algorithm>
#include <type_traits>

#include "engine/base/assert.hpp"
#include "engine/expression/text_pool.hpp"
#include "engine/tracking/archive.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {
namespace {

using packed::code_real;
using packed::Reader;
using packed::Writer;

/// What is read may have been another state before: as new, but with the memory that its lists hold, whose
/// content each reader below replaces.
void renew(Stay& used) {
  Stay stay;
  stay.feedback.swap(used.feedback);
  stay.lost.swap(used.lost);
  used = std::move(stay);
}
void renew(Effect& used) {
  Effect effect{};
  effect.with.swap(used.with);
  used = std::move(effect);
}
void renew(Instance& used) {
  Instance instance{};
  instance.context.swap(used.context);
  instance.collected.swap(used.collected);
  instance.visits.swap(used.visits);
  instance.stays.swap(used.stays);
  instance.beside.swap(used.beside);
  instance.pending.swap(used.pending);
  instance.promises.swap(used.promises);
  instance.segment_sets.swap(used.segment_sets);
  used = std::move(instance);
}

template <class Archive, class T>
void code_index(Archive& archive, T& index) {
  std::uint32_t raw = index.value();
  archive.number(raw);
  if constexpr (Archive::reads) index = std::remove_const_t<T>(raw);
}

/// Whole scores and amounts, which most are, take a byte or two.
template <class Archive, class T>
void code_amount(Archive& archive, T& real) {
  constexpr double small = 1e9;
  const bool whole = -small < real && real < small &&
                     std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(real))) ==
                         std::bit_cast<std::uint64_t>(static_cast<double>(real));
  if (archive.flags({whole}) != 0) {
    auto raw = static_cast<std::int64_t>(whole ? real : 0);
    archive.integer(raw);
    if constexpr (Archive::reads) real = static_cast<double>(raw);
  } else {
    code_real(archive, real);
  }
}

void code(Writer& writer, const Value& value) { packed::write(writer, value); }
void code(Reader& reader, Value& value) { value = packed::read_value(reader); }

template <class Archive, class T>
void code_optional_value(Archive& archive, T& value) {
  const bool has = archive.flags({value.has_value()}) != 0;
  archive.present(has, value, [&](auto& inner) { code(archive, inner); });
}

// The structs, in the order of state.hpp. `T` is const where it is written.

template <class Archive, class T>
void code_feedback(Archive& archive, T& feedback) {
  if constexpr (Archive::reads) feedback = {};
  const auto flags = archive.flags({feedback.segments.has_value(), !feedback.comment.empty()});
  archive.number(feedback.scale);
  code_amount(archive, feedback.score);
  archive.instant(feedback.at);
  archive.present((flags & 1U) != 0, feedback.segments, [&](auto& segments) { archive.number(segments); });
  if ((flags & 2U) != 0) archive.text(feedback.comment);
}

template <class Archive, class T>
void code_stay(Archive& archive, T& stay) {
  if constexpr (Archive::reads) renew(stay);
  const auto index = [&](auto& value) { code_index(archive, value); };
  const auto instant = [&](auto& value) { archive.instant(value); };
  const auto flags = archive.flags(
      {stay.channel.has_value(), stay.cause != Cause::open, stay.to.has_value(),
       stay.last_activity != stay.entered, stay.segments != 0, stay.deadline.has_value(),
       stay.promised.has_value(), !stay.feedback.empty(), stay.escalated.has_value(), stay.repeats != 0,
       stay.forced_hop, stay.blocked != 0, stay.deviations != 0, stay.revived, stay.outcome.has_value(),
       stay.recovered.has_value(), stay.awaits.has_value(), stay.left != Instant{}, !stay.lost.empty()});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  index(stay.at);
  archive.number(stay.entry);
  archive.instant(stay.entered);
  archive.present(has(0), stay.channel, index);
  archive.present(has(2), stay.to, index);
  if (has(3)) {
    archive.instant(stay.last_activity);
  } else if constexpr (Archive::reads) {
    stay.last_activity = stay.entered;
  }
  if (has(4)) archive.number(stay.segments);
  archive.present(has(5), stay.deadline, instant);
  archive.present(has(6), stay.promised, instant);
  archive.list_if(has(7), stay.feedback, [&](auto& feedback) { code_feedback(archive, feedback); });
  archive.present(has(8), stay.escalated, instant);
  if (has(9)) archive.number(stay.repeats);
  if (has(11)) archive.number(stay.blocked);
  if (has(12)) archive.number(stay.deviations);
  archive.present(has(14), stay.outcome, index);
  archive.present(has(15), stay.recovered, instant);
  archive.present(has(16), stay.awaits, index);
  archive.list_if(has(18), stay.lost, [&](auto& lost) {
    index(lost.field);
    index(lost.at);
    archive.number(lost.what);
    archive.instant(lost.when);
  });
  // Last, because the next stay begins where this one ends.
  if (has(1)) archive.number(stay.cause);
  if (has(17)) archive.instant(stay.left);
  if constexpr (Archive::reads) {
    stay.forced_hop = has(10);
    stay.revived = has(13);
  }
}

template <class Archive, class T>
void code_key(Archive& archive, T& key) {
  archive.fixed(key.high);
  archive.fixed(key.low);
}

template <class Archive, class T>
void code_effect(Archive& archive, T& effect) {
  if constexpr (Archive::reads) renew(effect);
  const auto index = [&](auto& value) { code_index(archive, value); };
  const auto instant = [&](auto& value) { archive.instant(value); };
  const auto flags =
      archive.flags({effect.handed_out.has_value(), effect.ended.has_value(), effect.task != TaskStatus::none,
                     !effect.with.empty(), effect.channel.has_value(), effect.deadline.has_value(),
                     effect.handed_out_as.has_value(), effect.deferred_until.has_value(), effect.blocked,
                     !effect.claimed_by.empty(), effect.overdue_noted});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  code_key(archive, effect.key);
  index(effect.touchpoint);
  index(effect.instance);
  index(effect.stay);
  archive.number(effect.transition);
  archive.instant(effect.due);
  archive.instant(effect.stale_at);
  archive.present(has(0), effect.handed_out, instant);
  archive.present(has(1), effect.ended, instant);
  if (has(2)) archive.number(effect.task);
  archive.list_if(has(3), effect.with, [&](auto& value) { code(archive, value); });
  archive.present(has(4), effect.channel, index);
  archive.present(has(5), effect.deadline, instant);
  archive.present(has(6), effect.handed_out_as, [&](auto& as) {
    code_key(archive, as.key);
    archive.instant(as.due);
  });
  archive.present(has(7), effect.deferred_until, instant);
  if (has(9)) archive.text(effect.claimed_by);
  if constexpr (Archive::reads) {
    effect.blocked = has(8);
    effect.overdue_noted = has(10);
  }
}

template <class Archive, class T>
void code_hand_out(Archive& archive, T& record) {
  archive.text(record.touchpoint);
  code_key(archive, record.key);
  archive.instant(record.due);
  archive.instant(record.at);
  archive.text(record.channel);
}

template <class Archive, class T>
void code_promise(Archive& archive, T& promise) {
  const auto flags = archive.flags({promise.reached.has_value()});
  archive.number(promise.promise);
  archive.instant(promise.made);
  archive.instant(promise.deadline);
  archive.present(flags != 0, promise.reached, [&](auto& reached) { archive.instant(reached); });
}

template <class Archive, class T>
void code_pending(Archive& archive, T& pending) {
  const auto flags = archive.flags({pending.carrier.has_value()});
  archive.present(flags != 0, pending.carrier, [&](auto& carrier) { code_index(archive, carrier); });
  archive.number(pending.transition);
  archive.instant(pending.due);
}

template <class Archive, class T>
void code_instance(Archive& archive, T& instance) {
  if constexpr (Archive::reads) renew(instance);
  const auto flags = archive.flags({instance.key.has_value(), instance.ended, instance.achieved.has_value(),
                                    instance.value.has_value(), instance.outcome.has_value(),
                                    !instance.pending.empty(), !instance.beside.empty(), instance.restarted,
                                    instance.open_tasks != 0, !instance.promises.empty(),
                                    instance.expression_errors != 0, instance.ended_at != Instant{},
                                    instance.version_end != VersionEnd::none, !instance.collected.empty()});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  code_index(archive, instance.version);
  archive.present(has(0), instance.key, [&](auto& key) { code(archive, key); });
  archive.instant(instance.opened);
  archive.list(instance.stays, [&](auto& stay) { code_stay(archive, stay); });
  if (has(11)) archive.instant(instance.ended_at);
  if (has(12)) archive.number(instance.version_end);
  archive.present(has(4), instance.outcome, [&](auto& outcome) { code_index(archive, outcome); });
  archive.present(has(2), instance.achieved, [&](auto& achieved) { archive.instant(achieved); });
  archive.list(instance.context, [&](auto& field) { code_optional_value(archive, field); });
  archive.list_if(has(13), instance.collected, [&](auto& collected) {
    code_index(archive, collected.field);
    archive.instant(collected.at);
  });
  archive.list(instance.visits, [&](auto& count) { archive.number(count); });
  archive.list_if(has(6), instance.beside, [&](auto& beside) {
    code_index(archive, beside.touchpoint);
    archive.instant(beside.reached);
  });
  archive.list_if(has(5), instance.pending, [&](auto& pending) { code_pending(archive, pending); });
  if (has(8)) archive.number(instance.open_tasks);
  archive.list_if(has(9), instance.promises, [&](auto& promise) { code_promise(archive, promise); });
  archive.list(instance.segment_sets,
               [&](auto& set) { archive.list(set, [&](auto& value) { code(archive, value); }); });
  archive.present(has(3), instance.value, [&](auto& value) { code_amount(archive, value); });
  if (has(10)) archive.number(instance.expression_errors);
  if constexpr (Archive::reads) {
    instance.ended = has(1);
    instance.restarted = has(7);
  }
}

template <class Archive, class T>
void code_journey(Archive& archive, T& journey) {
  const auto flags = archive.flags({!journey.instances.empty(), !journey.effects.empty(),
                                    !journey.disproved.empty(), journey.starts_without_key != 0,
                                    journey.unattributed_feedback != 0, journey.starts_without_version != 0});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  if constexpr (Archive::reads) {
    journey.starts_without_key = journey.unattributed_feedback = journey.starts_without_version = 0;
  }
  archive.list_if(has(0), journey.instances, [&](auto& instance) { code_instance(archive, instance); });
  archive.list_if(has(1), journey.effects, [&](auto& effect) { code_effect(archive, effect); });
  archive.list_if(has(2), journey.disproved, [&](auto& record) { code_hand_out(archive, record); });
  if (has(3)) archive.number(journey.starts_without_key);
  if (has(4)) archive.number(journey.unattributed_feedback);
  if (has(5)) archive.number(journey.starts_without_version);
}

template <class Archive, class T>
void code_consent(Archive& archive, T& consent) {
  const auto flags = archive.flags({consent.given});
  archive.text(consent.purpose);
  archive.text(consent.channel);
  archive.instant(consent.since);
  archive.text(consent.source);
  archive.text(consent.event);
  if constexpr (Archive::reads) consent.given = flags != 0;
}

bool has_open_task(const CustomerState& state) {
  return std::ranges::any_of(state.journeys, [](const JourneyState& journey) {
    return std::ranges::any_of(journey.effects,
                               [](const Effect& effect) { return effect.task == TaskStatus::open; });
  });
}

constexpr std::uint32_t open_task_flag = 2;

template <class Archive, class T>
void code_customer(Archive& archive, T& state) {
  // First what next_timer() and its like look for: they read no further.
  const auto flags = archive.flags({state.last_event.has_value(), !Archive::reads && has_open_task(state),
                                    !state.consents.empty(), !state.address_failures.empty()});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  archive.instant(state.next_timer);
  archive.instant(state.next_effect);
  archive.text(state.customer);
  archive.present(has(0), state.last_event, [&](auto& key) {
    archive.instant(key.time);
    archive.text(key.id);
    archive.text(key.source);
  });
  archive.instant(state.clock);
  archive.instant(state.last_timer);
  archive.number(state.events);
  code(archive, state.traits);
  archive.list_if(has(2), state.consents, [&](auto& consent) { code_consent(archive, consent); });
  archive.list_if(has(3), state.address_failures, [&](auto& failure) {
    archive.text(failure.channel);
    archive.instant(failure.since);
    archive.text(failure.address);
  });
  archive.list(state.journeys, [&](auto& journey) { code_journey(archive, journey); });
}

}  // namespace

void encode(const CustomerState& state, std::string& to) {
  Writer writer(to);
  code_customer(writer, state);
  writer.finish();
}

std::string encode(const CustomerState& state) {
  std::string bytes;
  encode(state, bytes);
  return bytes;
}

CustomerState decode(std::string_view bytes) {
  Reader reader(bytes);
  CustomerState state;
  code_customer(reader, state);
  LOTSE_ASSERT(reader.at_end());
  return state;
}

struct StateDecoder::Rep {
  CustomerState state;
  TextPool texts;
};

StateDecoder::StateDecoder() : rep_(std::make_unique<Rep>()) {}
StateDecoder::~StateDecoder() = default;
StateDecoder::StateDecoder(StateDecoder&&) noexcept = default;
StateDecoder& StateDecoder::operator=(StateDecoder&&) noexcept = default;

CustomerState& StateDecoder::decode(std::string_view bytes) {
  Reader reader(bytes, &rep_->texts);
  code_customer(reader, rep_->state);
  LOTSE_ASSERT(reader.at_end());
  return rep_->state;
}

Instant next_timer(std::string_view bytes) {
  Reader reader(bytes);
  (void)reader.flags({});
  Instant next{};
  reader.instant(next);
  return next;
}

Instant next_effect(std::string_view bytes) {
  Reader reader(bytes);
  (void)reader.flags({});
  Instant next{};
  reader.instant(next);
  reader.instant(next);
  return next;
}

bool has_open_task(std::string_view bytes) { return (Reader(bytes).flags({}) & open_task_flag) != 0; }

}  // namespace lotse
