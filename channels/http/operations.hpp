#pragma once

#include <filesystem>
#include <vector>

#include "channels/http/incident_watch.hpp"
#include "channels/http/message.hpp"
#include "channels/http/metrics.hpp"
#include "channels/http/reloader.hpp"
#include "channels/http/risk_refresher.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

struct OperationsOptions {
  std::filesystem::path store;
  bool metrics_open = false;  ///< /metrics asks for no token
};

/// /healthz, /readyz, /metrics and /v1/admin/reload. docs/operations.md. What is given must outlive the
/// routes.
[[nodiscard]] std::vector<Route> operations_routes(Live& live, Metrics& metrics,
                                                   const IncidentWatch& incidents, const RiskRefresher& risks,
                                                   Reloader& reloader, OperationsOptions options);

}  // namespace lotse::http
