#include "engine/report/risk_text.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "engine/report/report_request.hpp"

namespace lotse {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{std::chrono::sys_days{std::chrono::year{2024} / 3 / 1} + 12h};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

RiskReport sample() {
  RiskReport report;
  report.journey = "broadband";
  report.title = "Broadband";
  report.as_of = noon;
  report.limit = 50;
  report.matching = 120;
  report.places.push_back({.touchpoint = "appointment",
                           .label = "appointment (v2)",
                           .title = "Appointment",
                           .owner = "install@example.net",
                           .window = 240h,
                           .segment = "plan",
                           .reach = 0.5,
                           .in_flight = 121,
                           .untold = 1,
                           .expected = 30.25,
                           .at_stake = 605});
  RiskRow& first = report.rows.emplace_back();
  first.customer = "user_id:=1+1";
  first.channel = "web";
  first.entered = noon - 96h;
  first.age = 96h;
  first.repeated = true;
  first.estimate = {
      .risk = 0.4, .sample = {160, 400}, .interval = {0.35, 0.45}, .by = Duration{480h}, .mature = 350};
  first.cell = {.by_channel = true, .channel = "app", .segment = "plan", .value = "fibre"};
  first.by = noon + 384h;
  first.silent_at = noon + 144h;
  first.value = 40;
  first.at_stake = 8;
  RiskRow& second = report.rows.emplace_back(first);
  second.customer = "user_id:bob";
  second.channel.clear();
  second.repeated = false;
  second.cell = {};
  second.silent_at.reset();
  second.value.reset();
  second.at_stake.reset();
  report.judged_from = report.judged_to = noon - 480h;
  std::vector<Forecast> forecasts;
  for (int i = 0; i < 50; ++i) forecasts.push_back({.probability = 0.2, .happened = i < 12});
  for (int i = 0; i < 50; ++i) forecasts.push_back({.probability = 0.6, .happened = i < 30});
  report.quality = forecast_quality(forecasts);
  return report;
}

}  // namespace

TEST_CASE("risk text: the list, whose curve, and the quality in words", "[report][risk]") {
  const std::string table = risk_table(sample(), {.width = 160});
  INFO(table);
  CHECK(has(table, "Customers at risk of Broadband (broadband), as of 2024-03-01T12:00:00Z\n"));
  CHECK(has(
      table,
      "121 customers in flight where silence counts as leaving; about 30 of them to drop off. Of 1 too few "
      "like them were watched long enough to say.\n"));
  CHECK(has(table, "WORST FIRST: 2 of 120\n"));
  CHECK(has(table, "4d (again)"));
  CHECK(has(table, "40.0 [35.0, 45.0]"));
  CHECK(has(table, "2024-03-07T12:00:00Z"));
  CHECK(has(table, "our turn"));
  CHECK(has(table, "appointment (v2); app; plan fibre"));
  CHECK(has(table, "install@example.net"));
  CHECK(quality_sentence(sample()) ==
        "100 customers in flight one horizon ago, by curves of what was known then: 42 dropped off, 40 were "
        "expected, 1.05 [0.82, 1.29] times as many. Brier score 0.2120 against 0.2436 of the bare rate: a "
        "skill "
        "of +13.0 %. Calibration: slope 0.87 ± 0.25 and intercept +0.05 ± 0.24 (1 and 0 are right).");
}

TEST_CASE("risk text: too few to judge by, and risks that are off, are said", "[report][risk]") {
  RiskReport report = sample();
  report.quality = forecast_quality(std::vector<Forecast>(49, {.probability = 0.2, .happened = false}));
  CHECK(
      has(quality_sentence(report), "Too few to judge the risks by: 49 customers in flight one horizon ago"));
  std::vector<Forecast> low;
  for (int i = 0; i < 100; ++i) low.push_back({.probability = 0.2, .happened = i < 50});
  report.quality = forecast_quality(low);
  CHECK(has(quality_sentence(report),
            "The share that then dropped off, told of all alike, would have been no worse."));
  CHECK(
      has(quality_sentence(report), "More dropped off than expected, beyond chance: the risks are too low."));
  report.quality = forecast_quality(std::vector<Forecast>(100, {.probability = 0.2, .happened = false}));
  CHECK(has(quality_sentence(report), "nobody dropped off, so that skill cannot be told."));
  CHECK(has(quality_sentence(report), "the risks are too high."));
}

TEST_CASE("risk text: CSV has a customer a row, and no formula", "[report][risk]") {
  CHECK(risk_csv(sample()) ==
        "customer,touchpoint,label,owner,channel,entered,age_s,repeated,risk,low,high,n_eff,by,silent_at,"
        "value,at_"
        "stake,curve_channel,curve_segment,curve_value\r\n"
        "user_id:=1+1,appointment,appointment "
        "(v2),install@example.net,web,2024-02-26T12:00:00Z,345600,yes,0.4,0.35,0.45,400,2024-03-17T12:00:00Z,"
        "2024-03-07T12:00:00Z,40,8,app,plan,fibre\r\n"
        "user_id:bob,appointment,appointment "
        "(v2),install@example.net,,2024-02-26T12:00:00Z,345600,no,0.4,0.35,0.45,400,2024-03-17T12:00:00Z,,,,,"
        ",\r\n");
}

TEST_CASE("risk text: JSON has nulls where nothing applies", "[report][risk]") {
  const std::string json = risk_json(sample());
  INFO(json);
  CHECK(has(json, "\"report\": \"risk\",\n  \"format\": 1,"));
  CHECK(has(json, "\"touchpoint\": null,\n  \"least_risk\": 0,\n  \"limit\": 50,\n  \"matching\": 120,"));
  CHECK(has(
      json,
      "\"silent_at\": null,\n      \"value\": null,\n      \"at_stake\": null,\n      \"curve\": {\n        "
      "\"touchpoint\": \"appointment (v2)\",\n        \"channel\": null,\n        \"segment\": null,\n"
      "        \"value\": null"));
  CHECK(has(json, "\"observed_to_expected\": 1.05,"));
}

TEST_CASE("risk text: whoever may not read customers gets everything but the list", "[report][risk]") {
  RiskReport report = sample();
  hide_customers(report);
  for (const std::string_view format : report_formats()) {
    CAPTURE(format);
    const std::string text = risk_in(format, report);
    CHECK_FALSE(has(text, "user_id"));
    CHECK_FALSE(has(text, "2024-02-26"));
    if (format != "csv") CHECK(has(text, "appointment"));
  }
  CHECK(has(risk_table(report), "Customers are named to who may read customers as well as reports"));
}

TEST_CASE("risk text: Markdown is a table and takes text literally", "[report][risk]") {
  const std::string text = risk_markdown(sample());
  INFO(text);
  CHECK(has(text, "# Customers at risk of Broadband\n"));
  CHECK(has(text, "## Worst first: 2 of 120\n"));
  CHECK(has(text, "## How good it is\n"));
}

}  // namespace lotse
