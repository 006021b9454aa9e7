#include "engine/expression/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/expression/text.hpp"

namespace lotse {
namespace {

constexpr std::array<std::string_view, 13> spellings{
    "eq",     "ne",     "gt",       "gte",         "lt",        "lte",    "in",
    "not_in", "exists", "contains", "starts_with", "ends_with", "matches"};

/// `customer.postal-code` as CEL: `customer["postal-code"]`. Nothing where it does not begin with an
/// identifier.
std::optional<std::string> path_source(std::string_view path) {
  std::string source;
  while (true) {
    const std::size_t point = path.find('.');
    const std::string_view part = path.substr(0, point);
    if (part.empty()) return std::nullopt;
    if (source.empty()) {
      if (!cel::is_identifier(part)) return std::nullopt;
      source = part;
    } else if (cel::is_identifier(part)) {
      source += fmt::format(".{}", part);
    } else {
      source += fmt::format("[{}]", describe(Value(part)));
    }
    if (point == std::string_view::npos) return source;
    path.remove_prefix(point + 1);
  }
}

std::string infix(std::string_view path, std::string_view op, const Value& operand) {
  return fmt::format("{} {} {}", path, op, describe(operand));
}
std::string method(std::string_view path, std::string_view name, const Value& operand) {
  return fmt::format("{}.{}({})", path, name, describe(operand));
}

std::string term_source(std::string_view path, ConditionOperator op, const Value& operand) {
  switch (op) {
    case ConditionOperator::eq:
      return infix(path, "==", operand);
    case ConditionOperator::ne:
      return infix(path, "!=", operand);
    case ConditionOperator::gt:
      return infix(path, ">", operand);
    case ConditionOperator::gte:
      return infix(path, ">=", operand);
    case ConditionOperator::lt:
      return infix(path, "<", operand);
    case ConditionOperator::lte:
      return infix(path, "<=", operand);
    case ConditionOperator::in:
      return infix(path, "in", operand);
    case ConditionOperator::not_in:
      return fmt::format("!({})", infix(path, "in", operand));
    case ConditionOperator::exists:
      return fmt::format("{}has({})", *operand.boolean() ? "" : "!", path);
    case ConditionOperator::contains:
      return method(path, "contains", operand);
    case ConditionOperator::starts_with:
      return method(path, "startsWith", operand);
    case ConditionOperator::ends_with:
      return method(path, "endsWith", operand);
    case ConditionOperator::matches:
      return method(path, "matches", operand);
  }
  return {};
}

/// What an operator wants that this operand is not; empty where it fits.
std::string_view unmet_wish(ConditionOperator op, const Value& operand) {
  switch (op) {
    case ConditionOperator::in:
    case ConditionOperator::not_in:
      return operand.list() == nullptr ? "a list: [a, b]" : "";
    case ConditionOperator::exists:
      return operand.boolean() == nullptr ? "true or false" : "";
    case ConditionOperator::starts_with:
    case ConditionOperator::ends_with:
    case ConditionOperator::matches:
      return operand.string() == nullptr ? "a text" : "";
    case ConditionOperator::gt:
    case ConditionOperator::gte:
    case ConditionOperator::lt:
    case ConditionOperator::lte:
      return operand.list() != nullptr || operand.map() != nullptr || operand.is_null()
                 ? "a number, a text or a time"
                 : "";
    case ConditionOperator::eq:
    case ConditionOperator::ne:
    case ConditionOperator::contains:
      return "";
  }
  return "";
}

}  // namespace

std::optional<ConditionOperator> condition_operator(std::string_view word) {
  const auto found = std::find(spellings.begin(), spellings.end(), word);
  if (found == spellings.end()) return std::nullopt;
  return static_cast<ConditionOperator>(found - spellings.begin());
}

std::span<const std::string_view> condition_operators() { return spellings; }

ConditionOperator default_operator(const Value& operand) {
  return operand.list() != nullptr ? ConditionOperator::in : ConditionOperator::eq;
}

std::size_t ConditionText::term_at(std::uint32_t offset) const {
  const auto after = std::upper_bound(starts.begin(), starts.end(), offset);
  return after == starts.begin() ? 0 : static_cast<std::size_t>(after - starts.begin()) - 1;
}

tl::expected<ConditionText, std::vector<ConditionTermError>> condition_from_terms(
    std::span<const ConditionTerm> terms) {
  ConditionText text;
  std::vector<ConditionTermError> errors;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const ConditionTerm& term = terms[i];
    const auto path = path_source(term.path);
    if (!path) {
      errors.push_back({i, fmt::format("`{}` is no path: expected names joined by points, as in event.amount",
                                       term.path)});
      continue;
    }
    if (term.op == ConditionOperator::exists && term.path.find('.') == std::string::npos) {
      errors.push_back({i, fmt::format("`exists` asks for a field: `{}` is a whole variable", term.path)});
      continue;
    }
    const std::string_view wish = unmet_wish(term.op, term.operand);
    if (!wish.empty()) {
      errors.push_back({i, fmt::format("`{}` wants {}, not {}", spellings[static_cast<std::size_t>(term.op)],
                                       wish, describe(term.operand))});
      continue;
    }
    if (!text.source.empty()) text.source += " && ";
    text.starts.push_back(static_cast<std::uint32_t>(text.source.size()));
    text.source += term_source(*path, term.op, term.operand);
  }
  if (!errors.empty()) return tl::make_unexpected(std::move(errors));
  if (text.source.empty()) text.source = "true";
  return text;
}

}  // namespace lotse
