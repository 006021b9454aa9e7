#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// How mask_personal_data() finds what it masks: each finder looks at one place of a text, no further than a
/// bounded way or the run of characters that begins there, so that all together are linear.
namespace lotse::personal {

namespace mask {
inline constexpr std::string_view mail = "[e-mail]";
inline constexpr std::string_view link = "[link]";
inline constexpr std::string_view ip = "[ip]";
inline constexpr std::string_view account = "[account]";
inline constexpr std::string_view card = "[card]";
inline constexpr std::string_view phone = "[phone]";
inline constexpr std::string_view number = "[number]";
inline constexpr std::string_view date = "[date]";
inline constexpr std::string_view address = "[address]";
inline constexpr std::string_view name = "[name]";
inline constexpr std::string_view known = "[personal]";
}  // namespace mask

/// Code points [begin, end) that a mask stands for.
struct Span {
  std::size_t begin;
  std::size_t end;
  std::string_view mask;
};
using Found = std::optional<Span>;

/// A text as finders see it.
class Scan {
 public:
  explicit Scan(std::string_view text);

  [[nodiscard]] std::size_t size() const { return folded_.size(); }
  /// As it is shown.
  [[nodiscard]] const std::u32string& shown() const { return shown_; }
  /// Small letters, plain hyphens and apostrophes; ends of lines are `\n`, other spaces ` `. Of the same
  /// length.
  [[nodiscard]] const std::u32string& folded() const { return folded_; }
  /// Of folded(); 0 beyond the text.
  [[nodiscard]] char32_t operator[](std::size_t i) const { return i < folded_.size() ? folded_[i] : U'\0'; }
  [[nodiscard]] std::u32string_view slice(std::size_t begin, std::size_t end) const {
    return std::u32string_view(folded_).substr(begin, end - begin);
  }

  [[nodiscard]] bool letter(std::size_t i) const;
  [[nodiscard]] bool digit(std::size_t i) const;
  [[nodiscard]] bool word(std::size_t i) const { return letter(i) || digit(i); }
  [[nodiscard]] bool space(std::size_t i) const { return (*this)[i] == U' ' || (*this)[i] == U'\n'; }
  [[nodiscard]] bool capital(std::size_t i) const { return letter(i) && shown_[i] != folded_[i]; }
  [[nodiscard]] bool starts_word(std::size_t i) const { return word(i) && (i == 0 || !word(i - 1)); }
  /// End of the word at `i`: letters and digits, and single hyphens and apostrophes between
  /// them; after 64 characters wherever it is.
  [[nodiscard]] std::size_t word_end(std::size_t i) const;
  /// Where the last mask ended: what follows begins there, even within a word.
  [[nodiscard]] std::size_t rest() const { return rest_; }
  void mask_until(std::size_t end) { rest_ = end; }
  [[nodiscard]] std::size_t digits_end(std::size_t i) const;
  /// Past a space (there is never more than one), if it is there.
  [[nodiscard]] std::size_t past_space(std::size_t i) const { return space(i) ? i + 1 : i; }
  /// End of `phrase` (as folded, words divided by one space) at `i`, where a word ends; nothing if it is not
  /// there.
  [[nodiscard]] std::optional<std::size_t> past_phrase(std::size_t i, std::u32string_view phrase) const;

 private:
  std::u32string shown_;
  std::u32string folded_;
  std::size_t rest_ = 0;
};

/// personal_online.cpp
[[nodiscard]] Found link_at(const Scan& scan, std::size_t i);
[[nodiscard]] Found mail_at(const Scan& scan, std::size_t i);
[[nodiscard]] Found ip_at(const Scan& scan, std::size_t i);

/// personal_numbers.cpp
[[nodiscard]] Found account_at(const Scan& scan, std::size_t i);
[[nodiscard]] Found date_at(const Scan& scan, std::size_t i);
/// Codes of letters and digits.
[[nodiscard]] Found code_at(const Scan& scan, std::size_t i);
/// Cards, phones, other long numbers.
[[nodiscard]] Found number_at(const Scan& scan, std::size_t i);

/// personal_names.cpp
[[nodiscard]] Found street_at(const Scan& scan, std::size_t i);
[[nodiscard]] Found name_at(const Scan& scan, std::size_t i);

}  // namespace lotse::personal
