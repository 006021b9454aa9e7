#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/orders.hpp"
#include "tests/support/command.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/folder.hpp"

extern char** environ;

namespace lotse {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A TCP connection to the server that is kept alive; every failure just says so.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  [[nodiscard]] bool connected() const { return connected_; }

  struct Answer {
    int status = 0;  ///< 0: the connection ended before there was a whole one
    std::string body;
  };
  Answer request(std::string_view method, std::string_view path, std::string_view token,
                 std::string_view body) {
    std::string text = fmt::format(
        "{} {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: "
        "application/x-ndjson\r\n"
        "Content-Length: {}\r\n\r\n{}",
        method, path, token, body.size(), body);
    for (std::string_view left = text; !left.empty();) {
      const ssize_t sent = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) return {};
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string in;
    std::size_t head = std::string::npos;
    std::size_t length = 0;
    while (head == std::string::npos || in.size() < head + length) {
      char buffer[4096];
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) return {};
      in.append(buffer, static_cast<std::size_t>(got));
      if (head != std::string::npos || (head = in.find("\r\n\r\n")) == std::string::npos) continue;
      head += 4;
      std::string lower = in.substr(0, head);
      std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
      const std::size_t field = lower.find("content-length: ");
      length = field == std::string::npos ? 0 : std::stoul(lower.substr(field + 16));
    }
    return {.status = std::stoi(in.substr(9, 3)), .body = in.substr(head)};
  }

 private:
  int socket_;
  bool connected_ = false;
};

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof any;
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&any), size) == 0);
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&any), &size) == 0);
  ::close(socket);
  return ntohs(any.sin_port);
}

/// `lotse serve` as its own process, its output in a file.
class Server {
 public:
  Server(const fs::path& workspace, const fs::path& store, const fs::path& output) : port_(free_port()) {
    std::vector<std::string> words{
        test::lotse_program().string(), "serve", workspace.string(), "--store", store.string(), "--port",
        std::to_string(port_)};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    REQUIRE(posix_spawn(&process_, arguments[0], &actions, nullptr, arguments.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Server() {
    if (process_ > 0) end(SIGKILL);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool wait_until_ready() const {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < until) {
      Client client(port_);
      if (client.connected() && client.request("GET", "/readyz", "", "").status == 200) return true;
      if (::kill(process_, 0) != 0) return false;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }
  /// Its wait status.
  int end(int signal) {
    int status = 0;
    ::kill(process_, signal);
    REQUIRE(::waitpid(process_, &status, 0) == process_);
    process_ = 0;
    return status;
  }

 private:
  std::uint16_t port_;
  pid_t process_ = 0;
};

/// A count out of the answer to a batch.
std::uint64_t count_in(const std::string& body, std::string_view name) {
  const std::size_t at = body.find(fmt::format("\"{}\":", name));
  return at == std::string::npos ? 0 : std::stoull(body.substr(at + name.size() + 3));
}

/// One channel system: sends its batches in order, each until it has been acknowledged, over one connection.
struct Sender {
  std::vector<std::string> batches;
  std::vector<std::size_t> sizes;
  std::atomic<std::size_t> next = 0;  ///< the first one that is not acknowledged
  std::string wrong;                  ///< what broke the promise

  /// Until the server is gone, or all is acknowledged. Begins with the last one that was acknowledged before:
  /// it must be there.
  void run(std::uint16_t port, const std::string& token) {
    Client client(port);
    if (!client.connected()) return;
    if (next > 0) {
      const Client::Answer again = client.request("POST", "/v1/events", token, batches[next - 1]);
      if (again.status == 0) return;
      if (count_in(again.body, "duplicate") != sizes[next - 1])
        wrong = "acknowledged and lost: " + again.body;
    }
    while (next < batches.size()) {
      const Client::Answer answer = client.request("POST", "/v1/events", token, batches[next]);
      if (answer.status == 429) {
        std::this_thread::sleep_for(5ms);
        continue;
      }
      if (answer.status != 200) {
        if (answer.status != 0) wrong = fmt::format("{} {}", answer.status, answer.body);
        return;
      }
      ++next;
    }
  }
};

TEST_CASE("serve: killed 50 times under load, every acknowledged event counts once (P3)",
          "[end_to_end][kill]") {
  constexpr int rounds = 50;
  constexpr std::size_t senders_count = 4;
  const test::Folder folder;
  const fs::path workspace = folder / "workspace";
  const fs::path store = folder / "served.lotse";
  test::write_orders_workspace(workspace);
  const auto added = test::lotse(
      {"token", "add", "shop", "--role", "channel", "-w", workspace.string(), "--store", store.string()});
  INFO(added.err);
  REQUIRE(added.status == 0);
  const std::string token = added.out.substr(0, added.out.find('\n'));

  // Each sender has its own events, in its own order.
  const std::vector<std::string> lines = test::order_lines(40'000);
  std::vector<Sender> senders(senders_count);
  test::Dice dice(5);
  for (std::size_t begin = 0, i = 0; begin < lines.size(); ++i) {
    const std::size_t size =
        std::min(lines.size() - begin, 1 + dice(std::size_t{dice.one_in(4) ? 100U : 5U}));
    Sender& sender = senders[i % senders_count];
    const auto from = lines.begin() + static_cast<std::ptrdiff_t>(begin);
    sender.batches.push_back(
        fmt::format("{}\n", fmt::join(from, from + static_cast<std::ptrdiff_t>(size), "\n")));
    sender.sizes.push_back(size);
    begin += size;
  }

  int rounds_with_load = 0;
  for (int round = 0; round < rounds; ++round) {
    Server server(workspace, store, folder / "served.txt");
    REQUIRE(server.wait_until_ready());
    const auto acknowledged = [&] {
      std::size_t sum = 0;
      for (const Sender& sender : senders) sum += sender.next;
      return sum;
    };
    const std::size_t before = acknowledged();
    std::vector<std::jthread> threads;
    for (Sender& sender : senders) {
      threads.emplace_back([&sender, &server, &token] { sender.run(server.port(), token); });
    }
    // By progress, not by time: on a busy machine nothing may happen for a while.
    const std::size_t enough = before + 1 + dice(std::size_t{25});
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (acknowledged() < enough && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(500us);
    }
    CHECK(WIFSIGNALED(server.end(SIGKILL)));
    threads.clear();
    for (const Sender& sender : senders) REQUIRE(sender.wrong.empty());
    bool left = false;
    for (const Sender& sender : senders) left |= sender.next < sender.batches.size();
    rounds_with_load += acknowledged() > before && left ? 1 : 0;
  }
  std::cout << fmt::format("killed {} times, {} of them in the middle of the load\n", rounds,
                           rounds_with_load);
  CHECK(rounds_with_load >= rounds / 2);

  Server server(workspace, store, folder / "served.txt");
  REQUIRE(server.wait_until_ready());
  for (Sender& sender : senders) {
    sender.next = 0;
    sender.run(server.port(), token);
    CHECK(sender.wrong.empty());
    CHECK(sender.next == sender.batches.size());
  }
  CHECK(WEXITSTATUS(server.end(SIGTERM)) == 0);

  test::write_file(folder / "log.ndjson", fmt::format("{}\n", fmt::join(lines, "\n")));
  const auto ingested = test::lotse({"ingest", (folder / "log.ndjson").string(), "-w", workspace.string(),
                                     "--store", (folder / "ingested.lotse").string()});
  INFO(ingested.err);
  REQUIRE(ingested.status == 0);
  const Moment then{.as_of = Instant(std::chrono::hours(24 * 24'000))};
  const test::StoreDump expected = test::dump(workspace, folder / "ingested.lotse", then).value();
  const test::StoreDump served = test::dump(workspace, store, then).value();
  CHECK(served.counts.events == expected.counts.events);
  CHECK(served.counts.customers == expected.counts.customers);
  CHECK(served.counts.identifiers == expected.counts.identifiers);
  CHECK((served.states == expected.states));
}

}  // namespace
}  // namespace lotse
