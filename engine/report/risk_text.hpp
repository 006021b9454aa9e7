#pragma once

#include <string>

#include "engine/friction/risk.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// A risk report in each of its formats; docs/reports.md explains how to read them. Deterministic to the
/// byte.
[[nodiscard]] std::string risk_table(const RiskReport& report, const TextStyle& style = {});
[[nodiscard]] std::string risk_markdown(const RiskReport& report);
/// The list of customers, one a row.
[[nodiscard]] std::string risk_csv(const RiskReport& report);
[[nodiscard]] std::string risk_json(const RiskReport& report);

/// How far the figures can be trusted, by what became of those who were in flight one horizon ago.
[[nodiscard]] std::string quality_sentence(const RiskReport& report);

}  // namespace lotse
