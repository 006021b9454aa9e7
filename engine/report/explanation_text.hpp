#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/friction/explanation.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// Who the cases are, beside an explanation.
struct CaseNames {
  /// By StayTable's customers; empty: the asker may not see them.
  std::span<const std::string> customers;
  std::uint64_t most = 50;  ///< of the cases are listed; the JSON has all
};

/// An explanation in each of its formats. Deterministic to the byte; docs/reports.md.
[[nodiscard]] std::string explanation_table(const Explanation& explanation, const CaseNames& names,
                                            const TextStyle& style = {});
[[nodiscard]] std::string explanation_markdown(const Explanation& explanation, const CaseNames& names);
/// The cases, one a row.
[[nodiscard]] std::string explanation_csv(const Explanation& explanation, const CaseNames& names);
[[nodiscard]] std::string explanation_json(const Explanation& explanation, const CaseNames& names);
[[nodiscard]] std::string explanation_in(std::string_view format, const Explanation& explanation,
                                         const CaseNames& names, const TextStyle& style = {});

}  // namespace lotse
