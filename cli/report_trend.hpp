#pragma once

#include "cli/context.hpp"

namespace lotse::cli {

/// `lotse report trend`, among the commands of `report`.
void register_report_trend(CLI::App& report, Context& context);

}  // namespace lotse::cli
