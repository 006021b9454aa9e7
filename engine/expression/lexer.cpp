#include "engine/expression/lexer.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "engine/expression/text.hpp"

namespace lotse::cel {
namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::array<std::string_view, 24> symbols{"==", "!=", "<=", ">=", "&&", "||", "(", ")",
                                                   "[",  "]",  "{",  "}",  ".",  ",",  ":", "?",
                                                   "<",  ">",  "+",  "-",  "*",  "/",  "%", "!"};

struct Confusion {
  std::string_view written;
  std::string_view meant;
};
/// What people bring from other languages, longest first.
constexpr std::array<Confusion, 9> confusions{{{"===", "=="},
                                               {"!==", "!="},
                                               {"<>", "!="},
                                               {"=>", ">="},
                                               {"=<", "<="},
                                               {"=~", ".matches(…)"},
                                               {"=", "=="},
                                               {"&", "&&"},
                                               {"|", "||"}}};

/// Typographic quotes that word processors put in.
constexpr std::array<std::string_view, 6> curly_quotes{"“", "”", "„", "‘", "’", "«"};

}  // namespace

std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return std::nullopt;
  if (read.ec == std::errc{}) return value;
  // Out of range on one side or the other; the exponents of long double reach far enough to tell which.
  long double wide = 0;
  const auto again = std::from_chars(text.data(), end, wide);
  if (again.ec != std::errc{} || std::fabs(wide) > 1) return std::nullopt;
  return std::signbit(wide) ? -0.0 : 0.0;
}

Token Lexer::token(TokenKind kind, std::size_t start, std::size_t end) {
  position_ = end;
  Token made;
  made.kind = kind;
  made.offset = static_cast<std::uint32_t>(start);
  made.end = static_cast<std::uint32_t>(end);
  made.text = source_.substr(start, end - start);
  return made;
}

Token Lexer::fail(std::size_t offset, std::string message, std::string hint, bool unfinished) {
  mistake_ = {static_cast<std::uint32_t>(offset), std::move(message), std::move(hint), unfinished};
  return token(TokenKind::mistake, offset, offset);
}

void Lexer::skip_blanks() {
  while (position_ < source_.size()) {
    const char c = source_[position_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++position_;
    } else if (source_.substr(position_).starts_with("//")) {
      const std::size_t newline = source_.find('\n', position_);
      position_ = newline == std::string_view::npos ? source_.size() : newline;
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  const std::string_view rest = source_.substr(position_);
  if (rest.empty()) return token(TokenKind::end, position_, position_);

  const char first = rest[0];
  if (first == '"' || first == '\'') return text(0, false, false);
  if (is_digit(first) || (first == '.' && rest.size() > 1 && is_digit(rest[1]))) return number();
  if (is_identifier_start(first)) {
    std::size_t length = 1;
    while (length < rest.size() && is_identifier_part(rest[length])) ++length;
    if (length < rest.size() && length <= 2 && (rest[length] == '"' || rest[length] == '\'')) {
      const bool bytes = first == 'b' || first == 'B';
      const char last = rest[length - 1];
      const bool raw = last == 'r' || last == 'R';
      if (length == (bytes ? 1U : 0U) + (raw ? 1U : 0U)) return text(length, raw, bytes);
    }
    return token(TokenKind::identifier, position_, position_ + length);
  }
  if (first == '`') {
    const std::size_t close = rest.find('`', 1);
    if (close == std::string_view::npos)
      return fail(position_, "a name begun with ` has no closing `", {}, true);
    if (close == 1) return fail(position_, "there is no name between the back-ticks");
    Token quoted = token(TokenKind::quoted_identifier, position_, position_ + close + 1);
    quoted.text = rest.substr(1, close - 1);
    return quoted;
  }
  return symbol();
}

Token Lexer::symbol() {
  const std::string_view rest = source_.substr(position_);
  for (const auto& [written, meant] : confusions) {
    // `=`, `&`, `|` alone: their doubled forms are symbols.
    const bool doubled = written.size() == 1 && rest.size() > 1 && rest[1] == written[0];
    if (rest.starts_with(written) && !doubled) {
      return fail(position_, fmt::format("`{}` is no operator", written),
                  fmt::format("did you mean `{}`?", meant));
    }
  }
  for (const std::string_view known : symbols) {
    if (rest.starts_with(known)) return token(TokenKind::symbol, position_, position_ + known.size());
  }
  for (const std::string_view quote : curly_quotes) {
    if (rest.starts_with(quote)) {
      return fail(position_, fmt::format("{} opens no text", quote), "write \"…\" or '…'");
    }
  }
  const std::string_view odd = rest.substr(0, code_point_bytes(rest));
  if (odd.size() == 1 && (static_cast<unsigned char>(odd[0]) < 0x20 || odd[0] == 0x7F)) {
    return fail(position_,
                fmt::format("control character U+{:04X} in an expression", static_cast<unsigned>(odd[0])));
  }
  if (odd == ";") return fail(position_, "`;` means nothing here", "an expression is one condition or value");
  return fail(position_, fmt::format("`{}` means nothing in an expression", odd));
}

Token Lexer::number() {
  const std::size_t start = position_;
  std::size_t at = start;
  const auto skip_digits = [&] {
    const std::size_t before = at;
    while (at < source_.size() && is_digit(source_[at])) ++at;
    return at > before;
  };
  const auto peek = [&](std::size_t ahead) {
    return at + ahead < source_.size() ? source_[at + ahead] : '\0';
  };

  const bool hex = source_[at] == '0' && (peek(1) == 'x' || peek(1) == 'X') && hex_digit(peek(2)) >= 0;
  bool floating = false;
  if (hex) {
    at += 2;
    while (at < source_.size() && hex_digit(source_[at]) >= 0) ++at;
  } else {
    skip_digits();
    if (peek(0) == '.' && is_digit(peek(1))) {
      floating = true;
      ++at;
      skip_digits();
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if ((peek(0) == 'e' || peek(0) == 'E') && is_digit(peek(1 + sign))) {
      floating = true;
      at += 1 + sign;
      skip_digits();
    }
  }
  const std::string_view digits = source_.substr(start + (hex ? 2 : 0), at - start - (hex ? 2 : 0));
  const bool is_unsigned = !floating && (peek(0) == 'u' || peek(0) == 'U');
  if (is_unsigned) ++at;
  if (is_identifier_part(peek(0))) {
    std::size_t end = at;
    while (end < source_.size() && is_identifier_part(source_[end])) ++end;
    const std::string_view word = source_.substr(start, end - start);
    const std::string_view unit = source_.substr(at, end - at);
    const bool time = unit == "d" || unit == "h" || unit == "m" || unit == "s" || unit == "ms" || unit == "w";
    return fail(start, fmt::format("`{}` is no number", word),
                time ? fmt::format("a duration is written duration(\"{}\")", word) : std::string{});
  }
  Token made = token(TokenKind::literal, start, at);
  if (floating) {
    const auto value = parse_double(digits);
    if (!value) return fail(start, fmt::format("{} is beyond the range of a double", made.text));
    made.literal = Value(*value);
    return made;
  }
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  constexpr std::uint64_t int_limit = std::uint64_t{1} << 63U;
  if (read.ec != std::errc{} || (!is_unsigned && value > int_limit)) {
    return fail(start, fmt::format("{} is beyond the range of 64 bits", made.text),
                is_unsigned ? std::string{} : "a double is written with a point: 1e19 or 1.0");
  }
  if (is_unsigned) {
    made.literal = Value(value);
  } else if (value == int_limit) {
    made.kind = TokenKind::minimum;
  } else {
    made.literal = Value(static_cast<std::int64_t>(value));
  }
  return made;
}

Token Lexer::text(std::size_t prefix, bool raw, bool bytes) {
  const std::size_t start = position_;
  const char quote = source_[start + prefix];
  const std::string triple(3, quote);
  const bool multiline = source_.substr(start + prefix).starts_with(triple);
  const std::string_view closing =
      multiline ? std::string_view{triple} : std::string_view{triple}.substr(0, 1);
  position_ = start + prefix + closing.size();

  std::string content;
  while (true) {
    const std::string_view rest = source_.substr(position_);
    if (rest.empty() || (!multiline && (rest[0] == '\n' || rest[0] == '\r'))) {
      return fail(start, fmt::format("a text begun with {} has no closing {}", closing, closing), {},
                  rest.empty());
    }
    if (rest.starts_with(closing)) break;
    ++position_;
    if (rest[0] != '\\' || raw) {
      content += rest[0];
    } else if (!escape(content, bytes)) {
      return fail(mistake_.offset, mistake_.message, mistake_.hint);
    }
  }
  Token made = token(TokenKind::literal, start, position_ + closing.size());
  made.literal = bytes ? Value(Bytes{std::move(content)}) : Value(std::move(content));
  return made;
}

bool Lexer::escape(std::string& out, bool bytes) {
  static constexpr std::string_view letters = "abfnrtv\\?\"'`";
  static constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\?\"'`";
  const std::size_t backslash = position_ - 1;
  const std::string_view rest = source_.substr(position_);
  const auto refuse = [&](std::string hint) {
    const std::string_view shown = source_.substr(backslash, 1 + code_point_bytes(rest));
    mistake_ = {static_cast<std::uint32_t>(backslash), fmt::format("`{}` is no escape", shown),
                std::move(hint), false};
    return false;
  };
  if (rest.empty()) return refuse({});
  if (const std::size_t known = letters.find(rest[0]); known != std::string_view::npos) {
    out += meanings[known];
    ++position_;
    return true;
  }

  std::size_t digits = 0;
  std::size_t skip = 1;
  int base = 16;
  if (rest[0] == 'x' || rest[0] == 'X') {
    digits = 2;
  } else if (rest[0] == 'u' && !bytes) {
    digits = 4;
  } else if (rest[0] == 'U' && !bytes) {
    digits = 8;
  } else if (rest[0] >= '0' && rest[0] <= '3') {
    digits = 3;
    skip = 0;
    base = 8;
  } else {
    return refuse("a backslash itself is written \\\\; in r\"…\" nothing is escaped");
  }
  std::uint32_t code = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = skip + i < rest.size() ? hex_digit(rest[skip + i]) : -1;
    if (digit < 0 || digit >= base)
      return refuse(fmt::format("{} digits must follow", skip == 0 ? digits - 1 : digits));
    code = code * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
  }
  position_ += skip + digits;
  if (bytes) {
    out += static_cast<char>(code);
    return true;
  }
  return append_code_point(out, code) || refuse("it names no character");
}

}  // namespace lotse::cel
