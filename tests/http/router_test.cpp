#include "channels/http/router.hpp"

#include <catch2/catch.hpp>

namespace lotse::http {
namespace {

Route route(std::string method, std::string pattern) {
  return {
      .method = std::move(method), .pattern = std::move(pattern), .handle = [](const auto&, const auto&) {}};
}

Router shop() {
  auto router = Router::make(
      {route("POST", "/v1/events"), route("GET", "/v1/customers/{id}"), route("DELETE", "/v1/customers/{id}"),
       route("GET", "/v1/customers/{id}/timeline"), route("GET", "/v1/customers/search"), route("GET", "/")});
  REQUIRE(router);
  return std::move(*router);
}

TEST_CASE("router: a request finds its route and the parameters of its path", "[http][router]") {
  struct Row {
    const char* why;
    const char* method;
    const char* path;
    const char* pattern;
    const char* id;
  };
  const auto row = GENERATE(
      Row{"a literal path", "POST", "/v1/events", "/v1/events", nullptr},
      Row{"a parameter", "GET", "/v1/customers/ada", "/v1/customers/{id}", "ada"},
      Row{"the method decides", "DELETE", "/v1/customers/ada", "/v1/customers/{id}", "ada"},
      Row{"a parameter is percent-decoded, slashes included", "GET", "/v1/customers/email%3Aada%2Fx",
          "/v1/customers/{id}", "email:ada/x"},
      Row{"a plus is a plus in a path", "GET", "/v1/customers/+49", "/v1/customers/{id}", "+49"},
      Row{"more segments", "GET", "/v1/customers/ada/timeline", "/v1/customers/{id}/timeline", "ada"},
      Row{"a literal wins over a parameter", "GET", "/v1/customers/search", "/v1/customers/search", nullptr},
      Row{"but where only the parameter has the method", "DELETE", "/v1/customers/search",
          "/v1/customers/{id}", "search"},
      Row{"a literal may come encoded", "POST", "/v1/%65vents", "/v1/events", nullptr},
      Row{"HEAD is answered by GET", "HEAD", "/v1/customers/ada", "/v1/customers/{id}", "ada"},
      Row{"the root", "GET", "/", "/", nullptr});
  CAPTURE(row.why);
  const Router router = shop();
  Parameters parameters;

  const Router::Found found = router.find(row.method, row.path, parameters);

  REQUIRE(found.route != nullptr);
  CHECK(found.route->pattern == row.pattern);
  CHECK_FALSE(found.bad_escape);
  CHECK(parameters.size() == (row.id == nullptr ? 0 : 1));
  if (row.id != nullptr) CHECK(parameters["id"] == row.id);
}

TEST_CASE("router: other paths have none", "[http][router]") {
  const auto* path = GENERATE("/v1/event", "/v1/events/", "/v1//events", "/v1/customers/", "/v1/customers",
                              "", "*", "/v1/customers/ada/timeline/", "v1/events");
  CAPTURE(path);
  Parameters parameters;

  const Router::Found found = shop().find("GET", path, parameters);

  CHECK(found.route == nullptr);
  CHECK_FALSE(found.path_known);
}

TEST_CASE("router: a path of another method is known, and its methods are told", "[http][router]") {
  const Router router = shop();
  Parameters parameters;

  CHECK(router.find("PUT", "/v1/customers/ada", parameters).path_known);
  CHECK(router.find("PUT", "/v1/customers/ada", parameters).route == nullptr);
  CHECK(router.allowed("/v1/customers/ada") == "DELETE, GET, HEAD, OPTIONS");
  CHECK(router.allowed("/v1/events") == "OPTIONS, POST");
}

TEST_CASE("router: a parameter that is no percent-encoded UTF-8 is told", "[http][router]") {
  const auto* path =
      GENERATE("/v1/customers/a%", "/v1/customers/a%4", "/v1/customers/%zz", "/v1/customers/%ff");
  CAPTURE(path);
  Parameters parameters;

  CHECK(shop().find("GET", path, parameters).bad_escape);
}

TEST_CASE("router: a wrong list of routes is refused", "[http][router]") {
  struct Row {
    std::vector<Route> routes;
    const char* message;
  };
  const auto row = GENERATE(
      Row{{route("GET", "v1")}, "route 'v1': expected a path that begins with '/'"},
      Row{{route("GET", "/v1/{id}.svg")},
          "route '/v1/{id}.svg': a parameter is a whole segment, as in '/v1/customers/{id}'"},
      Row{{route("GET", "/a"), route("POST", "/a"), route("GET", "/a")}, "route GET /a is there twice"},
      Row{{Route{.method = "GET", .pattern = "/a"}}, "route GET /a has no handler"});

  const auto router = Router::make(row.routes);

  REQUIRE_FALSE(router);
  CHECK(router.error().message == row.message);
}

}  // namespace
}  // namespace lotse::http
