#include "engine/expression/outcomes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/expression/constraints.hpp"
#include "engine/expression/syntax.hpp"

namespace lotse {
namespace {

using namespace cel;

/// What is asked of every path in one of the cases under which a condition comes to a truth.
using Case = std::vector<Constraint>;

/// Beyond so many cases everything counts as possible.
constexpr std::size_t cases_max = 64;

/// The comparison with its sides exchanged: `3 < x` is `x > 3`.
std::string_view mirrored(std::string_view op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  if (op == ">=") return "<=";
  return op;
}

Asks asks_of(std::string_view op, bool wanted) {
  if (op == "==") return wanted ? Asks::one_of : Asks::none_of;
  if (op == "!=") return wanted ? Asks::none_of : Asks::one_of;
  if (op == "<") return wanted ? Asks::less : Asks::not_less;
  if (op == "<=") return wanted ? Asks::less_equal : Asks::not_less_equal;
  if (op == ">") return wanted ? Asks::greater : Asks::not_greater;
  return wanted ? Asks::greater_equal : Asks::not_greater_equal;
}

class Analysis {
 public:
  Analysis(const Syntax& syntax, const KnownValues& known) : syntax_(syntax), known_(known) {}

  Outcomes outcomes() {
    Outcomes possible;
    possible.holds = !assume(syntax_.root, true, {{}}).empty();
    possible.refuses = !assume(syntax_.root, false, {{}}).empty();
    possible.fails = may_fail(syntax_.root);
    return gave_up_ ? Outcomes{} : possible;
  }

 private:
  [[nodiscard]] const SyntaxNode& node(SyntaxId id) const { return syntax_.nodes[id]; }

  /// Those of `cases`, split up where there are several ways, in which `id` gives `wanted`.
  std::vector<Case> assume(SyntaxId id, bool wanted, std::vector<Case> cases) {
    const SyntaxNode& here = node(id);
    switch (here.kind) {
      case SyntaxKind::logical_not:
        return assume(here.children[0], !wanted, std::move(cases));
      case SyntaxKind::logical_and:
      case SyntaxKind::logical_or:
        return assume_logical(here, wanted, cases);
      case SyntaxKind::conditional: {
        auto both = assume(here.children[1], wanted, assume(here.children[0], true, cases));
        std::ranges::move(assume(here.children[2], wanted, assume(here.children[0], false, cases)),
                          std::back_inserter(both));
        return limited(std::move(both));
      }
      case SyntaxKind::binary:
        return assume_comparison(id, wanted, std::move(cases));
      case SyntaxKind::call:
        if (const auto asked = path_of_has(here)) {
          return ask(std::move(cases), {*asked, wanted ? Asks::present : Asks::absent, {}});
        }
        return assume_opaque(id, wanted, std::move(cases));
      case SyntaxKind::literal:
        if (const bool* truth = here.literal.boolean(); truth != nullptr && *truth != wanted) return {};
        return cases;
      case SyntaxKind::identifier:
      case SyntaxKind::select:
      case SyntaxKind::index:
      case SyntaxKind::list:
      case SyntaxKind::map:
      case SyntaxKind::negate:
        break;
    }
    return assume_opaque(id, wanted, std::move(cases));
  }

  /// `&&` is false, and `||` true, as soon as one of them is, whatever becomes of the others.
  std::vector<Case> assume_logical(const SyntaxNode& here, bool wanted, std::vector<Case>& cases) {
    const bool one_is_enough = (here.kind == SyntaxKind::logical_or) == wanted;
    if (!one_is_enough) {
      for (const SyntaxId child : here.children) cases = assume(child, wanted, std::move(cases));
      return std::move(cases);
    }
    std::vector<Case> any;
    for (const SyntaxId child : here.children) {
      std::ranges::move(assume(child, wanted, cases), std::back_inserter(any));
    }
    return limited(std::move(any));
  }

  std::vector<Case> assume_comparison(SyntaxId id, bool wanted, std::vector<Case> cases) {
    const SyntaxNode& here = node(id);
    const auto left = constant(here.children[0]);
    const auto right = constant(here.children[1]);
    if (here.text == "in") return assume_listed(id, wanted, std::move(cases));
    const bool compares =
        here.text == "==" || here.text == "!=" || here.text.starts_with('<') || here.text.starts_with('>');
    const auto& compared = left ? left : right;
    if (!compares || left.has_value() == right.has_value() || !is_plain(*compared)) {
      return assume_opaque(id, wanted, std::move(cases));
    }
    const std::string_view op = left ? mirrored(here.text) : here.text;
    return ask(std::move(cases), {text(here.children[left ? 1 : 0]), asks_of(op, wanted), {*compared}});
  }

  std::vector<Case> assume_listed(SyntaxId id, bool wanted, std::vector<Case> cases) {
    const SyntaxNode& here = node(id);
    const auto list = constant(here.children[1]);
    const bool plain = list && list->list() != nullptr && std::ranges::all_of(*list->list(), is_plain);
    if (!plain || constant(here.children[0])) return assume_opaque(id, wanted, std::move(cases));
    const std::string path = text(here.children[0]);
    return ask(std::move(cases), {path, wanted ? Asks::one_of : Asks::none_of, *list->list()});
  }

  /// A value of which nothing is known but that the same text gives the same.
  std::vector<Case> assume_opaque(SyntaxId id, bool wanted, std::vector<Case> cases) {
    if (const auto value = constant(id)) {
      const bool* truth = value->boolean();
      return truth != nullptr && *truth != wanted ? std::vector<Case>{} : cases;
    }
    return ask(std::move(cases), {text(id), Asks::one_of, {Value(wanted)}});
  }

  std::vector<Case> ask(std::vector<Case> cases, const Constraint& constraint) {
    std::erase_if(cases, [&](Case& one) {
      one.push_back(constraint);
      return !can_meet_last(one, known(constraint.path));
    });
    return cases;
  }

  std::vector<Case> limited(std::vector<Case> cases) {
    if (cases.size() <= cases_max) return cases;
    gave_up_ = true;
    return {{}};
  }

  /// What is known of a path: of itself, or that nothing below one of its beginnings is a NaN.
  [[nodiscard]] const KnownValue& known(const std::string& path) const {
    static const KnownValue nothing;
    static const KnownValue finite{.finite = true};
    if (const auto found = known_.find(path); found != known_.end()) return found->second;
    const auto root = known_.find(path.substr(0, path.find('.')));
    const bool is_path = path.find_first_not_of(path_characters) == std::string::npos;
    return is_path && root != known_.end() && root->second.finite ? finite : nothing;
  }
  static constexpr std::string_view path_characters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";

  [[nodiscard]] bool may_fail(SyntaxId id) const {
    const SyntaxNode& here = node(id);
    const auto any_child = [&] {
      return std::ranges::any_of(here.children, [&](SyntaxId child) { return may_fail(child); });
    };
    switch (here.kind) {
      case SyntaxKind::literal:
        return false;
      case SyntaxKind::identifier:
      case SyntaxKind::select:
      case SyntaxKind::index:
        return !known(text(id)).there;
      case SyntaxKind::logical_not:
      case SyntaxKind::logical_and:
      case SyntaxKind::logical_or:
      case SyntaxKind::conditional:
        return any_child() || std::ranges::any_of(here.children, [&](SyntaxId child) {
                 return kind_of(child) == TypeKind::dyn;
               });
      case SyntaxKind::binary:
        if (here.text == "in") {
          const auto list = constant(here.children[1]);
          return may_fail(here.children[0]) || !list || list->list() == nullptr;
        }
        return any_child() || !(here.text == "==" || here.text == "!=" || orders_what_has_an_order(here));
      case SyntaxKind::call:
        return !path_of_has(here).has_value();
      case SyntaxKind::list:
      case SyntaxKind::map:
      case SyntaxKind::negate:
        break;
    }
    return true;
  }

  /// What has types that are known was found comparable when it was compiled.
  [[nodiscard]] bool orders_what_has_an_order(const SyntaxNode& here) const {
    const bool orders = here.text.starts_with('<') || here.text.starts_with('>');
    return orders && kind_of(here.children[0]) != TypeKind::dyn && kind_of(here.children[1]) != TypeKind::dyn;
  }

  /// The type of every value that the node may give; dyn where that is not known.
  [[nodiscard]] TypeKind kind_of(SyntaxId id) const {
    const SyntaxNode& here = node(id);
    switch (here.kind) {
      case SyntaxKind::literal:
        return kind_of(here.literal);
      case SyntaxKind::identifier:
      case SyntaxKind::select:
      case SyntaxKind::index:
        return known(text(id)).kind;
      case SyntaxKind::logical_not:
      case SyntaxKind::logical_and:
      case SyntaxKind::logical_or:
        return TypeKind::boolean;
      case SyntaxKind::binary:
        return here.text == "+" || here.text == "-" || here.text == "*" || here.text == "/" ||
                       here.text == "%"
                   ? TypeKind::dyn
                   : TypeKind::boolean;
      case SyntaxKind::call:
        return path_of_has(here) ? TypeKind::boolean : TypeKind::dyn;
      case SyntaxKind::conditional:
      case SyntaxKind::list:
      case SyntaxKind::map:
      case SyntaxKind::negate:
        break;
    }
    return TypeKind::dyn;
  }

  static TypeKind kind_of(const Value& literal) {
    if (literal.boolean() != nullptr) return TypeKind::boolean;
    if (literal.string() != nullptr) return TypeKind::string;
    return literal.number() ? TypeKind::floating : TypeKind::dyn;
  }

  /// `has(context.slot)`: the path asked for, where that cannot fail. What lies deeper fails where its parent
  /// is not there.
  [[nodiscard]] std::optional<std::string> path_of_has(const SyntaxNode& call) const {
    if (call.kind != SyntaxKind::call || call.text != "has" || call.receiver || call.children.size() != 1)
      return std::nullopt;
    const SyntaxNode& asked = node(call.children[0]);
    const bool of_variable =
        !asked.children.empty() && node(asked.children[0]).kind == SyntaxKind::identifier;
    if (!of_variable) return std::nullopt;
    return text(call.children[0]);
  }

  [[nodiscard]] bool reads_names(SyntaxId id) const {
    const SyntaxNode& here = node(id);
    return here.kind == SyntaxKind::identifier ||
           std::ranges::any_of(here.children, [&](SyntaxId child) { return reads_names(child); });
  }

  /// The value of what reads nothing: a literal, `-3`, `duration("2h")`.
  [[nodiscard]] std::optional<Value> constant(SyntaxId id) const {
    if (node(id).kind == SyntaxKind::literal) return node(id).literal;
    if (reads_names(id)) return std::nullopt;
    const auto compiled = Expression::compile(text(id), Environment{});
    return compiled ? compiled->constant() : std::nullopt;
  }

  /// The node as CEL again: equal texts mean the same, however they were spaced and bracketed.
  [[nodiscard]] std::string text(SyntaxId id) const {
    const SyntaxNode& here = node(id);
    std::vector<std::string> parts;
    parts.reserve(here.children.size());
    for (const SyntaxId child : here.children) parts.push_back(text(child));
    switch (here.kind) {
      case SyntaxKind::literal:
        return describe(here.literal);
      case SyntaxKind::identifier:
        return std::string(here.text);
      case SyntaxKind::select:
        return member_text(parts[0], here.text);
      case SyntaxKind::index: {
        const SyntaxNode& key = node(here.children[1]);
        const std::string* name = key.kind == SyntaxKind::literal ? key.literal.string() : nullptr;
        return name != nullptr ? member_text(parts[0], *name) : fmt::format("{}[{}]", parts[0], parts[1]);
      }
      case SyntaxKind::call: {
        if (!here.receiver) return fmt::format("{}({})", here.text, fmt::join(parts, ", "));
        const std::vector<std::string> rest(parts.begin() + 1, parts.end());
        return fmt::format("{}.{}({})", parts[0], here.text, fmt::join(rest, ", "));
      }
      case SyntaxKind::list:
        return fmt::format("[{}]", fmt::join(parts, ", "));
      case SyntaxKind::map: {
        std::vector<std::string> entries;
        for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
          entries.push_back(fmt::format("{}: {}", parts[i], parts[i + 1]));
        }
        return fmt::format("{{{}}}", fmt::join(entries, ", "));
      }
      case SyntaxKind::negate:
        return fmt::format("(-{})", parts[0]);
      case SyntaxKind::logical_not:
        return fmt::format("(!{})", parts[0]);
      case SyntaxKind::logical_and:
        return fmt::format("({})", fmt::join(parts, " && "));
      case SyntaxKind::logical_or:
        return fmt::format("({})", fmt::join(parts, " || "));
      case SyntaxKind::conditional:
        return fmt::format("({} ? {} : {})", parts[0], parts[1], parts[2]);
      case SyntaxKind::binary:
        return fmt::format("({} {} {})", parts[0], here.text, parts[1]);
    }
    return {};
  }

  /// `event.plan`, and `event["a.b"]` where the key is no word.
  static std::string member_text(const std::string& operand, std::string_view key) {
    const bool word = !key.empty() && key.find('.') == std::string_view::npos &&
                      key.find_first_not_of(path_characters) == std::string_view::npos;
    return word ? fmt::format("{}.{}", operand, key) : fmt::format("{}[{}]", operand, describe(Value(key)));
  }

  const Syntax& syntax_;
  const KnownValues& known_;
  bool gave_up_ = false;
};

}  // namespace

Outcomes possible_outcomes(const Expression& condition, const KnownValues& known) {
  const auto syntax = parse(condition.source(), ExpressionLimits{});
  if (!syntax) return {};
  return Analysis(*syntax, known).outcomes();
}

}  // namespace lotse
