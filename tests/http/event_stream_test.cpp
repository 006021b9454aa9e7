#include <fmt/core.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "tests/http/client.hpp"

namespace lotse::http::testing {
namespace {

using namespace std::chrono_literals;

/// Keeps the streams that clients have opened.
class Streams {
 public:
  [[nodiscard]] Route route(Work work = Work::io) {
    return {
        .method = "GET",
        .pattern = "/changes/{kind}",
        .work = work,
        .stream = [this](const std::shared_ptr<const Request>& request, std::shared_ptr<EventStream> stream) {
          const std::lock_guard lock(mutex_);
          seen_ += request->parameters.at("kind") + std::string(request->post.query->find("q").value_or(""));
          streams_.push_back(std::move(stream));
        }};
  }
  std::shared_ptr<EventStream> wait() {
    for (int i = 0; i < 5000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (!streams_.empty()) {
          auto last = streams_.back();
          streams_.pop_back();
          return last;
        }
      }
      std::this_thread::sleep_for(1ms);
    }
    FAIL("no stream was opened");
    return {};
  }
  std::string seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<EventStream>> streams_;
  std::string seen_;
};

bool closes(const EventStream& stream) {
  for (int i = 0; i < 5000 && !stream.closed(); ++i) std::this_thread::sleep_for(1ms);
  return stream.closed();
}

TEST_CASE("event stream: events arrive in order, as they are sent", "[http][stream]") {
  Streams streams;
  const auto server = serve({streams.route(GENERATE(Work::io, Work::reader))});
  Client client(server->port());
  client.send(get("/changes/all?q=1"));
  auto stream = streams.wait();

  const auto head = client.receive();
  CHECK(stream->send("move", R"({"to":"paid"})"));
  CHECK(client.receive_until("\n\n") == "event: move\ndata: {\"to\":\"paid\"}\n\n");
  CHECK(stream->send("a\nid: 1", "two\nlines\r\nand one\r"));
  CHECK(stream->send("", ""));
  CHECK(client.receive_until("data: \n\ndata: \n\n") ==
        "event: a\ndata: two\ndata: lines\ndata: and one\ndata: \n\ndata: \n\n");
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) CHECK(stream->send("n", std::to_string(i)));
  });
  for (int i = 0; i < 1000; ++i)
    REQUIRE(client.receive_until("\n\n") == fmt::format("event: n\ndata: {}\n\n", i));
  other.join();

  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(head->header("content-type") == "text/event-stream");
  CHECK(head->header("cache-control") == "no-store");
  CHECK(head->header("content-length").empty());
  CHECK(streams.seen() == "all1");
}

TEST_CASE("event stream: it ends when the handler lets go of it, behind all that was sent",
          "[http][stream]") {
  Streams streams;
  const auto server = serve({streams.route()});
  Client client(server->port());
  client.send(get("/changes/all"));
  auto stream = streams.wait();

  CHECK(stream->send("last", "1"));
  stream.reset();

  CHECK(client.receive_until("data: 1\n\n").ends_with("event: last\ndata: 1\n\n"));
  CHECK(client.closed());
}

TEST_CASE("event stream: a client that goes is noticed", "[http][stream]") {
  Streams streams;
  const auto server = serve({streams.route()});
  std::shared_ptr<EventStream> stream;
  {
    Client client(server->port());
    client.send(get("/changes/all"));
    stream = streams.wait();
    CHECK_FALSE(stream->closed());
  }

  CHECK(closes(*stream));
  CHECK_FALSE(stream->send("a", "b"));
}

TEST_CASE("event stream: silence is filled with comments", "[http][stream]") {
  ServerOptions options = quick_options();
  options.stream_keep_alive = 100ms;
  Streams streams;
  const auto server = serve({streams.route()}, options);
  Client client(server->port());
  client.send(get("/changes/all"));
  const auto stream = streams.wait();
  REQUIRE(client.receive());

  CHECK(client.receive_until(":\n\n") == ":\n\n");
  CHECK(client.receive_until(":\n\n") == ":\n\n");
  CHECK(stream->send("a", "b"));
  CHECK(client.receive_until("data: b\n\n").ends_with("event: a\ndata: b\n\n"));
}

TEST_CASE("event stream: a client that does not read is dropped, and memory stays bounded",
          "[http][stream]") {
  ServerOptions options = quick_options();
  options.stream_bytes_max = 100'000;
  Streams streams;
  const auto server = serve({streams.route()}, options);
  Client client(server->port());
  client.receive_little();
  client.send(get("/changes/all"));
  const auto stream = streams.wait();
  const std::string event(10'000, 'x');

  int sent = 0;
  while (sent < 100'000 && stream->send("a", event)) ++sent;

  CHECK(sent < 100'000);
  CHECK(stream->closed());
}

TEST_CASE("event stream: a stop ends it", "[http][stream]") {
  Streams streams;
  auto server = serve({streams.route()});
  Client client(server->port());
  client.send(get("/changes/all"));
  const auto stream = streams.wait();
  CHECK(stream->send("a", "b"));

  const auto before = std::chrono::steady_clock::now();
  server->stop();

  CHECK(std::chrono::steady_clock::now() - before < 3s);
  CHECK(client.receive_until("data: b\n\n").ends_with("event: a\ndata: b\n\n"));
  CHECK(client.closed());
  CHECK_FALSE(stream->send("a", "b"));
}

TEST_CASE("event stream: HEAD begins none", "[http][stream]") {
  Streams streams;
  const auto server = serve({streams.route()});
  Client client(server->port());

  client.send("HEAD /changes/all HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.receive(true);

  REQUIRE(head);
  CHECK(head->header("content-type") == "text/event-stream");
  CHECK(streams.seen().empty());
}

TEST_CASE("event stream: it takes a token where the route says so", "[http][stream]") {
  Streams streams;
  Route route = streams.route();
  route.permission = Permission::read_reports;
  const auto server = serve({route});
  Client client(server->port());

  const auto refused = client.ask(get("/changes/all"));
  client.send(get("/changes/all", "Authorization: Bearer admin-token\r\n"));
  const auto taken = client.receive();

  REQUIRE((refused && taken));
  CHECK(refused->status == 401);
  CHECK(taken->status == 200);
}

}  // namespace
}  // namespace lotse::http::testing
