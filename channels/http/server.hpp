#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "channels/http/message.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace lotse::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;                           ///< 0: any free one
  std::optional<std::filesystem::path> certificate{};  ///< PEM; with `key`: TLS
  std::optional<std::filesystem::path> key{};
  std::uint32_t io_threads = 2;
  std::uint32_t reader_threads = 2;  ///< that answer reads, and as many again for reports
  std::size_t header_bytes_max = std::size_t{16} << 10U;
  std::size_t body_bytes_max = std::size_t{4} << 20U;  ///< before and after inflation
  /// Of all requests that are being read or answered; beyond: 429.
  std::size_t buffered_bytes_max = std::size_t{256} << 20U;
  std::uint32_t connections_max = 10'000;  ///< beyond: 429 and closed
  std::size_t reader_queue_max = 1'000;    ///< requests that wait for a thread of either kind; beyond: 429
  /// That wait for one client's event stream; beyond, it is dropped.
  std::size_t stream_bytes_max = std::size_t{1} << 20U;
  Duration header_timeout = std::chrono::seconds(10);  ///< for all of a request's head
  Duration body_timeout = std::chrono::seconds(30);    ///< for all of its body
  Duration idle_timeout = std::chrono::seconds(60);    ///< between requests
  Duration write_timeout = std::chrono::seconds(30);   ///< for each 256 KiB of an answer
  Duration drain_timeout = std::chrono::seconds(10);   ///< for open requests at shutdown
  /// Of silence on an event stream, then a comment goes out.
  Duration stream_keep_alive = std::chrono::seconds(15);
  std::vector<std::string> cors_origins = {"*"};  ///< for the intake routes; no cookies are ever used
};

/// What a request came to, for the log and the metrics; nothing in it is personal or secret.
struct Finished {
  std::string_view method;  ///< of those that HTTP defines; `other`: another one
  std::string_view route;   ///< the pattern, never the path; empty: none matched
  unsigned status = 0;
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  double seconds = 0;
  std::string_view who;      ///< name of the token; empty: none
  std::string_view cause{};  ///< of a 5xx, if the world's fault; may name files
};

/// An HTTP/1.1 server (RFC 9112) on Boost.Beast: connections, limits, timeouts, TLS, authentication, routing.
/// What is answered is the routes' business.
class Server {
 public:
  struct Hooks {
    std::function<std::optional<Principal>(std::string_view token)> authenticate;
    std::function<void(const Finished&)> finished{};  ///< on an I/O thread
  };
  /// Listens when it returns. Errors: bad_input (address, certificate), unavailable (the port is taken).
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options, std::vector<Route> routes,
                                                             Hooks hooks);
  virtual ~Server() = default;  ///< as stop()
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::span<const Route> routes() const = 0;
  /// Accepts nothing more, lets open requests finish within `drain_timeout`, then closes.
  virtual void stop() = 0;
};

}  // namespace lotse::http
