#include "engine/report/why_condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "engine/journey/sensitive.hpp"
#include "engine/report/customer_words.hpp"
#include "engine/report/why_story.hpp"

namespace lotse::why_parts {
namespace {

/// `context.plan`, `event.amount`, `now`.
std::string name_of(const Journey& journey, const Expression::Reference& read) {
  const Environment::Variable& variable = journey.environment.variables.at(read.variable);
  if (read.field && *read.field < variable.fields.size())
    return fmt::format("{}.{}", variable.name, variable.fields[*read.field].name);
  return read.name.empty() ? variable.name : fmt::format("{}.{}", variable.name, read.name);
}

std::string value_of(const Scope& scope, const Expression::Reference& read) {
  Value made;
  const Value* value = nullptr;
  if (read.field) {
    value = scope.field(read.variable, *read.field, made);
  } else if (!read.name.empty()) {
    value = scope.member(read.variable, read.name, made);
  } else {
    value = scope.variable(read.variable, made);
  }
  return value == nullptr ? "not there" : describe(*value);
}

Phrase read_phrase(const WhyCondition::Read& read) {
  if (read.value == "not there") return phrase("{} is not there", read.name);
  return Phrase::verbatim(fmt::format("{} = {}", read.name, read.value));
}

}  // namespace

std::optional<WhyCondition> first_unmet(const Journey& journey, bool sensitive, const Scope& scope,
                                        std::span<const std::optional<Expression>* const> conditions) {
  for (const std::optional<Expression>* condition : conditions) {
    if (condition == nullptr || !*condition) continue;
    const Expression& expression = **condition;
    const std::optional<bool> holds = expression.holds(scope);
    if (holds == true) continue;
    const SensitiveReads reads(journey);
    const bool masks = !sensitive && reads.tells(expression);
    WhyCondition unmet{.source = expression.source(), .holds = holds};
    if (!holds) {
      const auto value = expression.evaluate(scope);
      const Phrase why = value ? phrase("it gives no boolean") : Phrase::verbatim(value.error().message);
      unmet.error = masks ? Phrase::verbatim(std::string(customer::masked)) : why;
    }
    for (const Expression::Reference& read : expression.references()) {
      std::string name = name_of(journey, read);
      if (std::ranges::find(unmet.reads, name, &WhyCondition::Read::name) != unmet.reads.end()) continue;
      const bool masked = !sensitive && reads.tells(read);
      unmet.reads.push_back(
          {std::move(name), masked ? std::string(customer::masked) : value_of(scope, read)});
    }
    return unmet;
  }
  return std::nullopt;
}

Phrase condition_phrase(const WhyCondition& condition) {
  const std::string source = fmt::format("`{}`", condition.source);
  Phrase said = condition.holds ? phrase("{} is false", source)
                                : phrase("{} counts as false ({})", source, condition.error);
  if (condition.reads.empty()) return said;
  Phrase reads = read_phrase(condition.reads.front());
  for (std::size_t i = 1; i < condition.reads.size(); ++i)
    reads = phrase("{}, {}", std::move(reads), read_phrase(condition.reads[i]));
  return phrase("{}: {}", std::move(said), std::move(reads));
}

}  // namespace lotse::why_parts
