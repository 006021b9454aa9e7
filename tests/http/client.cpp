#include "tests/http/client.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <charconv>
#include <utility>

#include "channels/http/text.hpp"

namespace lotse::http::testing {
namespace {

constexpr auto patience = std::chrono::seconds(10);

}  // namespace

std::string Received::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && same(line.substr(0, colon), name)) {
      return std::string(trimmed(line.substr(colon + 1)));
    }
  }
  return {};
}

Client::Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Client::~Client() { ::close(socket_); }

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Client::end() { ::shutdown(socket_, SHUT_WR); }

void Client::receive_little() {
  const int bytes = 4096;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool Client::receive_some(std::chrono::milliseconds limit) {
  pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
  if (ended_ || ::poll(&ready, 1, static_cast<int>(limit.count())) <= 0) return false;
  std::array<char, 65536> some{};
  const ssize_t size = ::recv(socket_, some.data(), some.size(), 0);
  if (size <= 0) {
    ended_ = true;
    return false;
  }
  bytes_.append(some.data(), static_cast<std::size_t>(size));
  return true;
}

std::optional<Received> Client::receive(bool to_head) {
  while (bytes_.find("\r\n\r\n") == std::string::npos) {
    if (!receive_some(patience)) return {};
  }
  Received received;
  const std::size_t head_size = bytes_.find("\r\n\r\n") + 4;
  received.head = bytes_.substr(0, head_size);
  bytes_.erase(0, head_size);
  std::from_chars(received.head.data() + 9, received.head.data() + 12, received.status);
  const std::string length = received.header("content-length");
  std::size_t body_size = 0;
  std::from_chars(length.data(), length.data() + length.size(), body_size);
  if (to_head || received.status == 204 || received.status == 304 || received.status == 100) body_size = 0;
  while (bytes_.size() < body_size) {
    if (!receive_some(patience)) return {};
  }
  received.body = bytes_.substr(0, body_size);
  bytes_.erase(0, body_size);
  return received;
}

std::string Client::receive_until(std::string_view text) {
  while (bytes_.find(text) == std::string::npos && receive_some(patience)) {
  }
  const std::size_t at = bytes_.find(text);
  std::string received = bytes_.substr(0, at == std::string::npos ? at : at + text.size());
  bytes_.erase(0, received.size());
  return received;
}

bool Client::closed() {
  while (bytes_.empty() && receive_some(patience)) {
  }
  return bytes_.empty() && ended_;
}

bool Client::silent(std::chrono::milliseconds time) {
  return bytes_.empty() && !receive_some(time) && !ended_;
}

std::optional<Principal> known_tokens(std::string_view token) {
  if (token == "admin-token") return Principal{.name = "ops", .role = Role::admin, .channels = {}};
  if (token == "channel-token") return Principal{.name = "shop", .role = Role::channel, .channels = {"web"}};
  return {};
}

ServerOptions quick_options() {
  return {.port = 0,
          .header_timeout = std::chrono::seconds(5),
          .body_timeout = std::chrono::seconds(5),
          .idle_timeout = std::chrono::seconds(5),
          .drain_timeout = std::chrono::seconds(5)};
}

std::unique_ptr<Server> serve(std::vector<Route> routes, ServerOptions options, Server::Hooks hooks) {
  auto server = Server::start(std::move(options), std::move(routes), std::move(hooks));
  if (!server) FAIL(server.error().message);
  return std::move(*server);
}

Route echo() {
  return {.method = "POST",
          .pattern = "/echo",
          .operation = "echo",
          .work = Work::io,
          .handle = [](const std::shared_ptr<const Request>& request, const Answer& answer) {
            answer({.content_type = "text/plain", .body = std::string(request->post.body)});
          }};
}

std::string get(std::string_view path, std::string_view headers) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", path, headers);
}

std::string post(std::string_view path, std::string_view body, std::string_view headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}", path, body.size(),
                     headers, body);
}

}  // namespace lotse::http::testing
