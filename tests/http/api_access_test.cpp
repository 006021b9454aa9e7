#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <string_view>

#include "tests/http/api_service.hpp"
#include "tests/http/client.hpp"

namespace lotse {
namespace {

using Kinds = std::string_view;  ///< names of tokens, with spaces between

constexpr Kinds everybody = "none garbage expired revoked channel agent agent_sensitive analyst admin";
constexpr Kinds channels = "channel admin";
constexpr Kinds agents = "agent agent_sensitive admin";
constexpr Kinds analysts = "analyst admin";
constexpr Kinds admins = "admin";

/// Who is let in, by operation. A route that is not here fails the test.
const std::map<std::string_view, Kinds> let_in{
    {"getCustomer", agents},      {"getCustomerTimeline", agents}, {"listJourneys", analysts},
    {"getJourney", analysts},     {"getJourneyMap", analysts},     {"getFrictionReport", analysts},
    {"getKpiReport", analysts},   {"streamChanges", analysts},     {"listRejects", admins},
    {"post_v1_events", channels}, {"getOpenApi", everybody},       {"getHealth", everybody},
    {"getReadiness", everybody},  {"getMetrics", analysts},        {"reloadWorkspace", admins},
    {"exportCustomer", admins},   {"eraseCustomer", admins},       {"backUpStore", admins},
};

bool lists(Kinds kinds, std::string_view kind) {
  const std::string text = fmt::format(" {} ", kinds);
  return text.find(fmt::format(" {} ", kind)) != std::string::npos;
}

/// `/v1/customers/user_id:ada` for `/v1/customers/{id}`.
std::string path_of(const http::Route& route) {
  std::string path = route.pattern;
  const std::string id = path.find("journeys") != std::string::npos ? "order" : "user_id:ada";
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    path.replace(open, path.find('}') - open + 1, id);
  }
  return path;
}

unsigned status_of(std::uint16_t port, const http::Route& route, const std::string& token) {
  http::testing::Client client(port);
  const std::string credential = token.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", token);
  client.send(fmt::format("{} {} HTTP/1.1\r\nHost: test\r\n{}Content-Length: 0\r\nConnection: close\r\n\r\n",
                          route.method, path_of(route), credential));
  const std::string head = client.receive_until("\r\n\r\n");
  constexpr std::string_view version = "HTTP/1.1 ";
  return head.starts_with(version) ? static_cast<unsigned>(std::stoul(head.substr(version.size(), 3))) : 0;
}

}  // namespace

TEST_CASE("api access: every route lets in whom the table says, by every kind of credential, and nobody else",
          "[http][api][access]") {
  test::ApiService lotse;
  REQUIRE(lotse.service().server().routes().size() >= let_in.size());

  for (const http::Route& route : lotse.service().server().routes()) {
    const auto row = let_in.find(route.operation);
    INFO(route.method << " " << route.pattern << " is `" << route.operation << "`");
    REQUIRE(row != let_in.end());
    for (const auto& [kind, token] : lotse.tokens()) {
      const unsigned status = status_of(lotse.port(), route, token);
      const bool unknown = kind == "none" || kind == "garbage" || kind == "expired" || kind == "revoked";
      INFO(kind << " gets " << status);
      if (lists(row->second, kind)) {
        CHECK(status >= 200);
        CHECK(status < 500);
        CHECK(status != 401);
        CHECK(status != 403);
      } else {
        CHECK(status == (unknown ? 401U : 403U));
      }
    }
  }
}

TEST_CASE("api access: a token that is revoked while the server runs is not let in any more",
          "[http][api][access]") {
  test::ApiService lotse;
  const auto& routes = lotse.service().server().routes();
  const auto route = std::ranges::find(routes, "listRejects", &http::Route::operation);
  REQUIRE(route != routes.end());
  const std::string& admin = lotse.tokens().at("admin");
  REQUIRE(status_of(lotse.port(), *route, admin) == 200);

  http::Tokens fewer = *lotse.service().tokens();
  REQUIRE(fewer.revoke("admin"));
  lotse.service().use(std::move(fewer));

  CHECK(status_of(lotse.port(), *route, admin) == 401);
}

}  // namespace lotse
