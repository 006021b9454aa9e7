#pragma once

#include <string>
#include <string_view>

#include "engine/friction/friction_report.hpp"

namespace lotse {

/// The report as one file to mail around: findings, the map, tables, what it rests on and how it is computed.
/// Loads nothing, has no script, and forbids both (Content-Security-Policy). `map` is map_svg()'s, put in as
/// it is; every other text is escaped. Deterministic to the byte.
[[nodiscard]] std::string friction_html(const FrictionReport& report, std::string_view map);

}  // namespace lotse
