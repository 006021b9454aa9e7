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

constexpr Kinds everybody = "none garbage expired revoked channel agent agent_sensitive analyst author admin";
constexpr Kinds signed_in = "channel agent agent_sensitive analyst author admin";
constexpr Kinds channels = "channel admin";
constexpr Kinds agents = "agent agent_sensitive admin";
constexpr Kinds analysts = "analyst author admin";
constexpr Kinds authors = "author admin";
constexpr Kinds admins = "admin";

struct Row {
  Kinds let_in;
  unsigned wrong_role = 403;  ///< to whom has a token, but of another role
};

/// Segment's API knows no 403: a write key is good or it is not.
constexpr Row write_key{channels, 401};

/// Who is let in, by operation. A route that is not here fails the test.
const std::map<std::string_view, Row> table{
    {"getMe", {signed_in}},
    {"getCustomer", {agents}},
    {"getCustomerTimeline", {agents}},
    {"decide", {agents}},
    {"listTasks", {agents}},
    {"listTeams", {agents}},
    {"getTask", {agents}},
    {"claimTask", {agents}},
    {"releaseTask", {agents}},
    {"noteOnTask", {agents}},
    {"completeTask", {agents}},
    {"listDeadLetters", {admins}},
    {"retryDelivery", {admins}},
    {"getCustomerWhy", {agents}},
    {"listJourneys", {analysts}},
    {"getJourney", {analysts}},
    {"getJourneySegments", {analysts}},
    {"getJourneyMap", {analysts}},
    {"getFrictionReport", {analysts}},
    {"getKpiReport", {analysts}},
    {"getScorecard", {analysts}},
    {"getExperimentReport", {analysts}},
    {"getExplanation", {analysts}},
    {"getTrend", {analysts}},
    {"getRiskReport", {analysts}},
    {"getComparisonReport", {analysts}},
    {"getIncidentReport", {analysts}},
    {"changeFindingState", {analysts}},
    {"listFindingStates", {analysts}},
    {"redactFindingNote", {admins}},
    {"listIncidents", {analysts}},
    {"streamChanges", {analysts}},
    {"listRejects", {admins}},
    {"getOpenApi", {everybody}},
    {"get_index_html", {everybody}},
    {"get_app_js", {everybody}},
    {"get_desk_js", {everybody}},
    {"get_people_js", {everybody}},
    {"get_reports_js", {everybody}},
    {"get_app_css", {everybody}},
    {"get_en_json", {everybody}},
    {"get_de_json", {everybody}},
    {"get_sentences_de_json", {everybody}},
    {"get_journey_schema_json", {everybody}},
    {"getDesk", {analysts}},
    {"getJourneyFile", {analysts}},
    {"putJourneyFile", {authors}},
    {"checkDraft", {analysts}},
    {"planDraft", {analysts}},
    {"getHealth", {everybody}},
    {"getReadiness", {everybody}},
    {"getMetrics", {analysts}},
    {"reloadWorkspace", {admins}},
    {"changeVersion", {admins}},
    {"exportCustomer", {admins}},
    {"eraseCustomer", {admins}},
    {"backUpStore", {admins}},
    {"post_v1_events", {channels}},
    {"post_v1_cloudevents", {channels}},
    {"options_v1_cloudevents", {everybody}},
    {"post_v1_track", write_key},
    {"post_v1_t", write_key},
    {"post_v1_identify", write_key},
    {"post_v1_i", write_key},
    {"post_v1_page", write_key},
    {"post_v1_p", write_key},
    {"post_v1_screen", write_key},
    {"post_v1_s", write_key},
    {"post_v1_group", write_key},
    {"post_v1_g", write_key},
    {"post_v1_alias", write_key},
    {"post_v1_a", write_key},
    {"post_v1_batch", write_key},
    {"post_v1_b", write_key},
    {"post_beacon_v1_batch", write_key},
    {"post_v1_m", {everybody}},
    {"get_v1_projects_key_settings", {everybody}},
    {"get_sourceconfig", {everybody}},
    {"get_sourceconfig_", {everybody}},
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
  REQUIRE(lotse.service().server().routes().size() == table.size());

  for (const http::Route& route : lotse.service().server().routes()) {
    const auto found = table.find(route.operation);
    INFO(route.method << " " << route.pattern << " is `" << route.operation << "`");
    REQUIRE(found != table.end());
    const Row& row = found->second;
    for (const auto& [kind, token] : lotse.tokens()) {
      const unsigned status = status_of(lotse.port(), route, token);
      const bool unknown = kind == "none" || kind == "garbage" || kind == "expired" || kind == "revoked";
      INFO(kind << " gets " << status);
      if (lists(row.let_in, kind)) {
        CHECK(status >= 200);
        CHECK(status < 500);
        CHECK(status != 401);
        CHECK(status != 403);
      } else {
        CHECK(status == (unknown ? 401U : row.wrong_role));
      }
    }
  }
}

TEST_CASE("api access: a write key is taken from wherever Segment's clients put it, and nowhere else",
          "[http][api][access]") {
  test::ApiService lotse;
  const auto status = [&](const std::string& path, const std::string& headers, const std::string& body) {
    http::testing::Client client(lotse.port());
    const auto received = client.ask(
        fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}",
                    path, body.size(), headers, body));
    return received ? received->status : 0;
  };
  const auto message = [](const std::string& key) {
    return fmt::format(R"({{"type":"track","event":"ordered","userId":"ada","writeKey":"{}"}})", key);
  };
  for (const auto& [kind, token] : lotse.tokens()) {
    if (token.empty()) continue;
    const bool good = lists(channels, kind);
    const unsigned expected = good ? 200 : 401;
    INFO(kind);
    CHECK(status("/v1/t", fmt::format("Authorization: Bearer {}\r\n", token), message("x")) == expected);
    CHECK(status("/v1/t", fmt::format("X-Write-Key: {}\r\n", token), message("x")) == expected);
    CHECK(status("/v1/t?writeKey=" + token, "", message("x")) == expected);
    CHECK(status("/v1/t", "", message(token)) == expected);
    CHECK(status("/v1/events", fmt::format("X-Write-Key: {}\r\n", token), message(token)) == 401);
    CHECK(status("/v1/cloudevents?writeKey=" + token, "", message(token)) == 401);
  }
  CHECK(status("/v1/t", "Authorization: Basic bm9ib2R5Og==\r\n",
               message(lotse.tokens().at("channel"))) == 401);  // the head's key counts
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
