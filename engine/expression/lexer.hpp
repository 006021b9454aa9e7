#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/expression/expression.hpp"
#include "engine/expression/value.hpp"

namespace lotse::cel {

enum class TokenKind : std::uint8_t {
  end,
  identifier,         ///< also `true`, `in` and the reserved words: the parser tells them apart
  quoted_identifier,  ///< between back-ticks; only after a point
  literal,            ///< a number, a string or bytes
  minimum,            ///< 9223372036854775808, an int only behind a minus
  symbol,
  mistake,  ///< Lexer::mistake() says which
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t offset = 0;
  std::uint32_t end = 0;
  std::string_view text;  ///< of an identifier without its back-ticks, of a symbol; else as written
  Value literal;
};

/// Cuts CEL text into tokens, one at a time. Stops at the first mistake, which it explains.
class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}
  [[nodiscard]] Token next();
  [[nodiscard]] const ExpressionError& mistake() const { return mistake_; }

 private:
  void skip_blanks();
  [[nodiscard]] Token number();
  [[nodiscard]] Token text(std::size_t prefix, bool raw, bool bytes);
  [[nodiscard]] Token symbol();
  /// Reads the escape at position_ (just past its backslash) into `out`; false after explaining a mistake.
  [[nodiscard]] bool escape(std::string& out, bool bytes);
  [[nodiscard]] Token token(TokenKind kind, std::size_t start, std::size_t end);
  [[nodiscard]] Token fail(std::size_t offset, std::string message, std::string hint = {},
                           bool unfinished = false);

  std::string_view source_;
  std::size_t position_ = 0;
  ExpressionError mistake_;
};

/// A double by from_chars, rounded to zero where it is too small; nothing for what is none or too large.
[[nodiscard]] std::optional<double> parse_double(std::string_view text);

}  // namespace lotse::cel
