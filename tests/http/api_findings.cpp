// What a team says of findings: docs/finding-states.md.
#include <catch2/catch.hpp>
#include <string>

#include "tests/http/api_shop.hpp"

namespace lotse {
namespace {

using http::Role;
using test::api_minute;
using test::call;
using test::principal;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// As a server would ask it: the finding in the path, the journey in the query.
struct Panel {
  test::ApiLive shop;
  std::vector<http::Route> routes = shop.routes();

  http::Response say(const std::string& body, const std::string& key = {}, const std::string& id = finding,
                     const test::Fields& query = {{"journey", "order"}}, const std::string& who = "ada") {
    auto analyst = principal(Role::analyst);
    analyst.name = who;
    test::Fields headers;
    if (!key.empty()) headers.emplace_back("idempotency-key", key);
    return test::command(routes, "changeFindingState", id, query, body, analyst, headers);
  }
  http::Response history(const std::string& id = finding) {
    return call(routes, "listFindingStates", id, {{"journey", "order"}}, principal(Role::analyst));
  }
  http::Response report(const std::string& as_of = {}, const std::string& format = "json",
                        const std::string& known = {}) {
    test::Fields query{{"journey", "order"}, {"format", format}};
    if (!as_of.empty()) query.emplace_back("as_of", as_of);
    test::Fields headers;
    if (!known.empty()) headers.emplace_back("if-none-match", known);
    return call(routes, "getFrictionReport", "", query, principal(Role::analyst), headers);
  }
  std::size_t told() {
    const std::string body = history().body;
    std::size_t count = 0;
    for (std::size_t at = body.find("\"by\""); at != std::string::npos; at = body.find("\"by\"", at + 1))
      ++count;
    return count;
  }

  static constexpr const char* finding = "drop_off:ordered";
};

std::string tag_of(const http::Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "ETag") return value;
  }
  return {};
}

}  // namespace

TEST_CASE("api findings: what is said is answered, kept, and in reports and explanations",
          "[http][api][states]") {
  Panel panel;

  const auto answer = panel.say(R"({"state": "in_progress", "note": "more\nslots"})");

  CHECK(answer.status == 200);
  CHECK(has(answer.body, R"("finding": "drop_off:ordered")"));
  CHECK(has(answer.body, R"("state": "in_progress")"));
  CHECK(has(answer.body, R"("at": "2024-03-01T10:00:00Z")"));
  CHECK(has(answer.body, R"("by": "ada")"));
  CHECK(has(answer.body, R"("note": "more slots")"));
  const std::string history = panel.history().body;
  CHECK(has(history, R"("state": "in_progress")"));
  CHECK(panel.told() == 1);
  CHECK(has(panel.report().body, R"("finding": "drop_off:ordered")"));
  const auto explained =
      call(panel.routes, "getExplanation", "", {{"journey", "order"}, {"finding", "drop_off:ordered"}},
           principal(Role::analyst));
  CHECK(has(explained.body, R"("state": "in_progress")"));
}

TEST_CASE("api findings: a report is of what was said by then", "[http][api][states]") {
  Panel panel;
  REQUIRE(panel.say(R"({"state": "mended", "since": "2024-03-01T09:02:00Z"})").status == 200);

  CHECK(has(panel.report().body, R"("since": "2024-03-01T09:02:00Z")"));
  CHECK(has(panel.report("2024-03-01T10:00:00Z").body, R"("finding": "drop_off:ordered")"));
  CHECK_FALSE(has(panel.report("2024-03-01T09:59:00Z").body, R"("finding": "drop_off:ordered")"));
  CHECK(has(panel.report({}, "table").body, "\nCLAIMED MENDED\n- drop_off:ordered: drop-off since"));
  CHECK(has(panel.report({}, "md").body, "\n## Claimed mended\n"));
  CHECK(has(panel.report({}, "html").body, "<h2>Claimed mended</h2>"));
}

TEST_CASE("api findings: a report's tag changes with what is said, and only then", "[http][api][states]") {
  Panel panel;
  const std::string before = tag_of(panel.report());
  const std::string past = tag_of(panel.report("2024-03-01T09:30:00Z"));
  REQUIRE(panel.report({}, "json", before).status == 304);

  REQUIRE(panel.say(R"({"state": "seen"})").status == 200);

  CHECK(panel.report({}, "json", before).status == 200);
  CHECK(tag_of(panel.report()) != before);
  CHECK(tag_of(panel.report("2024-03-01T09:30:00Z")) == past);
}

TEST_CASE("api findings: a command that comes twice with one key is recorded once", "[http][api][states]") {
  Panel panel;
  const std::string mended = R"({"state": "mended"})";
  REQUIRE(panel.say(mended, "k-1").status == 200);
  panel.shop.set(api_minute(90));

  const auto again = panel.say(mended, "k-1");

  CHECK(again.status == 200);
  CHECK(has(again.body, R"("at": "2024-03-01T10:00:00Z")"));  // the same answer
  CHECK(panel.told() == 1);
  CHECK(panel.say(R"({"state": "accepted"})", "k-1").status == 422);
  CHECK(panel.say(R"({"state": "mended", "note": "x"})", "k-1").status == 422);
  CHECK(panel.say(mended, "k-1", "repeat:ordered").status == 422);
  CHECK(panel.say(R"({"state": "seen"})", "k-1", Panel::finding, {{"journey", "order"}}, "bob").status ==
        200);  // his own key
  CHECK(panel.say(mended, "two words").status == 400);
  CHECK(panel.told() == 2);
}

TEST_CASE("api findings: a request that is sent again says the same, whatever time it means by then",
          "[http][api][states]") {
  Panel panel;
  const std::string relative = R"({"state": "mended", "since": "-30m"})";
  REQUIRE(panel.say(relative, "k-1").status == 200);
  panel.shop.set(api_minute(90));

  const auto again = panel.say(relative, "k-1");

  CHECK(again.status == 200);
  CHECK(has(again.body, R"("since": "2024-03-01T09:30:00Z")"));  // as it was recorded
  CHECK(panel.told() == 1);
  CHECK(panel.say(R"({"state": "mended", "since": "2024-03-01T09:30:00Z"})", "k-1").status == 422);
}

TEST_CASE("api findings: a part is named with what the report is cut by", "[http][api][states]") {
  Panel panel;
  const test::Fields by_channel{{"journey", "order"}, {"by", "channel"}};
  const std::string seen = R"({"state": "seen"})";

  const auto unsaid = panel.say(seen, {}, "drop_off:ordered:web");
  const auto by_plan = panel.say(seen, {}, "drop_off:ordered:web", {{"journey", "order"}, {"by", "plan"}});

  CHECK(unsaid.status == 400);
  CHECK(has(unsaid.body, "`by` is missing"));
  CHECK(has(by_plan.body, R"("finding": "drop_off:ordered:plan=web")"));
  CHECK(has(panel.history("drop_off:ordered:channel=web").body, R"("changes": [])"));
  CHECK(panel.say(seen, {}, "drop_off:ordered:web", by_channel).status == 200);
  CHECK(has(panel.history("drop_off:ordered:channel=web").body, R"("state": "seen")"));
  CHECK(panel.say(seen, {}, "drop_off:ordered:wep", by_channel).status == 404);
}

TEST_CASE("api findings: a part that tells a sensitive field is shown to who may see it alone",
          "[http][api][states]") {
  Panel panel;
  const std::string part = "drop_off:ordered:wealth=" + std::string(test::canary_income_text);
  const auto as = [&](const char* operation, bool sensitive, const std::string& id, test::Fields query) {
    query.emplace_back("journey", "order");
    return call(panel.routes, operation, id, query, principal(Role::analyst, sensitive));
  };
  const auto say = [&](bool sensitive, const std::string& body) {
    return test::command(panel.routes, "changeFindingState", part, {{"journey", "order"}}, body,
                         principal(Role::analyst, sensitive));
  };
  const auto tells = [](const http::Response& answer) {
    return has(answer.body, std::string(test::canary_income_text));
  };
  const std::string before = tag_of(as("getFrictionReport", false, "", {}));
  REQUIRE(say(true, R"({"state": "mended"})").status == 200);

  for (const char* format : {"json", "csv", "md", "table", "html"}) {
    for (const char* by : {"", "wealth", "channel"}) {
      CAPTURE(format, by);
      const test::Fields query{{"format", format}, {"by", by}};
      CHECK_FALSE(tells(as("getFrictionReport", false, "", query)));
      if (std::string(format) != "csv") CHECK(tells(as("getFrictionReport", true, "", query)));
    }
  }
  const test::Fields explained{{"finding", "drop_off:ordered"}};
  CHECK_FALSE(tells(as("getExplanation", false, "", explained)));
  CHECK(tag_of(as("getFrictionReport", false, "", {})) == before);
  const auto hidden = as("listFindingStates", false, part, {});
  CHECK(hidden.status == 403);
  CHECK_FALSE(tells(hidden));
  CHECK(as("listFindingStates", false, "drop_off:ordered:wealth=1", {}).body == hidden.body);
  CHECK(tells(as("listFindingStates", true, part, {})));
  CHECK(say(false, R"({"state": "seen"})").status == 403);
}

TEST_CASE("api findings: what makes no sense is refused, with what may be meant", "[http][api][states]") {
  Panel panel;
  struct Row {
    std::string body;
    std::string id = Panel::finding;
    std::string journey = "order";
    unsigned status = 400;
    std::string hint;
  };
  const auto row = GENERATE(
      Row{.body = R"({"state": "sen"})", .hint = "did you mean `seen`?"},
      Row{.body = R"({"note": "x"})", .hint = "state: say which"},
      Row{.body = R"({"state": "seen", "notes": "x"})", .hint = "did you mean `note`?"},
      Row{.body = R"({"state": "seen", "note": 1})", .hint = "note: 1 is no text"},
      Row{.body = R"({"state": "seen", "since": "2024-03-01"})", .hint = "only `mended` has one"},
      Row{.body = R"({"state": "mended", "since": "2024-03-02"})", .hint = "lies ahead"},
      Row{.body = R"({"state": "mended", "since": "soon"})", .hint = "soon"},
      Row{.body = "[]", .hint = "no JSON object"},
      Row{.body = R"({"state": "seen"})", .id = "drop_of:ordered", .hint = "did you mean `drop_off`?"},
      Row{.body = R"({"state": "seen"})",
          .id = "drop_off:orderd",
          .status = 404,
          .hint = "did you mean `ordered`?"},
      Row{.body = R"({"state": "seen"})", .journey = "ordr", .status = 404, .hint = "did you mean `order`?"});
  CAPTURE(row.body, row.id, row.journey);

  const auto answer = panel.say(row.body, {}, row.id, {{"journey", row.journey}});

  CHECK(answer.status == row.status);
  INFO(answer.body);
  CHECK(has(answer.body, row.hint));
  CHECK(panel.told() == 0);
}

TEST_CASE("api findings: a note can be taken out, and what was decided stays", "[http][api][states]") {
  Panel panel;
  REQUIRE(panel.say(R"({"state": "seen", "note": "asked Mrs Lovelace"})", "k-1").status == 200);
  REQUIRE(has(panel.history().body, R"("number": 1)"));
  const std::string before = tag_of(panel.report());
  const auto redact = [&](const std::string& id, const std::string& number) {
    return call(panel.routes, "redactFindingNote", id, {{"journey", "order"}, {"number", number}},
                principal(Role::admin));
  };

  CHECK(redact(Panel::finding, "2").status == 404);
  CHECK(redact("repeat:ordered", "1").status == 404);  // another finding's
  CHECK(redact(Panel::finding, "").status == 400);
  REQUIRE(has(panel.report().body, "Lovelace"));
  const auto redacted = redact(Panel::finding, "1");

  CHECK(redacted.status == 200);
  CHECK(has(redacted.body, R"("at": "2024-03-01T10:00:00Z")"));
  CHECK(has(redacted.body, R"("by": "ada")"));
  CHECK(has(redacted.body, R"("note": "")"));
  CHECK_FALSE(has(panel.report().body, "Lovelace"));
  CHECK_FALSE(has(panel.history().body, "Lovelace"));
  CHECK(tag_of(panel.report()) != before);
}

}  // namespace lotse
