#include "channels/http/operations.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "channels/http/metrics_text.hpp"
#include "channels/http/mistakes.hpp"
#include "engine/report/findings_json.hpp"
#include "engine/report/json.hpp"

namespace lotse::http {
namespace {

constexpr const char* plain = "text/plain; charset=utf-8";

Response plain_text(std::string text) {
  return {.status = 200, .content_type = plain, .body = std::move(text)};
}

Response readiness(const LiveStatus& status) {
  if (status.ready) return plain_text("ready\n");
  return try_later(503, "Not ready", status.reason.empty() ? "the engine is starting" : status.reason);
}

Response refused(const Error& error) {
  const bool ours = error.code == ErrorCode::storage || error.code == ErrorCode::unavailable;
  return ours ? unavailable(error.message) : problem(409, "Workspace not taken over", error.message);
}

Response reloaded(const Reload& reload) {
  if (has_errors(reload.findings)) {
    return mistakes("Workspace not taken over",
                    "its files have mistakes; the engine goes on with what it had", reload.findings);
  }
  if (reload.error) return refused(*reload.error);
  JsonWriter json;
  json.begin_object().field("changed", reload.changed).key("findings");
  write_findings(json, reload.findings);
  return {.status = 200, .content_type = "application/json", .body = std::move(json.end_object()).str()};
}

/// In Prometheus' text format, as Metrics::text().
std::string text_of(const IncidentWatch& watch) {
  std::string out;
  MetricFamily(out, "lotse_incidents_open", "gauge",
               "Incidents that are open, as of the last round of watching.")
      .sample(static_cast<double>(watch.open()));
  MetricFamily(out, "lotse_incident_rounds_total", "counter", "Rounds of watching for incidents.")
      .sample(static_cast<double>(watch.rounds()));
  MetricFamily(out, "lotse_incident_round_seconds", "gauge", "What the last round of watching took.")
      .sample(watch.seconds());
  return out;
}

std::string text_of(const RiskRefresher& refresher) {
  std::string out;
  MetricFamily(out, "lotse_risk_refreshes_total", "counter", "Times that risk curves were computed anew.")
      .sample(static_cast<double>(refresher.refreshes()));
  MetricFamily(out, "lotse_risk_refresh_seconds", "gauge", "What computing them took last.")
      .sample(refresher.seconds());
  return out;
}

/// A route whose handler needs nothing of the request.
template <class Make>
Route route(std::string method, std::string pattern, std::string operation,
            std::optional<Permission> permission, Work work, Make make) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .operation = std::move(operation),
          .permission = permission,
          .work = work,
          .handle = [make](const std::shared_ptr<const Request>&, const Answer& answer) { answer(make()); }};
}

}  // namespace

std::vector<Route> operations_routes(Live& live, Metrics& metrics, const IncidentWatch& incidents,
                                     const RiskRefresher& risks, Reloader& reloader,
                                     OperationsOptions options) {
  const auto metrics_permission =
      options.metrics_open ? std::nullopt : std::optional(Permission::read_reports);
  std::vector<Route> routes;
  routes.push_back(
      route("GET", "/healthz", "getHealth", std::nullopt, Work::io, [] { return plain_text("ok\n"); }));
  routes.push_back(route("GET", "/readyz", "getReadiness", std::nullopt, Work::io,
                         [&live] { return readiness(live.status()); }));
  routes.push_back(route("GET", "/metrics", "getMetrics", metrics_permission, Work::reader,
                         [&live, &metrics, &incidents, &risks, store = std::move(options.store)] {
                           return Response{.status = 200,
                                           .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                           .body = metrics.text(live.status(), store) + text_of(incidents) +
                                                   text_of(risks)};
                         }));
  routes.push_back(route("POST", "/v1/admin/reload", "reloadWorkspace", Permission::administer, Work::report,
                         [&reloader] { return reloaded(reloader.reload()); }));
  return routes;
}

}  // namespace lotse::http
