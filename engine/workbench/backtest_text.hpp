#pragma once

#include <string>

#include "engine/report/text.hpp"
#include "engine/workbench/backtest.hpp"

namespace lotse::backtest {

/// A back-test in each of its formats; docs/backtest.md explains how to read them. Equal reports give equal
/// bytes.
[[nodiscard]] std::string report_text(const Report& report, const TextStyle& style = {});
[[nodiscard]] std::string report_markdown(const Report& report);
[[nodiscard]] std::string report_json(const Report& report);

/// `active → dropped`, `message reminder: one more`: what differs, in words.
[[nodiscard]] std::string sentence(const Change& change);

/// What a back-test cannot tell, which every report ends with.
[[nodiscard]] std::string_view caveat();

}  // namespace lotse::backtest
