#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.hpp"

namespace lotse::cli {

/// Adds `lotse compare`: what changed between two periods or two versions of a journey.
void register_compare(CLI::App& app, Context& context);

}  // namespace lotse::cli
