#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/parameters.hpp"
#include "engine/base/assert.hpp"
#include "engine/report/json.hpp"

namespace lotse::http {
namespace {

Result<Response> me(const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_ASSERT(request.who);
  const Principal& who = *request.who;
  JsonWriter json;
  json.begin_object().field("name", who.name).field("role", name_of(who.role));
  json.field("sensitive", who.sensitive).key("channels").begin_array();
  for (const std::string& channel : who.channels) json.value(channel);
  json.end_array();
  json.field("expires", who.expires ? std::optional(format_instant(*who.expires)) : std::nullopt);
  json.key("permissions").begin_array();
  for (const Permission permission : permissions_of(who.role)) json.value(name_of(permission));
  json.end_array();
  return Response{.body = std::move(json.end_object()).str()};
}

}  // namespace

std::vector<Route> me_routes() {
  Route route = get("/v1/me", "getMe", std::nullopt, me, Work::io);
  route.any_token = true;
  return {std::move(route)};
}

}  // namespace lotse::http
