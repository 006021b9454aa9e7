#pragma once

#include <string>

#include "engine/friction/experiment.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// What a comparison says, as one or two sentences: `nudge achieves more than hold: +4.1 points [0.8, 7.4],
/// however often you look.`
[[nodiscard]] std::string comparison_sentence(const ExperimentResult& result,
                                              const ArmComparison& comparison);

/// An experiment report in each of its formats; docs/reports.md explains how to read them. Deterministic to
/// the byte.
[[nodiscard]] std::string experiment_table(const ExperimentReport& report, const TextStyle& style = {});
[[nodiscard]] std::string experiment_markdown(const ExperimentReport& report);
[[nodiscard]] std::string experiment_csv(const ExperimentReport& report);
[[nodiscard]] std::string experiment_json(const ExperimentReport& report);

}  // namespace lotse
