#include <fmt/core.h>
#include <zlib.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/http/client.hpp"

namespace lotse::http::testing {
namespace {

using namespace std::chrono_literals;

ServerOptions small() {
  ServerOptions options = quick_options();
  options.header_bytes_max = 10'000;
  options.body_bytes_max = 100'000;
  return options;
}

/// Counts what reaches the handler.
Route counting(std::atomic<int>& calls) {
  Route route = echo();
  route.handle = [&calls](const std::shared_ptr<const Request>& request, const Answer& answer) {
    ++calls;
    answer({.body = std::to_string(request->post.body.size())});
  };
  return route;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_CASE("limits: a body that is announced too large is refused before it is sent", "[http][limits]") {
  std::atomic<int> calls = 0;
  const auto server = serve({counting(calls)}, small());
  const auto* expect = GENERATE("", "Expect: 100-continue\r\n");
  const auto* length = GENERATE("100001", "10000000000", "18446744073709551615");
  CAPTURE(expect, length);
  Client client(server->port());

  const auto received = client.ask(
      fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n{}\r\n", length, expect));

  REQUIRE(received);
  CHECK(received->status == 413);
  CHECK(received->header("connection") == "close");
  CHECK(received->body == fmt::format(R"({{"type":"about:blank","title":"Body too large","status":413,)"
                                      R"("detail":"{} bytes; at most 100000 are taken"}})"
                                      "\n",
                                      length));
  client.end();
  CHECK(client.closed());
  CHECK(calls == 0);
}

TEST_CASE("limits: the answer reaches a client that goes on sending a body too large", "[http][limits]") {
  std::atomic<int> calls = 0;
  const auto server = serve({counting(calls)}, small());
  Client client(server->port());

  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  client.send(std::string(1'000'000, 'x'));

  const auto received = client.receive();
  REQUIRE(received);
  CHECK(received->status == 413);
  CHECK(calls == 0);
}

TEST_CASE("limits: a body of the largest size is taken, one byte more is not", "[http][limits]") {
  std::atomic<int> calls = 0;
  const auto server = serve({counting(calls)}, small());
  const bool chunked = GENERATE(false, true);
  const bool compressed = GENERATE(false, true);
  const std::size_t size = GENERATE(100'000U, 100'001U);
  CAPTURE(chunked, compressed, size);
  const std::string body = compressed ? gzipped(std::string(size, 'x')) : std::string(size, 'x');
  const std::string coding = compressed ? "Content-Encoding: gzip\r\n" : "";
  Client client(server->port());

  const auto received =
      client.ask(chunked ? fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\n{}Transfer-Encoding: "
                                       "chunked\r\n\r\n10\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                                       coding, body.substr(0, 16), body.size() - 16, body.substr(16))
                         : post("/echo", body, coding));

  REQUIRE(received);
  CHECK(received->status == (size == 100'000 ? 200 : 413));
  CHECK(calls == (size == 100'000 ? 1 : 0));
  if (size == 100'000) CHECK(received->body == "100000");
}

TEST_CASE("limits: a route may take less than the server", "[http][limits]") {
  std::atomic<int> calls = 0;
  Route less = counting(calls);
  less.body_bytes_max = 10;
  const auto server = serve({less}, small());
  Client client(server->port());

  const auto taken = client.ask(post("/echo", "0123456789"));
  const auto refused = client.ask(post("/echo", "0123456789a"));
  const auto after = client.ask(post("/echo", "0"));

  REQUIRE((taken && refused && after));
  CHECK(taken->status == 200);
  CHECK(refused->status == 413);
  CHECK(after->status == 200);  // a small body has been read and dropped
  CHECK(calls == 2);
}

TEST_CASE("limits: gzip is told by its header or by its first bytes", "[http][limits][gzip]") {
  struct Row {
    const char* why;
    const char* headers;
    std::string body;
    unsigned status;
    const char* answer;
  };
  const std::string hello = gzipped("hello");
  const auto row = GENERATE_COPY(
      Row{"by its header", "Content-Encoding: gzip\r\n", hello, 200, "hello"},
      Row{"by its old name", "Content-Encoding: X-GZIP\r\n", hello, 200, "hello"},
      Row{"unsaid", "Content-Type: application/x-www-form-urlencoded\r\n", hello, 200, "hello"},
      Row{"as identity", "Content-Encoding: identity\r\n", "hello", 200, "hello"},
      Row{"of several members", "Content-Encoding: gzip\r\n", hello + gzipped(" world"), 200, "hello world"},
      Row{"of nothing", "Content-Encoding: gzip\r\n", gzipped(""), 200, ""},
      Row{"an empty body", "Content-Encoding: gzip\r\n", "", 200, ""},
      Row{"cut", "Content-Encoding: gzip\r\n", hello.substr(0, hello.size() - 1), 400, nullptr},
      Row{"only its first bytes", "", hello.substr(0, 2), 400, nullptr},
      Row{"spoilt", "Content-Encoding: gzip\r\n", hello.substr(0, 11) + "XXXX" + hello.substr(15), 400,
          nullptr},
      Row{"with something behind it", "Content-Encoding: gzip\r\n", hello + "x", 400, nullptr},
      Row{"plain text that is said to be gzip", "Content-Encoding: gzip\r\n", "hello", 400, nullptr},
      Row{"another coding", "Content-Encoding: br\r\n", "hello", 415, nullptr},
      Row{"twice", "Content-Encoding: gzip, gzip\r\n", hello, 415, nullptr});
  CAPTURE(row.why);
  const auto server = serve({echo()}, small());
  Client client(server->port());

  const auto received = client.ask(post("/echo", row.body, row.headers));
  const auto after = client.ask(post("/echo", "next"));

  REQUIRE((received && after));
  CHECK(received->status == row.status);
  if (row.answer != nullptr) CHECK(received->body == row.answer);
  CHECK(after->body == "next");
}

TEST_CASE("limits: a gzip bomb is inflated no further than the limit", "[http][limits][gzip]") {
  std::atomic<int> calls = 0;
  const auto server = serve({counting(calls)}, small());
  const std::string bomb = gzipped(std::string(64U << 20U, '\0'));
  REQUIRE(bomb.size() < 100'000);
  Client client(server->port());

  const auto received = client.ask(post("/echo", bomb));

  REQUIRE(received);
  CHECK(received->status == 413);
  CHECK(calls == 0);
}

TEST_CASE("limits: a body has readable bytes behind it", "[http][limits]") {
  Route reading = echo();
  reading.handle = [](const std::shared_ptr<const Request>& request, const Answer& answer) {
    const std::string_view body = request->post.body;
    const std::string with_padding(body.data(), body.size() + Post::padding);  // the sanitizer watches
    answer({.body = std::to_string(with_padding.size())});
  };
  const auto server = serve({reading}, small());
  const std::string text(GENERATE(0U, 1U, 8000U, 8192U, 99'999U, 100'000U), 'x');
  const int way = GENERATE(0, 1, 2);
  CAPTURE(text.size(), way);
  Client client(server->port());

  const auto received = client.ask(
      way == 0   ? post("/echo", text)
      : way == 1 ? post("/echo", gzipped(text))
                 : "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                       (text.empty() ? "" : fmt::format("{:x}\r\n{}\r\n", text.size(), text)) + "0\r\n\r\n");

  REQUIRE(received);
  CHECK(received->body == std::to_string(text.size() + Post::padding));
}

TEST_CASE("limits: a head that is too long is refused", "[http][limits]") {
  struct Row {
    const char* why;
    std::string request;
    unsigned status;
  };
  const auto row = GENERATE(
      Row{"a long header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(10'000, 'x'), 431},
      Row{"a long name", "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(10'000, 'x'), 431},
      Row{"a whole head that is too long",
          "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n", 431},
      Row{"a target without an end", "GET /" + std::string(10'000, 'x'), 414},
      Row{"a target beyond 8192 bytes", "GET /" + std::string(8192, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
          414},
      Row{"a target of 8192 bytes", "GET /" + std::string(8191, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 404},
      Row{"a long chunk extension",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(20'000, 'x'),
          431},
      Row{"long trailers",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " +
              std::string(20'000, 'x'),
          431});
  CAPTURE(row.why);
  const auto server = serve({echo()}, small());
  Client client(server->port());

  const auto received = client.ask(row.request);

  REQUIRE(received);
  CHECK(received->status == row.status);
}

TEST_CASE("limits: a sender who is slow is cut, whatever it is slow with", "[http][limits][slow]") {
  ServerOptions options = quick_options();
  options.header_timeout = 150ms;
  options.body_timeout = 150ms;
  options.idle_timeout = 150ms;
  const auto server = serve({echo()}, options);
  struct Row {
    const char* why;
    const char* begin;
    unsigned status;  // 0: closed without a word
  };
  const auto row =
      GENERATE(Row{"says nothing", "", 0}, Row{"stops in the head", "GET /", 408},
               Row{"stops behind a header", "GET / HTTP/1.1\r\nHost: a\r\n", 408},
               Row{"stops in the body", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1", 408},
               Row{"stops in a chunk",
                   "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n1", 408});
  CAPTURE(row.why);
  Client client(server->port());
  const auto begun = std::chrono::steady_clock::now();

  client.send(row.begin);

  if (row.status != 0) {
    const auto received = client.receive();
    REQUIRE(received);
    CHECK(received->status == row.status);
    CHECK(received->header("connection") == "close");
    client.end();
  }
  CHECK(client.closed());
  const auto took = std::chrono::steady_clock::now() - begun;
  CHECK(took >= 140ms);
  CHECK(took < 5s);
}

TEST_CASE("limits: a trickle of bytes wins no time", "[http][limits][slow]") {
  ServerOptions options = quick_options();
  options.header_timeout = 200ms;
  options.body_timeout = 200ms;
  const auto server = serve({echo()}, options);
  const auto* begin = GENERATE("GET /", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  CAPTURE(begin);
  Client client(server->port());
  const auto started = std::chrono::steady_clock::now();

  client.send(begin);
  bool open = true;
  while (open && std::chrono::steady_clock::now() - started < 5s) {
    open = client.send("x") && client.silent(20ms);
  }

  CHECK_FALSE(open);
  CHECK(std::chrono::steady_clock::now() - started < 3s);
}

TEST_CASE("limits: a connection between requests is closed after its idle time", "[http][limits][slow]") {
  ServerOptions options = quick_options();
  options.idle_timeout = 150ms;
  const auto server = serve({echo()}, options);
  Client client(server->port());
  REQUIRE(client.ask(post("/echo", "a")));

  const auto begun = std::chrono::steady_clock::now();
  CHECK(client.closed());

  CHECK(std::chrono::steady_clock::now() - begun >= 140ms);
}

TEST_CASE("limits: a reader who is slow is cut, and one who goes on is not", "[http][limits][slow]") {
  ServerOptions options = quick_options();
  options.write_timeout = 2s;  // of which a busy machine may take much
  Route large = echo();
  large.handle = [](const std::shared_ptr<const Request>& /*request*/, const Answer& answer) {
    answer({.body = std::string(32U << 20U, 'x')});
  };
  std::atomic<int> finished = 0;
  const auto server = serve({large}, options,
                            {.authenticate = known_tokens, .finished = [&](const Finished&) { ++finished; }});

  Client reads(server->port());
  const auto received = reads.ask(post("/echo", ""));
  REQUIRE(received);
  CHECK(received->body.size() == 32U << 20U);

  Client stops(server->port());
  stops.receive_little();
  stops.send(post("/echo", ""));
  for (int i = 0; i < 400 && finished < 2; ++i) std::this_thread::sleep_for(50ms);
  CHECK(finished == 2);  // the server has given up
}

TEST_CASE("limits: more connections than are allowed are turned away", "[http][limits]") {
  ServerOptions options = quick_options();
  options.connections_max = 2;
  const auto server = serve({echo()}, options);
  Client first(server->port());
  REQUIRE(first.ask(post("/echo", "1")));
  {
    Client second(server->port());
    REQUIRE(second.ask(post("/echo", "2")));

    Client third(server->port());
    const auto received = third.receive();

    REQUIRE(received);
    CHECK(received->status == 429);
    CHECK(received->header("retry-after") == "1");
    CHECK(third.closed());
  }
  CHECK(first.ask(post("/echo", "1"))->body == "1");
  for (int i = 0; i < 100; ++i) {  // until the server has noticed that the second is gone
    Client fourth(server->port());
    const auto received = fourth.ask(post("/echo", "4"));
    if (received && received->status == 200) return;
    std::this_thread::sleep_for(20ms);
  }
  FAIL("a place that is free again is not given away");
}

TEST_CASE("limits: more bytes than may be held are answered with 429", "[http][limits]") {
  ServerOptions options = quick_options();
  options.buffered_bytes_max = 1'500'000;
  const auto server = serve({echo()}, options);
  Client holds(server->port());
  const std::string body(1'000'000, 'x');
  const std::string request = post("/echo", body);
  holds.send(std::string_view(request).substr(0, request.size() - 1));
  std::this_thread::sleep_for(200ms);

  Client second(server->port());
  second.send(request);
  const auto refused = second.receive();
  holds.send("x");
  const auto taken = holds.receive();

  REQUIRE((refused && taken));
  CHECK(refused->status == 429);
  CHECK(refused->header("retry-after") == "1");
  CHECK(taken->body == body);
  Client third(server->port());
  const auto after = third.ask(request);
  REQUIRE(after);
  CHECK(after->status == 200);
}

TEST_CASE("limits: a client that waits for leave to send its body gets it", "[http][limits]") {
  const auto server = serve({echo()}, small());
  Client client(server->port());

  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const auto leave = client.receive();
  client.send("hello");
  const auto received = client.receive();

  REQUIRE((leave && received));
  CHECK(leave->status == 100);
  CHECK(received->body == "hello");
}

TEST_CASE("limits: when the readers have too much to do, the next request is told so", "[http][limits]") {
  ServerOptions options = quick_options();
  options.reader_threads = 1;
  options.reader_queue_max = 1;
  std::atomic<bool> go = false;
  Route slow = echo();
  slow.work = Work::reader;
  slow.handle = [&go](const std::shared_ptr<const Request>& /*request*/, const Answer& answer) {
    while (!go) std::this_thread::sleep_for(1ms);
    answer({});
  };
  const auto server = serve({slow}, options);
  Client runs(server->port());
  runs.send(post("/echo", ""));
  std::this_thread::sleep_for(100ms);
  Client waits(server->port());
  waits.send(post("/echo", ""));
  std::this_thread::sleep_for(100ms);

  Client refused(server->port());
  const auto received = refused.ask(post("/echo", ""));
  go = true;

  REQUIRE(received);
  CHECK(received->status == 429);
  CHECK(received->header("retry-after") == "1");
  CHECK(runs.receive()->status == 200);
  CHECK(waits.receive()->status == 200);
}

TEST_CASE("limits: reports that take long keep nobody waiting who reads", "[http][limits]") {
  ServerOptions options = quick_options();
  options.reader_threads = 1;
  std::atomic<bool> go = false;
  Route report = echo();
  report.pattern = "/report";
  report.work = Work::report;
  report.handle = [&go](const std::shared_ptr<const Request>& /*request*/, const Answer& answer) {
    while (!go) std::this_thread::sleep_for(1ms);
    answer({});
  };
  Route read = echo();
  read.work = Work::reader;
  const auto server = serve({report, read}, options);
  Client first(server->port());
  Client second(server->port());
  first.send(post("/report", ""));
  second.send(post("/report", ""));
  std::this_thread::sleep_for(100ms);

  Client reader(server->port());
  const auto received = reader.ask(post("/echo", "1"));
  go = true;

  REQUIRE(received);
  CHECK(received->body == "1");
  CHECK(first.receive()->status == 200);
  CHECK(second.receive()->status == 200);
}

}  // namespace
}  // namespace lotse::http::testing
