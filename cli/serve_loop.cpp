#include "cli/serve_loop.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "channels/adapters/adapters.hpp"
#include "channels/cloudevents/cloudevents.hpp"
#include "channels/http/service.hpp"
#include "channels/http/token_file.hpp"
#include "channels/native/native.hpp"
#include "channels/segment/segment.hpp"
#include "cli/context.hpp"
#include "cli/log.hpp"
#include "cli/manager.hpp"
#include "cli/watch.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using http::Reload;
using http::Service;
using http::Settings;

/// How long a revoked token may still be good for, and how often the manager's watchdog hears of us at least.
constexpr std::chrono::milliseconds tick = 1s;

/// Less than this is as good as none: the write-ahead log grows by megabytes.
constexpr std::uint64_t space_bytes = std::uint64_t{16} << 20U;

bool has_space(const fs::path& store) {
  std::error_code unknown;
  const fs::space_info space =
      fs::space(store.has_parent_path() ? store.parent_path() : fs::path("."), unknown);
  return unknown || space.available >= space_bytes;
}

std::string url_of(const Settings& settings, std::uint16_t port) {
  const std::string& address = settings.server.address;
  const bool v6 = address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", settings.server.certificate ? "https" : "http", v6 ? "[" : "", address,
                     v6 ? "]" : "", port);
}

std::optional<std::string> environment(const std::string& name) {
  const char* text = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets any
  if (text == nullptr || *text == '\0') return std::nullopt;
  return text;
}

void tell_findings(const Log& log, const std::vector<Diagnostic>& findings) {
  for (const Diagnostic& finding : findings) {
    const bool error = finding.severity == Severity::error;
    log.write(error ? http::LogLevel::error : http::LogLevel::warning, finding.message,
              {{"file", finding.where.file},
               {"line", std::uint64_t{finding.where.line}},
               {"column", std::uint64_t{finding.where.column}},
               {"code", finding.code},
               {"hint", finding.hint}});
  }
}

/// The ways out of a workspace; each mistake is told.
Result<ChannelAdapters> connect(const Log& log, const Workspace& workspace) {
  auto made = make_adapters(
      workspace,
      {.environment = environment,
       .log = [&log](std::string_view line) { log.info("outgoing", {{"message", std::string(line)}}); },
       .authorities = environment("SSL_CERT_FILE").value_or("")});
  tell_findings(log, made.findings);
  if (made.value) return *std::move(made.value);
  return fail(ErrorCode::bad_input,
              "channels.yaml: not every way out can be set up; the log has the reasons");
}

void tell_reload(const Log& log, const Reload& reload) {
  if (!reload.done()) tell_findings(log, reload.findings);
  if (reload.error)
    log.error("the engine did not take the workspace over", {{"reason", reload.error->message}});
  if (!reload.done()) {
    log.error("reload failed; the engine goes on with what it had");
  } else if (reload.changed.empty()) {
    log.info("reloaded; no version is new, and settings and ways out are those of the files");
  } else {
    log.info("reloaded", {{"changed", reload.changed}});
  }
}

void tell_retention(const Log& log, const RetentionProgress& run) {
  using Stage = RetentionProgress::Stage;
  switch (run.stage) {
    case Stage::begun:
      return log.info("retention begins", {{"silent_since", format_instant(run.before)}});
    case Stage::going_on:
      return log.info("retention goes on", {{"erased", run.erased}, {"seconds", run.seconds}});
    case Stage::done:
      return log.info("retention done", {{"erased", run.erased}, {"seconds", run.seconds}});
    case Stage::stopped:
      return log.info("retention stopped: lotse.yaml was changed",
                      {{"erased", run.erased}, {"seconds", run.seconds}});
  }
}

void tell_request(const Log& log, const http::Finished& request) {
  constexpr unsigned server_error = 500;
  if (!request.cause.empty())
    log.warning("a request failed", {{"route", request.route}, {"reason", request.cause}});
  const auto level = request.status >= server_error ? http::LogLevel::warning : http::LogLevel::debug;
  if (!log.tells(level)) return;
  log.write(level, "request",
            {{"method", request.method},
             {"route", request.route},
             {"status", std::uint64_t{request.status}},
             {"bytes_in", std::uint64_t{request.bytes_in}},
             {"bytes_out", std::uint64_t{request.bytes_out}},
             {"seconds", request.seconds},
             {"token", request.who}});
}

void warn_of_what_is_open(const Log& log, const Settings& settings, const http::Tokens& tokens) {
  if (tokens.entries().empty())
    log.warning("there are no tokens: nobody can post or read; `lotse token add` makes one");
  if (!settings.server.certificate && !http::is_loopback(settings.server.address)) {
    log.warning("listening beyond this machine without TLS: tokens and events travel in the clear",
                {{"address", settings.server.address}});
  }
}

/// A running service and what it is told from outside.
class Loop {
 public:
  Loop(const Workspace& workspace, const fs::path& store, const Settings& settings)
      : workspace_(workspace),
        store_(store),
        settings_(settings),
        log_(settings.log_level, settings.log_format),
        tokens_(http::tokens_file(store)) {}

  Result<void> run(Watch& watch, const std::optional<fs::path>& port_file) {
    look(watch);
    LOTSE_CHECK(start());
    LOTSE_CHECK(announce(port_file));
    const Result<void> ended = go_on(watch);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);  // the end has begun
    tell_manager("STOPPING=1");
    log_.info("stopping");
    if (reload_.valid()) reload_.wait();
    const Result<void> stopped = service_->stop();
    if (!ended) return ended;
    if (stopped) log_.info("stopped");
    return stopped;
  }

 private:
  /// Where inotify cannot watch (a limit, a file system without it), the service runs all the same.
  void look(Watch& watch) {
    if (!settings_.watch) return;
    const std::array folders{workspace_.root};
    if (const auto looking = watch.look_at(folders); !looking)
      log_.warning("changes of the workspace are not seen; SIGHUP reloads it",
                   {{"reason", looking.error().message}});
  }

  Result<void> start() {
    LOTSE_TRY(http::Tokens tokens, tokens_.take_changed().value());
    warn_of_what_is_open(log_, settings_, tokens);
    http::ServiceOptions options;
    options.store = store_;
    options.server = settings_.server;
    options.tokens = std::move(tokens);
    options.live.queued_bytes_max = settings_.queued_bytes_max;
    options.live.rejects_max = settings_.rejects_max;
    options.live.failed = [this](const Error& error) { fail_with(error); };
    options.live.connect = [this](const Workspace& workspace) { return connect(log_, workspace); };
    options.live.retained = [this](const RetentionProgress& run) { tell_retention(log_, run); };
    const std::size_t bytes = settings_.server.body_bytes_max;
    options.dialects = {
        native::dialect({.request_bytes = bytes}),
        segment::dialect({.request_bytes = bytes, .https = settings_.server.certificate.has_value()}),
        cloudevents::dialect({.request_bytes = bytes})};
    options.metrics_open = settings_.metrics_open;
    options.alerts = settings_.alerts;
    options.risk = settings_.risk;
    options.backups = fs::path(store_).concat("-backups");
    options.finished = [this](const http::Finished& request) { tell_request(log_, request); };
    options.reloaded = [this](const Reload& reload) { tell_reload(log_, reload); };
    options.round_failed = [this](const std::string& reason) {
      log_.error("a round of watching or of computing risks has failed", {{"reason", reason}});
    };
    options.risks_recorded = [this](const std::vector<std::string>& journeys) {
      log_.info("risk curves computed anew", {{"journeys", fmt::format("{}", fmt::join(journeys, ", "))}});
    };
    LOTSE_TRY(service_, Service::start(workspace_, std::move(options)));
    return {};
  }

  Result<void> announce(const std::optional<fs::path>& port_file) {
    const std::uint16_t port = service_->server().port();
    const std::string url = url_of(settings_, port);
    if (port_file) LOTSE_CHECK(write_file(*port_file, fmt::format("{}\n", port)));
    fmt::print("listening on {}\n", url);
    std::fflush(stdout);
    log_.info("listening", {{"url", url}, {"store", store_.string()}, {"version", LOTSE_VERSION}});
    tell_manager(fmt::format("READY=1\nSTATUS=listening on {}", url));
    return {};
  }

  Result<void> go_on(Watch& watch) {
    const auto pulse = watchdog_interval();
    const auto patience =
        pulse ? std::min(tick, std::chrono::duration_cast<std::chrono::milliseconds>(*pulse / 3)) : tick;
    for (;;) {
      LOTSE_TRY(const Watch::End end, watch.wait(patience));
      if (end == Watch::End::interrupted) return {};
      if (end != Watch::End::timed_out) wanted_ = true;
      if (end == Watch::End::changed) look(watch);  // folders may be new
      take_tokens();
      begin_reload();
      if (const auto failed = take_failure()) return tl::make_unexpected(*failed);
      if (pulse) tell_manager("WATCHDOG=1");
    }
  }

  void take_tokens() {
    std::optional<Result<http::Tokens>> changed = tokens_.take_changed();
    if (!changed) return;
    if (*changed) {
      log_.info("tokens read again", {{"tokens", std::uint64_t{(*changed)->entries().size()}}});
      service_->use(std::move(**changed));
    } else {
      log_.error("tokens cannot be read; those of before stay valid", {{"reason", changed->error().message}});
    }
  }

  /// In a thread of its own, for it may take as long as deriving all states anew; one at a time.
  void begin_reload() {
    const bool running = reload_.valid() && reload_.wait_for(0s) != std::future_status::ready;
    if (!wanted_ || running) return;
    wanted_ = false;
    reload_ = std::async(std::launch::async, [this] { service_->reloader().reload(); });
  }

  void fail_with(const Error& error) {
    log_.error("the store has failed; nothing is taken any more", {{"reason", error.message}});
    const std::lock_guard lock(mutex_);
    failure_ = error;
  }

  /// A store that has failed is mended by opening it again. But not while the disk is full: until then reads
  /// are answered, and /readyz says why nothing is taken.
  std::optional<Error> take_failure() {
    const std::lock_guard lock(mutex_);
    if (failure_ && !has_space(store_)) return std::nullopt;
    return std::exchange(failure_, std::nullopt);
  }

  const Workspace& workspace_;
  fs::path store_;
  const Settings& settings_;
  Log log_;
  http::TokenFile tokens_;
  std::mutex mutex_;
  std::optional<Error> failure_;  ///< of the store; under mutex_
  bool wanted_ = false;           ///< a reload
  std::future<void> reload_;
  std::unique_ptr<Service> service_;  // ends before what it tells
};

}  // namespace

Result<void> serve(const Workspace& workspace, const fs::path& store, const Settings& settings,
                   const std::optional<fs::path>& port_file) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads the log may go
  // Before there are other threads: they leave the signals to this one.
  LOTSE_TRY(Watch watch, Watch::begin());
  return Loop(workspace, store, settings).run(watch, port_file);
}

}  // namespace lotse::cli
