#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/base/diagnostic.hpp"
#include "engine/expression/compiler.hpp"
#include "engine/expression/temporal.hpp"
#include "engine/expression/types.hpp"

namespace lotse::cel {
namespace {

/// Most memory a compiled pattern may use, and with it the time to match a byte.
constexpr std::int64_t pattern_bytes_max = 1 << 20;

struct Macro {
  std::string_view name;
  std::size_t arguments;  ///< without the range
  std::size_t variables;
  Op op;
  bool transforms;  ///< the last argument gives the elements, one before it filters
};
constexpr Macro macros[] = {
    {"all", 2, 1, Op::all, false},
    {"exists", 2, 1, Op::exists, false},
    {"exists_one", 2, 1, Op::exists_one, false},
    {"existsOne", 2, 1, Op::exists_one, false},
    {"filter", 2, 1, Op::filter, false},
    {"map", 2, 1, Op::to_list, true},
    {"map", 3, 1, Op::to_list, true},
    // The extension with two variables: index and element, or key and value.
    {"all", 3, 2, Op::all, false},
    {"exists", 3, 2, Op::exists, false},
    {"existsOne", 3, 2, Op::exists_one, false},
    {"exists_one", 3, 2, Op::exists_one, false},
    {"transformList", 3, 2, Op::to_list, true},
    {"transformList", 4, 2, Op::to_list, true},
    {"transformMap", 3, 2, Op::to_map, true},
    {"transformMap", 4, 2, Op::to_map, true},
};

std::string signature(const Overload& overload) {
  std::string text;
  const std::size_t skip = overload.receiver ? 1 : 0;
  if (overload.receiver) text = describe(overload.arguments[0]) + ".";
  text += overload.name;
  text += '(';
  for (std::size_t i = skip; i < overload.arguments.size(); ++i) {
    if (i > skip) text += ", ";
    text += describe(overload.arguments[i]);
  }
  return text + (overload.variadic ? ", …)" : ")");
}

bool takes(const Overload& overload, std::size_t count) {
  return overload.variadic ? count >= overload.arguments.size() : count == overload.arguments.size();
}

template <class Arguments>
bool takes_types(const Overload& overload, const Arguments& arguments) {
  if (!takes(overload, arguments.size())) return false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t parameter = std::min(i, overload.arguments.size() - 1);
    if (!assignable(arguments[i].type, overload.arguments[parameter])) return false;
  }
  return true;
}

bool is_macro(std::string_view name) {
  return std::any_of(std::begin(macros), std::end(macros),
                     [&](const Macro& macro) { return macro.name == name; });
}

}  // namespace

std::optional<std::string> Compiler::qualified_function(const SyntaxNode& node) const {
  if (!node.receiver) return std::nullopt;
  const auto path = path_of(node.children[0]);
  if (!path || local_named(path->parts[0]) || find_variable(*path)) return std::nullopt;
  std::string name;
  for (const std::string_view part : path->parts) {
    name += part;
    name += '.';
  }
  const auto names = function_names();
  const bool space =
      name == "cel." || std::any_of(names.begin(), names.end(),
                                    [&](std::string_view function) { return function.starts_with(name); });
  if (!space) return std::nullopt;
  return name.append(node.text);
}

Compiler::Compiled Compiler::compile_call(SyntaxId id) {
  const SyntaxNode& node = at(id);
  if (auto macro = compile_macro(node)) return *macro;
  if (const auto name = qualified_function(node)) {
    if (*name == "cel.bind") return compile_bind(node);
    return compile_function(node, *name, false, 1);
  }
  return compile_function(node, node.text, node.receiver, 0);
}

Compiler::Compiled Compiler::compile_function(const SyntaxNode& node, std::string_view name, bool receiver,
                                              std::size_t skip) {
  std::vector<Compiled> arguments;
  for (std::size_t i = skip; i < node.children.size(); ++i) arguments.push_back(compile(node.children[i]));

  const Overload* chosen = nullptr;
  Type result;
  bool styled = false;
  for (const Overload& overload : functions()) {
    if (overload.name != name || overload.receiver != receiver) continue;
    styled = true;
    if (!takes_types(overload, arguments)) continue;
    result = chosen == nullptr ? overload.result : join(result, overload.result);
    chosen = &overload;
  }
  if (!styled) return unknown_function(node, name, receiver);
  if (chosen == nullptr) return wrong_arguments(node, name, receiver, arguments);
  check_literals(node, name, receiver, skip, arguments);
  if (name == "matches") return compile_matches(node, arguments);
  return fold(emit(Op::call, node.name_offset, std::move(result), arguments, function_index(chosen->run)));
}

std::uint32_t Compiler::function_index(Implementation function) {
  auto& table = program_.functions;
  const auto found = std::find(table.begin(), table.end(), function);
  const auto index = static_cast<std::uint32_t>(found - table.begin());
  if (found == table.end()) table.push_back(function);
  return index;
}

/// A pattern that stands in the text is compiled once.
Compiler::Compiled Compiler::compile_matches(const SyntaxNode& node, const std::vector<Compiled>& arguments) {
  const Type boolean = type_of(TypeKind::boolean);
  const Value* known_pattern = literal(arguments[1]);
  if (known_pattern == nullptr || known_pattern->string() == nullptr) {
    const auto& all = functions();
    const auto generic =
        std::find_if(all.begin(), all.end(), [](const Overload& o) { return o.name == "matches"; });
    return fold(emit(Op::call, node.name_offset, boolean, arguments, function_index(generic->run)));
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(pattern_bytes_max);
  auto pattern = std::make_unique<const re2::RE2>(*known_pattern->string(), options);
  if (!pattern->ok()) {
    return emit_mistake(
        at(node.children.back()).offset,
        fmt::format("{} is no regular expression: {}", describe(*known_pattern), pattern->error()));
  }
  program_.patterns.push_back(std::move(pattern));
  return fold(emit(Op::matches, node.name_offset, boolean, {arguments[0]},
                   static_cast<std::uint32_t>(program_.patterns.size() - 1)));
}

/// Literals that a function will always refuse are told to the author now.
void Compiler::check_literals(const SyntaxNode& node, std::string_view name, bool receiver, std::size_t skip,
                              const std::vector<Compiled>& arguments) {
  const auto text_of = [&](std::size_t i) -> const std::string* {
    const Value* value = i < arguments.size() ? literal(arguments[i]) : nullptr;
    return value == nullptr ? nullptr : value->string();
  };
  const auto offset_of = [&](std::size_t i) { return at(node.children[skip + i]).offset; };
  if (name == "timestamp" && text_of(0) != nullptr && !parse_timestamp(*text_of(0))) {
    mistake(offset_of(0), fmt::format("{} is no timestamp", describe(Value(*text_of(0)))),
            "as in timestamp(\"2024-03-01T09:00:00+01:00\")");
  }
  if (name == "duration" && text_of(0) != nullptr &&
      parse_duration_text(*text_of(0)).fault == DurationFault::syntax) {
    mistake(offset_of(0), fmt::format("{} is no duration", describe(Value(*text_of(0)))),
            "as in duration(\"2d12h\"); months and years have no fixed length");
  }
  if (receiver && name.starts_with("get") && text_of(1) != nullptr &&
      !zone_offset(*text_of(1), Timestamp{})) {
    mistake(offset_of(1), fmt::format("{} is no time zone", describe(Value(*text_of(1)))),
            "as in \"Europe/Berlin\" or \"+02:00\"");
  }
}

Compiler::Compiled Compiler::unknown_function(const SyntaxNode& node, std::string_view name, bool receiver) {
  std::vector<std::string_view> same_style;
  std::vector<std::string_view> other_style;
  for (const Overload& overload : functions()) {
    (overload.receiver == receiver ? same_style : other_style).push_back(overload.name);
  }
  for (const Macro& macro : macros) (receiver ? same_style : other_style).push_back(macro.name);
  (receiver ? other_style : same_style).emplace_back("has");

  std::string hint = did_you_mean(name, same_style);
  if (const std::string_view near = nearest(name, other_style); hint.empty() && !near.empty()) {
    hint = receiver ? fmt::format("write {}(value)", near) : fmt::format("write value.{}(…)", near);
  }
  return emit_mistake(node.name_offset, fmt::format("unknown function `{}`", name), std::move(hint));
}

Compiler::Compiled Compiler::misused_macro(const SyntaxNode& node) {
  const bool condition = node.text != "map" && !node.text.starts_with("transform");
  std::string message =
      fmt::format("`{}` takes a name and {}", node.text, condition ? "a condition" : "a value");
  structural_mistake(node.name_offset, message,
                     fmt::format("as in list.{}(x, {})", node.text, condition ? "x > 0" : "x * 2"));
  return emit_failure(node.name_offset, std::move(message));
}

Compiler::Compiled Compiler::wrong_arguments(const SyntaxNode& node, std::string_view name, bool receiver,
                                             const std::vector<Compiled>& arguments) {
  std::string given;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (receiver && i == 0) continue;
    if (!given.empty()) given += ", ";
    given += describe(arguments[i].type);
  }
  const std::string call = receiver ? fmt::format("{}.{}({})", describe(arguments[0].type), name, given)
                                    : fmt::format("{}({})", name, given);
  std::string shapes;
  std::size_t listed = 0;
  for (const Overload& overload : functions()) {
    if (overload.name != name || overload.receiver != receiver) continue;
    if (++listed > 4) {
      shapes += " …";
      break;
    }
    shapes += (shapes.empty() ? "" : ", ") + signature(overload);
  }
  return emit_mistake(node.name_offset, fmt::format("there is no {}", call), "there is " + shapes);
}

// ---- macros

std::optional<Compiler::Compiled> Compiler::compile_macro(const SyntaxNode& node) {
  if (!node.receiver) {
    if (node.text == "has" && !node.global) return compile_has(node);
    return std::nullopt;
  }
  const std::size_t given = node.children.size() - 1;
  for (const Macro& macro : macros) {
    if (macro.name != node.text || macro.arguments != given) continue;
    // `map(x, cond, value)` has one variable; of the shapes with two only a second name makes one.
    if (macro.variables == 2 && at(node.children[2]).kind != SyntaxKind::identifier) continue;
    return compile_comprehension(node, macro.op, macro.variables, macro.transforms);
  }
  if (is_macro(node.text)) return misused_macro(node);
  return std::nullopt;
}

Compiler::Compiled Compiler::compile_comprehension(const SyntaxNode& node, Op op, std::size_t variables,
                                                   bool transforms) {
  Compiled range = compile(node.children[0]);
  const bool over_map = is(range.type, TypeKind::map);
  if (!over_map && !may_be(range.type, TypeKind::list)) {
    mistake(at(node.children[0]).offset,
            fmt::format("`{}` goes over a list or a map, not over {}", node.text, with_article(range.type)));
  }
  const auto first = static_cast<std::uint32_t>(locals_.size());
  for (std::size_t i = 1; i <= variables; ++i) {
    const SyntaxNode& name = at(node.children[i]);
    if (name.kind != SyntaxKind::identifier || name.global) {
      structural_mistake(name.offset,
                         fmt::format("the first argument of `{}` is a name for each element", node.text),
                         "as in list.exists(x, x > 0)");
      return emit_failure(name.offset, "no name");
    }
    const bool is_index = variables == 2 && i == 1;
    Type type = is_index && is(range.type, TypeKind::list)     ? type_of(TypeKind::integer)
                : over_map && i == variables && variables == 2 ? part(range.type, 1)
                                                               : part(range.type, 0);
    if (is(range.type, TypeKind::dyn)) type = dynamic();
    locals_.push_back({name.text, std::move(type)});
  }
  if (locals_.size() > max_locals) {
    locals_.resize(first);
    structural_mistake(node.name_offset,
                       fmt::format("more than {} names in nested `{}`", max_locals, node.text));
    return emit_failure(node.name_offset, "too many names");
  }

  std::vector<Compiled> children{range};
  for (std::size_t i = variables + 1; i < node.children.size(); ++i) {
    children.push_back(compile(node.children[i]));
    const bool condition = !transforms || i + 1 < node.children.size();
    if (condition) want_condition(at(node.children[i]), children.back().type, fmt::format("`{}`", node.text));
  }
  locals_.resize(first);

  Type type = type_of(TypeKind::boolean);
  if (op == Op::to_list) type = list_of(children.back().type);
  if (op == Op::to_map) type = map_of(part(range.type, 0), children.back().type);
  if (op == Op::filter) type = list_of(part(range.type, 0));
  for (std::size_t i = 1; i < children.size(); ++i) {  // the body's own names are no dependence
    if (children[i].outer_local >= first) children[i].outer_local = no_local;
  }
  return fold(
      emit(op, node.name_offset, std::move(type), children, first, static_cast<std::uint32_t>(variables)));
}

Compiler::Compiled Compiler::compile_bind(const SyntaxNode& node) {
  if (node.children.size() != 4 || at(node.children[1]).kind != SyntaxKind::identifier) {
    structural_mistake(node.name_offset, "cel.bind takes a name, its value, and an expression",
                       "as in cel.bind(x, event.amount * 2, x > 10 && x < 20)");
    return emit_failure(node.name_offset, "no name");
  }
  const Compiled value = compile(node.children[2]);
  const auto slot = static_cast<std::uint32_t>(locals_.size());
  if (slot >= max_locals) {
    structural_mistake(node.name_offset, fmt::format("more than {} names in nested `cel.bind`", max_locals));
    return emit_failure(node.name_offset, "too many names");
  }
  locals_.push_back({at(node.children[1]).text, value.type});
  Compiled body = compile(node.children[3]);
  locals_.resize(slot);
  if (body.outer_local >= slot) body.outer_local = no_local;
  const Type type = body.type;
  return fold(emit(Op::bind, node.name_offset, type, {value, body}, slot, 1));
}

}  // namespace lotse::cel
