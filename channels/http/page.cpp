#include "channels/http/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "channels/http/parameters.hpp"
#include "channels/http/tagged.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"

namespace lotse::http {
namespace {

constexpr std::string_view index_name = "index.html";

std::string_view content_type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> types{
      {{".html", "text/html; charset=utf-8"},
       {".js", "text/javascript; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".json", "application/json"}}};
  for (const auto& [ending, type] : types) {
    if (name.ends_with(ending)) return type;
  }
  LOTSE_ASSERT(false);
}

Response response_of(const PageFile& file) {
  Response response{.content_type = std::string(content_type_of(file.name)), .body = std::string(file.text)};
  // Scripts, styles and data from this server alone, none of them inline; no frame, form or base elsewhere.
  response.headers = {{"Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"}};
  return response;
}

Route route_of(const PageFile& file) {
  const std::string path = file.name == index_name ? "/" : fmt::format("/{}", file.name);
  std::string operation = fmt::format("get_{}", file.name);
  std::ranges::replace(operation, '.', '_');
  Route route = get(path, operation, std::nullopt, [&file](const Request& request) {
    const std::string etag = fmt::format("\"{:016x}\"", fast_hash(file.text));
    return tagged(request, etag, [&file]() -> Result<Response> { return response_of(file); });
  });
  route.work = Work::io;
  return route;
}

}  // namespace

std::vector<Route> page_routes() {
  std::vector<Route> routes;
  for (const PageFile& file : page_files()) routes.push_back(route_of(file));
  routes.push_back(route_of(journey_schema()));
  return routes;
}

}  // namespace lotse::http
