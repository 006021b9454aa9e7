#include <catch2/catch.hpp>
#include <thread>

#include "tests/http/client.hpp"

/// What RFC 9112 has requests look like, and what two readers might read differently.
namespace lotse::http::testing {
namespace {

TEST_CASE("framing: a request that two readers might cut differently is refused, and the connection closed",
          "[http][framing]") {
  struct Row {
    const char* why;
    const char* request;
    unsigned status;
  };
  const auto row = GENERATE(
      Row{"CL.TE",
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\nX",
          400},
      Row{"TE.CL",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
          "6\r\n\r\n0\r\n\r\nX",
          400},
      Row{"two lengths", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          400},
      Row{"one length twice",
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
      Row{"a list of lengths", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na", 400},
      Row{"a length with a sign", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400},
      Row{"a negative length", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\na", 400},
      Row{"a length in hex", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na", 400},
      Row{"an empty length", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\na", 400},
      Row{"a length beyond 64 bits",
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\na", 400},
      Row{"an unknown coding", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nX", 400},
      Row{"an unknown coding before chunked",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
      Row{"chunked, but not last",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
      Row{"chunked twice",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\n",
          400},
      Row{"a coding beside chunked",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\n",
          400},
      Row{"nearly chunked", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
          400},
      Row{"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      Row{"a space before the colon",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
      Row{"a tab before the colon", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length\t: 1\r\n\r\na", 400},
      Row{"a folded line",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
      Row{"a folded line by a tab", "POST /echo HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400},
      Row{"a line that begins with a space", "POST /echo HTTP/1.1\r\n Content-Length: 1\r\nHost: a\r\n\r\na",
          400},
      Row{"a bare line feed", "POST /echo HTTP/1.1\nHost: a\n\n", 400},
      Row{"a bare line feed in the head", "POST /echo HTTP/1.1\r\nHost: a\nContent-Length: 1\r\n\r\na", 400},
      Row{"a bare carriage return", "POST /echo HTTP/1.1\r\nHost: a\rContent-Length: 1\r\n\r\na", 400},
      Row{"a zero byte in a value", nullptr, 400},
      Row{"no host", "POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400},
      Row{"two hosts", "POST /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n", 400},
      Row{"a header without a name", "POST /echo HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
      Row{"a header without a colon", "POST /echo HTTP/1.1\r\nHost: a\r\nb\r\n\r\n", 400},
      Row{"two spaces in the request line", "POST  /echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      Row{"HTTP/0.9", "GET /echo\r\n\r\n", 400},
      Row{"HTTP/2 in words", "GET /echo HTTP/2.0\r\nHost: a\r\n\r\n", 400},
      Row{"no version", "GET /echo HTTP/\r\nHost: a\r\n\r\n", 400},
      Row{"no path", "GET echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      Row{"an authority", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      Row{"TLS", "\x16\x03\x01\x02", 400},
      Row{"a chunk without a size",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400},
      Row{"a chunk of a negative size",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
      Row{"a chunk of a size beyond 64 bits",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000001\r\n", 400},
      Row{"a chunk longer than it said",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400},
      Row{"a length in the trailers",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: "
          "1\r\n\r\n",
          400},
      Row{"an unknown expectation",
          "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\na", 417});
  CAPTURE(row.why);
  const auto server = serve({echo()});
  Client client(server->port());
  using namespace std::string_literals;

  client.send(row.request != nullptr ? std::string(row.request)
                                     : "GET /echo HTTP/1.1\r\nHost: a\0b\r\n\r\n"s);
  client.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");

  const auto received = client.receive();
  REQUIRE(received);
  CHECK(received->status == row.status);
  CHECK(received->header("connection") == "close");
  CHECK(received->header("content-type") == "application/problem+json");
  client.end();
  CHECK(client.closed());
}

TEST_CASE("framing: what is unusual but clear is read", "[http][framing]") {
  struct Row {
    const char* why;
    const char* request;
    const char* body;
  };
  const auto row = GENERATE(
      Row{"chunks",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
          "chunked\r\n\r\n2\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n",
          "ab0123456789"},
      Row{"chunks with extensions and trailers",
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n2;a=b\r\nab\r\n0\r\nX-Sum: "
          "1\r\n\r\n",
          "ab"},
      Row{"no chunk", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
      Row{"empty lines in front", "\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na",
          "a"},
      Row{"no body", "POST /echo HTTP/1.1\r\nHost: a\r\n\r\n", ""},
      Row{"no space behind a colon", "POST /echo HTTP/1.1\r\nHost:a\r\ncontent-LENGTH:1\r\n\r\na", "a"},
      Row{"an empty host", "POST /echo HTTP/1.1\r\nHost:\r\nContent-Length: 1\r\n\r\na", "a"},
      Row{"the absolute form",
          "POST http://shop.example/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", "a"},
      Row{"raw UTF-8 in a header",
          "POST /echo HTTP/1.1\r\nHost: a\r\nce-subject: Z\xc3\xbcrich\r\nContent-Length: 1\r\n\r\na", "a"},
      Row{"a query", "POST /echo?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", "a"},
      Row{"HTTP/1.0 without a host", "POST /echo HTTP/1.0\r\nContent-Length: 1\r\n\r\na", "a"});
  CAPTURE(row.why);
  const auto server = serve({echo()});
  Client client(server->port());

  const auto received = client.ask(row.request);

  REQUIRE(received);
  CHECK(received->status == 200);
  CHECK(received->body == row.body);
}

TEST_CASE("framing: a request is read alike in whatever pieces it comes", "[http][framing]") {
  const auto server = serve({echo()});
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n "
      "world\r\n0\r\nT: 1\r\n\r\n";
  const std::string request = chunked + post("/echo", "by length");
  const std::size_t step = GENERATE(1U, 2U, 3U, 7U, 50U);
  CAPTURE(step);
  Client client(server->port());

  for (std::size_t at = 0; at < request.size(); at += step) {
    client.send(std::string_view(request).substr(at, step));
    if (step < 50) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }

  const auto first = client.receive();
  const auto second = client.receive();
  REQUIRE((first && second));
  CHECK(first->body == "hello world");
  CHECK(second->body == "by length");
}

TEST_CASE("framing: requests sent at once are answered in order, on one connection", "[http][framing]") {
  // The first is answered late and elsewhere.
  Route slow = echo();
  slow.pattern = "/slow";
  slow.work = Work::reader;
  slow.handle = [](const std::shared_ptr<const Request>& request, const Answer& answer) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    answer({.body = std::string(request->post.body)});
  };
  const auto server = serve({echo(), slow});
  Client client(server->port());
  std::string requests = post("/slow", "0");
  for (int i = 1; i < 500; ++i) requests += post(i % 100 == 0 ? "/slow" : "/echo", std::to_string(i));

  client.send(requests);

  for (int i = 0; i < 500; ++i) {
    const auto received = client.receive();
    REQUIRE(received);
    REQUIRE(received->body == std::to_string(i));
    REQUIRE(received->header("connection").empty());
  }
}

TEST_CASE("framing: a connection goes on or ends as the client asks", "[http][framing]") {
  struct Row {
    const char* request;
    const char* connection;
    bool ends;
  };
  const auto row = GENERATE(Row{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", false},
                            Row{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close", true},
                            Row{"GET / HTTP/1.1\r\nHost: a\r\nConnection: X, Close\r\n\r\n", "close", true},
                            Row{"GET / HTTP/1.0\r\n\r\n", "close", true},
                            Row{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", false});
  CAPTURE(row.request);
  const auto server = serve({echo()});
  Client client(server->port());

  const auto received = client.ask(row.request);

  REQUIRE(received);
  CHECK(received->status == 404);
  CHECK(received->header("connection") == row.connection);
  if (row.ends) {
    CHECK(client.closed());
  } else {
    const auto again = client.ask(row.request);
    REQUIRE(again);
    CHECK(again->status == 404);
  }
}

}  // namespace
}  // namespace lotse::http::testing
