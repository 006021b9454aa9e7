#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/expression/expression.hpp"
#include "engine/expression/value.hpp"

/// The compiled form: a tree in one vector, children before their parents.
namespace lotse::cel {

class Run;

enum class Op : std::uint8_t {
  literal,   ///< a: into literals
  variable,  ///< a: variable
  field,     ///< a: variable, b: field
  member,    ///< a: variable, b: into names
  local,     ///< a: local slot
  select,    ///< child; b: into names
  index,     ///< two children
  list,
  map,  ///< children: key, value, key, value, …
  conditional,
  negate,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  call,  ///< children; a: into functions
  // Comprehensions: child 0 the range, 1 the body, with three 1 the filter and 2 the body; a: their first
  // local slot, b: how many slots.
  filter,
  to_list,
  to_map,
  bind,  ///< children: value, body; a: local slot
  fail,  ///< a: into names, the message; what an unchecked expression has for unknown names

  // From here on the result is a boolean.
  has_variable,  ///< these like variable, field, member, select
  has_field,
  has_member,
  has_select,
  logical_and,
  logical_or,
  logical_not,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  matches,  ///< child; a: into patterns
  all,
  exists,
  exists_one,
};
[[nodiscard]] constexpr bool is_condition(Op op) { return op >= Op::has_variable; }

struct Node {
  Op op = Op::literal;
  std::uint32_t offset = 0;  ///< into the source, for messages
  std::uint32_t first = 0;   ///< into children
  std::uint32_t count = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

inline constexpr std::size_t max_locals = 16;  ///< comprehension variables in sight at once

/// What a function gets: its evaluated arguments. Puts its result into `out`, or fails through `run` with
/// false.
using Implementation = bool (*)(Run& run, const Value* const* arguments, std::size_t count, Value& out);

}  // namespace lotse::cel

namespace lotse {

struct Expression::Program {
  /// What a variable or field node reads, as written: `context.plan`.
  struct Read {
    std::uint32_t node;
    std::string name;
  };

  std::string source;
  Type type;
  std::vector<Reference> references;
  std::optional<Value> constant;
  ExpressionLimits limits;

  std::vector<cel::Node> nodes;
  std::vector<std::uint32_t> children;
  std::vector<Value> literals;
  std::vector<std::string> names;
  std::vector<cel::Implementation> functions;
  std::vector<std::unique_ptr<const re2::RE2>> patterns;
  std::vector<Read> reads;  ///< of variables and fields, for messages
  std::uint32_t root = 0;
};

}  // namespace lotse
