#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "tests/http/client.hpp"

namespace lotse::http::testing {
namespace {

/// `POST /in`: the key is the header `x-key`, or else the body; what is refused is refused as 400 in words of
/// its own.
Route keyed(int& asked) {
  Route route = echo();
  route.pattern = "/in";
  route.body_bytes_max = 100'000;
  route.admit = [&asked](const Post& post, bool whole) -> Admission {
    ++asked;
    const auto key = post.headers->find("x-key");
    if (!key && !whole) return std::nullopt;
    if (auto who = known_tokens(key.value_or(post.body))) return who;
    return tl::make_unexpected(Response{.status = 401, .body = "nobody"});
  };
  route.refuse = [](const Request& request, const Fault& fault) {
    return Response{.status = 400,
                    .body = fmt::format("{} {}: {}", request.post.path, fault.status, fault.reason)};
  };
  return route;
}

std::string announced(std::string_view length, std::string_view headers) {
  return fmt::format("POST /in HTTP/1.1\r\nHost: a\r\n{}\r\n{}\r\n", length, headers);
}

}  // namespace

TEST_CASE("admission: who is not let in by the head is told so before the body has come", "[http]") {
  int asked = 0;
  const auto server = serve({keyed(asked)});
  const auto* length = GENERATE("Content-Length: 90000", "Transfer-Encoding: chunked",
                                "Content-Length: 5\r\nExpect: 100-continue");
  CAPTURE(length);
  Client client(server->port());

  const auto received = client.ask(announced(length, "X-Key: wrong\r\n"));

  REQUIRE(received);
  CHECK(received->status == 401);
  CHECK(received->body == "nobody");
  CHECK(asked == 1);
}

TEST_CASE("admission: a key in the body is looked for once it is there, and its owner told to the log",
          "[http]") {
  int asked = 0;
  std::mutex mutex;
  std::vector<std::string> names;
  const auto finished = [&](const Finished& request) {
    const std::lock_guard lock(mutex);
    names.emplace_back(request.who);
  };
  const auto server =
      serve({keyed(asked)}, quick_options(), {.authenticate = known_tokens, .finished = finished});
  {
    Client client(server->port());

    const auto by_body = client.ask(post("/in", "channel-token"));
    const auto wrong = client.ask(post("/in", "something"));
    const auto by_head = client.ask(post("/in", "something", "X-Key: admin-token\r\n"));
    const auto none = client.ask(post("/in", ""));

    REQUIRE((by_body && wrong && by_head && none));
    CHECK(by_body->status == 200);
    CHECK(wrong->status == 401);
    CHECK(by_head->status == 200);
    CHECK(none->status == 401);
  }
  server->stop();

  CHECK(asked == 7);
  const std::lock_guard lock(mutex);
  CHECK(names == std::vector<std::string>{"shop", "", "ops", ""});
}

TEST_CASE("admission: a body that is not taken is refused in the route's own form", "[http]") {
  struct Row {
    const char* why;
    std::string request;
    const char* body;
  };
  const std::string key = "X-Key: channel-token\r\n";
  const auto row = GENERATE_COPY(
      Row{"announced too large", announced("Content-Length: 100001", key), "/in 413: Body too large"},
      Row{"found too large in chunks",
          announced("Transfer-Encoding: chunked", key) + "186a1\r\n" + std::string(100'001, 'x') + "\r\n",
          "/in 413: Body too large"},
      Row{"no chunk", announced("Transfer-Encoding: chunked", key) + "zz\r\n", "/in 400: Malformed request"},
      Row{"an unknown encoding", announced("Content-Length: 1", key + "Content-Encoding: br\r\n") + "x",
          "/in 415: Unknown content encoding"},
      Row{"no gzip", announced("Content-Length: 1", key + "Content-Encoding: gzip\r\n") + "x",
          "/in 400: Malformed body"});
  CAPTURE(row.why);
  int asked = 0;
  const auto server = serve({keyed(asked)});
  Client client(server->port());

  const auto received = client.ask(row.request);

  REQUIRE(received);
  CHECK(received->status == 400);
  CHECK(received->body == row.body);
}

}  // namespace lotse::http::testing
