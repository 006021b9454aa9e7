#pragma once

#include <string>

#include "engine/friction/trend.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// A trend in each of its formats; docs/reports.md explains how to read them. Deterministic to the byte.
[[nodiscard]] std::string trend_table(const TrendReport& report, const TextStyle& style = {});
[[nodiscard]] std::string trend_markdown(const TrendReport& report);
[[nodiscard]] std::string trend_csv(const TrendReport& report);
[[nodiscard]] std::string trend_json(const TrendReport& report);

}  // namespace lotse
