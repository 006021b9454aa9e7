#include "engine/report/trend_text.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/report/sample.hpp"
#include "tests/support/one_line.hpp"

namespace lotse::test {
namespace {

/// 30 of 100 drop; another 40 came three weeks later and have not had their 20 days.
TrendReport of_the_order() {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 100; ++i) {
    customers.push_back(customer({i < 30 ? stay(order, day(1), Cause::dropped, day(11))
                                         : stay(order, day(1), Cause::exited, day(2))}));
  }
  for (int i = 0; i < 40; ++i) customers.push_back(customer({stay(order, day(22))}));
  return trend_report(
             table_of(customers, day(30)),
             {.touchpoint = "order", .step = Duration{10 * 24h}, .from = day(0), .where = "version == 1"})
      .value();
}

}  // namespace

TEST_CASE("trend report: as a table it tells what is still to change", "[report][trend]") {
  CHECK(trend_table(of_the_order()) ==
        "order: drop-off by 10d, as of 2024-03-31T00:00:00Z\n"
        "\n"
        "from                  before                entered  mature  rate %          95 %\n"
        "2024-03-01T00:00:00Z  2024-03-11T00:00:00Z      100     100    30.0  [21.9, 39.6]\n"
        "2024-03-11T00:00:00Z  2024-03-21T00:00:00Z        0       0       –             –\n"
        "2024-03-21T00:00:00Z  2024-03-31T00:00:00Z       40       0     0.0   [0.0, 79.3]  *\n"
        "\n"
        "Of the stays entered in each period; intervals are 95 % Wilson at what the rate is worth.\n"
        "Only stays where version == 1.\n"
        "*: not all have had the 20d in which they are watched; the rate may still change.\n");
}

TEST_CASE("trend report: in JSON what is not known is null", "[report][trend]") {
  CHECK(on_one_line(trend_json(of_the_order())) ==
        R"({"report": "trend", "format": 1, "journey": "broadband", "title": "Broadband", )"
        R"("as_of": "2024-03-31T00:00:00Z", "touchpoint": "order", "label": "order", )"
        R"("touchpoint_title": "order", "signal": "drop_off", "where": "version == 1", )"
        R"("step_seconds": 864000, "horizon_seconds": 1.728e+06, "points": [)"
        R"({"from": "2024-03-01T00:00:00Z", "to": "2024-03-11T00:00:00Z", "entered": 100, "mature": 100, )"
        R"("n_eff": 100, "rate": 0.3, "interval": [0.218949, 0.395849]}, )"
        R"({"from": "2024-03-11T00:00:00Z", "to": "2024-03-21T00:00:00Z", "entered": 0, "mature": 0, )"
        R"("n_eff": 0, "rate": null, "interval": null}, )"
        R"({"from": "2024-03-21T00:00:00Z", "to": "2024-03-31T00:00:00Z", "entered": 40, "mature": 0, )"
        R"("n_eff": 1, "rate": 0, "interval": [0, 0.793451]}]})");
}

TEST_CASE("trend report: in CSV and Markdown a period is a row", "[report][trend]") {
  const std::string csv = trend_csv(of_the_order());
  const std::string markdown = trend_markdown(of_the_order());

  CHECK(csv.starts_with(
      "touchpoint,signal,from,to,entered,mature,n_eff,rate,rate_low,rate_high\r\n"
      "order,drop_off,2024-03-01T00:00:00Z,2024-03-11T00:00:00Z,100,100,100,0.3,0.218949,0.395849\r\n"
      "order,drop_off,2024-03-11T00:00:00Z,2024-03-21T00:00:00Z,0,0,0,,,\r\n"));
  CHECK(markdown.find("| 2024-03-11T00:00:00Z | 2024-03-21T00:00:00Z | 0 | 0 | – | – |  |\n") !=
        std::string::npos);
}

}  // namespace lotse::test
