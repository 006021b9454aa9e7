#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "channels/http/changes.hpp"
#include "channels/http/desk.hpp"
#include "channels/http/incident_watch.hpp"
#include "channels/http/intake.hpp"
#include "channels/http/message.hpp"
#include "channels/http/metrics.hpp"
#include "channels/http/reloader.hpp"
#include "channels/http/risk_refresher.hpp"
#include "channels/http/server.hpp"
#include "channels/http/tokens.hpp"
#include "engine/base/result.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/runtime/dialect.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

struct ServiceOptions {
  std::filesystem::path store;
  LiveOptions live{};
  ServerOptions server{};
  Tokens tokens{};
  std::filesystem::path backups{};  ///< the folder for backups that are asked for over HTTP; empty: none
  bool metrics_open = false;        ///< /metrics asks for no token
  IncidentWatchSettings alerts{};
  RiskRefreshSettings risk{};
  std::vector<std::shared_ptr<const Dialect>> dialects{};  ///< in which channel systems may post
  std::function<void(const Finished&)> finished{};  ///< as Server::Hooks::finished; counted they are anyway
  Reloader::Told reloaded{};                        ///< hears of every reload
  RiskRefresher::Told risks_recorded{};             ///< hears of every refresh that changed anything
  std::function<void(const std::string& reason)> round_failed{};  ///< of what is done again and again beside
};

/// A running Lotse: the engine, its tokens, all routes and the server, put together here and nowhere else: by
/// `lotse serve` and by tests.
class Service {
 public:
  /// Listens when it returns, with all timers caught up. Errors: those of Live::start() and Server::start().
  [[nodiscard]] static Result<std::unique_ptr<Service>> start(const Workspace& workspace,
                                                              ServiceOptions options);
  ~Service();  ///< as stop()
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] Live& live() { return *live_; }
  [[nodiscard]] Reloader& reloader() { return *reloader_; }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] IncidentWatch& incident_watch() { return *incident_watch_; }
  [[nodiscard]] RiskRefresher& risk_refresher() { return *risk_refresher_; }
  [[nodiscard]] const Server& server() const { return *server_; }

  /// From here on these are the tokens; requests that have been let in go on. Any thread.
  void use(Tokens tokens);
  [[nodiscard]] std::shared_ptr<const Tokens> tokens() const;

  /// Lets open requests finish, then check-points and closes the engine. Idempotent.
  [[nodiscard]] Result<void> stop();

 private:
  Service() = default;
  [[nodiscard]] std::vector<Route> routes(const ServiceOptions& options);
  [[nodiscard]] Authenticate authenticate();

  mutable std::mutex tokens_mutex_;
  std::shared_ptr<const Tokens> tokens_;
  Metrics metrics_;
  std::unique_ptr<Live> live_;
  std::unique_ptr<Changes> changes_;
  std::unique_ptr<IncidentWatch> incident_watch_;
  std::unique_ptr<RiskRefresher> risk_refresher_;
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Server> server_;
};

}  // namespace lotse::http
