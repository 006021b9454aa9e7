#include "engine/journey/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace lotse {
namespace {

constexpr std::size_t findings_max = 500;
constexpr std::size_t shown_line_bytes_max = 400;  // beyond that a caret under the line helps nobody
constexpr std::size_t listed_candidates_max = 12;

}  // namespace

Findings::Findings(std::string_view file, std::string_view text) : file_(file), text_(text), line_starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

Diagnostic& Findings::error(const char* code, const Mark& at, std::string message, std::string hint) {
  ++errors_;
  return add(Severity::error, code, at, std::move(message), std::move(hint));
}

Diagnostic& Findings::warning(const char* code, const Mark& at, std::string message, std::string hint) {
  return add(Severity::warning, code, at, std::move(message), std::move(hint));
}

Location Findings::location(const Mark& at) const { return {file_, at.line, at.column}; }

Mark Findings::mark_at(std::size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<std::size_t>(next - line_starts_.begin());
  return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(offset - line_starts_[line - 1] + 1),
          static_cast<std::uint32_t>(offset)};
}

bool Findings::has_any(std::string_view first, std::string_view last) const {
  const auto within = [&](const Diagnostic& finding) {
    return finding.code >= first && finding.code <= last;
  };
  return std::any_of(diagnostics_.begin(), diagnostics_.end(), within);
}

Diagnostic& Findings::add(Severity severity, const char* code, const Mark& at, std::string message,
                          std::string hint) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = code;
  diagnostic.where = location(at);
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  if (at.line >= 1 && at.line <= line_starts_.size()) {
    const std::string_view line = line_of(text_.substr(line_starts_[at.line - 1]), 1);
    if (line.size() <= shown_line_bytes_max) diagnostic.source_line = line;
  }
  if (diagnostics_.size() >= findings_max) {
    ++left_out_;
    overflow_ = std::move(diagnostic);
    return overflow_;
  }
  diagnostics_.push_back(std::move(diagnostic));
  return diagnostics_.back();
}

std::vector<Diagnostic> Findings::take() {
  const auto order = [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where, a.code, a.message) < std::tie(b.where, b.code, b.message);
  };
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), order);
  diagnostics_.erase(std::unique(diagnostics_.begin(), diagnostics_.end()), diagnostics_.end());
  if (left_out_ > 0) {
    Diagnostic rest;
    rest.severity = errors_ > 0 ? Severity::error : Severity::warning;
    rest.code = "J003";
    rest.where = {file_, 0, 0};
    rest.message = fmt::format("{} more findings are not shown", left_out_);
    diagnostics_.push_back(std::move(rest));
  }
  return std::move(diagnostics_);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view best = nearest(word, candidates);
  return best.empty() ? "" : fmt::format("did you mean `{}`?", best);
}

std::string did_you_mean_or_list(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string hint = did_you_mean(word, candidates);
  if (!hint.empty() || candidates.empty() || candidates.size() > listed_candidates_max) return hint;
  return fmt::format("there {} `{}`", candidates.size() == 1 ? "is only" : "are",
                     fmt::join(candidates, "`, `"));
}

}  // namespace lotse
