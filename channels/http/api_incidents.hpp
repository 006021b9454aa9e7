#pragma once

#include <vector>

#include "channels/http/message.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// GET /v1/incidents: those on record.
[[nodiscard]] std::vector<Route> incident_routes(Live& live);

}  // namespace lotse::http
