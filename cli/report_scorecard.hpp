#pragma once

#include "cli/context.hpp"

namespace lotse::cli {

/// `lotse report scorecard`.
void register_report_scorecard(CLI::App& report, Context& context);

}  // namespace lotse::cli
