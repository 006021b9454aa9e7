#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/expression/evaluator.hpp"
#include "engine/expression/value.hpp"

/// What CEL's operators do with values.
namespace lotse::cel {

/// CEL's `==`: numbers by value whatever their type, lists and maps by content, other types never equal.
/// Takes a step for each element; false once the budget is exhausted.
[[nodiscard]] bool equal(const Value& a, const Value& b, Budget& budget);

/// CEL's order; nothing where there is none (lists, null, a string and a number). A NaN is unordered.
[[nodiscard]] std::optional<std::partial_ordering> compare(const Value& a, const Value& b);

enum class Fault : std::uint8_t { none, no_overload, overflow, divide_by_zero, modulo_by_zero, range };
/// `+ - * / %` of two values; int, uint and double mix: a double makes the result one, else an int does.
[[nodiscard]] Fault arithmetic(Op op, const Value& a, const Value& b, Value& out, Budget& budget);
[[nodiscard]] Fault negate(const Value& a, Value& out);

/// A map's value under a key; a number finds one of any numeric type. nullptr where there is none.
[[nodiscard]] const Value* find(const Map& map, const Value& key, Budget& budget);
[[nodiscard]] bool is_key(const Value& value);  ///< bool, int, uint or string

/// An int, or a uint or double of the same value; nothing for anything else.
[[nodiscard]] std::optional<std::int64_t> as_index(const Value& value);

/// `int`, `list`, `timestamp`: for messages.
[[nodiscard]] std::string_view kind_name(const Value& value);
/// What CEL's type() gives: `int`, `null_type`, `google.protobuf.Timestamp`.
[[nodiscard]] std::string_view type_name(const Value& value);

/// True if walking all of the value, however often a part occurs, fits the budget.
[[nodiscard]] bool walk(const Value& value, Budget& budget);

}  // namespace lotse::cel
