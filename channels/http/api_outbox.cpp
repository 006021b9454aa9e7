#include <string>
#include <utility>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/parameters.hpp"
#include "engine/report/json.hpp"

namespace lotse::http {
namespace {

std::string_view name_of(OutboxEntry::Kind kind) {
  switch (kind) {
    case OutboxEntry::Kind::message:
      return "message";
    case OutboxEntry::Kind::task:
      return "task";
    case OutboxEntry::Kind::alert:
      return "alert";
  }
  return "";
}

void write(JsonWriter& json, const OutboxEntry& entry) {
  json.begin_object()
      .field("id", entry.id)
      .field("kind", name_of(entry.kind))
      .field("route", entry.route)
      .field("journey", entry.journey)
      .field("touchpoint", entry.touchpoint)
      .field("handed_out", format_instant(entry.made))
      .field("attempts", std::uint64_t{entry.attempts})
      .field("error", entry.error)
      .end_object();
}

/// Nothing about customers: whoever mends a way out need not know to whom it led.
Result<Response> list(Live& live, const Request& request) {
  constexpr std::size_t limit_max = 1000;
  LOTSE_CHECK(check_parameters(request, {"limit"}));
  std::size_t limit = 100;
  LOTSE_TRY(limit, number_parameter(request, "limit", limit, 1, limit_max));
  LOTSE_TRY(const std::vector<OutboxEntry> dead, live.dead_letters(limit));
  JsonWriter json;
  json.begin_object().key("dead").begin_array();
  for (const OutboxEntry& entry : dead) write(json, entry);
  json.end_array().end_object();
  return Response{.body = std::move(json).str()};
}

Result<Response> retry(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  const std::string& id = request.parameters.at("id");
  LOTSE_TRY(const bool revived, live.revive(id));
  if (!revived) return fail(ErrorCode::not_found, "no dead letter has the id `" + id + "`");
  return Response{.status = 204, .content_type = {}};
}

}  // namespace

std::vector<Route> outbox_routes(Live& live) {
  Route again = get("/v1/outbox/{id}/retry", "retryDelivery", Permission::administer,
                    [&live](const Request& request) { return retry(live, request); });
  again.method = "POST";
  return {get("/v1/outbox/dead", "listDeadLetters", Permission::administer,
              [&live](const Request& request) { return list(live, request); }),
          std::move(again)};
}

}  // namespace lotse::http
