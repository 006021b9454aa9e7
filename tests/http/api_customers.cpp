#include <catch2/catch.hpp>

#include "tests/http/api_shop.hpp"

namespace lotse {
namespace {

using http::Role;
using test::api_minute;
using test::call;
using test::principal;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool tells_canary(std::string_view text) {
  return has(text, test::canary_iban) || has(text, test::canary_income_text);
}

}  // namespace

TEST_CASE("api customer: identities, position, task, promise, feedback and what comes next", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();

  const auto answer = call(routes, "getCustomer", "user_id:ada", {}, principal(Role::agent));

  REQUIRE(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  for (
      const char* part : {
          R"("customer":"user_id:ada","as_of":"2024-03-01T10:00:00Z","identifiers":[{"namespace":"user_id","value":"ada"}])",
          R"("journey":"order","version":1,"title":"From order to use","key":"o1","status":"active")",
          R"("position":{"touchpoint":"ordered","title":"Ordered in the shop","stage":"buy","channel":"web","since":"2024-03-01T09:00:00Z","turn":"ours: 1 task is open")",
          R"("name":"delivery","status":"open","made":"2024-03-01T09:00:00Z","due":"2024-03-06T09:00:00Z")",
          R"("touchpoint":"call","title":"Call back","team":"sales","kind":"task","due":"2024-03-01T09:30:00Z","status":"open")",
          R"("promised_by":"2024-03-01T13:30:00Z")",
          R"("scale":"stars","score":2.0,"comment":"slow")",
          R"("to":"paid","title":"paid","from":"ordered","on":["paid"])",
      }) {
    INFO(answer.body);
    CHECK(has(answer.body, part));
  }
  CHECK_FALSE(has(answer.body, "timeline"));
}

TEST_CASE("api customer: asked as of a past instant, what came later is not there", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto agent = principal(Role::agent);

  const auto early = call(routes, "getCustomer", "user_id:bob", {{"as_of", "2024-03-01T09:03:30Z"}}, agent);
  const auto late = call(routes, "getCustomer", "user_id:bob", {}, agent);
  const auto before = call(routes, "getCustomer", "user_id:bob", {{"as_of", "2024-02-01"}}, agent);

  CHECK(has(early.body,
            R"("touchpoint":"ordered","title":"Ordered in the shop","stage":"buy","channel":"web","since")"));
  CHECK(has(late.body, R"("position":{"touchpoint":"paid")"));
  CHECK(before.status == 404);
  CHECK(has(before.body, "nobody was known as `user_id:bob` by then"));
}

TEST_CASE("api customer: asked by what had arrived, an event that came late is not there", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto agent = principal(Role::agent);
  shop.set(api_minute(120));
  auto late = test::api_events()[4];
  late.id = "late";
  late.ids = {{"user_id", "ada"}};
  late.properties = Value(Map{{Value("order"), Value("o1")}});
  late.time = api_minute(10);

  shop.post({late});

  CHECK(has(call(routes, "getCustomer", "user_id:ada", {{"as_of", "2024-03-01T09:20:00Z"}}, agent).body,
            R"("position":{"touchpoint":"paid")"));
  CHECK(has(call(routes, "getCustomer", "user_id:ada",
                 {{"as_of", "2024-03-01T09:20:00Z"}, {"known_at", "2024-03-01T10:30:00Z"}}, agent)
                .body,
            R"("position":{"touchpoint":"ordered")"));
}

TEST_CASE(
    "api customer: a bare value finds the customer; one that names several is a conflict that names them",
    "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto agent = principal(Role::agent);

  CHECK(has(call(routes, "getCustomer", "ada", {}, agent).body, R"("customer":"user_id:ada")"));
  const auto several = call(routes, "getCustomer", "bob", {}, agent);
  CHECK(several.status == 409);
  CHECK(several.content_type == "application/problem+json");
  CHECK(has(several.body, "`bob` names 2 customers: `user_id:bob`, `loyalty_id:bob`; ask for one of these"));
  CHECK(call(routes, "getCustomer", "loyalty_id:bob", {}, agent).status == 200);
  const auto nobody = call(routes, "getCustomer", "eve", {}, agent);
  CHECK(nobody.status == 404);
  CHECK(has(nobody.body, "nobody is known as `eve`"));
}

TEST_CASE("api customer: a value that is linked in two namespaces names one customer", "[http][api]") {
  test::ApiLive shop;
  Event identify = test::api_events()[3];
  identify.id = "link";
  identify.type = "identify";
  identify.ids = {{"user_id", "bob"}, {"loyalty_id", "bob"}};
  shop.post({identify});

  const auto answer = call(shop.routes(), "getCustomer", "bob", {}, principal(Role::agent));

  CHECK(answer.status == 200);
}

TEST_CASE("api customer: parameters that make no sense are refused by name", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  struct Row {
    const char* why;
    const char* operation;
    test::Fields query;
    const char* detail;
  };
  const auto row = GENERATE(values<Row>({
      {"a misspelt one must not be taken for left out",
       "getCustomer",
       {{"as-of", "2024-03-01"}},
       "`as-of` is no parameter of this; did you mean `as_of`?"},
      {"a value is text", "getCustomer", {{"as_of", "\xFF"}}, "a parameter is not UTF-8"},
      {"nor may one of two", "getCustomer", {{"as_of", "now"}, {"as_of", "-1d"}}, "`as_of` is given twice"},
      {"no time", "getCustomer", {{"as_of", "soon"}}, "as_of: `soon` is no point in time; write a day"},
      {"nothing is known of the future",
       "getCustomer",
       {{"known_at", "2024-03-01T11:00:00Z"}},
       "known_at: `2024-03-01T11:00:00Z` is yet to come; it is 2024-03-01T10:00:00Z now"},
      {"too many at once",
       "getCustomerTimeline",
       {{"limit", "1001"}},
       "limit: `1001` is no whole number from 1 to 1000"},
      {"no number", "getCustomerTimeline", {{"before", "-1"}}, "before: `-1` is no whole number from 0"},
  }));
  INFO(row.why);

  const auto answer = call(routes, row.operation, "user_id:ada", row.query, principal(Role::agent));

  CHECK(answer.status == 400);
  INFO(answer.body);
  CHECK(has(answer.body, row.detail));
}

TEST_CASE("api timeline: pages from the latest to the first hold every item once", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto agent = principal(Role::agent);
  const auto numbers = [](std::string_view body) {
    std::vector<int> found;
    constexpr std::string_view mark = R"("number":)";
    for (std::size_t at = body.find(mark); at != std::string_view::npos; at = body.find(mark, at + 1)) {
      found.push_back(std::stoi(std::string(body.substr(at + mark.size(), 4))));
    }
    return found;
  };

  const auto whole = numbers(call(routes, "getCustomerTimeline", "user_id:ada", {}, agent).body);
  std::vector<int> paged;
  std::string before = "1000";
  for (int page = 0; page < 100; ++page) {
    const auto answer =
        call(routes, "getCustomerTimeline", "user_id:ada", {{"limit", "3"}, {"before", before}}, agent);
    const auto part = numbers(answer.body);
    paged.insert(paged.end(), part.begin(), part.end());
    if (has(answer.body, R"("next":null)")) break;
    before = std::to_string(part.back());
  }

  REQUIRE(whole.size() > 10);
  CHECK(whole.front() == static_cast<int>(whole.size()) - 1);
  CHECK(whole.back() == 0);
  CHECK(paged == whole);
}

TEST_CASE("api timeline: a sentence comes taken apart, each part masked as in its text", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto timeline = [&](bool sensitive) {
    return call(routes, "getCustomerTimeline", "user_id:ada", {}, principal(Role::agent, sensitive)).body;
  };

  const std::string masked = timeline(false);
  const std::string shown = timeline(true);

  CAPTURE(masked, shown);
  CHECK(has(masked, R"("text":"stands at ordered","phrase":{"say":"stands at {}","with":["ordered"]})"));
  CHECK(has(masked, R"("text":"iban is •••","phrase":{"say":"{} is {}","with":["iban","•••"]})"));
  CHECK(has(masked, R"("phrase":{"say":"{} opens an instance of {} {}","with":["claimed","claim","1"]})"));
  CHECK(has(shown, R"("say":"{} opens an instance of {} {} for {}","with":["claimed","claim","1",)"));
}

TEST_CASE("api: a sensitive field reaches only who may see it, by whatever way it would leave",
          "[http][api]") {
  test::ApiLive shop;
  shop.reject({{.sender = "shop",
                .reason = "no type",
                .detail = std::string(test::canary_iban),
                .text = "{\"iban\":\"" + std::string(test::canary_iban) + "\"}"}});
  const auto routes = shop.routes();
  const auto body = [&](const char* operation, const char* id, const test::Fields& query, Role role,
                        bool sensitive) {
    const auto answer = call(routes, operation, id, query, principal(role, sensitive));
    INFO(operation << " " << answer.body);
    CHECK(answer.status == 200);
    return answer.body;
  };

  for (const char* operation : {"getCustomer", "getCustomerTimeline"}) {
    for (const Role role : {Role::agent, Role::admin}) {
      CAPTURE(operation);
      const std::string masked = body(operation, "user_id:ada", {}, role, false);
      CHECK(has(masked, "•••"));
      CHECK_FALSE(tells_canary(masked));
      CHECK(tells_canary(body(operation, "user_id:ada", {}, role, true)));
    }
  }
  for (const char* format : {"json", "csv", "md", "table"}) {
    CAPTURE(format);
    CHECK_FALSE(tells_canary(
        body("getKpiReport", "", {{"journey", "order"}, {"format", format}}, Role::analyst, false)));
    CHECK(tells_canary(
        body("getKpiReport", "", {{"journey", "order"}, {"format", format}}, Role::analyst, true)));
    CHECK_FALSE(tells_canary(
        body("getScorecard", "", {{"journey", "order"}, {"format", format}}, Role::analyst, false)));
    CHECK(tells_canary(
        body("getScorecard", "", {{"journey", "order"}, {"format", format}}, Role::analyst, true)));
    CHECK_FALSE(tells_canary(body("getFrictionReport", "",
                                  {{"journey", "order"}, {"format", format}, {"by", "wealth"}}, Role::analyst,
                                  false)));
  }
  CHECK_FALSE(tells_canary(body("listRejects", "", {}, Role::admin, false)));
  CHECK(tells_canary(body("listRejects", "", {}, Role::admin, true)));
  for (const char* journey : {"order", "claim"}) {
    CHECK_FALSE(tells_canary(body("getJourney", journey, {}, Role::analyst, false)));
    for (const char* format : {"svg", "dot", "mermaid", "json"}) {
      CHECK_FALSE(tells_canary(body("getJourneyMap", journey, {{"format", format}}, Role::analyst, false)));
    }
  }
}

TEST_CASE("api why: answers about one touchpoint, and says what it cannot answer", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto ask = [&](const test::Fields& query) {
    return call(routes, "getCustomerWhy", "user_id:ada", query, principal(Role::agent));
  };

  const auto call_back = ask({{"touchpoint", "call"}});
  const auto paid = ask({{"touchpoint", "paid"}, {"journey", "order"}});

  INFO(call_back.body << paid.body);
  CHECK(call_back.status == 200);
  CHECK(has(call_back.body, "\"sentence\": \""));
  CHECK(has(call_back.body, "\"touchpoint\": \"call\""));
  CHECK(paid.status == 200);
  CHECK(ask({}).status == 400);
  CHECK(ask({{"touchpoint", "cal"}}).status == 404);
  CHECK(has(ask({{"touchpoint", "cal"}}).body, "did you mean `call`?"));
  CHECK(ask({{"touchpoint", "paid"}, {"journey", "claim"}}).status == 404);
  CHECK(ask({{"touchpoint", "paid"}, {"limit", "3"}}).status == 400);
}

}  // namespace lotse
