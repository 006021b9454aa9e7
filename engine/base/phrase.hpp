#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace lotse {

/// An English sentence that can be told in another language, as gettext does it: the format, with a `{}` for
/// each blank, is its name, and what stands in the blanks is kept apart. What is the same in every language
/// (a name, a value) is a phrase without format; an instant is one that a reader may see in their own zone.
class Phrase {
 public:
  /// Says nothing.
  Phrase() = default;
  /// `text`, in every language.
  [[nodiscard]] static Phrase verbatim(std::string text);
  /// An instant, which English tells as `text`.
  [[nodiscard]] static Phrase moment(Instant at, std::string text);
  /// `format` must live as long as the program does: phrase() below sees to that, and to the number of
  /// blanks.
  [[nodiscard]] static Phrase of(std::string_view format, std::vector<Phrase> arguments);

  /// In English.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool empty() const { return format_.empty() && text_.empty(); }

  /// The sentence's name; empty for a text or an instant.
  [[nodiscard]] std::string_view format() const { return format_; }
  [[nodiscard]] const std::vector<Phrase>& arguments() const { return arguments_; }
  /// Of moment().
  [[nodiscard]] const std::optional<Instant>& at() const { return at_; }

  friend bool operator==(const Phrase&, const Phrase&) = default;

 private:
  std::string_view format_;
  std::vector<Phrase> arguments_;
  std::optional<Instant> at_;
  std::string text_;
};

/// A literal with as many `{}` as `blanks`, and no other brace; anything else does not compile.
template <std::size_t blanks>
class PhraseFormat {
 public:
  consteval PhraseFormat(const char* text)  // implicit: it stands for the literal
      : text_(text) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] != '{' && text_[i] != '}') continue;
      if (text_.substr(i, 2) != "{}") throw "a brace that is no blank: write {}, and format what it holds";
      ++found;
      ++i;
    }
    if (found != blanks) throw "not as many blanks as arguments";
  }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

namespace phrase_parts {

/// What stands in one blank: a phrase, an instant, a text, a number.
template <class Part>
[[nodiscard]] Phrase argument(Part&& part) {
  using Plain = std::remove_cvref_t<Part>;
  static_assert(!std::same_as<Plain, bool>, "`true` is English: two formats instead");
  if constexpr (std::same_as<Plain, Phrase>) {
    return std::forward<Part>(part);
  } else if constexpr (std::same_as<Plain, Instant>) {
    return Phrase::moment(part, format_instant(part));
  } else if constexpr (std::same_as<Plain, std::string>) {
    return Phrase::verbatim(std::forward<Part>(part));
  } else {
    return Phrase::verbatim(fmt::format("{}", part));
  }
}

}  // namespace phrase_parts

/// `phrase("{} asks for {} again, which is known", touchpoint, field)`. Every format has its German one in
/// dashboard/public/sentences.de.json (tools/check_sentences.py), so it is a literal in the call.
template <class... Parts>
[[nodiscard]] Phrase phrase(std::type_identity_t<PhraseFormat<sizeof...(Parts)>> format, Parts&&... parts) {
  std::vector<Phrase> arguments;
  arguments.reserve(sizeof...(Parts));
  (arguments.push_back(phrase_parts::argument(std::forward<Parts>(parts))), ...);
  return Phrase::of(format.text(), std::move(arguments));
}

}  // namespace lotse
