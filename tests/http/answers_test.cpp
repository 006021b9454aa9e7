#include <fmt/core.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "channels/http/inflater.hpp"
#include "tests/http/client.hpp"

namespace lotse::http::testing {
namespace {

using namespace std::chrono_literals;

Route answering(std::string method, std::string pattern, Response response) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .work = Work::io,
          .handle = [response](const auto& /*request*/, const Answer& answer) { answer(response); }};
}

TEST_CASE("answers: whoever may is let in, nobody else", "[http][answers]") {
  Route reads = answering("GET", "/reads", {.body = "{}"});
  reads.permission = Permission::administer;
  Route posts = answering("POST", "/posts", {.body = "{}"});
  posts.permission = Permission::post_events;
  const auto server = serve({reads, posts, answering("GET", "/open", {.body = "{}"})});
  struct Row {
    const char* why;
    const char* request;
    const char* authorization;
    unsigned status;
    const char* challenge;
  };
  const auto row = GENERATE(
      Row{"no token", "GET /reads", "", 401, R"(Bearer realm="lotse")"},
      Row{"an unknown token", "GET /reads", "Authorization: Bearer nobody\r\n", 401,
          R"(Bearer realm="lotse", error="invalid_token")"},
      Row{"an unknown scheme", "GET /reads", "Authorization: Digest admin-token\r\n", 401,
          R"(Bearer realm="lotse")"},
      Row{"no token behind the scheme", "GET /reads", "Authorization: Bearer \r\n", 401,
          R"(Bearer realm="lotse")"},
      Row{"a token that may not", "GET /reads", "Authorization: Bearer channel-token\r\n", 403, ""},
      Row{"a token that may", "GET /reads", "Authorization: Bearer admin-token\r\n", 200, ""},
      Row{"the scheme's case does not matter", "GET /reads", "authorization: bEARER  admin-token\r\n", 200,
          ""},
      Row{"as the user of Basic", "POST /posts", "Authorization: Basic Y2hhbm5lbC10b2tlbjo=\r\n", 200, ""},
      Row{"as the user of Basic, with a password", "POST /posts",
          "Authorization: Basic Y2hhbm5lbC10b2tlbjpw\r\n", 200, ""},
      Row{"Basic that is no base64", "POST /posts", "Authorization: Basic ?\r\n", 401,
          R"(Bearer realm="lotse")"},
      Row{"an open route asks nobody", "GET /open", "", 200, ""},
      Row{"an open route asks nobody, whoever it is", "GET /open", "Authorization: Bearer nobody\r\n", 200,
          ""});
  CAPTURE(row.why);
  Client client(server->port());

  const auto received =
      client.ask(fmt::format("{} HTTP/1.1\r\nHost: a\r\n{}\r\n", row.request, row.authorization));

  REQUIRE(received);
  CHECK(received->status == row.status);
  CHECK(received->header("www-authenticate") == row.challenge);
  CHECK((received->body.find("the role `admin` may do this; this one is of `channel`") !=
         std::string::npos) == (row.status == 403));
  CHECK((received->head + received->body).find("nobody") == std::string::npos);
  CHECK((received->head + received->body).find("-token") == std::string::npos);
}

TEST_CASE("answers: a handler sees the whole request", "[http][answers]") {
  Route route{.method = "PUT",
              .pattern = "/v1/{kind}/{id}",
              .permission = Permission::post_events,
              .work = GENERATE(Work::io, Work::reader),
              .handle = [](const std::shared_ptr<const Request>& request, const Answer& answer) {
                const Post& post = request->post;
                std::string seen = fmt::format("{} {}\n", post.method, post.path);
                for (const auto& [name, value] : request->parameters)
                  seen += fmt::format("{}={}\n", name, value);
                for (const auto& [name, value] : post.headers->with_prefix("x-"))
                  seen += fmt::format("{}: {}\n", name, value);
                for (const auto& [name, value] : post.query->with_prefix(""))
                  seen += fmt::format("?{}={}\n", name, value);
                seen += fmt::format("{} {} {}\n", post.headers->find("content-type").value_or("none"),
                                    post.headers->find("X-Nothing").has_value(),
                                    post.query->find("b").value_or("none"));
                seen +=
                    fmt::format("{} {}\n{}", request->who->name, request->who->channels.size(), post.body);
                answer({.content_type = "text/plain", .body = seen});
              }};
  const auto server = serve({route});
  Client client(server->port());

  const auto received = client.ask(
      "PUT /v1/a%20b/c%2fd?a=%41+1&b&c=%zz&&d==e HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
      "channel-token\r\n"
      "X-One:  1 \r\nContent-Type: text/plain\r\nx-two:\r\nContent-Length: 4\r\n\r\nbody");

  REQUIRE(received);
  CHECK(received->body ==
        "PUT /v1/a%20b/c%2fd\nid=c/d\nkind=a b\nx-one: 1\nx-two: \n?a=A 1\n?b=\n?c=%zz\n?d==e\n"
        "text/plain false \nshop 1\nbody");
}

TEST_CASE("answers: what is not there is told apart from what is done otherwise", "[http][answers]") {
  const auto server =
      serve({answering("GET", "/a", {.body = "a"}), answering("POST", "/b/{id}", {.body = "b"})});
  Client client(server->port());

  const auto nowhere = client.ask(get("/c?token=secret"));
  const auto otherwise = client.ask("PUT /b/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto unknown_method = client.ask("BREW /a HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto escape = client.ask(post("/b/%4", ""));
  const auto options = client.ask("OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto star = client.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");

  REQUIRE((nowhere && otherwise && unknown_method && escape && options && star));
  CHECK(nowhere->status == 404);
  CHECK(nowhere->body ==
        R"({"type":"about:blank","title":"Not found","status":404,"detail":"there is nothing at this path"})"
        "\n");
  CHECK(otherwise->status == 405);
  CHECK(otherwise->header("allow") == "OPTIONS, POST");
  CHECK(unknown_method->status == 405);
  CHECK(escape->status == 400);
  CHECK(options->status == 204);
  CHECK(options->header("allow") == "GET, HEAD, OPTIONS");
  CHECK(star->status == 204);
}

TEST_CASE("answers: headers say what an answer is and who may keep it", "[http][answers]") {
  Response own{.content_type = "text/css", .body = "b {}"};
  own.headers = {{"Cache-Control", "max-age=60"}, {"Content-Length", "1"}, {"X-Split", "a\r\nX-Evil: b"}};
  Response tagged{.body = "{}"};
  tagged.headers = {{"ETag", "\"v1\""}};
  const auto server = serve({answering("GET", "/plain", {.body = "{}"}), answering("GET", "/own", own),
                             answering("GET", "/tagged", tagged),
                             answering("GET", "/none", {.status = 204, .content_type = {}, .body = {}})});
  Client client(server->port());

  const auto plain = client.ask(get("/plain"));
  const auto kept = client.ask(get("/own"));
  const auto etag = client.ask(get("/tagged"));
  const auto none = client.ask(get("/none"));

  REQUIRE((plain && kept && etag && none));
  CHECK(plain->header("content-type") == "application/json");
  CHECK(plain->header("content-length") == "2");
  CHECK(plain->header("x-content-type-options") == "nosniff");
  CHECK(plain->header("cache-control") == "no-store");
  CHECK(plain->header("date").ends_with(" GMT"));
  CHECK(plain->header("server").empty());
  CHECK(kept->header("cache-control") == "max-age=60");
  CHECK(kept->body == "b {}");
  CHECK(kept->header("x-evil").empty());
  CHECK(etag->header("cache-control") == "private, no-cache");
  CHECK(none->header("content-length").empty());
  CHECK(none->header("content-type").empty());
}

TEST_CASE("answers: HEAD has the head alone", "[http][answers]") {
  const auto server = serve({answering("GET", "/a", {.body = std::string(100'000, 'x')})});
  Client client(server->port());

  client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n" + get("/a"));

  const auto head = client.receive(true);
  const auto whole = client.receive();
  REQUIRE((head && whole));
  CHECK(head->header("content-length") == "100000");
  CHECK(whole->body.size() == 100'000);
}

TEST_CASE("answers: what the client has already is not sent again", "[http][answers]") {
  Response tagged{.body = "{}"};
  tagged.headers = {{"ETag", "\"v1\""}};
  const auto server = serve({answering("GET", "/a", tagged)});
  struct Row {
    const char* tags;
    unsigned status;
  };
  const auto row = GENERATE(Row{"\"v1\"", 304}, Row{"\"v0\", W/\"v1\"", 304}, Row{"*", 304},
                            Row{"\"v2\"", 200}, Row{"", 200});
  CAPTURE(row.tags);
  Client client(server->port());

  const auto received = client.ask(get("/a", fmt::format("If-None-Match: {}\r\n", row.tags)));
  const auto after = client.ask(get("/a"));

  REQUIRE((received && after));
  CHECK(received->status == row.status);
  CHECK(received->header("etag") == "\"v1\"");
  CHECK(received->body == (row.status == 200 ? "{}" : ""));
  CHECK(after->status == 200);
}

TEST_CASE("answers: large text goes compressed to clients that take it", "[http][answers][gzip]") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += fmt::format(R"({{"n":{}}})", i);
  Response tagged{.body = text};
  tagged.headers = {{"ETag", "\"v1\""}};
  Route reader = answering("GET", "/large", tagged);
  reader.work = Work::reader;
  Route small = answering("GET", "/small", {.body = "{}"});
  small.work = Work::reader;
  Route picture = answering("GET", "/picture", {.content_type = "image/png", .body = text});
  picture.work = Work::reader;
  const auto server = serve({reader, small, picture});
  struct Row {
    const char* path;
    const char* accepts;
    bool compressed;
  };
  const auto row = GENERATE(Row{"/large", "gzip", true}, Row{"/large", "br, GZIP;q=0.5", true},
                            Row{"/large", "gzip;q=0", false}, Row{"/large", "gzip; q=0.0, br", false},
                            Row{"/large", "br", false}, Row{"/large", "", false},
                            Row{"/small", "gzip", false}, Row{"/picture", "gzip", false});
  CAPTURE(row.path, row.accepts);
  Client client(server->port());

  const auto received = client.ask(get(row.path, fmt::format("Accept-Encoding: {}\r\n", row.accepts)));

  REQUIRE(received);
  CHECK(received->header("content-encoding") == (row.compressed ? "gzip" : ""));
  if (!row.compressed) return;
  CHECK(received->body.size() < text.size() / 3);
  CHECK(received->header("vary") == "Accept-Encoding");
  CHECK(received->header("etag") == "W/\"v1\"");
  Buffer inflated;
  REQUIRE(Inflater().inflate(received->body, inflated, text.size()) == Inflater::Outcome::done);
  CHECK(inflated.view() == text);
  const auto known = client.ask(
      get(row.path, fmt::format("Accept-Encoding: gzip\r\nIf-None-Match: {}\r\n", received->header("etag"))));
  REQUIRE(known);
  CHECK(known->status == 304);
}

TEST_CASE("answers: pages of other origins may use the routes that are for browsers",
          "[http][answers][cors]") {
  Route intake = answering("POST", "/v1/t", {.status = 429, .body = "{}"});
  intake.browsers = true;
  Route events = answering("POST", "/v1/events", {.body = "{}"});
  events.browsers = true;
  Route handshake = answering("OPTIONS", "/v1/events", {.body = "hook"});
  Route inside = answering("GET", "/v1/customers", {.body = "{}"});
  ServerOptions options = quick_options();
  const bool listed = GENERATE(false, true);
  if (listed) options.cors_origins = {"https://shop.example"};
  const auto server = serve({intake, events, handshake, inside}, options);
  Client client(server->port());
  const std::string origin = "Origin: https://shop.example\r\n";
  const std::string preflight =
      "OPTIONS {} HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Method: "
      "{}\r\n"
      "Access-Control-Request-Headers: content-type,ce-id,ce-ev<il,rsa-retry-attempt,rsa-,x-other\r\n\r\n";

  const auto asked = client.ask(fmt::format(fmt::runtime(preflight), "/v1/t", "POST"));
  const auto posted = client.ask(post("/v1/t", "{}", origin));
  const auto without = client.ask(post("/v1/t", "{}"));
  const auto inner = client.ask(fmt::format(fmt::runtime(preflight), "/v1/customers", "GET"));
  const auto inner_got = client.ask(get("/v1/customers", origin));
  const auto hook = client.ask("OPTIONS /v1/events HTTP/1.1\r\nHost: a\r\nWebHook-Request-Origin: a\r\n\r\n");
  const auto hook_preflight = client.ask(fmt::format(fmt::runtime(preflight), "/v1/events", "POST"));
  const auto other = client.ask(post("/v1/t", "{}", "Origin: https://other.example\r\n"));

  REQUIRE((asked && posted && without && inner && inner_got && hook && hook_preflight && other));
  const std::string allowed = listed ? "https://shop.example" : "*";
  CHECK(asked->status == 204);
  CHECK(asked->header("access-control-allow-origin") == allowed);
  CHECK(asked->header("access-control-allow-methods") == "OPTIONS, POST");
  CHECK(asked->header("access-control-allow-headers") ==
        "authorization,content-type,content-encoding,x-retry-count,x-write-key,anonymousid,sentat,"
        "idempotency-key,"
        "traceparent,ce-id,rsa-retry-attempt");
  CHECK(asked->header("access-control-max-age") == "7200");
  CHECK(posted->status == 429);
  CHECK(posted->header("access-control-allow-origin") == allowed);
  CHECK(posted->header("access-control-expose-headers") == "Retry-After");
  CHECK(posted->header("vary") == (listed ? "Origin" : ""));
  CHECK(without->header("access-control-allow-origin").empty());
  CHECK(inner->status == 204);
  CHECK(inner->header("access-control-allow-origin").empty());
  CHECK(inner->header("access-control-allow-headers").empty());
  CHECK(inner_got->header("access-control-allow-origin").empty());
  CHECK(hook->body == "hook");
  CHECK(hook_preflight->status == 204);
  CHECK(hook_preflight->header("access-control-allow-origin") == allowed);
  CHECK(other->header("access-control-allow-origin") == (listed ? "" : "*"));
}

TEST_CASE("answers: a fault in a handler is a 500 that tells nothing", "[http][answers]") {
  struct Row {
    const char* why;
    std::function<void(std::shared_ptr<const Request>, Answer)> handle;
  };
  const auto row =
      GENERATE(Row{"it throws", [](const auto&, const auto&) { throw std::runtime_error("secret"); }},
               Row{"it forgets to answer", [](const auto&, const auto&) {}});
  CAPTURE(row.why);
  const auto work = GENERATE(Work::io, Work::reader);
  Route route = answering("GET", "/a", {});
  route.work = work;
  route.handle = row.handle;
  const auto server = serve({route, answering("GET", "/b", {.body = "b"})});
  Client client(server->port());

  const auto received = client.ask(get("/a"));
  const auto after = client.ask(get("/b"));

  REQUIRE((received && after));
  CHECK(received->status == 500);
  CHECK(received->body.find("secret") == std::string::npos);
  CHECK(after->body == "b");
}

TEST_CASE("answers: a second answer to a request is ignored", "[http][answers]") {
  Route route = answering("GET", "/a", {});
  route.handle = [](const std::shared_ptr<const Request>& /*request*/, const Answer& answer) {
    answer({.body = "first"});
    answer({.body = "second"});
    std::thread([answer] { answer({.body = "third"}); }).join();
  };
  const auto server = serve({route});
  Client client(server->port());

  for (int i = 0; i < 20; ++i) CHECK(client.ask(get("/a"))->body == "first");
}

TEST_CASE("answers: the log learns the pattern, never the path", "[http][answers]") {
  std::mutex mutex;
  std::vector<std::string> seen;
  const auto note = [&](const Finished& finished) {
    const std::lock_guard lock(mutex);
    seen.push_back(
        fmt::format("{} {} {} {}", finished.method, finished.route, finished.status, finished.who));
    CHECK(finished.seconds >= 0);
    CHECK(finished.seconds < 10);
    CHECK(finished.bytes_out > 0);
    CHECK(finished.bytes_in > 0);
  };
  Route one = answering("GET", "/v1/customers/{id}", {.body = "{}"});
  one.permission = Permission::administer;
  auto server = serve({one}, quick_options(), {.authenticate = known_tokens, .finished = note});
  {
    Client client(server->port());
    const std::string admin = "Authorization: Bearer admin-token\r\n";

    REQUIRE(client.ask(get("/v1/customers/ada", admin)));
    REQUIRE(client.ask(get("/v1/customers/ada")));
    REQUIRE(client.ask(get("/ada", admin)));
    REQUIRE(client.ask("ADA /v1/customers/ada HTTP/1.1\r\nHost: a\r\n\r\n"));
    REQUIRE(client.ask("ADA\n"));
  }
  server->stop();

  CHECK(seen == std::vector<std::string>{"GET /v1/customers/{id} 200 ops", "GET /v1/customers/{id} 401 ",
                                         "GET  404 ", "other  405 ", "other  400 "});
}

}  // namespace
}  // namespace lotse::http::testing
