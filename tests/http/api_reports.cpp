#include <catch2/catch.hpp>

#include "engine/friction/collect_incidents.hpp"
#include "engine/friction/collect_stays.hpp"
#include "engine/report/report_request.hpp"
#include "tests/http/api_shop.hpp"

namespace lotse {
namespace {

using http::Role;
using test::call;
using test::principal;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string tag_of(const http::Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "ETag") return value;
  }
  return {};
}

}  // namespace

TEST_CASE("api explanation: who may read customers is told who they are", "[http][api][explain]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const test::Fields query{{"journey", "order"}, {"finding", "drop_off:ordered"}};

  const auto analyst = call(routes, "getExplanation", "", query, principal(Role::analyst));
  const auto admin = call(routes, "getExplanation", "", query, principal(Role::admin));
  CHECK(analyst.status == 200);
  CHECK(has(analyst.body, "\"id\": \"drop_off:ordered\""));
  CHECK_FALSE(has(analyst.body, "user_id:"));
  CHECK(admin.status == 200);
  CHECK(tag_of(analyst) != tag_of(admin));

  CHECK(call(routes, "getExplanation", "", {{"journey", "order"}}, principal(Role::admin)).status == 400);
  CHECK(call(routes, "getExplanation", "", {{"journey", "order"}, {"finding", "drop_off:orderd"}},
             principal(Role::admin))
            .status == 404);
}

TEST_CASE("api reports: the same text as the report room writes, in every format", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto snapshot = shop.live().snapshot().value();
  const auto each = [&](const auto& take) { return snapshot->for_each_state({}, 1, take); };
  const auto stays = collect_stays(snapshot->tracker().journeys(), 1, snapshot->workspace().channels,
                                   *snapshot->last_event_time(), 1, each);
  REQUIRE(stays);
  FrictionQuery by_channel;
  by_channel.by = "channel";
  const auto format = GENERATE(values<std::string>({"json", "csv", "md", "table"}));

  const auto friction =
      call(routes, "getFrictionReport", "", {{"journey", "order"}, {"by", "channel"}, {"format", format}},
           principal(Role::analyst, true));
  const auto kpi =
      call(routes, "getKpiReport", "", {{"journey", "order"}, {"format", format}, {"churn_after", "2d"}},
           principal(Role::analyst, true));
  const auto card = call(routes, "getScorecard", "",
                         {{"journey", "order"}, {"format", format}, {"by", "plan"}, {"churn_after", "2d"}},
                         principal(Role::analyst, true));
  const ScorecardQuery by_plan{.by = "plan", .churn_after = std::chrono::days(2)};
  const HandoverCosts costs =
      handover_costs(*stays, snapshot->tracker().journeys()[1], snapshot->workspace().channels);
  const auto assigned =
      collect_experiments(snapshot->tracker().journeys(), 1, *snapshot->last_event_time(), 1, each);
  REQUIRE(assigned);
  const auto experiment =
      call(routes, "getExperimentReport", "", {{"journey", "order"}, {"format", format}, {"mature", "2d"}},
           principal(Role::analyst));

  const auto comparison = call(routes, "getComparisonReport", "",
                               {{"journey", "order"},
                                {"format", format},
                                {"from", "2024-03-01T09:03:00Z"},
                                {"against_from", "2024-03-01"},
                                {"against_to", "2024-03-01T09:03:00Z"},
                                {"q", "0.2"}},
                               principal(Role::analyst, true));
  const ComparisonQuery later{.from = test::api_minute(3),
                              .against_from = test::api_minute(-540),
                              .against_to = test::api_minute(3),
                              .versions = {},
                              .q = 0.2};

  CHECK(comparison.status == 200);
  CHECK(comparison.body == comparison_in(format, comparison_report(*stays, later).value()));

  const auto watched = call(routes, "getIncidentReport", "", {{"journey", "order"}, {"format", format}},
                            principal(Role::analyst, true));
  const auto incidents =
      collect_incidents(snapshot->tracker().journeys(), snapshot->workspace().channels,
                        *snapshot->last_event_time(), 1, each, [](StayTable&, const JourneyVersions&) {});
  REQUIRE(incidents);

  CHECK(watched.status == 200);
  CHECK(watched.body == incidents_in(format, incidents->at(1)));
  CHECK(friction.status == 200);
  CHECK(friction.body == friction_in(format, friction_report(*stays, by_channel).value()));
  CHECK(kpi.status == 200);
  CHECK(kpi.body == kpi_in(format, kpi_report(*stays, {.churn_after = std::chrono::days(2)}).value()));
  CHECK(card.status == 200);
  CHECK(card.body == scorecard_in(format, scorecard(*stays, costs, by_plan).value()));
  CHECK(experiment.status == 200);
  CHECK(experiment.body ==
        experiment_in(format, experiment_report(*assigned, {.mature = std::chrono::days(2)}).value()));
}

TEST_CASE(
    "api reports: options that make no sense are refused in the command line's words, by the parameter's "
    "name",
    "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  struct Row {
    const char* operation;
    test::Fields query;
    unsigned status;
    const char* detail;
  };
  const auto row = GENERATE(values<Row>({
      {"getFrictionReport", {}, 400, "which journey? The workspace has claim, order"},
      {"getFrictionReport",
       {{"journey", "ordr"}},
       404,
       "`ordr` is no journey of this workspace; did you mean `order`?"},
      {"getFrictionReport",
       {{"journey", "order"}, {"q", "0.7"}},
       400,
       "q: `0.7` is no false discovery rate from 0.001 to 0.5, such as 0.1"},
      {"getFrictionReport",
       {{"journey", "order"}, {"from", "soon"}},
       400,
       "from: `soon` is no point in time"},
      {"getFrictionReport", {{"journey", "order"}, {"by", "plann"}}, 400, "plann"},
      {"getFrictionReport", {{"journey", "order"}, {"where", "chanel == 1"}}, 400, "chanel"},
      {"getFrictionReport",
       {{"journey", "order"}, {"format", "xml"}},
       400,
       "format: `xml` is none of json, csv, md, table"},
      {"getFrictionReport",
       {{"journey", "order"}, {"churn_after", "3d"}},
       400,
       "`churn_after` is no parameter of this"},
      {"getKpiReport",
       {{"journey", "order"}, {"churn_after", "3m"}},
       400,
       "churn_after: `3m` is no duration of an hour or more, such as 90d (`m` are minutes)"},
      {"getScorecard",
       {{"journey", "order"}, {"by", "plann"}},
       400,
       "`plann` is no segment of `order`; there are: plan, wealth; did you mean `plan`?"},
      {"getScorecard",
       {{"journey", "order"}, {"churn_after", "3m"}},
       400,
       "churn_after: `3m` is no duration"},
      {"getScorecard", {{"journey", "order"}, {"where", "true"}}, 400, "`where` is no parameter of this"},
      {"getExperimentReport",
       {{"journey", "order"}, {"split", "nudge"}},
       404,
       "`nudge` is no split of `order`, which has none"},
      {"getExperimentReport",
       {{"journey", "order"}, {"mature", "0d"}},
       400,
       "mature: `0d` is no duration above zero, such as 14d (`m` are minutes)"},
      {"getExperimentReport", {{"journey", "order"}, {"by", "channel"}}, 400, "`by` is no parameter of this"},
      {"getComparisonReport", {{"journey", "order"}, {"by", "channel"}}, 400, "`by` is no parameter of this"},
      {"getComparisonReport",
       {{"journey", "order"}, {"against_from", "soon"}},
       400,
       "against_from: `soon` is no point in time"},
      {"getComparisonReport",
       {{"journey", "order"}, {"from", "2024-03-01"}, {"against_to", "2024-03-02"}},
       400,
       "the period before (2024-03-01T14:5"},
      {"getComparisonReport",
       {{"journey", "order"}, {"from", "2024-02-01"}, {"to", "2024-01-01"}},
       400,
       "no time lies from 2024-02-01T00:00:00Z to before 2024-01-01T00:00:00Z"},
      {"getComparisonReport",
       {{"journey", "order"}, {"versions", "1,7"}},
       404,
       "`order` has no version 7; there are: 1"},
      {"getComparisonReport",
       {{"journey", "order"}, {"versions", "1"}},
       400,
       "versions: `1` are no two versions, before and now, such as 2,3"},
      {"getComparisonReport",
       {{"journey", "order"}, {"versions", "1,2"}, {"against_to", "2024-03-01"}},
       400,
       "versions compares versions, and against_from and against_to compare periods: leave out one or the "
       "others"},
  }));

  const auto answer = call(routes, row.operation, "", row.query, principal(Role::analyst));

  INFO(answer.body);
  CHECK(answer.status == row.status);
  CHECK(has(answer.body, row.detail));
}

TEST_CASE("api reports: without events there is nothing to report", "[http][api]") {
  test::ApiLive shop(std::vector<Event>{});
  const auto routes = shop.routes();

  const auto report = call(routes, "getKpiReport", "", {{"journey", "order"}}, principal(Role::analyst));
  const auto map = call(routes, "getJourneyMap", "order", {{"format", "json"}}, principal(Role::analyst));

  CHECK(report.status == 404);
  CHECK(has(report.body, "there are no events yet"));
  CHECK(map.status == 200);
  CHECK_FALSE(has(map.body, "entered"));
}

TEST_CASE(
    "api reports: who has the answer already is told so, until an event, the query or the asker differs",
    "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const test::Fields query{{"journey", "order"}};
  const auto analyst = principal(Role::analyst);
  const auto ask = [&](const test::Fields& asked, const http::Principal& who, const std::string& tag) {
    return call(routes, "getFrictionReport", "", asked, who, {{"if-none-match", tag}}).status;
  };

  const std::string tag = tag_of(call(routes, "getFrictionReport", "", query, analyst));

  REQUIRE(tag.size() > 2);
  CHECK(ask(query, analyst, tag) == 304);
  CHECK(ask(query, analyst, "\"other\", W/" + tag) == 304);
  CHECK(ask(query, analyst, "\"other\"") == 200);
  CHECK(ask({{"journey", "order"}, {"q", "0.2"}}, analyst, tag) == 200);
  CHECK(ask({{"journey", "claim"}}, analyst, tag) == 200);
  CHECK(ask(query, principal(Role::analyst, true), tag) == 200);
  Event event = test::api_events()[4];
  event.id = "another";
  event.time = test::api_minute(20);
  shop.post({event});
  CHECK(ask(query, analyst, tag) == 200);
}

TEST_CASE("api reports: a time relative to now is another query a minute later", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const test::Fields query{{"journey", "order"}, {"from", "-1h"}};
  const auto analyst = principal(Role::analyst);
  const std::string tag = tag_of(call(routes, "getFrictionReport", "", query, analyst));

  shop.set(test::api_minute(61));

  CHECK(tag_of(call(routes, "getFrictionReport", "", query, analyst)) != tag);
}

TEST_CASE("api reports: comparisons of other periods and versions are other answers", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto tag = [&](const test::Fields& query) {
    return tag_of(call(routes, "getComparisonReport", "", query, principal(Role::analyst)));
  };
  const std::string plain = tag({{"journey", "order"}});

  REQUIRE(plain.size() > 2);
  CHECK(tag({{"journey", "order"}}) == plain);
  CHECK(tag({{"journey", "order"}, {"against_from", "2023-01-01"}}) != plain);
  CHECK(tag({{"journey", "order"}, {"against_to", "2024-01-01"}}) != plain);
}

TEST_CASE("api reports: no customer can be told from what analysts get", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto analyst = principal(Role::analyst);

  for (const char* format : {"json", "csv", "md", "table"}) {
    for (const char* operation : {"getFrictionReport", "getKpiReport", "getScorecard", "getExperimentReport",
                                  "getComparisonReport"}) {
      const auto answer = call(routes, operation, "", {{"journey", "order"}, {"format", format}}, analyst);
      INFO(answer.body);
      for (const char* personal : {"ada", "bob", "slow", "\"o1\"", "\"o2\""}) {
        CAPTURE(personal);
        CHECK_FALSE(has(answer.body, personal));
      }
    }
  }
}

TEST_CASE("api trend: as the command's, in every format, with an ETag that a step changes",
          "[http][api][trend]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto analyst = principal(Role::analyst);
  const auto trend = [&](const test::Fields& more) {
    test::Fields query{{"journey", "order"}, {"touchpoint", "ordered"}};
    query.insert(query.end(), more.begin(), more.end());
    return call(routes, "getTrend", "", query, analyst);
  };

  const auto weeks = trend({});
  const auto hours = trend({{"step", "1h"}, {"from", "2024-03-01T08:00:00Z"}});

  CHECK(has(weeks.body, R"("entered": 3)"));
  CHECK(has(weeks.body, R"("to": "2024-03-01T09:05:00Z")"));
  CHECK(has(hours.body, R"("from": "2024-03-01T08:00:00Z")"));
  CHECK(tag_of(weeks) != tag_of(hours));
  CHECK(tag_of(trend({{"signal", "repeat"}})) != tag_of(weeks));
  CHECK(tag_of(trend({})) == tag_of(weeks));
  CHECK(trend({{"format", "csv"}}).body.starts_with("touchpoint,signal,"));
  CHECK(has(trend({{"format", "table"}}).body, "ordered: drop-off by 7d, as of 2024-03-01T09:05:00Z"));
  CHECK(has(trend({{"signal", "anger"}}).body,
            "signal: `anger` is no signal; there are drop_off, negative_feedback"));
  CHECK(has(trend({{"step", "soon"}}).body, "step: `soon` is no duration of an hour or more, such as 7d"));
  CHECK(has(call(routes, "getTrend", "", {{"journey", "order"}}, analyst).body, "`touchpoint` is missing"));
}

TEST_CASE("api journeys: the list, a definition and the map", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto analyst = principal(Role::analyst);

  const auto list = call(routes, "listJourneys", "", {}, analyst);
  const auto order = call(routes, "getJourney", "order", {}, analyst);
  const auto map = call(routes, "getJourneyMap", "order", {{"format", "json"}}, analyst);
  const auto svg = call(routes, "getJourneyMap", "order", {}, analyst);

  CHECK(has(list.body, "\"id\": \"claim\""));
  CHECK(has(list.body, "\"title\": \"From order to use\""));
  CHECK(has(order.body, "\"name\": \"iban\",\n      \"type\": \"string\",\n      \"sensitive\": true"));
  CHECK(has(order.body, "\"to\": \"call\",\n          \"trigger\": \"elapsed\""));
  CHECK(has(order.body, "\"after\": \"30m\""));
  CHECK(has(map.body, "\"caption\": \"3 customers as of 2024-03-01T09:05:00Z\""));
  CHECK(has(
      map.body,
      "\"from\": \"ordered\",\n      \"to\": \"paid\",\n      \"count\": 1,\n      \"deviation\": false"));
  CHECK(svg.content_type == "image/svg+xml");
  CHECK(svg.body.starts_with("<"));
  CHECK(call(routes, "getJourney", "order", {{"version", "2"}}, analyst).status == 404);
  CHECK(has(call(routes, "getJourney", "ordr", {}, analyst).body, "did you mean `order`?"));
  CHECK(call(routes, "getJourneyMap", "order", {{"counts", "no"}}, analyst).status == 400);
}

TEST_CASE("api journeys: the values of segments are told, what is sensitive masked", "[http][api]") {
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto segments = [&](bool sensitive) {
    return call(routes, "getJourneySegments", "order", {}, principal(Role::analyst, sensitive));
  };

  CHECK(has(segments(false).body, R"("fibre")"));
  CHECK_FALSE(has(segments(false).body, test::canary_income_text));
  CHECK(has(segments(true).body, test::canary_income_text));
  CHECK_FALSE(tag_of(segments(false)).empty());
  CHECK(tag_of(segments(false)) != tag_of(segments(true)));
  CHECK(call(routes, "getJourneySegments", "ordr", {}, principal(Role::analyst)).status == 404);
}

TEST_CASE("api journeys: the latest event's time is told, and a newer one is news", "[http][api]") {
  struct Row {
    const char* operation;
    const char* id;
  };
  const auto row = GENERATE(Row{"listJourneys", ""}, Row{"getJourney", "order"}, Row{"getJourney", "claim"});
  CAPTURE(row.operation, row.id);
  test::ApiLive shop;
  const auto routes = shop.routes();
  const auto asked = [&](const std::string& known) {
    return call(routes, row.operation, row.id, {}, principal(Role::analyst), {{"if-none-match", known}});
  };
  Event later = test::api_events().back();
  later.id = "later";
  later.time = test::api_minute(42);

  const auto before = asked({});
  shop.post({later});
  const auto after = asked(tag_of(before));

  CHECK(has(before.body, R"("latest": "2024-03-01T09:05:00Z")"));
  CHECK(after.status == 200);
  CHECK(has(after.body, R"("latest": "2024-03-01T09:42:00Z")"));
  CHECK(asked(tag_of(after)).status == 304);
}

TEST_CASE("api journeys: without events there is no latest one", "[http][api]") {
  test::ApiLive empty(std::vector<Event>{});
  const auto routes = empty.routes();

  CHECK(has(call(routes, "listJourneys", "", {}, principal(Role::analyst)).body, R"("latest": null)"));
  CHECK(has(call(routes, "getJourney", "order", {}, principal(Role::analyst)).body, R"("latest": null)"));
}

TEST_CASE("api rejects: the latest first, in pages", "[http][api]") {
  test::ApiLive shop;
  std::vector<Reject> rejects;
  for (int i = 0; i < 5; ++i) {
    rejects.push_back({.arrived = test::api_minute(i),
                       .sender = "till",
                       .dialect = "native",
                       .reason = "r" + std::to_string(i)});
  }
  shop.reject(rejects);
  const auto routes = shop.routes();
  const auto admin = principal(Role::admin);

  const auto first = call(routes, "listRejects", "", {{"limit", "2"}}, admin);
  const std::size_t next = first.body.find("\"next\": ");
  REQUIRE(next != std::string::npos);
  const std::string before = std::to_string(std::stoi(first.body.substr(next + 8)));
  const auto second = call(routes, "listRejects", "", {{"limit", "3"}, {"before", before}}, admin);

  CHECK(first.body.find("\"r4\"") < first.body.find("\"r3\""));
  CHECK_FALSE(has(first.body, "\"r2\""));
  CHECK(has(second.body, "\"r2\""));
  CHECK(has(second.body, "\"r0\""));
  CHECK_FALSE(has(second.body, "\"r3\""));
}

}  // namespace lotse
