// What a token is told about itself: docs/api.md, "Who may what".
#include <catch2/catch.hpp>

#include "tests/http/api_shop.hpp"
#include "tests/support/one_line.hpp"

namespace lotse {

using http::Principal;
using http::Role;
using test::call;

TEST_CASE("api me: a token is told whose it is, until when, and what it may", "[http][api][me]") {
  struct Row {
    const char* why;
    Principal who;
    const char* body;
  };
  const auto row = GENERATE(
      Row{"who posts is told its channels and its end",
          {.name = "till",
           .role = Role::channel,
           .channels = {"web", "store"},
           .expires = test::api_minute(60)},
          R"({"name": "till", "role": "channel", "sensitive": false, "channels": ["web", "store"], )"
          R"("expires": "2024-03-01T10:00:00Z", "permissions": ["post_events"]})"},
      Row{"who may see sensitive fields is told so",
          {.name = "desk", .role = Role::agent, .sensitive = true},
          R"({"name": "desk", "role": "agent", "sensitive": true, "channels": [], "expires": null, )"
          R"("permissions": ["read_customers"]})"},
      Row{"an admin may everything",
          {.name = "ops", .role = Role::admin},
          R"({"name": "ops", "role": "admin", "sensitive": false, "channels": [], "expires": null, )"
          R"("permissions": ["post_events", "read_customers", "read_reports", "judge_findings", )"
          R"("write_journeys", "administer"]})"},
      Row{"an author may read reports and write journeys",
          {.name = "ines", .role = Role::author},
          R"({"name": "ines", "role": "author", "sensitive": false, "channels": [], "expires": null, )"
          R"("permissions": ["read_reports", "judge_findings", "write_journeys"]})"});
  CAPTURE(row.why);
  test::ApiLive shop;

  const http::Response answer = call(shop.routes(), "getMe", "", {}, row.who);

  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  CHECK(test::on_one_line(answer.body) == row.body);
}

TEST_CASE("api me: a parameter is refused, as everywhere", "[http][api][me]") {
  test::ApiLive shop;

  CHECK(call(shop.routes(), "getMe", "", {{"id", "1"}}, test::principal(Role::agent)).status == 400);
}

}  // namespace lotse
