#include "channels/http/version_routes.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "channels/http/parameters.hpp"
#include "engine/report/json.hpp"

namespace lotse::http {
namespace {

using What = VersionChange::What;

Result<What> read_change(std::string_view word) {
  for (const auto& [name, what] : {std::pair{std::string_view("drain"), What::drained},
                                   std::pair{std::string_view("resume"), What::resumed},
                                   std::pair{std::string_view("stop"), What::stopped}}) {
    if (word == name) return what;
  }
  return fail(ErrorCode::bad_input, fmt::format("`{}` is no change of a version; drain, resume or stop was "
                                                "expected",
                                                word));
}

Result<std::uint32_t> read_version(std::string_view text) {
  std::uint32_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error == std::errc{} && end == text.data() + text.size() && version > 0) return version;
  return fail(ErrorCode::bad_input, fmt::format("`{}` is no version; a number from 1 was expected", text));
}

Result<Response> change_version(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  const std::string& journey = request.parameters.at("journey");
  LOTSE_TRY(const std::uint32_t version, read_version(request.parameters.at("version")));
  LOTSE_TRY(const What what, read_change(request.parameters.at("change")));
  LOTSE_TRY(const VersionChange done, live.change_version(journey, version, what));
  JsonWriter json;
  json.begin_object()
      .field("journey", done.journey)
      .field("version", std::uint64_t{done.version})
      .field("at", format_instant(done.at))
      .end_object();
  return Response{.body = std::move(json).str()};
}

}  // namespace

std::vector<Route> version_routes(Live& live) {
  Route route = get(
      "/v1/admin/journeys/{journey}/versions/{version}/{change}", "changeVersion", Permission::administer,
      [&live](const Request& request) { return change_version(live, request); }, Work::report);
  route.method = "POST";
  return {std::move(route)};
}

}  // namespace lotse::http
