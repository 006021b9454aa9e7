#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "engine/report/report_request.hpp"
#include "tests/http/api_shop.hpp"

namespace lotse {
namespace {

using http::Role;
using test::call;
using test::principal;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

constexpr std::int64_t a_day = 24 * 60;

Event ordered(std::int64_t at, const std::string& who) {
  Event event = test::api_events()[0];
  event.id = "order of " + who;
  event.type = "ordered";
  event.time = test::api_minute(at);
  event.ids = {{.name_space = "user_id", .value = who}};
  event.properties = Value(Map{{Value("order"), Value(who)}, {Value("amount"), Value(80.0)}});
  event.traits = Value(Map{{Value("plan"), Value("basic")}, {Value("income"), Value(test::canary_income)}});
  return event;
}

/// Forty who ordered two months ago, have an open task since and are in flight still, and `wanda`, who
/// ordered now.
std::vector<Event> events() {
  std::vector<Event> all;
  for (int i = 0; i < 40; ++i) all.push_back(ordered(-60 * a_day + i, fmt::format("old{}", i)));
  all.push_back(ordered(0, "wanda"));
  return all;
}

}  // namespace

TEST_CASE("api risk: who may read customers gets their names, an analyst the figures", "[http][api][risk]") {
  test::ApiLive shop(events());
  const auto routes = shop.routes();
  const test::Fields query{{"journey", "order"}};

  for (const char* format : {"json", "csv", "md", "table"}) {
    CAPTURE(format);
    const test::Fields asked{{"journey", "order"}, {"format", format}};
    const auto analyst = call(routes, "getRiskReport", "", asked, principal(Role::analyst, true));
    const auto admin = call(routes, "getRiskReport", "", asked, principal(Role::admin));
    CHECK(analyst.status == 200);
    CHECK_FALSE(has(analyst.body, "wanda"));
    CHECK(admin.status == 200);
    CHECK(has(admin.body, "wanda"));
    CHECK_FALSE(has(admin.body, test::canary_income_text));
  }
  const std::string body = call(routes, "getRiskReport", "", query, principal(Role::analyst)).body;
  INFO(body);
  CHECK(has(body, "\"customers_hidden\": true"));
  CHECK(has(body, "\"in_flight\": 41,"));
  CHECK(has(body, "\"matching\": 1,"));
}

TEST_CASE("api risk: the same text as the report room writes", "[http][api][risk]") {
  test::ApiLive shop(events());
  const auto routes = shop.routes();
  const auto snapshot = shop.live().snapshot().value();
  const auto each = [&](const auto& take) { return snapshot->for_each_state({}, 1, take); };
  const auto stays = collect_in_flight(snapshot->tracker().journeys(), 1, snapshot->workspace().channels,
                                       *snapshot->last_event_time(), 1, each);
  REQUIRE(stays);
  const auto answer =
      call(routes, "getRiskReport", "",
           {{"journey", "order"}, {"limit", "7"}, {"least_risk", "0.25"}, {"format", "table"}},
           principal(Role::admin, true));
  CHECK(answer.body ==
        risk_in("table", risk_report(*stays, {.touchpoint = {}, .limit = 7, .least_risk = 0.25}).value()));
}

TEST_CASE("api risk: options that make no sense are refused by the parameter's name", "[http][api][risk]") {
  test::ApiLive shop(events());
  const auto routes = shop.routes();
  struct Row {
    test::Fields query;
    unsigned status;
    const char* detail;
  };
  const auto row = GENERATE(values<Row>({
      {{{"journey", "order"}, {"limit", "0"}}, 400, "limit: `0` is no whole number from 1 to 100,000"},
      {{{"journey", "order"}, {"limit", "-1"}}, 400, "limit: `-1` is no whole number from 1 to 100,000"},
      {{{"journey", "order"}, {"least_risk", "40"}},
       400,
       "least_risk: `40` is no probability from 0 to 1, such as 0.4"},
      {{{"journey", "order"}, {"least_risk", "nan"}}, 400, "least_risk: `nan` is no probability"},
      {{{"journey", "order"}, {"touchpoint", "payed"}}, 404, "did you mean `paid`?"},
      {{{"journey", "order"}, {"from", "-7d"}}, 400, "`from` is no parameter of this"},
  }));
  const auto answer = call(routes, "getRiskReport", "", row.query, principal(Role::admin));
  INFO(answer.body);
  CHECK(answer.status == row.status);
  CHECK(has(answer.body, row.detail));
}

TEST_CASE("api risk: an answer is not taken for that of another asker or query", "[http][api][risk]") {
  test::ApiLive shop(events());
  const auto routes = shop.routes();
  const auto tag = [&](const test::Fields& query, const http::Principal& who) {
    for (const auto& [name, value] : call(routes, "getRiskReport", "", query, who).headers) {
      if (name == "ETag") return value;
    }
    return std::string();
  };
  const std::string first = tag({{"journey", "order"}}, principal(Role::analyst));
  CHECK_FALSE(first.empty());
  CHECK(first == tag({{"journey", "order"}}, principal(Role::analyst)));
  CHECK(first != tag({{"journey", "order"}, {"limit", "3"}}, principal(Role::analyst)));
  CHECK(first != tag({{"journey", "order"}, {"least_risk", "0.1"}}, principal(Role::analyst)));
  CHECK(first != tag({{"journey", "order"}, {"touchpoint", "paid"}}, principal(Role::analyst)));
  CHECK(tag({{"journey", "order"}}, principal(Role::admin)).empty());  // what names customers is kept nowhere
  REQUIRE(shop.live().erase({"user_id", "old0"}));
  CHECK(first != tag({{"journey", "order"}}, principal(Role::analyst)));
}

}  // namespace lotse
