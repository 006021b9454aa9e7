#include "channels/http/api_incidents.hpp"

#include <string>
#include <utility>
#include <vector>

#include "channels/http/parameters.hpp"
#include "engine/runtime/live_incidents.hpp"

namespace lotse::http {
namespace {

Result<Response> list(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey"}));
  const std::string journey = parameter(request, "journey");
  LOTSE_TRY(const std::vector<IncidentRecord> records, incidents_on_record(live));
  List list;
  for (const IncidentRecord& record : records) {
    if (journey.empty() || record.journey == journey) list.push_back(value_of(record));
  }
  return Response{.body = to_json(Value(Map{{Value("incidents"), Value(std::move(list))}})) + "\n"};
}

}  // namespace

std::vector<Route> incident_routes(Live& live) {
  return {get("/v1/incidents", "listIncidents", Permission::read_reports,
              [&live](const Request& request) { return list(live, request); })};
}

}  // namespace lotse::http
