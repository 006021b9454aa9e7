#pragma once

#include <vector>

#include "channels/http/changes.hpp"
#include "channels/http/message.hpp"
#include "engine/runtime/live.hpp"

/// The parts of api_routes(), one file each.
namespace lotse::http {

[[nodiscard]] std::vector<Route> customer_routes(Live& live);
[[nodiscard]] std::vector<Route> journey_routes(Live& live);
[[nodiscard]] std::vector<Route> report_routes(Live& live);
[[nodiscard]] std::vector<Route> reject_routes(Live& live);
[[nodiscard]] std::vector<Route> change_routes(Live& live, Changes& changes);
/// schemas/openapi.yaml, as it was when this was built.
[[nodiscard]] std::vector<Route> openapi_routes();

}  // namespace lotse::http
