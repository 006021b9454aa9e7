#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "engine/expression/expression.hpp"
#include "engine/expression/value.hpp"

/// The syntax tree of an expression, as written: names are unresolved, macros are calls.
namespace lotse::cel {

using SyntaxId = std::uint32_t;  ///< into Syntax::nodes

enum class SyntaxKind : std::uint8_t {
  literal,
  identifier,  ///< `text`; `global` with a leading point
  select,      ///< children {operand}, `text` the field, `name_offset` its place
  index,       ///< children {operand, key}
  call,  ///< `text` the function, children its arguments; with `receiver` the first stands before the point
  list,
  map,  ///< children {key, value, key, value, …}
  negate,
  logical_not,
  logical_and,  ///< two or more children, as are all in a chain
  logical_or,
  conditional,
  binary,  ///< `text` the operator, `name_offset` its place
};

struct SyntaxNode {
  SyntaxKind kind = SyntaxKind::literal;
  bool receiver = false;
  bool global = false;
  bool parenthesised = false;
  std::uint32_t offset = 0;       ///< of the first byte
  std::uint32_t name_offset = 0;  ///< of the operator, field or function name
  std::uint32_t depth = 1;
  std::string_view text;  ///< into the source
  Value literal;
  std::vector<SyntaxId> children;
};

struct Syntax {
  std::vector<SyntaxNode> nodes;
  SyntaxId root = 0;
};

/// Recursive descent with a table of binding powers. Grammar: https://github.com/google/cel-spec,
/// doc/langdef.md. Stops at the first mistake: what follows one is a guess. The nodes' `text` points into
/// `source`.
[[nodiscard]] tl::expected<Syntax, ExpressionError> parse(std::string_view source,
                                                          const ExpressionLimits& limits);

}  // namespace lotse::cel
