#pragma once

#include <string>

#include "engine/friction/scorecard.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// A scorecard in each of its formats; docs/reports.md explains how to read them. Deterministic to the byte.
[[nodiscard]] std::string scorecard_table(const Scorecard& card, const TextStyle& style = {});
[[nodiscard]] std::string scorecard_markdown(const Scorecard& card);
[[nodiscard]] std::string scorecard_csv(const Scorecard& card);
[[nodiscard]] std::string scorecard_json(const Scorecard& card);

}  // namespace lotse
