#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tests/http/api_shop.hpp"

namespace lotse {
namespace {

using http::Role;
using test::post_to;
using test::principal;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("api decisions: where the customer stands and what goes first", "[http][api][decisions]") {
  test::ApiLive shop;
  const auto routes = shop.routes();

  const auto answer = post_to(routes, "decide", R"({"customer": "user_id:ada", "channel": "call_center"})",
                              principal(Role::agent));

  INFO(answer.body);
  REQUIRE(answer.status == 200);
  CHECK(has(answer.body, R"("customer": "user_id:ada")"));
  CHECK(has(answer.body, R"("as_of": "2024-03-01T10:00:00Z")"));
  CHECK(has(answer.body, R"("touchpoint": "ordered")"));
  CHECK(has(answer.body, R"("kind": "task")"));
  CHECK(has(answer.body, R"("by": "2024-03-01T13:30:00Z")"));
  CHECK(has(answer.body, R"("kind": "open_promise")"));
  CHECK(answer.body.find(R"("kind": "task")") < answer.body.find(R"("kind": "open_promise")"));
}

TEST_CASE("api decisions: what is sensitive is masked, but for whom may see it", "[http][api][decisions]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const std::string question = R"({"customer": {"user_id": "ada"}, "channel": "web"})";

  const auto masked = post_to(routes, "decide", question, principal(Role::agent));
  const auto whole = post_to(routes, "decide", question, principal(Role::agent, true));

  CHECK(masked.status == 200);
  CHECK_FALSE(has(masked.body, test::canary_iban));
  CHECK_FALSE(has(masked.body, test::canary_income_text));
  CHECK(has(whole.body, test::canary_iban));  // the key of the claim
}

TEST_CASE("api decisions: a question that makes no sense is told why", "[http][api][decisions]") {
  struct Row {
    const char* why;
    const char* question;
    unsigned status;
    const char* detail;
  };
  const auto row = GENERATE(values<Row>({
      {"no JSON", "{", 400, ""},
      {"nothing at all", "", 400, ""},
      {"no object", "[]", 400, "the body is no JSON object"},
      {"no customer", R"({"channel": "web"})", 400, "customer: write an identifier"},
      {"an empty map", R"({"customer": {}, "channel": "web"})", 400, "customer: write an identifier"},
      {"an identifier that is no text", R"({"customer": {"user_id": 7}, "channel": "web"})", 400,
       "customer: the identifier `user_id` is no text"},
      {"no channel", R"({"customer": "user_id:ada"})", 400, "channel: name the channel that asks"},
      {"a slip in the channel", R"({"customer": "user_id:ada", "channel": "emial"})", 400,
       "channel: `emial` is not in channels.yaml; did you mean `email`?"},
      {"a slip in a member", R"({"customer": "user_id:ada", "chanel": "web"})", 400,
       "`chanel` is no member of this, which has customer, channel, limit; did you mean `channel`?"},
      {"no such limit", R"({"customer": "user_id:ada", "channel": "web", "limit": 101})", 400,
       "limit: 101 is no whole number from 1 to 100"},
      {"a limit in part", R"({"customer": "user_id:ada", "channel": "web", "limit": 1.5})", 400,
       "limit: 1.5"},
      {"nobody", R"({"customer": "user_id:eve", "channel": "web"})", 404, "nobody is known as `user_id:eve`"},
      {"several by a bare value", R"({"customer": "bob", "channel": "web"})", 409, "`bob` names 2 customers"},
      {"several by a map", R"({"customer": {"user_id": "ada", "loyalty_id": "bob"}, "channel": "web"})", 409,
       "names 2 customers"},
      {"one of whom nothing is known", R"({"customer": {"user_id": "ada", "email": "x"}, "channel": "web"})",
       200, "user_id:ada"},
  }));
  CAPTURE(row.why);
  test::ApiLive shop;

  const auto answer = post_to(shop.routes(), "decide", row.question, principal(Role::agent));

  INFO(answer.body);
  CHECK(answer.status == row.status);
  std::string body = answer.body;
  std::erase(body, '\\');
  CHECK(has(body, row.detail));
}

TEST_CASE("api decisions: what was posted before is seen, a late event's correction too",
          "[http][api][decisions]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const std::string question = R"({"customer": "user_id:ada", "channel": "web"})";
  auto late = test::api_events()[4];
  late.id = "late";
  late.ids = {{"user_id", "ada"}};
  late.properties = Value(Map{{Value("order"), Value("o1")}});
  late.time = test::api_minute(10);
  REQUIRE(has(post_to(routes, "decide", question, principal(Role::agent)).body, R"("kind": "task")"));

  shop.post({late});

  const auto answer = post_to(routes, "decide", question, principal(Role::agent));
  CHECK(has(answer.body, R"("touchpoint": "paid")"));
  CHECK_FALSE(has(answer.body, R"("kind": "task")"));
}

}  // namespace lotse
