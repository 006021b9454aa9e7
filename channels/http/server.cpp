#include "channels/http/server.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "channels/http/io_thread.hpp"
#include "channels/http/socket_connection.hpp"
#include "channels/http/tls.hpp"
#include "engine/base/assert.hpp"

namespace lotse::http {
namespace {

constexpr auto accept_pause = std::chrono::milliseconds(50);  // once there are no file descriptors left

/// Fine enough for the shortest timeout.
Duration tick_of(const ServerOptions& options) {
  const Duration shortest = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                                      options.write_timeout, options.stream_keep_alive});
  return std::clamp<Duration>(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

class BeastServer final : public Server {
 public:
  explicit BeastServer(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
    for (std::uint32_t i = 0; i < std::max<std::uint32_t>(shared_->options.io_threads, 1); ++i) {
      threads_.push_back(std::make_shared<IoThread>(shared_));
    }
    acceptor_.emplace(threads_.front()->context());
    pause_.emplace(threads_.front()->context());
  }
  ~BeastServer() override { stop(); }
  BeastServer(const BeastServer&) = delete;
  BeastServer& operator=(const BeastServer&) = delete;

  [[nodiscard]] Result<void> listen() {
    const ServerOptions& options = shared_->options;
    if (options.certificate.has_value() != options.key.has_value()) {
      return fail(ErrorCode::bad_input, "TLS needs a certificate and its key; only one of them is given");
    }
    if (options.certificate) {
      LOTSE_TRY(tls_, TlsContext::load(*options.certificate, *options.key));
    }
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) {
      return fail(ErrorCode::bad_input,
                  fmt::format("'{}' is no IP address to listen at; expected one such as 127.0.0.1 "
                              "(this machine only), 0.0.0.0 or ::",
                              options.address));
    }
    const asio::ip::tcp::endpoint endpoint(address, options.port);
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(Acceptor::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::unavailable, fmt::format("cannot listen at {} port {}: {}", options.address,
                                                      options.port, error.message()));
    }
    port_ = acceptor_->local_endpoint().port();
    for (const auto& thread : threads_) thread->start(tick_of(options));
    asio::post(threads_.front()->context(), [this] { accept(); });
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::span<const Route> routes() const override { return shared_->router.routes(); }

  void stop() override {
    if (std::exchange(stopped_, true) || port_ == 0) return;
    shared_->draining = true;
    threads_.front()->ask([this] {
      error_code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
    });
    const auto deadline = std::chrono::steady_clock::now() + shared_->options.drain_timeout;
    for (;;) {
      for (const auto& thread : threads_) thread->drain_connections();
      const bool empty = std::ranges::all_of(threads_, [](const auto& thread) { return thread->is_empty(); });
      if (empty || std::chrono::steady_clock::now() >= deadline) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    shared_->readers.stop();
    shared_->reporters.stop();
    acceptor_.reset();
    pause_.reset();
    for (const auto& thread : threads_) thread->end();
  }

 private:
  void accept() {
    IoThread& next = *threads_[next_++ % threads_.size()];
    acceptor_->async_accept(next.context(), [this, &next](error_code error, Socket socket) {
      if (!acceptor_->is_open()) return;
      if (!error) {
        take(next, std::move(socket));
      } else if (error != asio::error::connection_aborted) {
        pause_->expires_after(accept_pause);
        return pause_->async_wait([this](error_code cancelled) {
          if (!cancelled) accept();
        });
      }
      accept();
    });
  }

  void take(IoThread& thread, Socket socket) {
    error_code ignored;
    if (shared_->connections >= shared_->options.connections_max)
      return tls_ ? void() : turn_away(std::move(socket));
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (tls_) return tls_->take(thread.shared_from_this(), std::move(socket));
    auto connection = std::make_shared<PlainConnection>(thread.shared_from_this(), std::move(socket));
    asio::post(thread.context(), [connection = std::move(connection)] { connection->begin(); });
  }

  /// In one write, which does not wait: there is always room in a new connection's buffer.
  static void turn_away(Socket socket) {
    static constexpr std::string_view answer =
        "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: "
        "0\r\n\r\n";
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(answer), ignored);
    socket.shutdown(Socket::shutdown_send, ignored);
  }

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<TlsContext> tls_;  ///< nothing: plain HTTP
  std::vector<std::shared_ptr<IoThread>> threads_;
  std::optional<Acceptor> acceptor_;  ///< on the first thread
  std::optional<Timer> pause_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, std::vector<Route> routes, Hooks hooks) {
  LOTSE_TRY(Router router, Router::make(std::move(routes)));
  LOTSE_ASSERT(hooks.authenticate);
  auto server = std::make_unique<BeastServer>(
      std::make_shared<Shared>(std::move(options), std::move(router), std::move(hooks)));
  LOTSE_CHECK(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace lotse::http
