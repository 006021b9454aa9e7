#pragma once

#include "cli/context.hpp"

namespace lotse::cli {

/// `lotse report incidents`, below the command `report`.
void register_report_incidents(CLI::App& report, Context& context);

}  // namespace lotse::cli
