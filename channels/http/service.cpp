#include "channels/http/service.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "channels/http/api.hpp"
#include "channels/http/intake.hpp"
#include "channels/http/operations.hpp"
#include "channels/http/page.hpp"
#include "channels/http/rights_routes.hpp"
#include "channels/http/version_routes.hpp"

namespace lotse::http {

Result<std::unique_ptr<Service>> Service::start(const Workspace& workspace, ServiceOptions options) {
  std::unique_ptr<Service> service(new Service());
  service->use(std::move(options.tokens));
  LOTSE_TRY(service->live_, Live::start(workspace, options.store, options.live));
  service->changes_ = std::make_unique<Changes>(*service->live_);
  const auto round_failed = [also = options.round_failed](const std::string& reason) {
    if (also) also(reason);
  };
  service->incident_watch_ = std::make_unique<IncidentWatch>(
      *service->live_, options.alerts,
      [own = service.get()](const std::vector<IncidentNews>& news) { own->changes_->tell(news); },
      round_failed);
  service->risk_refresher_ = std::make_unique<RiskRefresher>(
      *service->live_, options.risk,
      [also = options.risks_recorded](const std::vector<std::string>& journeys) {
        if (also) also(journeys);
      },
      round_failed);
  service->reloader_ = std::make_unique<Reloader>(
      *service->live_, workspace.root, [own = service.get(), also = options.reloaded](const Reload& reload) {
        own->metrics_.count_reload(reload.done(), own->live_->now());
        if (also) also(reload);
      });
  service->desk_ =
      std::make_unique<Desk>(*service->live_, *service->reloader_, workspace.root, options.store);
  const auto finished = [own = service.get(), also = options.finished](const Finished& request) {
    own->metrics_.count(request);
    if (also) also(request);
  };
  LOTSE_TRY(service->server_, Server::start(options.server, service->routes(options),
                                            {.authenticate = service->authenticate(), .finished = finished}));
  return service;
}

Authenticate Service::authenticate() {
  return [this](std::string_view token) { return tokens()->find(token, live_->now()); };
}

Service::~Service() { static_cast<void>(stop()); }

std::vector<Route> Service::routes(const ServiceOptions& options) {
  std::vector<Route> routes = api_routes(*live_, *changes_);
  std::ranges::move(
      intake_routes(*live_, options.dialects, authenticate(),
                    [this](std::string_view dialect, const Taken& taken) { metrics_.count(dialect, taken); }),
      std::back_inserter(routes));
  std::ranges::move(operations_routes(*live_, metrics_, *incident_watch_, *risk_refresher_, *reloader_,
                                      {.store = options.store, .metrics_open = options.metrics_open}),
                    std::back_inserter(routes));
  std::ranges::move(rights_routes(*live_, {.backups = options.backups}), std::back_inserter(routes));
  std::ranges::move(version_routes(*live_), std::back_inserter(routes));
  std::ranges::move(desk_routes(*desk_), std::back_inserter(routes));
  std::ranges::move(page_routes(), std::back_inserter(routes));
  return routes;
}

void Service::use(Tokens tokens) {
  auto next = std::make_shared<const Tokens>(std::move(tokens));
  const std::lock_guard lock(tokens_mutex_);
  tokens_.swap(next);
}

std::shared_ptr<const Tokens> Service::tokens() const {
  const std::lock_guard lock(tokens_mutex_);
  return tokens_;
}

Result<void> Service::stop() {
  if (server_) server_->stop();
  if (incident_watch_) incident_watch_->stop();
  if (risk_refresher_) risk_refresher_->stop();
  return live_ ? live_->stop() : Result<void>{};
}

}  // namespace lotse::http
