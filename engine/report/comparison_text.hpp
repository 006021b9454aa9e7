#pragma once

#include <string>
#include <vector>

#include "engine/friction/comparison.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// A comparison in each of its formats; docs/reports.md explains how to read them. Deterministic to the byte.
[[nodiscard]] std::string comparison_table(const ComparisonReport& report, const TextStyle& style = {});
[[nodiscard]] std::string comparison_markdown(const ComparisonReport& report);
[[nodiscard]] std::string comparison_csv(const ComparisonReport& report);
[[nodiscard]] std::string comparison_json(const ComparisonReport& report);

/// One sentence: signal, both rates, difference with interval and p. The subject is left out.
[[nodiscard]] std::string change_sentence(const SignalChange& change);
/// What Simpson's reversal is about, of a split that is one. `subject`: the touchpoint's name.
[[nodiscard]] std::string reversal_sentence(std::string_view subject, Signal signal,
                                            const Decomposition& split);
/// What the figures rest on and what they leave open, a sentence each.
[[nodiscard]] std::vector<std::string> assumptions(const ComparisonReport& report);

}  // namespace lotse
