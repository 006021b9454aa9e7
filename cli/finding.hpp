#pragma once

#include "cli/context.hpp"

namespace lotse::cli {

void register_finding(CLI::App& app, Context& context);

}  // namespace lotse::cli
