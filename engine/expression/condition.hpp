#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "engine/expression/expression.hpp"
#include "engine/expression/value.hpp"

namespace lotse {

/// What `when: {event.amount: {gte: 100}}` may say about a value.
enum class ConditionOperator : std::uint8_t {
  eq,
  ne,
  gt,
  gte,
  lt,
  lte,
  in,
  not_in,    ///< this and the one before: the operand is a list
  exists,    ///< the operand is true or false
  contains,  ///< a string holds the operand; a list has it as an element
  starts_with,
  ends_with,
  matches,  ///< of these three the operand is a string
};
/// The spelling in a file, `not_in`; nothing for another word.
[[nodiscard]] std::optional<ConditionOperator> condition_operator(std::string_view word);
/// All spellings, for lotse::nearest.
[[nodiscard]] std::span<const std::string_view> condition_operators();
/// What a plain operand means: `{event.product: broadband}` is eq, `{event.product: [fibre, dsl]}` is in.
[[nodiscard]] ConditionOperator default_operator(const Value& operand);

/// One entry of a condition written as a mapping: `event.amount: {gte: 100}`.
struct ConditionTerm {
  std::string path;  ///< `event.amount`; parts that are no identifiers are allowed: `customer.postal-code`
  ConditionOperator op = ConditionOperator::eq;
  Value operand;
};

/// A mapping as the CEL text that means the same, all terms joined by `&&`.
struct ConditionText {
  std::string source;                 ///< `event.amount >= 100 && event.product == "broadband"`
  std::vector<std::uint32_t> starts;  ///< where each term begins in `source`, rising

  /// The term that the byte at `offset` belongs to, so that an ExpressionError finds its place in the file.
  [[nodiscard]] std::size_t term_at(std::uint32_t offset) const;
};

/// Why a term makes no condition: `in` wants a list.
struct ConditionTermError {
  std::size_t term;
  std::string message;
  friend bool operator==(const ConditionTermError&, const ConditionTermError&) = default;
};

/// Compile the result as any other expression: it is the same tree. No terms give `true`. All mistakes at
/// once.
[[nodiscard]] tl::expected<ConditionText, std::vector<ConditionTermError>> condition_from_terms(
    std::span<const ConditionTerm> terms);

}  // namespace lotse
