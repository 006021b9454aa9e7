#include "engine/tracking/scope.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace lotse {
namespace {

constexpr std::uint32_t index_of(Variable variable) { return static_cast<std::uint32_t>(variable); }

/// The whole numbers from -2^63 to below 2^63, which a double holds exactly where it holds them at all.
std::optional<Value> to_integer(const Value& value) {
  if (std::holds_alternative<std::int64_t>(value.rep())) return value;
  if (const auto* whole = std::get_if<std::uint64_t>(&value.rep())) {
    if (*whole > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return Value(static_cast<std::int64_t>(*whole));
  }
  const auto* real = std::get_if<double>(&value.rep());
  if (real == nullptr || std::trunc(*real) != *real || *real < -0x1p63 || *real >= 0x1p63)
    return std::nullopt;
  return Value(static_cast<std::int64_t>(*real));
}

std::optional<Value> to_unsigned(const Value& value) {
  if (std::holds_alternative<std::uint64_t>(value.rep())) return value;
  const auto whole = to_integer(value);
  if (!whole) return std::nullopt;
  const auto number = std::get<std::int64_t>(whole->rep());
  if (number < 0) return std::nullopt;
  return Value(static_cast<std::uint64_t>(number));
}

std::optional<Value> to_floating(const Value& value) {
  const auto number = value.number();
  if (!number) return std::nullopt;
  return Value(*number);
}

std::optional<Value> to_time(const Value& value) {
  if (std::holds_alternative<Timestamp>(value.rep())) return value;
  const auto instant = value.instant();
  if (!instant) return std::nullopt;
  return Value(*instant);
}

std::optional<Value> to_elapsed(const Value& value) {
  if (std::holds_alternative<CelDuration>(value.rep())) return value;
  if (value.string() == nullptr) return std::nullopt;
  const auto duration = parse_duration(*value.string());
  if (!duration) return std::nullopt;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*duration);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(*duration - seconds);
  return Value(CelDuration{.seconds = seconds.count(), .nanos = static_cast<std::int32_t>(rest.count())});
}

std::optional<Value> to_list(const Value& value, const Type& type) {
  if (value.list() == nullptr) return std::nullopt;
  if (type.of.empty()) return value;
  List list;
  list.reserve(value.list()->size());
  for (const Value& element : *value.list()) {
    auto coerced = coerce(element, type.of.front());
    if (!coerced) return std::nullopt;
    list.push_back(*std::move(coerced));
  }
  return Value(std::move(list));
}

template <class T>
std::optional<Value> only(const Value& value) {
  if (!std::holds_alternative<T>(value.rep())) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Value> coerce(const Value& value, const Type& type) {
  switch (type.kind) {
    case TypeKind::dyn:
      return value;
    case TypeKind::null:
      return only<Value::Null>(value);
    case TypeKind::boolean:
      return only<bool>(value);
    case TypeKind::integer:
      return to_integer(value);
    case TypeKind::unsigned_integer:
      return to_unsigned(value);
    case TypeKind::floating:
      return to_floating(value);
    case TypeKind::string:
      return only<Value::Shared<std::string>>(value);
    case TypeKind::bytes:
      return only<Value::Shared<Bytes>>(value);
    case TypeKind::timestamp:
      return to_time(value);
    case TypeKind::duration:
      return to_elapsed(value);
    case TypeKind::list:
      return to_list(value, type);
    case TypeKind::map:
      return only<Value::Shared<Map>>(value);
    case TypeKind::type:
      return only<Value::Shared<TypeName>>(value);
  }
  return std::nullopt;
}

const Value* Scope::variable(std::uint32_t variable, Value& made) const {
  switch (static_cast<Variable>(variable)) {
    case Variable::event:
      return event_ == nullptr ? nullptr : &event_->properties;
    case Variable::context:
      return &(made = context_map());
    case Variable::customer:
      return &customer_.traits;
    case Variable::visits:
      return &(made = visits_map());
    case Variable::channel:
      return channel(made);
    case Variable::now:
      return &(made = Value(now_));
    case Variable::risk:
      return risk(made);
  }
  return nullptr;
}

const Value* Scope::field(std::uint32_t variable, std::uint32_t field, Value& made) const {
  if (variable == index_of(Variable::context)) return context(field);
  if (variable == index_of(Variable::visits)) return &(made = Value(std::int64_t{visits(field)}));
  return nullptr;
}

const Value* Scope::member(std::uint32_t variable, std::string_view key, Value& made) const {
  if (variable == index_of(Variable::event)) {
    if (event_ == nullptr) return nullptr;
    if (key == "meta") return &(made = meta());
    return event_->properties.find(key);
  }
  if (variable == index_of(Variable::customer)) return customer_.traits.find(key);
  return Activation::member(variable, key, made);
}

const Value* Scope::context(std::uint32_t field) const {
  const auto& value = instance_ == nullptr ? journey_.context[field].initial : instance_->context[field];
  return value ? &*value : nullptr;
}

std::uint32_t Scope::visits(std::uint32_t touchpoint) const {
  return instance_ == nullptr ? 0 : instance_->visits[touchpoint];
}

const Value* Scope::channel(Value& made) const {
  if (event_ != nullptr && !event_->channel.empty()) return &(made = Value(event_->channel));
  if (instance_ == nullptr || instance_->stays.empty() || !instance_->stays.back().channel) return nullptr;
  return &(made = Value(at(journey_.channels, *instance_->stays.back().channel)));
}

/// Of the present stay, whose hops are one, by the curves in force now. Nothing where none tells it.
const Value* Scope::risk(Value& made) const {
  if (risks_ == nullptr || instance_ == nullptr || instance_->ended || instance_->stays.empty())
    return nullptr;
  auto first = instance_->stays.rbegin();
  while (first->entry == Entry::hop) ++first;
  const std::optional<double> risk =
      risks_->at(journey_.version, at(journey_.touchpoints, first->at).id, now_ - first->entered, now_);
  return risk ? &(made = Value(*risk)) : nullptr;
}

Value Scope::context_map() const {
  Map map;
  for (std::uint32_t field = 0; field < journey_.context.size(); ++field) {
    if (const Value* value = context(field)) map.emplace_back(Value(journey_.context[field].name), *value);
  }
  return Value(std::move(map));
}

Value Scope::visits_map() const {
  Map map;
  for (std::uint32_t touchpoint = 0; touchpoint < journey_.touchpoints.size(); ++touchpoint) {
    map.emplace_back(Value(journey_.touchpoints[touchpoint].id), Value(std::int64_t{visits(touchpoint)}));
  }
  return Value(std::move(map));
}

/// The envelope. Its members are listed in docs/tracking.md.
Value Scope::meta() const {
  Map map;
  map.emplace_back(Value("id"), Value(event_->id));
  map.emplace_back(Value("type"), Value(event_->type));
  map.emplace_back(Value("time"), Value(event_->time));
  map.emplace_back(Value("source"), Value(event_->source));
  map.emplace_back(Value("channel"), Value(event_->channel));
  return Value(std::move(map));
}

}  // namespace lotse
