#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/friction/stay_table.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

/// A word of a comment, or two that follow each other.
struct CommentWord {
  std::string text;           ///< in small letters; two words are divided by a space
  std::uint64_t inside = 0;   ///< customers who use it in a negative comment of the touchpoint
  std::uint64_t outside = 0;  ///< customers who use it in any other comment
  double log_odds_ratio = 0;  ///< δ, natural logarithm
  double z = 0;               ///< δ over its standard error
  double p = 1;               ///< one-sided, adjusted by Benjamini–Hochberg over all tested words and phrases
};

/// What customers say who are unhappy at one touchpoint.
struct CommentWords {
  std::uint16_t place = 0;
  std::uint64_t comments = 0;         ///< negative comments of the touchpoint
  std::uint64_t customers = 0;        ///< who wrote them
  std::uint64_t other_comments = 0;   ///< all others of the selection: of other touchpoints, and content ones
  std::uint64_t other_customers = 0;  ///< who wrote those; somebody may have written both
  bool too_few = false;            ///< under comment_words_rules::least_comments: words were not looked for
  std::size_t tested = 0;          ///< words and phrases
  std::vector<CommentWord> words;  ///< by z, descending; at most comment_words_rules::most_words
  std::vector<std::string> examples;  ///< masked, of different customers, no two alike
};

namespace comment_words_rules {
inline constexpr std::size_t least_comments = 10;
inline constexpr std::uint64_t least_customers = 5;  ///< who use a word
inline constexpr double least_z = 1.96;
inline constexpr double q = 0.10;  ///< false discovery rate
inline constexpr std::size_t most_words = 8;
inline constexpr std::size_t most_examples = 3;
}  // namespace comment_words_rules

/// The words that set the negative comments of each of `places` apart from all other comments, in one pass:
/// log-odds ratios with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008, "Fightin' Words",
/// Political Analysis 16, eq. 15–22). docs/methods/comments.md has the formulas and why the prior is as it
/// is.
///
/// Of `selection` the dates and `keep` count, by the stay that the feedback is about; `cut` does not. The
/// answer is by `places`, and the same for any order of the customers. Requires a table by
/// StayTableBuilder (comments masked, a customer's instances beside each other).
[[nodiscard]] std::vector<CommentWords> comment_words(const StayTable& table, const Selection& selection,
                                                      std::span<const std::uint16_t> places);

/// A word in a comment.
struct Token {
  std::string text;      ///< small letters, `-` and `'` for all hyphens and apostrophes
  bool follows = false;  ///< nothing but a space is between it and the word before
  friend bool operator==(const Token&, const Token&) = default;
};

/// Words of a masked comment: letters of Latin, Greek and Cyrillic script and digits, with hyphens and
/// apostrophes within. Masks are no words.
[[nodiscard]] std::vector<Token> tokens(std::string_view comment);

}  // namespace lotse
