#pragma once

#include <vector>

#include "channels/http/changes.hpp"
#include "channels/http/message.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// What may be read over HTTP: customers, journeys, reports, rejects, changes, and the description of it all
/// (schemas/openapi.yaml). docs/api.md. `live` and
/// `changes` must outlive the routes.
[[nodiscard]] std::vector<Route> api_routes(Live& live, Changes& changes);

}  // namespace lotse::http
