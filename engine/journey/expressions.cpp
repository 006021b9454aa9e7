#include "engine/journey/expressions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/expression/condition.hpp"
#include "engine/journey/shape.hpp"

namespace lotse {

using yaml::Kind;
using yaml::Node;
using yaml::ScalarType;

namespace {

bool is_variable(const Expression::Reference& reference, Variable variable) {
  return reference.variable == static_cast<std::uint32_t>(variable);
}

std::string_view name_of(Variable variable) {
  switch (variable) {
    case Variable::event:
      return "event";
    case Variable::context:
      return "context";
    case Variable::customer:
      return "customer";
    case Variable::visits:
      return "visits";
    case Variable::channel:
      return "channel";
    case Variable::now:
      return "now";
    case Variable::risk:
      return "risk";
  }
  return {};
}

bool gives(const Type& type, Wanted wanted) {
  switch (type.kind) {
    case TypeKind::dyn:
      return true;
    case TypeKind::boolean:
      return wanted == Wanted::condition || wanted == Wanted::anything;
    case TypeKind::integer:
    case TypeKind::unsigned_integer:
      return wanted == Wanted::number || wanted == Wanted::anything || wanted == Wanted::key;
    case TypeKind::floating:
      return wanted == Wanted::number || wanted == Wanted::anything;
    case TypeKind::string:
      return wanted != Wanted::condition && wanted != Wanted::number;
    case TypeKind::timestamp:
      return wanted == Wanted::instant || wanted == Wanted::anything;
    case TypeKind::null:
    case TypeKind::bytes:
    case TypeKind::duration:
    case TypeKind::list:
    case TypeKind::map:
    case TypeKind::type:
      return wanted == Wanted::anything;
  }
  return false;
}

std::string_view describe(Wanted wanted) {
  switch (wanted) {
    case Wanted::anything:
      return "a value";
    case Wanted::condition:
      return "true or false";
    case Wanted::number:
      return "a number";
    case Wanted::text:
      return "text";
    case Wanted::instant:
      return "an instant";
    case Wanted::key:
      return "text or a whole number";
  }
  return {};
}

/// The value of a scalar operand: as YAML reads it.
std::optional<Value> operand_value(Findings& findings, const Node& node, std::string_view name) {
  if (node.kind == Kind::scalar) {
    switch (node.scalar_type()) {
      case ScalarType::text:
        return Value(node.text);
      case ScalarType::boolean:
        return Value(node.text[0] == 't' || node.text[0] == 'T');
      case ScalarType::integer:
        if (const auto value = shape::to_integer(node)) return Value(*value);
        break;
      case ScalarType::number:
        break;
    }
    if (const auto value = shape::to_double(node)) return Value(*value);
  }
  shape::wrong_type(findings, node, name, "text, a number, true or false");
  return std::nullopt;
}

std::optional<Value> operand_list(Findings& findings, const Node& node, std::string_view name) {
  if (node.kind != Kind::sequence) {
    shape::wrong_type(findings, node, name, "a list");
    return std::nullopt;
  }
  List values;
  for (const Node* item : node.items) {
    auto value = operand_value(findings, *item, fmt::format("an item of {}", name));
    if (!value) return std::nullopt;
    values.push_back(*std::move(value));
  }
  return Value(std::move(values));
}

/// The operand of one operator, in the shape that the operator wants.
std::optional<Value> operand_of(Findings& findings, const Node& node, ConditionOperator op,
                                std::string_view name) {
  switch (op) {
    case ConditionOperator::in:
    case ConditionOperator::not_in:
      return operand_list(findings, node, name);
    case ConditionOperator::exists:
      if (node.kind != Kind::scalar || node.scalar_type() != ScalarType::boolean) {
        shape::wrong_type(findings, node, name, "true or false");
        return std::nullopt;
      }
      return operand_value(findings, node, name);
    case ConditionOperator::starts_with:
    case ConditionOperator::ends_with:
    case ConditionOperator::matches:
      if (!shape::is_text(findings, node, name)) return std::nullopt;
      return Value(node.text);
    case ConditionOperator::eq:
    case ConditionOperator::ne:
    case ConditionOperator::gt:
    case ConditionOperator::gte:
    case ConditionOperator::lt:
    case ConditionOperator::lte:
    case ConditionOperator::contains:
      return operand_value(findings, node, name);
  }
  return std::nullopt;
}

}  // namespace

Mark ExpressionSite::place(const Findings& findings, std::uint32_t offset) const {
  if (term_nodes.empty()) return yaml::place_in_scalar(findings, *node, offset);
  const auto after = std::upper_bound(term_starts.begin(), term_starts.end(), offset);
  const auto term =
      after == term_starts.begin() ? 0 : static_cast<std::size_t>(after - term_starts.begin()) - 1;
  return term_nodes[std::min(term, term_nodes.size() - 1)]->mark;
}

std::optional<PlacedExpression> ExpressionReader::read(const Node& node, std::string_view name, Wanted wanted,
                                                       const Absent& absent) {
  if (node.kind != Kind::scalar) {
    shape::wrong_type(findings_, node, name, "an expression");
    return std::nullopt;
  }
  if (node.text.empty()) {
    findings_.error("J014", node.mark, fmt::format("{} is empty", name));
    return std::nullopt;
  }
  std::string_view source = node.text;
  if (node.scalar_type() == ScalarType::boolean) {  // YAML writes True, CEL does not
    source = node.text[0] == 't' || node.text[0] == 'T' ? "true" : "false";
  }
  return compile({&node, {}, {}}, source, name, wanted, absent);
}

std::optional<PlacedExpression> ExpressionReader::read_condition(const Node& node, std::string_view name,
                                                                 const Absent& absent) {
  if (node.kind == Kind::mapping) return read_terms(node, name, absent);
  return read(node, name, Wanted::condition, absent);
}

std::optional<PlacedExpression> ExpressionReader::read_terms(const Node& node, std::string_view name,
                                                             const Absent& absent) {
  if (node.entries.empty()) {
    findings_.error("J017", node.mark, fmt::format("{} is empty", name));
    return std::nullopt;
  }
  std::vector<ConditionTerm> terms;
  std::vector<const Node*> nodes;
  const std::size_t errors_before = findings_.errors();
  const auto add = [&](const Node& path, ConditionOperator op, std::optional<Value> operand) {
    if (!operand) return;
    terms.push_back({path.text, op, *std::move(operand)});
    nodes.push_back(&path);
  };
  for (const yaml::Entry& entry : node.entries) {
    const std::string path = fmt::format("`{}`", entry.key->text);
    if (entry.value->kind == Kind::sequence) {
      add(*entry.key, ConditionOperator::in, operand_list(findings_, *entry.value, path));
    } else if (entry.value->kind == Kind::mapping) {
      shape::Section section(findings_, *entry.value, fmt::format("the condition on {}", path));
      section.allow(condition_operators());
      if (entry.value->entries.empty())
        findings_.error("J017", entry.value->mark, fmt::format("{} is empty", path));
      for (const yaml::Entry& part : entry.value->entries) {
        const auto op = condition_operator(part.key->text);
        if (!op) continue;
        add(*entry.key, *op, operand_of(findings_, *part.value, *op, fmt::format("`{}`", part.key->text)));
      }
    } else {
      add(*entry.key, ConditionOperator::eq, operand_value(findings_, *entry.value, path));
    }
  }
  if (findings_.errors() > errors_before) return std::nullopt;
  const auto text = condition_from_terms(terms);
  if (!text) {
    for (const ConditionTermError& error : text.error()) {
      findings_.error("J035", nodes[error.term]->mark, error.message);
    }
    return std::nullopt;
  }
  return compile({&node, text->starts, std::move(nodes)}, text->source, name, Wanted::condition, absent);
}

std::optional<PlacedExpression> ExpressionReader::compile(ExpressionSite site, std::string_view source,
                                                          std::string_view name, Wanted wanted,
                                                          const Absent& absent) {
  auto compiled = Expression::compile(source, environment_);
  if (!compiled) {
    for (const ExpressionError& error : compiled.error()) {
      std::string hint = error.hint;
      if (error.unfinished && hint.empty() && site.node->plain) {
        hint = "is it cut off? quote it: YAML ends an unquoted value at ` #`, and inside braces at a comma";
      }
      findings_.error("J035", site.place(findings_, error.offset), error.message, std::move(hint));
    }
    return std::nullopt;
  }
  const Type& type = compiled->type();
  if (!gives(type, wanted)) {
    findings_.error("J036", site.place(findings_, 0),
                    fmt::format("{} must give {}; this gives {}", name, describe(wanted), word_for(type)));
    return std::nullopt;
  }
  PlacedExpression placed{*std::move(compiled), std::move(site)};
  const std::size_t errors_before = findings_.errors();
  refuse_absent(findings_, placed, name, absent);
  if (findings_.errors() > errors_before) return std::nullopt;
  for (const Expression::Reference& reference : placed.expression.references()) {
    if (std::ranges::find(variables_, reference.variable) == variables_.end())
      variables_.push_back(reference.variable);
  }
  return placed;
}

bool ExpressionReader::refers_to(Variable variable) const {
  return std::ranges::find(variables_, static_cast<std::uint32_t>(variable)) != variables_.end();
}

void refuse_absent(Findings& findings, const PlacedExpression& expression, std::string_view name,
                   const Absent& absent) {
  for (const Expression::Reference& reference : expression.expression.references()) {
    for (const Variable variable :
         {Variable::event, Variable::channel, Variable::context, Variable::visits, Variable::risk}) {
      const bool of_event = variable == Variable::event || variable == Variable::channel;
      if (!is_variable(reference, variable) || !(of_event ? absent.event : absent.instance)) continue;
      findings.error("J037", expression.site.place(findings, reference.offset),
                     fmt::format("{} reads `{}`, but {}", name, name_of(variable), absent.why),
                     of_event ? "`capture` it where the event is, and read it from `context`"
                              : "use `event`, `customer` or `channel`");
    }
  }
}

std::string_view word_for(const Type& type) {
  switch (type.kind) {
    case TypeKind::dyn:
      return "anything";
    case TypeKind::null:
      return "nothing";
    case TypeKind::boolean:
      return "true or false";
    case TypeKind::integer:
    case TypeKind::unsigned_integer:
      return "a whole number";
    case TypeKind::floating:
      return "a number";
    case TypeKind::string:
      return "text";
    case TypeKind::bytes:
      return "bytes";
    case TypeKind::timestamp:
      return "an instant";
    case TypeKind::duration:
      return "a duration";
    case TypeKind::list:
      return "a list";
    case TypeKind::map:
      return "a map";
    case TypeKind::type:
      return "a type";
  }
  return {};
}

bool can_hold(const Type& to, const Type& from) {
  if (to.kind == TypeKind::dyn || from.kind == TypeKind::dyn || to.kind == from.kind) return true;
  const bool whole = from.kind == TypeKind::integer || from.kind == TypeKind::unsigned_integer;
  return whole && (to.kind == TypeKind::floating || to.kind == TypeKind::integer);
}

}  // namespace lotse
