#pragma once

#include <vector>

#include "channels/http/message.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// POST /v1/admin/journeys/{journey}/versions/{version}/{change}: drain, resume or stop a published version.
/// docs/versions.md. `live` must outlive the routes.
[[nodiscard]] std::vector<Route> version_routes(Live& live);

}  // namespace lotse::http
