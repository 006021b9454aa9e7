#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/expression/compiler.hpp"
#include "engine/expression/operators.hpp"
#include "engine/expression/text.hpp"
#include "engine/expression/types.hpp"

namespace lotse::cel {
namespace {

/// Names that stand for types, as `int` in `type(x) == int`.
constexpr std::array<std::string_view, 12> type_names{"bool",
                                                      "int",
                                                      "uint",
                                                      "double",
                                                      "string",
                                                      "bytes",
                                                      "list",
                                                      "map",
                                                      "null_type",
                                                      "type",
                                                      "google.protobuf.Timestamp",
                                                      "google.protobuf.Duration"};

std::string dotted(const std::vector<std::string_view>& parts, std::size_t count) {
  std::string name;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) name += '.';
    name += parts[i];
  }
  return name;
}

/// `a.b`, `a`, ``: the namespaces in which a name is looked for in turn.
std::vector<std::string> namespaces(std::string_view container) {
  std::vector<std::string> all;
  while (!container.empty()) {
    all.push_back(std::string(container) + ".");
    const std::size_t point = container.rfind('.');
    container = container.substr(0, point == std::string_view::npos ? 0 : point);
  }
  all.emplace_back();
  return all;
}

}  // namespace

std::optional<Compiler::Path> Compiler::path_of(SyntaxId id) const {
  const SyntaxNode& node = at(id);
  if (node.kind == SyntaxKind::identifier) return Path{{node.text}, {id}, node.global};
  std::string_view key = node.text;
  if (node.kind == SyntaxKind::index) {
    const SyntaxNode& key_node = at(node.children[1]);
    if (key_node.kind != SyntaxKind::literal || key_node.literal.string() == nullptr) return std::nullopt;
    key = *key_node.literal.string();
  } else if (node.kind != SyntaxKind::select) {
    return std::nullopt;
  }
  auto path = path_of(node.children[0]);
  if (path) {
    path->parts.push_back(key);
    path->nodes.push_back(id);
  }
  return path;
}

std::optional<std::uint32_t> Compiler::variable_named(std::string_view name) const {
  for (std::size_t i = 0; i < environment_.variables.size(); ++i) {
    if (environment_.variables[i].name == name) return static_cast<std::uint32_t>(i);
  }
  return std::nullopt;
}

std::optional<std::size_t> Compiler::local_named(std::string_view name) const {
  for (std::size_t i = locals_.size(); i > 0; --i) {
    if (locals_[i - 1].name == name) return i - 1;
  }
  return std::nullopt;
}

/// The longest head of the path that names a variable, in the innermost namespace that has it.
std::optional<Compiler::Found> Compiler::find_variable(const Path& path) const {
  const auto prefixes = path.global ? std::vector<std::string>{""} : namespaces(environment_.container);
  std::size_t longest = 1;  // only what is written with points can be part of a name
  while (longest < path.parts.size() && at(path.nodes[longest]).kind == SyntaxKind::select) ++longest;
  for (std::size_t count = longest; count > 0; --count) {
    const std::string name = dotted(path.parts, count);
    for (const std::string& prefix : prefixes) {
      if (const auto variable = variable_named(prefix + name)) return Found{*variable, count};
    }
  }
  return std::nullopt;
}

Compiler::Compiled Compiler::compile_path(SyntaxId id) {
  const SyntaxNode& node = at(id);
  const auto path = path_of(id);
  if (!path) return compile_select(node, compile(node.children[0]), node.text, false);
  if (!path->global) {
    if (const auto slot = local_named(path->parts[0])) return read_local(*path, *slot, false);
  }
  if (const auto found = find_variable(*path)) return read_variable(*found, *path, path->parts.size(), false);
  for (const std::string_view type : type_names) {
    const std::size_t parts = 1 + static_cast<std::size_t>(std::count(type.begin(), type.end(), '.'));
    if (parts > path->parts.size() || dotted(path->parts, parts) != type) continue;
    const Compiled made =
        emit_literal(node.offset, type_of(TypeKind::type), Value(TypeName{std::string(type)}));
    return select_parts(made, *path, parts, false);
  }
  return unknown_name(*path);
}

Compiler::Compiled Compiler::read_local(const Path& path, std::size_t slot, bool only_ask) {
  const Compiled made =
      emit(Op::local, at(path.nodes[0]).offset, locals_[slot].type, {}, static_cast<std::uint32_t>(slot));
  return select_parts(made, path, 1, only_ask);
}

Compiler::Compiled Compiler::select_parts(Compiled made, const Path& path, std::size_t from, bool only_ask) {
  for (std::size_t i = from; i < path.parts.size(); ++i) {
    made = compile_select(at(path.nodes[i]), made, path.parts[i], only_ask && i + 1 == path.parts.size());
  }
  return made;
}

/// `only_ask`: for has(), whether the last part is there instead of its value.
Compiler::Compiled Compiler::read_variable(const Found& found, const Path& path, std::size_t wanted,
                                           bool only_ask) {
  const Environment::Variable& variable = environment_.variables[found.variable];
  const SyntaxNode& head = at(path.nodes[found.parts - 1]);
  Expression::Reference reference{found.variable, std::nullopt, {}, head.offset, false};
  const Type boolean = type_of(TypeKind::boolean);

  const bool keyed = found.parts < wanted;
  if (!keyed) {
    reference.only_asked = only_ask;
    program_.references.push_back(reference);
    Type type = variable.record && is(variable.type, TypeKind::dyn)
                    ? map_of(type_of(TypeKind::string), dynamic())
                    : variable.type;
    if (only_ask) return emit(Op::has_variable, head.offset, boolean, {}, found.variable);
    return emit(Op::variable, head.offset, std::move(type), {}, found.variable);
  }
  const SyntaxNode& next = at(path.nodes[found.parts]);
  const std::string_view key = path.parts[found.parts];
  const bool ask_here = only_ask && found.parts + 1 == wanted;
  reference.only_asked = ask_here;
  if (variable.record) {
    const auto field =
        std::find_if(variable.fields.begin(), variable.fields.end(),
                     [&](const Environment::Field& candidate) { return candidate.name == key; });
    if (field == variable.fields.end()) return unknown_field(variable, next, key);
    const auto slot = static_cast<std::uint32_t>(field - variable.fields.begin());
    reference.field = slot;
    reference.name = field->name;
    program_.references.push_back(reference);
    if (ask_here) return emit(Op::has_field, next.name_offset, boolean, {}, found.variable, slot);
    const Compiled made = emit(Op::field, next.name_offset, field->type, {}, found.variable, slot);
    return select_parts(made, path, found.parts + 1, only_ask);
  }
  if (!may_be(variable.type, TypeKind::map)) {
    program_.references.push_back(reference);
    const Compiled whole = emit(Op::variable, head.offset, variable.type, {}, found.variable);
    return select_parts(whole, path, found.parts, only_ask);
  }
  reference.name = std::string(key);
  program_.references.push_back(reference);
  const std::uint32_t name = name_index(key);
  if (ask_here) return emit(Op::has_member, next.name_offset, boolean, {}, found.variable, name);
  const Compiled made = emit(Op::member, next.name_offset, part(variable.type, 1), {}, found.variable, name);
  return select_parts(made, path, found.parts + 1, only_ask);
}

Compiler::Compiled Compiler::compile_select(const SyntaxNode& node, Compiled operand, std::string_view name,
                                            bool only_ask) {
  Type type;
  switch (operand.type.kind) {
    case TypeKind::dyn:
      break;
    case TypeKind::map:
      type = part(operand.type, 1);
      if (!may_be(part(operand.type, 0), TypeKind::string)) {
        mistake(node.name_offset, fmt::format("a {} has no key `{}`", describe(operand.type), name));
      }
      break;
    default:
      mistake(node.name_offset,
              fmt::format("{} has no fields: `{}` cannot be", with_article(operand.type), name));
  }
  const std::uint32_t index = name_index(name);
  if (only_ask)
    return fold(emit(Op::has_select, node.name_offset, type_of(TypeKind::boolean), {operand}, 0, index));
  return fold(emit(Op::select, node.name_offset, std::move(type), {operand}, 0, index));
}

Compiler::Compiled Compiler::compile_has(const SyntaxNode& call) {
  const SyntaxNode* asked = call.children.size() == 1 ? &at(call.children[0]) : nullptr;
  const bool keyed = asked != nullptr && asked->kind == SyntaxKind::index && path_of(call.children[0]);
  if (asked == nullptr || (asked->kind != SyntaxKind::select && !keyed)) {
    structural_mistake(call.name_offset, "has() asks for one field", "as in has(event.amount)");
    return emit_failure(call.name_offset, "has() asks for one field");
  }
  const auto path = path_of(call.children[0]);
  if (!path) return compile_select(*asked, compile(asked->children[0]), asked->text, true);
  if (!path->global) {
    if (const auto slot = local_named(path->parts[0])) return read_local(*path, *slot, true);
  }
  if (const auto found = find_variable(*path)) return read_variable(*found, *path, path->parts.size(), true);
  return unknown_name(*path);
}

// ---- mistakes

const std::string* Compiler::absent_reason(std::string_view name) const {
  for (const auto& [absent, reason] : environment_.absent) {
    if (absent == name) return &reason;
  }
  return nullptr;
}

Compiler::Compiled Compiler::unknown_name(const Path& path) {
  const std::string_view name = path.parts[0];
  const std::uint32_t offset = at(path.nodes[0]).offset;
  if (offset < explained_to_) return emit_failure(offset, "unknown name");
  if (const std::string* reason = absent_reason(name)) {
    return emit_mistake(offset, fmt::format("{}: `{}` cannot be used here", *reason, name));
  }
  std::vector<std::string_view> candidates;
  for (const Environment::Variable& variable : environment_.variables) candidates.emplace_back(variable.name);
  for (const Local& local : locals_) candidates.push_back(local.name);
  std::string hint = did_you_mean(name, candidates);
  const auto functions = function_names();
  if (hint.empty() && std::find(functions.begin(), functions.end(), name) != functions.end()) {
    hint = fmt::format("`{}` is a function: {}(…)", name, name);
  }
  if (hint.empty()) {
    for (const Environment::Variable& variable : environment_.variables) {
      const bool has = std::any_of(variable.fields.begin(), variable.fields.end(),
                                   [&](const Environment::Field& field) { return field.name == name; });
      if (has && path.parts.size() == 1) hint = fmt::format("did you mean `{}.{}`?", variable.name, name);
      if (!hint.empty()) break;
    }
  }
  if (hint.empty() && path.parts.size() == 1) hint = fmt::format("a text is written in quotes: \"{}\"", name);
  return emit_mistake(offset, fmt::format("unknown name `{}`", name), std::move(hint));
}

std::string_view Compiler::hyphenated_field(const Environment::Variable& record,
                                            const SyntaxNode& node) const {
  const std::string_view source = program_.source;
  std::size_t end = node.name_offset;
  while (end < source.size() && (is_identifier_part(source[end]) || source[end] == '-')) ++end;
  const std::string_view word = source.substr(node.name_offset, end - node.name_offset);
  const bool known = std::any_of(record.fields.begin(), record.fields.end(),
                                 [&](const Environment::Field& field) { return field.name == word; });
  return known ? word : std::string_view{};
}

Compiler::Compiled Compiler::unknown_field(const Environment::Variable& record, const SyntaxNode& node,
                                           std::string_view name) {
  std::string message = fmt::format("`{}` is no field of `{}`", name, record.name);
  if (const std::string_view word = hyphenated_field(record, node); !word.empty()) {
    explained_to_ = node.name_offset + static_cast<std::uint32_t>(word.size());
    return emit_mistake(node.name_offset, std::move(message),
                        fmt::format("a hyphen is a minus here: write {}[\"{}\"]", record.name, word));
  }
  std::vector<std::string_view> candidates;
  for (const Environment::Field& field : record.fields) candidates.emplace_back(field.name);
  return emit_mistake(node.name_offset, std::move(message), did_you_mean(name, candidates));
}

}  // namespace lotse::cel
