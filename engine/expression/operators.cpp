#include "engine/expression/operators.hpp"

#include <cmath>
#include <string>

#include "engine/expression/temporal.hpp"

namespace lotse::cel {
namespace {

__extension__ using Wide = __int128;

enum class Number : std::uint8_t { none, integer, unsigned_integer, floating };
Number number_kind(const Value& value) {
  switch (value.rep().index()) {
    case 2:
      return Number::integer;
    case 3:
      return Number::unsigned_integer;
    case 4:
      return Number::floating;
    default:
      return Number::none;
  }
}
static_assert(std::is_same_v<std::variant_alternative_t<2, Value::Rep>, std::int64_t>);
static_assert(std::is_same_v<std::variant_alternative_t<3, Value::Rep>, std::uint64_t>);
static_assert(std::is_same_v<std::variant_alternative_t<4, Value::Rep>, double>);

Wide whole(const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value.rep());
  return integer != nullptr ? Wide{*integer} : Wide{std::get<std::uint64_t>(value.rep())};
}

/// Numbers only. Whole numbers compare exactly; beside a double both are doubles, as CEL's conformance tests
/// want it.
std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  if (number_kind(a) == Number::floating || number_kind(b) == Number::floating) {
    return a.number().value_or(NAN) <=> b.number().value_or(NAN);
  }
  const Wide left = whole(a);
  const Wide right = whole(b);
  return left < right   ? std::partial_ordering::less
         : left > right ? std::partial_ordering::greater
                        : std::partial_ordering::equivalent;
}

bool equal_lists(const List& a, const List& b, Budget& budget) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equal(a[i], b[i], budget)) return false;
  }
  return true;
}

bool equal_maps(const Map& a, const Map& b, Budget& budget) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    const Value* other = find(b, key, budget);
    if (other == nullptr || !equal(value, *other, budget)) return false;
  }
  return true;
}

Fault put(std::optional<CelDuration> duration, Value& out) {
  if (!duration) return Fault::range;
  out = Value(*duration);
  return Fault::none;
}
Fault put(std::optional<Timestamp> timestamp, Value& out) {
  if (!timestamp) return Fault::range;
  out = Value(*timestamp);
  return Fault::none;
}

Fault whole_arithmetic(Op op, const Value& a, const Value& b, bool is_unsigned, Value& out) {
  const Wide left = whole(a);
  const Wide right = whole(b);
  Wide result = 0;
  switch (op) {
    case Op::add:
      result = left + right;
      break;
    case Op::subtract:
      result = left - right;
      break;
    case Op::multiply:
      if (__builtin_mul_overflow(left, right, &result)) return Fault::overflow;
      break;
    case Op::divide:
      if (right == 0) return Fault::divide_by_zero;
      result = left / right;
      break;
    case Op::modulo:
      if (right == 0) return Fault::modulo_by_zero;
      if (right == -1 && left == INT64_MIN) return Fault::overflow;
      result = left % right;
      break;
    default:
      return Fault::no_overload;
  }
  if (is_unsigned) {
    if (result < 0 || result > Wide{UINT64_MAX}) return Fault::overflow;
    out = Value(static_cast<std::uint64_t>(result));
  } else {
    if (result < Wide{INT64_MIN} || result > Wide{INT64_MAX}) return Fault::overflow;
    out = Value(static_cast<std::int64_t>(result));
  }
  return Fault::none;
}

Fault floating_arithmetic(Op op, double a, double b, Value& out) {
  switch (op) {
    case Op::add:
      out = Value(a + b);
      return Fault::none;
    case Op::subtract:
      out = Value(a - b);
      return Fault::none;
    case Op::multiply:
      out = Value(a * b);
      return Fault::none;
    case Op::divide:
      // IEEE 754 gives an infinity or NaN; the sanitizer's wish for an error is not CEL's.
      out =
          Value(b == 0 ? (a == 0 || std::isnan(a) ? NAN : std::copysign(INFINITY, a) * std::copysign(1.0, b))
                       : a / b);
      return Fault::none;
    default:
      return Fault::no_overload;
  }
}

Fault add_values(const Value& a, const Value& b, Value& out, Budget& budget) {
  if (const std::string* left = a.string()) {
    const std::string* right = b.string();
    if (right == nullptr) return Fault::no_overload;
    if (budget.take(left->size() + right->size())) out = Value(*left + *right);
    return Fault::none;
  }
  if (const List* left = a.list()) {
    const List* right = b.list();
    if (right == nullptr) return Fault::no_overload;
    if (!budget.take(left->size() + right->size())) return Fault::none;
    List joined = *left;
    joined.insert(joined.end(), right->begin(), right->end());
    out = Value(std::move(joined));
    return Fault::none;
  }
  if (const auto* left = std::get_if<Value::Shared<Bytes>>(&a.rep())) {
    const auto* right = std::get_if<Value::Shared<Bytes>>(&b.rep());
    if (right == nullptr) return Fault::no_overload;
    if (budget.take((*left)->data.size() + (*right)->data.size())) {
      out = Value(Bytes{(*left)->data + (*right)->data});
    }
    return Fault::none;
  }
  const auto* left_time = std::get_if<Timestamp>(&a.rep());
  const auto* right_time = std::get_if<Timestamp>(&b.rep());
  const auto* left_span = std::get_if<CelDuration>(&a.rep());
  const auto* right_span = std::get_if<CelDuration>(&b.rep());
  if (left_time != nullptr && right_span != nullptr) return put(add(*left_time, *right_span), out);
  if (left_span != nullptr && right_time != nullptr) return put(add(*right_time, *left_span), out);
  if (left_span != nullptr && right_span != nullptr) return put(add(*left_span, *right_span), out);
  return Fault::no_overload;
}

Fault subtract_values(const Value& a, const Value& b, Value& out) {
  const auto* left_time = std::get_if<Timestamp>(&a.rep());
  const auto* right_time = std::get_if<Timestamp>(&b.rep());
  const auto* left_span = std::get_if<CelDuration>(&a.rep());
  const auto* right_span = std::get_if<CelDuration>(&b.rep());
  if (left_time != nullptr && right_time != nullptr) return put(subtract(*left_time, *right_time), out);
  if (left_time != nullptr && right_span != nullptr) return put(subtract(*left_time, *right_span), out);
  if (left_span != nullptr && right_span != nullptr) return put(subtract(*left_span, *right_span), out);
  return Fault::no_overload;
}

}  // namespace

bool equal(const Value& a, const Value& b, Budget& budget) {
  if (!budget.take(1)) return false;
  const bool numbers = number_kind(a) != Number::none && number_kind(b) != Number::none;
  if (numbers) return compare_numbers(a, b) == std::partial_ordering::equivalent;
  if (a.rep().index() != b.rep().index()) return false;
  if (const std::string* text = a.string()) return *text == *b.string();
  if (const List* list = a.list()) return equal_lists(*list, *b.list(), budget);
  if (const Map* map = a.map()) return equal_maps(*map, *b.map(), budget);
  return a.identical(b);
}

std::optional<std::partial_ordering> compare(const Value& a, const Value& b) {
  const bool numbers = number_kind(a) != Number::none && number_kind(b) != Number::none;
  if (numbers) return compare_numbers(a, b);
  if (a.rep().index() != b.rep().index()) return std::nullopt;
  if (const std::string* text = a.string())
    return *text <=> *b.string();  // UTF-8 sorts as its code points do
  if (const bool* boolean = a.boolean()) return static_cast<int>(*boolean) <=> static_cast<int>(*b.boolean());
  if (const auto* time = std::get_if<Timestamp>(&a.rep())) return *time <=> std::get<Timestamp>(b.rep());
  if (const auto* span = std::get_if<CelDuration>(&a.rep())) return *span <=> std::get<CelDuration>(b.rep());
  if (const auto* bytes = std::get_if<Value::Shared<Bytes>>(&a.rep())) {
    return (*bytes)->data <=> std::get<Value::Shared<Bytes>>(b.rep())->data;
  }
  return std::nullopt;
}

Fault arithmetic(Op op, const Value& a, const Value& b, Value& out, Budget& budget) {
  const Number left = number_kind(a);
  const Number right = number_kind(b);
  if (left == Number::none || right == Number::none) {
    if (op == Op::add) return add_values(a, b, out, budget);
    if (op == Op::subtract) return subtract_values(a, b, out);
    return Fault::no_overload;
  }
  if (left == Number::floating || right == Number::floating) {
    return floating_arithmetic(op, *a.number(), *b.number(), out);
  }
  const bool is_unsigned = left == Number::unsigned_integer && right == Number::unsigned_integer;
  return whole_arithmetic(op, a, b, is_unsigned, out);
}

Fault negate(const Value& a, Value& out) {
  if (const auto* integer = std::get_if<std::int64_t>(&a.rep())) {
    if (*integer == INT64_MIN) return Fault::overflow;
    out = Value(-*integer);
    return Fault::none;
  }
  if (const auto* floating = std::get_if<double>(&a.rep())) {
    out = Value(-*floating);
    return Fault::none;
  }
  return Fault::no_overload;
}

const Value* find(const Map& map, const Value& key, Budget& budget) {
  for (const auto& [candidate, value] : map) {
    if (equal(candidate, key, budget)) return &value;
    if (budget.exhausted()) return nullptr;
  }
  return nullptr;
}

bool is_key(const Value& value) {
  const Number kind = number_kind(value);
  return kind == Number::integer || kind == Number::unsigned_integer || value.boolean() != nullptr ||
         value.string() != nullptr;
}

std::optional<std::int64_t> as_index(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.rep())) return *integer;
  if (const auto* natural = std::get_if<std::uint64_t>(&value.rep())) {
    if (*natural <= static_cast<std::uint64_t>(INT64_MAX)) return static_cast<std::int64_t>(*natural);
  }
  if (const auto* floating = std::get_if<double>(&value.rep())) {
    if (std::fabs(*floating) < 9e15 && *floating == std::trunc(*floating))
      return static_cast<std::int64_t>(*floating);
  }
  return std::nullopt;
}

std::string_view kind_name(const Value& value) {
  static constexpr std::string_view names[] = {"null",  "bool",      "int",      "uint", "double", "string",
                                               "bytes", "timestamp", "duration", "list", "map",    "type"};
  static_assert(std::size(names) == std::variant_size_v<Value::Rep>);
  return names[value.rep().index()];
}

std::string_view type_name(const Value& value) {
  if (value.is_null()) return "null_type";
  if (std::holds_alternative<Timestamp>(value.rep())) return "google.protobuf.Timestamp";
  if (std::holds_alternative<CelDuration>(value.rep())) return "google.protobuf.Duration";
  return kind_name(value);
}

bool walk(const Value& value, Budget& budget) {
  if (const List* list = value.list()) {
    for (const Value& element : *list) {
      if (!budget.take(1) || !walk(element, budget)) return false;
    }
  } else if (const Map* map = value.map()) {
    for (const auto& [key, element] : *map) {
      if (!budget.take(1) || !walk(element, budget)) return false;
    }
  }
  return true;
}

}  // namespace lotse::cel
