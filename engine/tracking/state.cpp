#include "engine/tracking/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lotse {
namespace {

bool same(const Value& a, const Value& b) { return a.identical(b); }

bool same(const std::optional<Value>& a, const std::optional<Value>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->identical(*b);
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](const T& x, const T& y) { return same(x, y); });
}

std::optional<std::uint64_t> parse_hex(std::string_view digits) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!std::ranges::all_of(digits, is_digit)) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

}  // namespace

std::string hex(const EffectKey& key) { return fmt::format("{:016x}{:016x}", key.high, key.low); }

std::optional<EffectKey> parse_effect_key(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  const auto high = parse_hex(text.substr(0, 16));
  const auto low = parse_hex(text.substr(16));
  if (!high || !low) return std::nullopt;
  return EffectKey{.high = *high, .low = *low};
}

bool is_negative(Scale scale, double score) {
  switch (scale) {
    case Scale::nps:
      return score <= 6;
    case Scale::csat5:
    case Scale::stars:
      return score <= 2;
    case Scale::ces7:
      return score <= 3;
    case Scale::sentiment:
      return score <= -0.3;
  }
  return false;
}

EffectStatus Effect::status(Instant now) const {
  if (handed_out) return EffectStatus::handed_out;
  if (blocked) return EffectStatus::blocked;
  const bool may_be_stale = task == TaskStatus::none;  // a person is needed however late it is
  if (ended && (*ended <= stale_at || !may_be_stale)) return EffectStatus::withdrawn;
  if (now > stale_at && may_be_stale) return EffectStatus::stale;
  return EffectStatus::pending;
}

Instant Effect::to_be_decided(Instant now) const {
  if (status(now) == EffectStatus::pending) return deferred_until.value_or(due);
  const bool promised = handed_out && task == TaskStatus::open && deadline && !overdue_noted;
  return promised ? *deadline + Duration(1) : Instant::max();
}

Status Instance::status() const {
  if (achieved) return Status::achieved;
  if (!ended) return Status::active;
  if (outcome || restarted) return Status::exited;
  return stays.back().cause == Cause::dropped ? Status::dropped : Status::exited;
}

PromiseStatus Instance::status(const PromiseRecord& promise, Instant now) const {
  if (promise.reached) {
    return *promise.reached <= promise.deadline ? PromiseStatus::kept : PromiseStatus::broken;
  }
  // Who only fell silent is still owed it.
  const bool for_good = ended && (stays.back().cause != Cause::dropped || outcome || restarted);
  if (for_good && ended_at < promise.deadline) return PromiseStatus::released;
  return now > promise.deadline ? PromiseStatus::broken : PromiseStatus::open;
}

bool operator==(const Effect& a, const Effect& b) {
  const auto rest = [](const Effect& e) {
    return std::tie(e.key, e.touchpoint, e.instance, e.stay, e.transition, e.due, e.stale_at,
                    e.deferred_until, e.blocked, e.handed_out, e.handed_out_as, e.channel, e.ended, e.task,
                    e.deadline, e.claimed_by, e.overdue_noted);
  };
  return rest(a) == rest(b) && same(a.with, b.with);
}

bool operator==(const Instance& a, const Instance& b) {
  const auto rest = [](const Instance& i) {
    return std::tie(i.version, i.opened, i.ended, i.ended_at, i.outcome, i.restarted, i.version_end,
                    i.achieved, i.visits, i.stays, i.beside, i.pending, i.open_tasks, i.promises,
                    i.expression_errors, i.collected);
  };
  const auto value = [](const Instance& i) {
    return i.value ? std::optional<Value>(Value(*i.value)) : std::nullopt;
  };
  return rest(a) == rest(b) && same(a.key, b.key) && same(a.context, b.context) &&
         same(a.segment_sets, b.segment_sets) && same(value(a), value(b));
}

bool operator==(const CustomerState& a, const CustomerState& b) {
  const auto rest = [](const CustomerState& c) {
    return std::tie(c.customer, c.consents, c.address_failures, c.journeys, c.last_event, c.clock,
                    c.last_timer, c.next_timer, c.next_effect, c.events);
  };
  return rest(a) == rest(b) && same(a.traits, b.traits);
}

}  // namespace lotse
