#pragma once

#include <string>

#include "engine/friction/kpi.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// A KPI report in each of its formats; docs/reports.md explains how to read them. Deterministic to the byte.
[[nodiscard]] std::string kpi_table(const KpiReport& report, const TextStyle& style = {});
[[nodiscard]] std::string kpi_markdown(const KpiReport& report);
[[nodiscard]] std::string kpi_csv(const KpiReport& report);
[[nodiscard]] std::string kpi_json(const KpiReport& report);

}  // namespace lotse
