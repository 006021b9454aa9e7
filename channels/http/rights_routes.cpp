#include "channels/http/rights_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "channels/http/parameters.hpp"
#include "engine/report/customer_export.hpp"
#include "engine/report/json.hpp"

namespace lotse::http {
namespace {

/// The customer whom `id` names; `conflict` where it names several.
Result<LiveRecord> find_record(Live& live, const std::string& id) {
  const std::vector<Identifier> named = live.find_identifiers(id);
  if (named.empty()) return fail(ErrorCode::not_found, fmt::format("nobody is known as `{}`", id));
  LOTSE_TRY(auto found, live.record(named.front()));
  if (!found) return fail(ErrorCode::not_found, fmt::format("nobody is known as `{}`", id));
  const auto is_other = [&](const Identifier& other) {
    return std::ranges::find(found->record.identifiers, other) == found->record.identifiers.end();
  };
  if (std::ranges::none_of(named, is_other)) return *std::move(found);
  return fail(ErrorCode::conflict,
              fmt::format("`{}` names several customers; ask for one as `namespace:value`", id));
}

Result<Response> export_customer(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_TRY(const LiveRecord found, find_record(live, request.parameters.at("id")));
  const Instant as_of = std::max(live.now(), found.record.state.clock);
  return Response{.body = customer_export(found.record, *found.tracker, as_of)};
}

/// What has been begun is durable; what hinders its end is not of this request's making.
Response not_finished(const Error& error) {
  Response response = try_later(
      503, "Not finished",
      "all is erased but pages in the store's log that somebody still reads (a report, an SQL session): "
      "end the reader and erase again");
  response.cause = error.message;
  return response;
}

/// Whoever asks again after an erasure that a reader kept from being finished is told 404 once that one is
/// finished.
Result<Response> erase_customer(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  const std::string& id = request.parameters.at("id");
  const auto found = find_record(live, id);
  if (!found && found.error().code != ErrorCode::not_found) return tl::unexpected(found.error());
  const Identifier identifier =
      found ? found->record.identifiers.front() : Identifier{.name_space = {}, .value = id};
  const auto erased = live.erase(identifier);
  if (!erased && erased.error().code == ErrorCode::unavailable) return not_finished(erased.error());
  if (!erased) return tl::unexpected(erased.error());
  if (!*erased && found) return fail(ErrorCode::not_found, "the customer has been erased by another request");
  if (!*erased) return tl::unexpected(found.error());
  return Response{.status = 204, .content_type = {}};
}

/// A new file in the backups' folder, named after the moment.
Result<Response> back_up(Live& live, const std::filesystem::path& folder, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  if (folder.empty()) {
    return fail(ErrorCode::conflict,
                "no folder for backups is configured; `lotse backup FILE` makes one beside the service");
  }
  std::string name = fmt::format("lotse-{}.db", format_instant(live.now()));
  std::ranges::replace(name, ':', '-');
  LOTSE_CHECK(live.backup(folder / name));
  JsonWriter json;
  json.begin_object().field("file", name).end_object();
  return Response{.status = 201, .body = std::move(json).str()};
}

Route route(std::string method, std::string pattern, std::string operation, const Compute& compute) {
  Route made = get(std::move(pattern), std::move(operation), Permission::administer, compute, Work::report);
  made.method = std::move(method);
  return made;
}

}  // namespace

std::vector<Route> rights_routes(Live& live, const RightsOptions& options) {
  return {route("GET", "/v1/customers/{id}/export", "exportCustomer",
                [&live](const Request& request) { return export_customer(live, request); }),
          route("DELETE", "/v1/customers/{id}", "eraseCustomer",
                [&live](const Request& request) { return erase_customer(live, request); }),
          route("POST", "/v1/admin/backup", "backUpStore",
                [&live, folder = options.backups](const Request& request) {
                  return back_up(live, folder, request);
                })};
}

}  // namespace lotse::http
