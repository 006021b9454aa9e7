#include <fmt/core.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/http/client.hpp"
#include "tests/support/dice.hpp"

namespace lotse::http::testing {
namespace {

using namespace std::chrono_literals;
using test::Dice;

TEST_CASE("server: what it cannot listen at, it says", "[http][server]") {
  ServerOptions options = quick_options();
  const auto running = serve({echo()}, options);

  options.port = running->port();
  const auto taken = Server::start(options, {echo()}, {.authenticate = known_tokens});
  options.address = "localhost";
  const auto no_address = Server::start(options, {echo()}, {.authenticate = known_tokens});

  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::unavailable);
  CHECK(taken.error().message ==
        fmt::format("cannot listen at 127.0.0.1 port {}: Address already in use", running->port()));
  REQUIRE_FALSE(no_address);
  CHECK(no_address.error().code == ErrorCode::bad_input);
}

TEST_CASE("server: many clients on several threads each get their own answers", "[http][server]") {
  Route elsewhere = echo();
  elsewhere.pattern = "/elsewhere";
  elsewhere.work = Work::reader;
  const auto server = serve({echo(), elsewhere});
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;

  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<std::unique_ptr<Client>> clients;
      for (int c = 0; c < 8; ++c) clients.push_back(std::make_unique<Client>(server->port()));
      for (int i = 0; i < 50; ++i) {
        for (std::size_t c = 0; c < clients.size(); ++c) {
          clients[c]->send(post(i % 2 == 0 ? "/echo" : "/elsewhere", fmt::format("{}-{}-{}", t, c, i)));
        }
        for (std::size_t c = 0; c < clients.size(); ++c) {
          const auto received = clients[c]->receive();
          right += received && received->body == fmt::format("{}-{}-{}", t, c, i) ? 1 : 0;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  CHECK(right == 4 * 8 * 50);
}

TEST_CASE("server: a stop lets the open request finish, and nothing new begin", "[http][server]") {
  std::atomic<bool> begun = false;
  Route slow = echo();
  slow.work = Work::reader;
  slow.handle = [&](const std::shared_ptr<const Request>& /*request*/, const Answer& answer) {
    begun = true;
    std::this_thread::sleep_for(300ms);
    answer({.body = "done"});
  };
  auto server = serve({slow});
  const std::uint16_t port = server->port();
  Client idle(port);
  Client open(port);
  open.send(post("/echo", ""));
  while (!begun) std::this_thread::sleep_for(1ms);

  std::thread stopping([&] { server->stop(); });
  const bool idle_closed = idle.closed();
  const auto received = open.receive();
  const bool open_closed = open.closed();
  stopping.join();

  CHECK(idle_closed);
  REQUIRE(received);
  CHECK(received->body == "done");
  CHECK(received->header("connection") == "close");
  CHECK(open_closed);
  const auto again = Server::start({.port = port}, {echo()}, {.authenticate = known_tokens});
  CHECK(again);  // the port is free
}

TEST_CASE("server: a request that is never answered does not hold a stop beyond its time", "[http][server]") {
  ServerOptions options = quick_options();
  options.drain_timeout = 200ms;
  std::vector<Answer> kept;
  std::vector<std::shared_ptr<const Request>> requests;
  Route never = echo();
  std::atomic<int> begun = 0;
  never.handle = [&](std::shared_ptr<const Request> request, Answer answer) {
    kept.push_back(std::move(answer));
    requests.push_back(std::move(request));
    ++begun;
  };
  options.io_threads = 1;
  auto server = serve({never}, options);
  Client client(server->port());
  client.send(post("/echo", "a body"));
  while (begun < 1) std::this_thread::sleep_for(1ms);

  const auto before = std::chrono::steady_clock::now();
  server->stop();
  const auto took = std::chrono::steady_clock::now() - before;
  server.reset();

  CHECK(took >= 190ms);
  CHECK(took < 5s);
  CHECK(client.closed());
  CHECK(requests.front()->post.body == "a body");  // lives as long as it is held
  kept.front()({.body = "too late"});              // and a late answer goes nowhere
}

TEST_CASE("server: whatever bytes come, it goes on answering", "[http][server][property]") {
  ServerOptions options = quick_options();
  options.header_timeout = 300ms;
  options.body_timeout = 300ms;
  const auto server = serve({echo()}, options);
  const std::vector<std::string> words = {"GET ",
                                          "POST ",
                                          "/echo",
                                          " HTTP/1.1",
                                          " HTTP/1.0",
                                          "\r\n",
                                          "\r\n\r\n",
                                          "\n",
                                          "\r",
                                          "Host: a",
                                          "Content-Length: ",
                                          "Transfer-Encoding: ",
                                          "chunked",
                                          "5",
                                          "0",
                                          "ffffffffffffffff",
                                          ":",
                                          " ",
                                          "Expect: 100-continue",
                                          "Connection: close",
                                          "Content-Encoding: gzip",
                                          "\x1f\x8b\x08",
                                          "hello",
                                          "%",
                                          "?",
                                          "\t",
                                          "OPTIONS ",
                                          "*",
                                          "If-None-Match: ",
                                          "Origin: x",
                                          "http://",
                                          "HEAD "};
  const std::uint64_t seed = GENERATE(take(20, random<std::uint64_t>(0, UINT64_MAX)));
  INFO("seed " << seed);
  Dice dice(seed);

  for (int i = 0; i < 20; ++i) {
    std::string bytes;
    if (dice.one_in(2)) bytes = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    const std::uint64_t length = dice(60U);
    for (std::uint64_t k = 0; k < length; ++k) {
      if (dice.one_in(4)) {
        bytes += static_cast<char>(dice(256U));
      } else {
        bytes += words[dice(words.size())];
      }
    }
    Client client(server->port());
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const std::size_t piece = 1 + dice(rest.size());
      client.send(rest.substr(0, piece));
      rest.remove_prefix(piece);
    }
    if (dice.one_in(2)) client.end();
  }

  Client client(server->port());
  const auto received = client.ask(post("/echo", "still here"));
  REQUIRE(received);
  CHECK(received->body == "still here");
}

}  // namespace
}  // namespace lotse::http::testing
