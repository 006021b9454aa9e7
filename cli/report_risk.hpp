#pragma once

#include "cli/context.hpp"

namespace lotse::cli {

/// `lotse report risk`, among the commands of `report`.
void register_report_risk(CLI::App& report, Context& context);

}  // namespace lotse::cli
