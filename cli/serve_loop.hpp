#pragma once

#include <filesystem>
#include <optional>

#include "channels/http/settings.hpp"
#include "engine/base/result.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse::cli {

/// Runs the service until SIGINT or SIGTERM, then ends it with a check-point. Prints `listening on URL` once
/// it does. Errors: what it was started with (bad_input, conflict), or a store that failed (storage).
[[nodiscard]] Result<void> serve(const Workspace& workspace, const std::filesystem::path& store,
                                 const http::Settings& settings,
                                 const std::optional<std::filesystem::path>& port_file);

}  // namespace lotse::cli
