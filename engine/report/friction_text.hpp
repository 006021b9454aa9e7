#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// A friction report in each of its formats; docs/reports.md explains how to read them. Deterministic to the
/// byte.
[[nodiscard]] std::string friction_table(const FrictionReport& report, const TextStyle& style = {});
[[nodiscard]] std::string friction_markdown(const FrictionReport& report);
[[nodiscard]] std::string friction_csv(const FrictionReport& report);
/// schemas/friction-report.schema.json.
[[nodiscard]] std::string friction_json(const FrictionReport& report);

/// `drop-off`, `negative feedback`, `promise broken`.
[[nodiscard]] std::string_view words_of(Signal signal);
/// What a finding is about: `appointment`, `appointment, channel web`, `all touchpoints, state RJ`.
[[nodiscard]] std::string subject_of(const FrictionReport& report, const Finding& finding);
/// One sentence: signal, rate with interval, sample, baseline. The subject is left out.
[[nodiscard]] std::string evidence_sentence(const FrictionReport& report, const Finding& finding);
/// Why a part that looks worse is no finding.
[[nodiscard]] std::string explained_sentence(const FrictionReport& report, const ExplainedPart& part);
/// What it costs, or what is still needed to say so.
[[nodiscard]] std::string consequence_sentence(const FrictionReport& report, const Finding& finding);
/// What the figures rest on and what they leave open, a sentence each.
[[nodiscard]] std::vector<std::string> assumptions(const FrictionReport& report);
/// What the findings cost together, in each currency; empty where there is nothing to say.
[[nodiscard]] std::string cost_sentence(const FrictionReport& report);
/// `2 confirmed, 1 suspected, 3 inconclusive, 14 fine`.
[[nodiscard]] std::string verdict_counts(const FrictionReport& report);
/// Why a report has no findings.
[[nodiscard]] std::string_view why_none(const FrictionReport& report);
/// Customers, journeys and stays that are in it, and from when.
[[nodiscard]] std::string population_sentence(const FrictionReport& report);

}  // namespace lotse
