#include "engine/expression/compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/diagnostic.hpp"
#include "engine/expression/operators.hpp"
#include "engine/expression/types.hpp"

namespace lotse::cel {
namespace {

/// What an expression that depends on nothing is folded with.
class NoActivation final : public Activation {
 public:
  const Value* variable(std::uint32_t, Value&) const override { return nullptr; }
  const Value* field(std::uint32_t, std::uint32_t, Value&) const override { return nullptr; }
};

/// Of one part. Enough for every literal an author writes; what is larger is left for the run and its own
/// limit.
constexpr std::uint32_t fold_steps_max = 10'000;

Op operator_of(std::string_view text) {
  static constexpr std::pair<std::string_view, Op> operators[] = {
      {"==", Op::equal},   {"!=", Op::not_equal},     {"<", Op::less},   {"<=", Op::less_equal},
      {">", Op::greater},  {">=", Op::greater_equal}, {"+", Op::add},    {"-", Op::subtract},
      {"*", Op::multiply}, {"/", Op::divide},         {"%", Op::modulo}, {"in", Op::in},
  };
  return std::find_if(std::begin(operators), std::end(operators),
                      [&](const auto& entry) { return entry.first == text; })
      ->second;
}

Type literal_type(const Value& value) {
  static constexpr TypeKind kinds[] = {
      TypeKind::null,     TypeKind::boolean, TypeKind::integer, TypeKind::unsigned_integer,
      TypeKind::floating, TypeKind::string,  TypeKind::bytes,   TypeKind::timestamp,
      TypeKind::duration, TypeKind::list,    TypeKind::map,     TypeKind::type};
  static_assert(std::size(kinds) == std::variant_size_v<Value::Rep>);
  return type_of(kinds[value.rep().index()]);
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view found = nearest(word, candidates);
  return found.empty() || found == word ? std::string{} : fmt::format("did you mean `{}`?", found);
}

std::vector<ExpressionError> Compiler::run() {
  const Compiled root = compile(syntax_.root);
  program_.root = root.node;
  program_.type = root.type;
  if (const Value* constant = literal(root)) program_.constant = *constant;
  const auto by_offset = [](const auto& a, const auto& b) { return a.offset < b.offset; };
  std::stable_sort(program_.references.begin(), program_.references.end(), by_offset);
  std::stable_sort(mistakes_.begin(), mistakes_.end(), by_offset);
  mistakes_.erase(std::unique(mistakes_.begin(), mistakes_.end()), mistakes_.end());
  return std::move(mistakes_);
}

Compiler::Compiled Compiler::compile(SyntaxId id) {
  const SyntaxNode& node = at(id);
  switch (node.kind) {
    case SyntaxKind::literal:
      return compile_literal(node);
    case SyntaxKind::identifier:
    case SyntaxKind::select:
      return compile_path(id);
    case SyntaxKind::index:
      return compile_index(id);
    case SyntaxKind::call:
      return compile_call(id);
    case SyntaxKind::list:
      return compile_list(node);
    case SyntaxKind::map:
      return compile_map(node);
    case SyntaxKind::negate:
    case SyntaxKind::logical_not:
      return compile_unary(node);
    case SyntaxKind::logical_and:
    case SyntaxKind::logical_or:
      return compile_logical(node);
    case SyntaxKind::conditional:
      return compile_conditional(node);
    case SyntaxKind::binary:
      return compile_binary(node);
  }
  return {};
}

// ---- emitting

Compiler::Compiled Compiler::emit(Op op, std::uint32_t offset, Type type,
                                  const std::vector<Compiled>& children, std::uint32_t a, std::uint32_t b) {
  Compiled made;
  made.node = static_cast<std::uint32_t>(program_.nodes.size());
  made.type = environment_.checked ? std::move(type) : dynamic();
  made.reads_activation = op == Op::variable || op == Op::field || op == Op::member ||
                          op == Op::has_variable || op == Op::has_field || op == Op::has_member;
  if (op == Op::local) made.outer_local = a;
  program_.nodes.push_back({op, offset, static_cast<std::uint32_t>(program_.children.size()),
                            static_cast<std::uint32_t>(children.size()), a, b});
  if (op == Op::variable || op == Op::field) {
    const Environment::Variable& variable = environment_.variables[a];
    program_.reads.push_back(
        {made.node, op == Op::variable ? variable.name : variable.name + "." + variable.fields[b].name});
  }
  for (const Compiled& child : children) {
    program_.children.push_back(child.node);
    made.reads_activation |= child.reads_activation;
    made.outer_local = std::min(made.outer_local, child.outer_local);
  }
  return made;
}

Compiler::Compiled Compiler::emit_literal(std::uint32_t offset, Type type, Value value) {
  program_.literals.push_back(std::move(value));
  return emit(Op::literal, offset, std::move(type), {},
              static_cast<std::uint32_t>(program_.literals.size() - 1));
}

Compiler::Compiled Compiler::emit_failure(std::uint32_t offset, std::string message) {
  program_.names.push_back(std::move(message));
  return emit(Op::fail, offset, dynamic(), {}, static_cast<std::uint32_t>(program_.names.size() - 1));
}

Compiler::Compiled Compiler::emit_mistake(std::uint32_t offset, std::string message, std::string hint) {
  mistake(offset, message, std::move(hint));
  return emit_failure(offset, std::move(message));
}

/// Replaces a node by its value where that depends on nothing. One that fails stays, and fails when it is
/// reached.
Compiler::Compiled Compiler::fold(Compiled made) {
  if (made.reads_activation || made.outer_local != no_local || program_.nodes[made.node].op == Op::literal)
    return made;
  const NoActivation nothing;
  const std::uint32_t steps = std::min(fold_steps_max, fold_steps_left_);
  Run run(program_, nothing, steps, false);
  Value room;
  const Value* value = run.evaluate(made.node, room);
  const bool fits = value != nullptr && walk(*value, run.budget());
  fold_steps_left_ -= steps - run.budget().left();
  if (!fits) return made;
  return emit_literal(program_.nodes[made.node].offset, made.type, *value);
}

const Value* Compiler::literal(const Compiled& made) const {
  const Node& node = program_.nodes[made.node];
  return node.op == Op::literal ? &program_.literals[node.a] : nullptr;
}

std::uint32_t Compiler::name_index(std::string_view name) {
  const auto found = std::find(program_.names.begin(), program_.names.end(), name);
  if (found != program_.names.end()) return static_cast<std::uint32_t>(found - program_.names.begin());
  program_.names.emplace_back(name);
  return static_cast<std::uint32_t>(program_.names.size() - 1);
}

void Compiler::mistake(std::uint32_t offset, std::string message, std::string hint) {
  if (environment_.checked) structural_mistake(offset, std::move(message), std::move(hint));
}

void Compiler::structural_mistake(std::uint32_t offset, std::string message, std::string hint) {
  mistakes_.push_back({offset, std::move(message), std::move(hint), false});
}

// ---- literals, lists, maps

Compiler::Compiled Compiler::compile_literal(const SyntaxNode& node) {
  return emit_literal(node.offset, literal_type(node.literal), node.literal);
}

Compiler::Compiled Compiler::compile_list(const SyntaxNode& node) {
  std::vector<Compiled> elements;
  Type element;
  for (const SyntaxId child : node.children) {
    elements.push_back(compile(child));
    element = elements.size() == 1 ? elements.back().type : join(element, elements.back().type);
  }
  return fold(emit(Op::list, node.offset, list_of(element), elements));
}

Compiler::Compiled Compiler::compile_map(const SyntaxNode& node) {
  std::vector<Compiled> entries;
  Type key;
  Type value;
  for (std::size_t i = 0; i < node.children.size(); i += 2) {
    entries.push_back(compile(node.children[i]));
    const Type& k = entries.back().type;
    if (is(k, TypeKind::floating) ||
        (!is(k, TypeKind::dyn) && !is(k, TypeKind::boolean) && !is(k, TypeKind::string) && !is_number(k))) {
      mistake(at(node.children[i]).offset,
              fmt::format("{} is no key: keys are strings, ints, uints or bools", with_article(k)));
    }
    key = i == 0 ? k : join(key, k);
    entries.push_back(compile(node.children[i + 1]));
    value = i == 0 ? entries.back().type : join(value, entries.back().type);
  }
  return fold(emit(Op::map, node.offset, map_of(key, value), entries));
}

Compiler::Compiled Compiler::compile_index(SyntaxId id) {
  const SyntaxNode& node = at(id);
  const SyntaxNode& key_node = at(node.children[1]);
  if (key_node.kind == SyntaxKind::literal && key_node.literal.string() != nullptr && path_of(id))
    return compile_path(id);

  Compiled operand = compile(node.children[0]);
  Compiled key = compile(node.children[1]);
  Type type;
  switch (operand.type.kind) {
    case TypeKind::dyn:
      break;
    case TypeKind::list:
      type = part(operand.type, 0);
      if (!is(key.type, TypeKind::dyn) && !is(key.type, TypeKind::integer) &&
          !is(key.type, TypeKind::unsigned_integer)) {
        mistake(key_node.offset,
                fmt::format("a list is indexed by an int, not by {}", with_article(key.type)));
      }
      break;
    case TypeKind::map:
      type = part(operand.type, 1);
      if (!comparable(part(operand.type, 0), key.type) || is(key.type, TypeKind::null)) {
        mistake(key_node.offset,
                fmt::format("a {} has no key that is {}", describe(operand.type), with_article(key.type)));
      }
      break;
    default:
      mistake(node.name_offset, fmt::format("{} has no elements", with_article(operand.type)),
              is(operand.type, TypeKind::string) ? "one character is text.charAt(index)" : "");
  }
  return fold(emit(Op::index, node.name_offset, std::move(type), {operand, key}));
}

// ---- operators

void Compiler::want_condition(const SyntaxNode& node, const Type& type, std::string_view user) {
  if (may_be(type, TypeKind::boolean)) return;
  mistake(node.offset, fmt::format("{} wants a condition, and this is {}", user, with_article(type)),
          is(type, TypeKind::string) ? "compare it: … == \"…\"" : "");
}

Compiler::Compiled Compiler::compile_unary(const SyntaxNode& node) {
  const Compiled operand = compile(node.children[0]);
  if (node.kind == SyntaxKind::logical_not) {
    want_condition(at(node.children[0]), operand.type, "`!`");
    return fold(emit(Op::logical_not, node.offset, type_of(TypeKind::boolean), {operand}));
  }
  const bool fits = is(operand.type, TypeKind::dyn) || is(operand.type, TypeKind::integer) ||
                    is(operand.type, TypeKind::floating);
  if (!fits) mistake(node.offset, fmt::format("`-` does not apply to {}", with_article(operand.type)));
  return fold(emit(Op::negate, node.offset, operand.type, {operand}));
}

Compiler::Compiled Compiler::compile_logical(const SyntaxNode& node) {
  const bool either = node.kind == SyntaxKind::logical_or;
  std::vector<Compiled> operands;
  bool decided = false;
  for (const SyntaxId child : node.children) {
    operands.push_back(compile(child));
    want_condition(at(child), operands.back().type, either ? "`||`" : "`&&`");
    const Value* known = literal(operands.back());
    decided = decided || (known != nullptr && known->boolean() != nullptr && *known->boolean() == either);
  }
  const Type boolean = type_of(TypeKind::boolean);
  if (decided && folds()) return emit_literal(node.offset, boolean, Value(either));
  return fold(emit(either ? Op::logical_or : Op::logical_and, node.name_offset, boolean, operands));
}

Compiler::Compiled Compiler::compile_conditional(const SyntaxNode& node) {
  const Compiled condition = compile(node.children[0]);
  want_condition(at(node.children[0]), condition.type, "`? :`");
  Compiled yes = compile(node.children[1]);
  Compiled no = compile(node.children[2]);
  const Type type = join(yes.type, no.type);
  if (const Value* known = literal(condition); folds() && known != nullptr && known->boolean() != nullptr) {
    Compiled taken = *known->boolean() ? yes : no;
    taken.type = type;
    return taken;
  }
  return fold(emit(Op::conditional, node.name_offset, type, {condition, yes, no}));
}

Compiler::Compiled Compiler::compile_binary(const SyntaxNode& node) {
  const Op op = operator_of(node.text);
  const Compiled left = compile(node.children[0]);
  const Compiled right = compile(node.children[1]);
  Type type = binary_type(node, op, left.type, right.type);
  return fold(emit(op, node.name_offset, std::move(type), {left, right}));
}

Type Compiler::binary_type(const SyntaxNode& node, Op op, const Type& left, const Type& right) {
  switch (op) {
    case Op::equal:
    case Op::not_equal:
      if (!comparable(left, right)) {
        mistake(node.name_offset, fmt::format("{} never equals {}", with_article(left), with_article(right)));
      }
      return type_of(TypeKind::boolean);
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal: {
      if (ordered(left, right)) return type_of(TypeKind::boolean);
      const SyntaxNode& first = at(node.children[0]);
      const bool chained =
          first.kind == SyntaxKind::binary && !first.parenthesised && is(left, TypeKind::boolean);
      mistake(
          node.name_offset,
          fmt::format("`{}` does not compare {} with {}", node.text, with_article(left), with_article(right)),
          chained ? "write `a < b && b < c`" : "");
      return type_of(TypeKind::boolean);
    }
    case Op::in:
      if (!is(right, TypeKind::dyn) && !is(right, TypeKind::list) && !is(right, TypeKind::map)) {
        mistake(node.name_offset,
                fmt::format("`in` looks into a list or a map, not into {}", with_article(right)),
                is(right, TypeKind::string) ? "write text.contains(part)" : "");
      } else if (!comparable(left, part(right, 0))) {
        mistake(node.name_offset, fmt::format("{} is never in {}", with_article(left), with_article(right)));
      }
      return type_of(TypeKind::boolean);
    default: {
      const auto type = arithmetic_type(op, left, right);
      if (type) return *type;
      const bool text = op == Op::add && (is(left, TypeKind::string) || is(right, TypeKind::string));
      mistake(
          node.name_offset,
          fmt::format("`{}` does not apply to {} and {}", node.text, with_article(left), with_article(right)),
          text ? "string(…) makes a text of a value" : "");
      return dynamic();
    }
  }
}

}  // namespace lotse::cel
