#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.hpp"

namespace lotse {

/// A place in a text that is being read; line and column count from 1 (columns in bytes), offset from 0.
struct Mark {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t offset = 0;
};

/// Collects the findings of one file and shows each with its line.
class Findings {
 public:
  /// `text` must outlive this.
  Findings(std::string_view file, std::string_view text);

  /// Codes and what they mean: docs/findings.md. The reference holds until the next finding.
  Diagnostic& error(const char* code, const Mark& at, std::string message, std::string hint = {});
  Diagnostic& warning(const char* code, const Mark& at, std::string message, std::string hint = {});

  [[nodiscard]] Location location(const Mark& at) const;
  [[nodiscard]] Mark mark_at(std::size_t offset) const;
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  /// Whether there is a finding with a code from `first` to `last`.
  [[nodiscard]] bool has_any(std::string_view first, std::string_view last) const;
  /// Errors so far; the difference tells whether a part had any.
  [[nodiscard]] std::size_t errors() const { return errors_; }

  /// All findings in the order of the file. Beyond 500 the rest is only counted, in a last one.
  [[nodiscard]] std::vector<Diagnostic> take();

 private:
  Diagnostic& add(Severity severity, const char* code, const Mark& at, std::string message, std::string hint);

  std::string file_;
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  std::vector<Diagnostic> diagnostics_;
  Diagnostic overflow_;
  std::size_t errors_ = 0;
  std::size_t left_out_ = 0;
};

/// "did you mean `appointment`?", or nothing where no candidate is near.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string_view>& candidates);
/// The same; where none is near and there are few, all of them: "one of `never`, `after_end`".
[[nodiscard]] std::string did_you_mean_or_list(std::string_view word,
                                               const std::vector<std::string_view>& candidates);

}  // namespace lotse
