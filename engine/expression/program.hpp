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
  has_variable,
  has_field,
  has_member,
  has_select,  ///< like the ones above
  index,       ///< two children
  list,
  map,
  logical_and,
  logical_or,
  logical_not,
  conditional,
  negate,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  call,     ///< children; a: into functions
  matches,  ///< child; a: into patterns
  // Comprehensions: child 0 the range, 1 the body, perhaps 2 the transformation; a: their first local slot,
  // b: slots.
  all,
  exists,
  exists_one,
  filter,
  to_list,
  to_map,  ///< with 3 children child 1 is the filter
  bind,    ///< children: value, body; a: local slot
  fail,    ///< a: into names, the message; what an unchecked expression has for unknown names
};

struct Node {
  Op op = Op::literal;
  std::uint32_t offset = 0;  ///< into the source, for messages
  std::uint32_t first = 0;   ///< into children
  std::uint32_t count = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

inline constexpr std::size_t max_locals = 32;  ///< comprehension variables in sight at once

/// What a function gets: its evaluated arguments. Puts its result into `out`, or fails through `run` with
/// false.
using Arguments = std::vector<const Value*>;
using Implementation = bool (*)(Run& run, const Value* const* arguments, std::size_t count, Value& out);

}  // namespace lotse::cel

namespace lotse {

struct Expression::Program {
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
  std::vector<Environment::Variable> variables;  ///< names for messages
  std::uint32_t root = 0;
};

}  // namespace lotse
