#include "engine/friction/letters.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "engine/base/assert.hpp"
#include "engine/expression/text.hpp"

namespace lotse::letters {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

bool among(std::span<const Range> ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

/// Unicode 15, general categories L and M of the blocks Latin, Greek and Cyrillic.
constexpr auto letter_ranges = std::to_array<Range>(
    {{0xAA, 0xAA},     {0xB5, 0xB5},     {0xBA, 0xBA},     {0xC0, 0xD6},     {0xD8, 0xF6},
     {0xF8, 0x2AF},    {0x300, 0x373},   {0x376, 0x377},   {0x37B, 0x37D},   {0x37F, 0x37F},
     {0x386, 0x386},   {0x388, 0x3F5},   {0x3F7, 0x481},   {0x483, 0x52F},   {0x1DC0, 0x1FBC},
     {0x1FC2, 0x1FCC}, {0x1FD0, 0x1FDB}, {0x1FE0, 0x1FEC}, {0x1FF2, 0x1FFC}, {0x2C60, 0x2C7F}});

/// How capital letters of a range become small ones.
struct Case {
  char32_t first;
  char32_t last;
  enum Kind : std::uint8_t {
    shifted,  ///< by `by`
    even,     ///< capitals are even, the small letter follows
    odd,      ///< capitals are odd, the small letter follows
  } kind;
  std::int32_t by = 0;
};
constexpr auto cases = std::to_array<Case>({{0xC0, 0xD6, Case::shifted, 32},
                                            {0xD8, 0xDE, Case::shifted, 32},
                                            {0x100, 0x12F, Case::even},
                                            {0x130, 0x130, Case::shifted, 0x69 - 0x130},
                                            {0x132, 0x137, Case::even},
                                            {0x139, 0x148, Case::odd},
                                            {0x14A, 0x177, Case::even},
                                            {0x178, 0x178, Case::shifted, 0xFF - 0x178},
                                            {0x179, 0x17E, Case::odd},
                                            {0x1A0, 0x1A5, Case::even},
                                            {0x1AF, 0x1B0, Case::odd},
                                            {0x1CD, 0x1DC, Case::odd},
                                            {0x1DE, 0x1EF, Case::even},
                                            {0x1F8, 0x21F, Case::even},
                                            {0x222, 0x233, Case::even},
                                            {0x386, 0x386, Case::shifted, 38},
                                            {0x388, 0x38A, Case::shifted, 37},
                                            {0x38C, 0x38C, Case::shifted, 64},
                                            {0x38E, 0x38F, Case::shifted, 63},
                                            {0x391, 0x3A1, Case::shifted, 32},
                                            {0x3A3, 0x3AB, Case::shifted, 32},
                                            {0x3C2, 0x3C2, Case::shifted, 1},
                                            {0x400, 0x40F, Case::shifted, 80},
                                            {0x410, 0x42F, Case::shifted, 32},
                                            {0x460, 0x481, Case::even},
                                            {0x48A, 0x4BF, Case::even},
                                            {0x4C0, 0x4C0, Case::shifted, 15},
                                            {0x4C1, 0x4CE, Case::odd},
                                            {0x4D0, 0x52F, Case::even},
                                            {0x1E00, 0x1E95, Case::even},
                                            {0x1E9E, 0x1E9E, Case::shifted, 0xDF - 0x1E9E},
                                            {0x1EA0, 0x1EFF, Case::even}});

constexpr auto invisible_ranges = std::to_array<Range>({{0xAD, 0xAD},
                                                        {0x61C, 0x61C},
                                                        {0x180E, 0x180E},
                                                        {0x200B, 0x200F},
                                                        {0x202A, 0x202E},
                                                        {0x2060, 0x206F},
                                                        {0xFEFF, 0xFEFF}});
constexpr auto space_ranges = std::to_array<Range>({{0x80, 0xA0},
                                                    {0x1680, 0x1680},
                                                    {0x2000, 0x200A},
                                                    {0x2028, 0x2029},
                                                    {0x202F, 0x202F},
                                                    {0x205F, 0x205F},
                                                    {0x3000, 0x3000}});

}  // namespace

std::u32string decoded(std::string_view text) {
  constexpr char32_t replacement = 0xFFFD;
  std::u32string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = cel::code_point_bytes(text);
    const bool malformed = length == 1 && static_cast<std::uint8_t>(text[0]) >= 0x80;
    result.push_back(malformed ? replacement : char32_t{cel::first_code_point(text)});
    text.remove_prefix(length);
  }
  return result;
}

std::string encoded(std::u32string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char32_t c : text) LOTSE_ASSERT(cel::append_code_point(result, c));
  return result;
}

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
  return among(letter_ranges, c);
}

char32_t lower(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  const auto* found = std::find_if(cases.begin(), cases.end(),
                                   [c](const Case& range) { return c >= range.first && c <= range.last; });
  if (found == cases.end()) return c;
  if (found->kind == Case::shifted) {
    return static_cast<char32_t>(static_cast<std::int32_t>(c) + found->by);
  }
  const bool capital = (c % 2 == 0) == (found->kind == Case::even);
  return capital ? c + 1 : c;
}

bool is_space(char32_t c) {
  if (c < 0x80) return c <= 0x20 || c == 0x7F;
  return among(space_ranges, c);
}

bool is_invisible(char32_t c) { return c >= 0x80 && among(invisible_ranges, c); }

char32_t plain_punctuation(char32_t c) {
  if (c < 0x80) return c;
  if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212) return U'-';
  if (c == 0x2018 || c == 0x2019 || c == 0x2BC || c == 0xB4) return U'\'';
  return c;
}

}  // namespace lotse::letters
