#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "channels/http/changes.hpp"
#include "channels/http/message.hpp"
#include "engine/runtime/live.hpp"

/// The parts of api_routes(), one file each.
namespace lotse::http {

/// Who the token's holder is to the server.
[[nodiscard]] std::vector<Route> me_routes();
[[nodiscard]] std::vector<Route> customer_routes(Live& live);
[[nodiscard]] std::vector<Route> decision_routes(Live& live);
[[nodiscard]] std::vector<Route> task_routes(Live& live);
[[nodiscard]] std::vector<Route> outbox_routes(Live& live);
[[nodiscard]] std::vector<Route> journey_routes(Live& live);
[[nodiscard]] std::vector<Route> report_routes(Live& live);
[[nodiscard]] std::vector<Route> reject_routes(Live& live);
[[nodiscard]] std::vector<Route> change_routes(Live& live, Changes& changes);
/// The one customer whom these identifiers name, of those that `look` finds. Errors: not_found, with
/// `nobody` as its message; conflict where they name several: `asked` are the asker's own words.
using LookUp = std::function<Result<std::optional<LiveCustomer>>(const Identifier&)>;
[[nodiscard]] Result<LiveCustomer> only_customer(const std::vector<Identifier>& named,
                                                 const std::string& asked, const std::string& nobody,
                                                 const LookUp& look);
/// schemas/openapi.yaml, as it was when this was built.
[[nodiscard]] std::vector<Route> openapi_routes();

}  // namespace lotse::http
