#pragma once

#include "cli/context.hpp"

namespace lotse::cli {

// The commands about the running service.
void register_serve(CLI::App& app, Context& context);
void register_token(CLI::App& app, Context& context);

}  // namespace lotse::cli
