#pragma once

#include <filesystem>
#include <vector>

#include "channels/http/message.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

struct RightsOptions {
  /// Where backups go: POST /v1/admin/backup names a file in it. Empty: backups are not made over HTTP.
  std::filesystem::path backups{};
};

/// Customers' rights and the store's copies over HTTP: export, erasure, backup. docs/privacy.md. `live` must
/// outlive the routes.
[[nodiscard]] std::vector<Route> rights_routes(Live& live, const RightsOptions& options = {});

}  // namespace lotse::http
