#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channels/http/server.hpp"

namespace lotse::http::testing {

/// One answer as it came over the wire.
struct Received {
  unsigned status = 0;
  std::string head;  ///< with the status line
  std::string body;
  /// The value of a header line, without case; empty where there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// A client that sends exactly the bytes it is told to. Everything it waits for has a limit of 10 s.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// False: the server has closed.
  bool send(std::string_view bytes);
  /// Waits for one whole answer (by Content-Length; without one, until the server closes). `to_head`: it has
  /// no body.
  [[nodiscard]] std::optional<Received> receive(bool to_head = false);
  [[nodiscard]] std::optional<Received> ask(std::string_view bytes) {
    send(bytes);
    return receive();
  }
  /// What comes until `text` is there, or nothing more comes.
  [[nodiscard]] std::string receive_until(std::string_view text);
  /// Nothing comes any more, and the server has closed its side.
  [[nodiscard]] bool closed();
  /// No byte, and no close, within this time.
  [[nodiscard]] bool silent(std::chrono::milliseconds time);
  void end();  ///< sends no more
  [[nodiscard]] int socket() const { return socket_; }
  /// Makes the kernel take little that is not read.
  void receive_little();

 private:
  bool receive_some(std::chrono::milliseconds limit);
  int socket_ = -1;
  bool ended_ = false;
  std::string bytes_;
};

/// The tokens `admin-token` and `channel-token`, of roles of these names.
[[nodiscard]] std::optional<Principal> known_tokens(std::string_view token);

/// Options of a test: any port, timeouts of seconds.
[[nodiscard]] ServerOptions quick_options();

/// A server of routes; fails the test if it does not start.
[[nodiscard]] std::unique_ptr<Server> serve(std::vector<Route> routes,
                                            ServerOptions options = quick_options(),
                                            Server::Hooks hooks = {.authenticate = known_tokens});

/// `POST /echo`: answers with the body on the I/O thread, open to all.
[[nodiscard]] Route echo();

[[nodiscard]] std::string get(std::string_view path, std::string_view headers = {});
[[nodiscard]] std::string post(std::string_view path, std::string_view body, std::string_view headers = {});

}  // namespace lotse::http::testing
