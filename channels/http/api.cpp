#include "channels/http/api.hpp"

#include <iterator>
#include <utility>

#include "channels/http/api_findings.hpp"
#include "channels/http/api_incidents.hpp"
#include "channels/http/api_parts.hpp"

namespace lotse::http {

std::vector<Route> api_routes(Live& live, Changes& changes) {
  std::vector<Route> routes;
  const auto add = [&routes](std::vector<Route> part) {
    std::ranges::move(part, std::back_inserter(routes));
  };
  add(me_routes());
  add(customer_routes(live));
  add(decision_routes(live));
  add(task_routes(live));
  add(outbox_routes(live));
  add(journey_routes(live));
  add(report_routes(live));
  add(finding_routes(live));
  add(incident_routes(live));
  add(reject_routes(live));
  add(change_routes(live, changes));
  add(openapi_routes());
  return routes;
}

}  // namespace lotse::http
