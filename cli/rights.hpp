#pragma once

#include "cli/context.hpp"

namespace lotse::cli {

/// `lotse export`, `lotse erase`, `lotse retain`.
void register_rights(CLI::App& app, Context& context);
/// `lotse backup`, `lotse doctor`.
void register_store(CLI::App& app, Context& context);

}  // namespace lotse::cli
