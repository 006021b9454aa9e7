#include "engine/expression/text.hpp"

#include <algorithm>

namespace lotse::cel {
namespace {

std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }
bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (byte(text[at]) & 0xC0U) == 0x80U;
}

/// Length of the well-formed sequence at the head of `text`, 0 where it is malformed. RFC 3629, section 4.
std::size_t well_formed(std::string_view text) {
  const std::uint8_t lead = byte(text[0]);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4 || !continues(text, 1)) return 0;
  if (lead < 0xE0) return 2;
  const std::uint8_t second = byte(text[1]);
  if (!continues(text, 2)) return 0;
  if (lead < 0xF0) return (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ? 0 : 3;
  if (!continues(text, 3)) return 0;
  return (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F) ? 0 : 4;
}

}  // namespace

std::optional<std::size_t> invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = well_formed(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::size_t code_point_bytes(std::string_view text) {
  return text.empty() ? 0 : std::max<std::size_t>(1, well_formed(text));
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (byte(c) & 0xC0U) != 0x80U; }));
}

std::optional<std::size_t> code_point_offset(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0; --index) {
    if (at >= text.size()) return std::nullopt;
    at += code_point_bytes(text.substr(at));
  }
  return at;
}

bool append_code_point(std::string& text, std::uint32_t code_point) {
  const auto put = [&text](std::uint32_t bits) { text.push_back(static_cast<char>(bits)); };
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) return false;
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0U | (code_point >> 6U));
    put(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    put(0xE0U | (code_point >> 12U));
    put(0x80U | ((code_point >> 6U) & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  } else {
    put(0xF0U | (code_point >> 18U));
    put(0x80U | ((code_point >> 12U) & 0x3FU));
    put(0x80U | ((code_point >> 6U) & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  }
  return true;
}

std::uint32_t first_code_point(std::string_view text) {
  const std::size_t length = code_point_bytes(text);
  if (length <= 1) return length == 0 ? 0 : byte(text[0]);
  std::uint32_t code_point = byte(text[0]) & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) code_point = (code_point << 6U) | (byte(text[i]) & 0x3FU);
  return code_point;
}

bool is_identifier(std::string_view word) {
  return !word.empty() && is_identifier_start(word[0]) &&
         std::all_of(word.begin(), word.end(), is_identifier_part);
}

}  // namespace lotse::cel
