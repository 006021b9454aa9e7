#pragma once

#include <vector>

#include "channels/http/message.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// What a team says of findings: POST /v1/findings/{id}/state, and GET /v1/findings/{id}/states.
[[nodiscard]] std::vector<Route> finding_routes(Live& live);

}  // namespace lotse::http
