#pragma once

#include <cstdint>

#include "engine/friction/friction_report.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// Whole touchpoints, each with its parts below it; those are indented, or named in full where text cannot
/// be.
enum class Nesting : std::uint8_t { indented, in_words };

/// The tables of a friction report, as docs/reports.md explains them; empty where nothing was seen of it.
[[nodiscard]] TextTable stays_table(const FrictionReport& report, Nesting nesting);
[[nodiscard]] TextTable feedback_table(const FrictionReport& report, Nesting nesting);
[[nodiscard]] TextTable effort_table(const FrictionReport& report, Nesting nesting);
[[nodiscard]] TextTable promise_table(const FrictionReport& report);
[[nodiscard]] TextTable lost_table(const FrictionReport& report);

}  // namespace lotse
