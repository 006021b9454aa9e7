#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/evaluator.hpp"
#include "engine/expression/program.hpp"

namespace lotse::cel {

/// One shape in which a function may be called. Overloads of one name and style share their implementation,
/// which looks at the values.
struct Overload {
  std::string_view name;  ///< `startsWith`, `math.abs`
  bool receiver = false;  ///< `text.startsWith(part)`: the first argument stands before the point
  std::vector<Type> arguments;
  Type result;
  Implementation run = nullptr;
  bool variadic = false;  ///< the last argument may be repeated
};

/// The functions of CEL's standard library and of its extensions `strings` and `math`.
[[nodiscard]] std::span<const Overload> functions();

/// Each distinct name once, for hints.
[[nodiscard]] std::span<const std::string_view> function_names();

// What functions() is put together from.
void append_standard_functions(std::vector<Overload>& all);
void append_time_functions(std::vector<Overload>& all);
void append_string_functions(std::vector<Overload>& all);
void append_math_functions(std::vector<Overload>& all);
bool format_text(Run& run, const Value* const* arguments, std::size_t count, Value& out);

/// string(x) of a double: the fewest digits that read back, `NaN`, `-Infinity`.
[[nodiscard]] std::string double_text(double value);

/// "no such overload: size(int)": for arguments that no overload takes.
bool no_overload(Run& run, std::string_view name, const Value* const* arguments, std::size_t count);

}  // namespace lotse::cel
