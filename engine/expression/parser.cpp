#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/expression/lexer.hpp"
#include "engine/expression/syntax.hpp"
#include "engine/expression/text.hpp"

namespace lotse::cel {
namespace {

constexpr std::array<std::string_view, 17> reserved{
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

bool is_reserved(std::string_view word) {
  return std::find(reserved.begin(), reserved.end(), word) != reserved.end();
}
bool is_keyword(std::string_view word) {
  return word == "true" || word == "false" || word == "null" || word == "in";
}

/// How tightly a binary operator binds; 0 for what is none.
int binding_power(const Token& token) {
  if (token.kind == TokenKind::identifier) return token.text == "in" ? 3 : 0;
  if (token.kind != TokenKind::symbol) return 0;
  const std::string_view s = token.text;
  if (s == "||") return 1;
  if (s == "&&") return 2;
  if (s == "==" || s == "!=" || s == "<" || s == "<=" || s == ">" || s == ">=") return 3;
  if (s == "+" || s == "-") return 4;
  if (s == "*" || s == "/" || s == "%") return 5;
  return 0;
}
constexpr int loosest = 1;

/// A parse function answers nothing once a mistake is noted, and its callers pass that on.
using Parsed = std::optional<SyntaxId>;

class Parser {
 public:
  Parser(std::string_view source, const ExpressionLimits& limits)
      : source_(source), limits_(limits), lexer_(source) {}

  tl::expected<Syntax, ExpressionError> run() {
    advance();
    Parsed root = expression();
    if (root && !failed_ && token_.kind != TokenKind::end) root = unexpected_after();
    if (failed_) return tl::make_unexpected(std::move(mistake_));
    syntax_.root = *root;
    return std::move(syntax_);
  }

 private:
  // ---- tokens

  void advance() {
    if (failed_) return;
    previous_end_ = token_.end;
    token_ = lexer_.next();
    if (token_.kind == TokenKind::mistake) {
      failed_ = true;
      mistake_ = lexer_.mistake();
    }
  }
  [[nodiscard]] bool at(std::string_view symbol) const {
    return token_.kind == TokenKind::symbol && token_.text == symbol;
  }
  [[nodiscard]] bool at_word(std::string_view word) const {
    return token_.kind == TokenKind::identifier && token_.text == word;
  }
  bool accept(std::string_view symbol) {
    if (!at(symbol)) return false;
    advance();
    return true;
  }

  // ---- mistakes

  std::nullopt_t fail(std::uint32_t offset, std::string message, std::string hint = {},
                      bool unfinished = false) {
    if (!failed_) mistake_ = {offset, std::move(message), std::move(hint), unfinished};
    failed_ = true;
    return std::nullopt;
  }

  [[nodiscard]] std::string found() const {
    if (token_.kind == TokenKind::end) return "the expression ends";
    return fmt::format("found `{}`", source_.substr(token_.offset, token_.end - token_.offset));
  }

  /// `wanted` is a noun: "a value", "`)`".
  std::nullopt_t expected(std::string_view wanted, std::string hint = {}) {
    if (failed_) return std::nullopt;
    const bool end = token_.kind == TokenKind::end;
    return fail(token_.offset, fmt::format("expected {}, {}{}", wanted, end ? "but " : "", found()),
                std::move(hint), end);
  }

  std::nullopt_t unexpected_after() {
    const SyntaxNode& last = syntax_.nodes.back();
    if (last.kind == SyntaxKind::identifier && (last.text == "not" || last.text == "NOT")) {
      return fail(last.offset, fmt::format("`{}` is no operator", last.text), "write `!` before a condition");
    }
    if (token_.kind == TokenKind::identifier && word_operator()) return std::nullopt;
    if (at(")") || at("]") || at("}")) {
      return fail(token_.offset, fmt::format("`{}` closes nothing", token_.text));
    }
    if (at(",")) {
      const auto digit_at = [&](std::size_t i) { return i < source_.size() && is_digit(source_[i]); };
      const bool decimal = token_.offset > 0 && digit_at(token_.offset - 1) && digit_at(token_.end);
      return fail(token_.offset, "`,` stands between no arguments",
                  decimal ? "decimals are written with a point: 1.5" : "conditions are joined by && and ||");
    }
    if (at("?") || at(":")) {
      return fail(token_.offset, fmt::format("`{}` is out of place", token_.text),
                  "put the inner `… ? … : …` in parentheses");
    }
    const char before = token_.offset == 0 ? '\0' : source_[token_.offset - 1];
    const bool quote = before == '"' || before == '\'';
    return fail(token_.offset, fmt::format("expected an operator or the end, {}", found()),
                quote ? "a quote within a text is written \\' or \\\"" : "");
  }

  /// Tells of an operator that other languages spell as a word; false for any other word.
  bool word_operator() {
    struct Word {
      std::string_view word;
      std::string_view hint;
    };
    static constexpr std::array<Word, 12> words{
        {{"and", "write `&&`"},
         {"AND", "write `&&`"},
         {"or", "write `||`"},
         {"OR", "write `||`"},
         {"is", "write `==`"},
         {"eq", "write `==`"},
         {"equals", "write `==`"},
         {"not", "write `!` before a condition, `!(a in b)` for `a not in b`"},
         {"contains", "write `text.contains(\"part\")`"},
         {"matches", "write `text.matches(\"pattern\")`"},
         {"like", "write `text.matches(\"pattern\")`"},
         {"if", "write `condition ? value : other`"}}};
    for (const auto& [word, hint] : words) {
      if (token_.text == word) {
        fail(token_.offset, fmt::format("`{}` is no operator", word), std::string(hint));
        return true;
      }
    }
    return false;
  }

  // ---- nodes

  Parsed make(SyntaxNode node) {
    if (failed_) return std::nullopt;
    for (const SyntaxId child : node.children)
      node.depth = std::max(node.depth, syntax_.nodes[child].depth + 1);
    if (node.depth > limits_.depth) return too_deep(node.offset);
    if (syntax_.nodes.size() >= limits_.nodes) {
      return fail(node.offset, fmt::format("the expression has more than {} parts", limits_.nodes),
                  "split it, or keep a part of it in the context");
    }
    syntax_.nodes.push_back(std::move(node));
    return static_cast<SyntaxId>(syntax_.nodes.size() - 1);
  }

  std::nullopt_t too_deep(std::uint32_t offset) {
    return fail(offset, fmt::format("the expression is nested more than {} levels deep", limits_.depth));
  }

  [[nodiscard]] std::uint32_t offset_of(SyntaxId id) const { return syntax_.nodes[id].offset; }

  // ---- grammar

  /// Expr = ConditionalOr ["?" ConditionalOr ":" Expr]
  Parsed expression() {
    if (++nesting_ > limits_.depth) return too_deep(token_.offset);
    const Parsed made = conditional();
    --nesting_;
    return made;
  }

  Parsed conditional() {
    const Parsed condition = binary(loosest);
    if (!condition || !at("?")) return condition;
    const std::uint32_t mark = token_.offset;
    advance();
    const Parsed yes = binary(loosest);
    if (!yes) return std::nullopt;
    if (!at(":")) return expected("`:` of `… ? … : …`");
    advance();
    const Parsed no = expression();
    if (!no) return std::nullopt;
    SyntaxNode node;
    node.kind = SyntaxKind::conditional;
    node.offset = offset_of(*condition);
    node.name_offset = mark;
    node.children = {*condition, *yes, *no};
    return make(std::move(node));
  }

  Parsed binary(int weakest) {
    Parsed left = unary();
    while (left && !failed_) {
      const Token op = token_;
      const int power = binding_power(op);
      if (power < weakest || power == 0) break;
      advance();
      const Parsed right = binary(power + 1);
      if (!right) return std::nullopt;
      left = join(op, power, *left, *right);
    }
    return failed_ ? std::nullopt : left;
  }

  Parsed join(const Token& op, int power, SyntaxId left, SyntaxId right) {
    const SyntaxKind kind = power == 1   ? SyntaxKind::logical_or
                            : power == 2 ? SyntaxKind::logical_and
                                         : SyntaxKind::binary;
    SyntaxNode& first = syntax_.nodes[left];
    if (kind != SyntaxKind::binary && first.kind == kind && !first.parenthesised) {  // a chain is one node
      first.children.push_back(right);
      first.depth = std::max(first.depth, syntax_.nodes[right].depth + 1);
      if (first.depth > limits_.depth) return too_deep(first.offset);
      return left;
    }
    SyntaxNode node;
    node.kind = kind;
    node.text = op.text;
    node.offset = first.offset;
    node.name_offset = op.offset;
    node.children = {left, right};
    return make(std::move(node));
  }

  Parsed unary() {
    if (!at("!") && !at("-")) return member();
    if (++nesting_ > limits_.depth) return too_deep(token_.offset);
    const Token op = token_;
    advance();
    Parsed made;
    if (op.text == "-" && (token_.kind == TokenKind::minimum || token_.literal.number())) {
      made = negative_number(op.offset);
    } else if (const Parsed operand = unary()) {
      SyntaxNode node;
      node.kind = op.text == "!" ? SyntaxKind::logical_not : SyntaxKind::negate;
      node.offset = node.name_offset = op.offset;
      node.children = {*operand};
      made = make(std::move(node));
    }
    --nesting_;
    return made;
  }

  Parsed negative_number(std::uint32_t minus) {
    SyntaxNode node;
    node.offset = node.name_offset = minus;
    if (token_.kind == TokenKind::minimum) {
      node.literal = Value(INT64_MIN);
    } else if (const auto* integer = std::get_if<std::int64_t>(&token_.literal.rep())) {
      node.literal = Value(-*integer);
    } else if (const auto* floating = std::get_if<double>(&token_.literal.rep())) {
      node.literal = Value(-*floating);
    } else {  // -5u: the checker says that it cannot be
      const Parsed operand = member();
      if (!operand) return std::nullopt;
      node.kind = SyntaxKind::negate;
      node.children = {*operand};
      return make(std::move(node));
    }
    advance();
    return members(make(std::move(node)));
  }

  Parsed member() { return members(primary()); }

  Parsed members(Parsed operand) {
    while (operand && !failed_) {
      if (at(".")) {
        operand = after_point(*operand);
      } else if (at("[")) {
        operand = subscript(*operand);
      } else if (at("{") && names_message(*operand)) {
        return fail(token_.offset, "messages (`Name{field: value}`) are not supported",
                    "write a map: {\"field\": value}");
      } else {
        break;
      }
    }
    return failed_ ? std::nullopt : operand;
  }

  [[nodiscard]] bool names_message(SyntaxId id) const {
    const SyntaxKind kind = syntax_.nodes[id].kind;
    return kind == SyntaxKind::identifier || kind == SyntaxKind::select;
  }

  Parsed after_point(SyntaxId operand) {
    advance();
    if (at("?"))
      return fail(token_.offset, "optional values (`.?`) are not supported", "ask with has(…) first");
    const Token name = token_;
    if (name.kind != TokenKind::quoted_identifier && name.kind != TokenKind::identifier) {
      return expected("a name after `.`");
    }
    if (name.kind == TokenKind::identifier && is_keyword(name.text)) {
      return fail(name.offset, fmt::format("`{}` is a word of the language and no name after `.`", name.text),
                  fmt::format("write [\"{}\"]", name.text));
    }
    advance();
    SyntaxNode node;
    node.kind = SyntaxKind::select;
    node.text = name.text;
    node.offset = offset_of(operand);
    node.name_offset = name.offset;
    node.children = {operand};
    if (at("(") && name.kind == TokenKind::identifier) {
      node.kind = SyntaxKind::call;
      node.receiver = true;
      if (!arguments(node)) return std::nullopt;
    }
    return make(std::move(node));
  }

  Parsed subscript(SyntaxId operand) {
    const std::uint32_t bracket = token_.offset;
    advance();
    if (at("?"))
      return fail(token_.offset, "optional values (`[?…]`) are not supported",
                  "ask with has(…) or `in` first");
    const Parsed key = expression();
    if (!key) return std::nullopt;
    if (!at("]")) return expected("`]`");
    advance();
    SyntaxNode node;
    node.kind = SyntaxKind::index;
    node.offset = offset_of(operand);
    node.name_offset = bracket;
    node.children = {operand, *key};
    return make(std::move(node));
  }

  /// Reads `(a, b)` into node.children.
  bool arguments(SyntaxNode& node) {
    advance();
    while (!failed_ && !at(")")) {
      const Parsed argument = expression();
      if (!argument) return false;
      node.children.push_back(*argument);
      if (!accept(",") && !at(")")) {
        expected("`)`");
        return false;
      }
    }
    advance();
    return !failed_;
  }

  Parsed primary() {
    if (failed_) return std::nullopt;
    switch (token_.kind) {
      case TokenKind::literal:
        return literal(token_.literal);
      case TokenKind::minimum:
        return fail(token_.offset, fmt::format("{} is beyond the range of 64 bits", token_.text),
                    "a double is written with a point: 1e19 or 1.0");
      case TokenKind::identifier:
        return name(false);
      case TokenKind::quoted_identifier:
        return fail(token_.offset, "back-ticks are for names after a point", "write \"…\" for a text");
      case TokenKind::end:
        return previous_end_ == 0 ? fail(token_.offset, "the expression is empty", {}, true)
                                  : expected("a value");
      case TokenKind::mistake:
        return std::nullopt;
      case TokenKind::symbol:
        break;
    }
    if (at("(")) return parentheses();
    if (at("[")) return list();
    if (at("{")) return map();
    if (at(".")) {
      advance();
      if (token_.kind != TokenKind::identifier) return expected("a name after `.`");
      return name(true);
    }
    return expected("a value");
  }

  Parsed literal(Value value) {
    SyntaxNode node;
    node.offset = node.name_offset = token_.offset;
    node.literal = std::move(value);
    advance();
    return make(std::move(node));
  }

  Parsed name(bool global) {
    if (!global) {
      if (at_word("true")) return literal(Value(true));
      if (at_word("false")) return literal(Value(false));
      if (at_word("null")) return literal(Value());
    }
    if (at_word("in")) return fail(token_.offset, "`in` has nothing before it");
    if (is_reserved(token_.text)) {
      return fail(token_.offset, fmt::format("`{}` is a reserved word", token_.text),
                  at_word("if") ? "write `condition ? value : other`" : "");
    }
    SyntaxNode node;
    node.kind = SyntaxKind::identifier;
    node.text = token_.text;
    node.offset = node.name_offset = token_.offset;
    node.global = global;
    advance();
    if (at("(")) {
      node.kind = SyntaxKind::call;
      if (!arguments(node)) return std::nullopt;
    }
    return make(std::move(node));
  }

  Parsed parentheses() {
    const std::uint32_t opening = token_.offset;
    advance();
    const Parsed inner = expression();
    if (!inner) return std::nullopt;
    if (!at(")")) {
      if (at(",")) {
        return fail(token_.offset, "`,` stands between no arguments",
                    "a list is written with brackets: [1, 2]");
      }
      return expected("`)`");
    }
    advance();
    syntax_.nodes[*inner].parenthesised = true;
    syntax_.nodes[*inner].offset = opening;
    return inner;
  }

  Parsed list() {
    SyntaxNode node;
    node.kind = SyntaxKind::list;
    node.offset = node.name_offset = token_.offset;
    advance();
    while (!failed_ && !at("]")) {
      if (at("?")) return fail(token_.offset, "optional elements (`[?…]`) are not supported");
      const Parsed element = expression();
      if (!element) return std::nullopt;
      node.children.push_back(*element);
      if (!accept(",") && !at("]")) return expected("`,` or `]`");
    }
    advance();
    return make(std::move(node));
  }

  Parsed map() {
    SyntaxNode node;
    node.kind = SyntaxKind::map;
    node.offset = node.name_offset = token_.offset;
    advance();
    while (!failed_ && !at("}")) {
      if (at("?")) return fail(token_.offset, "optional entries (`{?…}`) are not supported");
      const Parsed key = expression();
      if (!key) return std::nullopt;
      if (!at(":")) return expected("`:` after a key");
      advance();
      const Parsed value = expression();
      if (!value) return std::nullopt;
      node.children.push_back(*key);
      node.children.push_back(*value);
      if (!accept(",") && !at("}")) return expected("`,` or `}`");
    }
    advance();
    return make(std::move(node));
  }

  std::string_view source_;
  const ExpressionLimits& limits_;
  Lexer lexer_;
  Token token_;
  std::uint32_t previous_end_ = 0;
  std::uint32_t nesting_ = 0;
  bool failed_ = false;
  ExpressionError mistake_;
  Syntax syntax_;
};

}  // namespace

tl::expected<Syntax, ExpressionError> parse(std::string_view source, const ExpressionLimits& limits) {
  if (source.size() > limits.source_bytes) {
    return tl::make_unexpected(ExpressionError{
        0,
        fmt::format("the expression has {} bytes, more than {}", source.size(), limits.source_bytes),
        {},
        false});
  }
  if (const auto bad = invalid_utf8(source)) {
    return tl::make_unexpected(
        ExpressionError{static_cast<std::uint32_t>(*bad), "the text is not UTF-8", {}, false});
  }
  return Parser(source, limits).run();
}

}  // namespace lotse::cel
