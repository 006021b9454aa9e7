#pragma once

#include <span>

#include "engine/base/diagnostic.hpp"
#include "engine/report/json.hpp"

namespace lotse {

/// A list of findings: `[{severity, code, where: {file, line, column}, message, hint, source_line, notes}]`.
void write_findings(JsonWriter& json, std::span<const Diagnostic> findings);

}  // namespace lotse
