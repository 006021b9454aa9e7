#pragma once

#include <string>
#include <string_view>

/// Characters of what customers write: enough of Unicode to find words in Latin, Greek and Cyrillic script.
namespace lotse::letters {

/// Code points of UTF-8; each byte that is none becomes U+FFFD.
[[nodiscard]] std::u32string decoded(std::string_view text);
/// UTF-8 of code points that decoded() gives.
[[nodiscard]] std::string encoded(std::u32string_view text);

/// A letter of the three scripts, or a mark that is put on the letter before it.
[[nodiscard]] bool is_letter(char32_t c);
[[nodiscard]] constexpr bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
/// Its small letter (Unicode's simple case mapping); a final sigma becomes a sigma, so that a word is one
/// word in either place. Everything else is itself.
[[nodiscard]] char32_t lower(char32_t c);
/// Spaces of all widths, ends of lines, control characters.
[[nodiscard]] bool is_space(char32_t c);
/// Characters without width that change nothing but the order or the breaking of a line: marks of
/// direction, zero-width spaces and joiners, soft hyphens, byte order marks.
[[nodiscard]] bool is_invisible(char32_t c);
/// `-` for every hyphen and dash, `'` for every apostrophe; else the character itself.
[[nodiscard]] char32_t plain_punctuation(char32_t c);

}  // namespace lotse::letters
