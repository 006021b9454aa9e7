#include "engine/friction/personal_scan.hpp"

#include "engine/friction/letters.hpp"

namespace lotse::personal {

Scan::Scan(std::string_view text) {
  const std::u32string all = letters::decoded(text);
  shown_.reserve(all.size());
  folded_.reserve(all.size());
  for (const char32_t c : all) {
    if (letters::is_invisible(c)) continue;
    if (!letters::is_space(c)) {
      shown_.push_back(c);
      folded_.push_back(letters::lower(letters::plain_punctuation(c)));
      continue;
    }
    const bool line_ends = c == U'\n' || c == U'\r' || c == 0x2028 || c == 0x2029;
    const bool again = folded_.empty() || space(folded_.size() - 1);
    if (!again) {
      shown_.push_back(U' ');
      folded_.push_back(U' ');
    }
    if (line_ends && !folded_.empty()) folded_.back() = U'\n';
  }
  if (!folded_.empty() && space(folded_.size() - 1)) {
    shown_.pop_back();
    folded_.pop_back();
  }
}

bool Scan::letter(std::size_t i) const { return letters::is_letter((*this)[i]); }

bool Scan::digit(std::size_t i) const { return letters::is_digit((*this)[i]); }

std::size_t Scan::word_end(std::size_t i) const {
  constexpr std::size_t longest = 64;
  const std::size_t begin = i;
  const auto joins = [&](std::size_t at) {
    return ((*this)[at] == U'-' || (*this)[at] == U'\'') && at > begin && word(at - 1) && word(at + 1);
  };
  while (i - begin < longest && (word(i) || joins(i))) ++i;
  return i;
}

std::size_t Scan::digits_end(std::size_t i) const {
  while (digit(i)) ++i;
  return i;
}

std::optional<std::size_t> Scan::past_phrase(std::size_t i, std::u32string_view phrase) const {
  for (const char32_t c : phrase) {
    if (c == U' ' ? !space(i) : (*this)[i] != c) return std::nullopt;
    ++i;
  }
  if (word(i)) return std::nullopt;
  return i;
}

}  // namespace lotse::personal
