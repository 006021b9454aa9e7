#include "engine/base/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace lotse {
namespace {

std::string place(const Location& where) {
  if (where.line == 0) return where.file;
  return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

/// Blanks up to the caret; tabs are kept so that it stands under the same character of the line above.
std::string indent_to(std::string_view line, std::uint32_t column) {
  std::string indent;
  for (std::size_t i = 0; i + 1 < column; ++i) {
    indent += i < line.size() && line[i] == '\t' ? '\t' : ' ';
  }
  return indent;
}

/// Optimal string alignment distance (Damerau–Levenshtein without a pair edited twice), bytewise.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string render(const Diagnostic& diagnostic) {
  const char* severity = diagnostic.severity == Severity::error ? "error" : "warning";
  std::string text = fmt::format("{}: {}: {}", place(diagnostic.where), severity, diagnostic.message);
  if (!diagnostic.code.empty()) text += fmt::format(" [{}]", diagnostic.code);
  text += '\n';
  if (!diagnostic.source_line.empty()) {
    const std::string indent = indent_to(diagnostic.source_line, diagnostic.where.column);
    text += fmt::format("    {}\n    {}^\n", diagnostic.source_line, indent);
  }
  if (!diagnostic.hint.empty()) text += fmt::format("  hint: {}\n", diagnostic.hint);
  for (const Note& note : diagnostic.notes)
    text += fmt::format("  {}: note: {}\n", place(note.where), note.message);
  return text;
}

std::string render(std::span<const Diagnostic> diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += render(diagnostic);
  return text;
}

bool has_errors(std::span<const Diagnostic> diagnostics) {
  return std::ranges::any_of(diagnostics,
                             [](const Diagnostic& finding) { return finding.severity == Severity::error; });
}

std::string_view line_of(std::string_view text, std::uint32_t line) {
  for (std::uint32_t at = 1; at < line; ++at) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t word_bytes_max = 256;  // the distance costs the product of both lengths
  std::string_view best;
  std::size_t best_distance = 0;
  if (word.size() > word_bytes_max) return {};
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > word_bytes_max) continue;
    const std::size_t near_enough = (std::max(word.size(), candidate.size()) + 2) / 3;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance <= near_enough && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace lotse
