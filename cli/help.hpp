#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "cli/context.hpp"

namespace lotse::cli {

/// Adds `lotse help COMMAND...`, which prints what `COMMAND --help` prints.
void register_help(CLI::App& app, Context& context);

/// Says which word of the command line was not understood, and what was probably meant. For an app whose
/// parse() threw `error`.
[[nodiscard]] Exit explain(const CLI::App& app, const Context& context, const CLI::ParseError& error);

/// Where help is asked for a command that there is not (`lotse kpi --help`): says so, and which one was
/// probably meant.
[[nodiscard]] std::optional<Exit> explain_unknown_command(const CLI::App& app, const Context& context);

}  // namespace lotse::cli
