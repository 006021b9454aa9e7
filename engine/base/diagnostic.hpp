#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lotse {

/// A place in a text file; line and column count from 1 (columns in bytes). Line 0: the file as a whole.
struct Location {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(const Location&, const Location&) = default;
};

enum class Severity : std::uint8_t { error, warning };

/// A second place that matters: "first defined here".
struct Note {
  Location where;
  std::string message;
  friend bool operator==(const Note&, const Note&) = default;
};

/// A mistake of an author (journey, channels, mapping, test), with all that is needed to mend it.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;  ///< `J012`; docs/findings.md has a section for each
  Location where;
  std::string message;      ///< what was found and what was expected, in the author's own words
  std::string source_line;  ///< the line at `where`, without its newline; empty if there is none
  std::string hint;         ///< the next thing to try; may be empty
  std::vector<Note> notes;
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// As a compiler prints it:
///
///     journeys/onboarding.yaml:7:11: error: unknown touchpoint 'frist_order' [J012]
///             to: frist_order
///                 ^
///       hint: did you mean 'first_order'?
[[nodiscard]] std::string render(const Diagnostic& diagnostic);
[[nodiscard]] std::string render(std::span<const Diagnostic> diagnostics);
[[nodiscard]] bool has_errors(std::span<const Diagnostic> diagnostics);

/// Line `line` (from 1) of `text`, without its newline; empty beyond the end.
[[nodiscard]] std::string_view line_of(std::string_view text, std::uint32_t line);

/// The candidate closest to `word` by Damerau–Levenshtein distance (optimal string alignment), if it is near
/// enough to have been meant: at most a third of the longer word's length, rounded up; ties go to the first.
/// Empty if none is.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lotse
