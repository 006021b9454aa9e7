#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// UTF-8 (RFC 3629) as CEL's strings need it: counted and cut by code point.
namespace lotse::cel {

/// Offset of the first byte that begins no well-formed code point; nothing if all of `text` is UTF-8.
[[nodiscard]] std::optional<std::size_t> invalid_utf8(std::string_view text);

/// Bytes of the code point at the head of `text` (1 for a malformed byte); 0 for an empty text.
[[nodiscard]] std::size_t code_point_bytes(std::string_view text);

/// Code points of a well-formed text.
[[nodiscard]] std::size_t code_points(std::string_view text);

/// Byte offset of code point `index`; the text's size for its end; nothing beyond.
[[nodiscard]] std::optional<std::size_t> code_point_offset(std::string_view text, std::size_t index);

/// Nothing for a surrogate or a number beyond U+10FFFF: they are no characters.
[[nodiscard]] bool append_code_point(std::string& text, std::uint32_t code_point);

/// The code point at the head of a well-formed, not empty text.
[[nodiscard]] std::uint32_t first_code_point(std::string_view text);

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_identifier_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
[[nodiscard]] constexpr bool is_identifier_part(char c) { return is_identifier_start(c) || is_digit(c); }
[[nodiscard]] bool is_identifier(std::string_view word);

}  // namespace lotse::cel
