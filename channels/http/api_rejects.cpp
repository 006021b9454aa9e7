#include <string>
#include <utility>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/parameters.hpp"
#include "engine/report/json.hpp"

namespace lotse::http {
namespace {

/// What was sent may be personal, and the fields in it cannot be told apart: only for who may see sensitive
/// ones.
void write(JsonWriter& json, const Reject& reject, bool sensitive) {
  const auto shown = [sensitive](const std::string& text) {
    return sensitive ? std::optional(text) : std::nullopt;
  };
  json.begin_object().field("number", reject.number).field("arrived", format_instant(reject.arrived));
  json.field("sender", reject.sender).field("dialect", reject.dialect).field("reason", reject.reason);
  json.field("place", reject.place).field("detail", shown(reject.detail)).field("text", shown(reject.text));
  json.end_object();
}

Result<Response> rejects(Live& live, const Request& request) {
  constexpr std::uint64_t limit_max = 1000;
  LOTSE_CHECK(check_parameters(request, {"limit", "before"}));
  LOTSE_TRY(const std::uint64_t limit, number_parameter(request, "limit", 100, 1, limit_max));
  LOTSE_TRY(const std::uint64_t before, number_parameter(request, "before", UINT64_MAX, 1, UINT64_MAX));
  LOTSE_TRY(const std::vector<Reject> found, live.rejects(limit, before));
  JsonWriter json;
  json.begin_object().key("rejects").begin_array();
  for (const Reject& reject : found) write(json, reject, request.who && request.who->sensitive);
  json.end_array();
  json.field("next", found.size() == limit ? std::optional(found.back().number) : std::nullopt);
  return Response{.body = std::move(json.end_object()).str()};
}

}  // namespace

std::vector<Route> reject_routes(Live& live) {
  return {get("/v1/rejects", "listRejects", Permission::administer,
              [&live](const Request& request) { return rejects(live, request); })};
}

}  // namespace lotse::http
