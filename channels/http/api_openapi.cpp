#include <fmt/format.h>

#include <string>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/openapi.hpp"
#include "channels/http/parameters.hpp"
#include "channels/http/tagged.hpp"
#include "engine/base/hash.hpp"

namespace lotse::http {

std::vector<Route> openapi_routes() {
  Route route = get("/v1/openapi.yaml", "getOpenApi", std::nullopt, [](const Request& request) {
    const std::string etag = fmt::format("\"{:016x}\"", fast_hash(openapi_yaml()));
    return tagged(request, etag, [] {
      return Response{.content_type = "application/yaml", .body = std::string(openapi_yaml())};
    });
  });
  route.work = Work::io;
  return {std::move(route)};
}

}  // namespace lotse::http
