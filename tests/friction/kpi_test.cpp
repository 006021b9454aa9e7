#include "engine/friction/kpi.hpp"

#include <catch2/catch.hpp>

#include "tests/friction/hand_made.hpp"

namespace lotse::test {
namespace {

JourneyState scored(std::vector<std::pair<Scale, double>> scores, double at = 1) {
  Stay one = stay(order, day(0));
  for (const auto& [scale, score] : scores) {
    one.feedback.push_back({.at = day(at), .scale = scale, .score = score, .comment = {}, .segments = {}});
  }
  return customer({one});
}

const Score& score_of(const KpiRow& row, Scale scale) {
  for (const Score& score : row.scores) {
    if (score.scale == scale) return score;
  }
  FAIL("no such score");
  return row.scores.front();
}

KpiReport kpis(const std::vector<JourneyState>& customers, double as_of, KpiQuery query = {}) {
  auto report = kpi_report(table_of(customers, day(as_of)), query);
  REQUIRE(report);
  return *report;
}

}  // namespace

TEST_CASE("kpi: NPS is promoters less detractors, with the standard error of a mean", "[friction]") {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 100; ++i)
    customers.push_back(scored({{Scale::nps, i < 50 ? 9.0 : i < 80 ? 8.0 : 3.0}}));
  const Score score = score_of(kpis(customers, 2).rows[0], Scale::nps);
  CHECK(score.headline == Approx(30));
  CHECK(score.negative == Approx(0.2));
  // Var of {1: .5, 0: .3, -1: .2} = 0.7 − 0.09.
  CHECK(score.interval.high - score.headline == Approx(100 * z95 * std::sqrt(0.61 / 99)));
}

TEST_CASE("kpi: scales are never mixed, and each has its own satisfied end", "[friction]") {
  const KpiReport report = kpis({scored({{Scale::csat5, 4}, {Scale::ces7, 4}, {Scale::stars, 1}}),
                                 scored({{Scale::csat5, 3}, {Scale::ces7, 5}, {Scale::stars, 5}})},
                                2);
  const KpiRow& row = report.rows[0];
  CHECK(row.scores.size() == 3);
  CHECK(score_of(row, Scale::csat5).headline == Approx(0.5));
  CHECK(score_of(row, Scale::csat5).mean == Approx(3.5));
  CHECK(score_of(row, Scale::ces7).headline == Approx(0.5));
  CHECK(score_of(row, Scale::ces7).negative == 0);
  CHECK(score_of(row, Scale::stars).headline == Approx(0.5));
}

TEST_CASE("kpi: a customer who answers often is one customer", "[friction]") {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 40; ++i) {
    const double value = i % 2 == 0 ? 5 : 1;
    customers.push_back(scored({{Scale::csat5, value}, {Scale::csat5, value}, {Scale::csat5, value}}));
  }
  const Score score = score_of(kpis(customers, 2).rows[0], Scale::csat5);
  CHECK(score.responses == 120);
  CHECK(score.customers == 40);
  CHECK(score.standard_error == Approx(2 / std::sqrt(39)));
  CHECK(score.interval.half_width() == Approx(wilson({20, 40}).half_width()).margin(0.01));
}

TEST_CASE("kpi: only answers of the period count", "[friction]") {
  const auto customers = std::vector{scored({{Scale::nps, 9}}, 1), scored({{Scale::nps, 1}}, 5)};
  CHECK(score_of(kpis(customers, 30, {.from = day(4), .to = day(6)}).rows[0], Scale::nps).headline == -100);
  CHECK(score_of(kpis(customers, 30, {.from = day(1), .to = day(5)}).rows[0], Scale::nps).headline == 100);
}

TEST_CASE("kpi: stages have the scores of their touchpoints", "[friction]") {
  const KpiReport report = kpis({scored({{Scale::nps, 9}})}, 2);
  REQUIRE(report.rows.size() == 3);
  CHECK(report.rows[1].name == "order");
  CHECK(report.rows[1].scores.size() == 1);
  CHECK(report.rows[1].customers == 1);
  CHECK(report.rows[2].name == "use");
  CHECK(report.rows[2].scores.empty());
  CHECK(report.rows[2].customers == 0);
}

TEST_CASE("kpi: churn is dated when the silence has lasted, and those still there are censored",
          "[friction]") {
  // Silence of 10 days counts. Two fell silent on day 0 and day 20, one was here yesterday.
  const auto silent = customer({stay(order, day(0), Cause::dropped, day(10))});
  const auto later = customer(
      {stay(order, day(0), Cause::advanced, day(20)), stay(appointment, day(20), Cause::dropped, day(30))});
  const auto here = customer({stay(order, day(0), Cause::advanced, day(99)), stay(appointment, day(99))});
  const KpiReport report = kpis({silent, later, here}, 100, {.from = day(15), .to = day(40)});

  REQUIRE(report.rows[0].churn);
  const Churn& churn = *report.rows[0].churn;
  CHECK(churn.after == 240h);
  CHECK(churn.churned == 2);
  CHECK(*churn.by_90_days == Approx(2.0 / 3));
  CHECK_FALSE(churn.by_365_days.has_value());
  CHECK(churn.median_lifetime == 30 * 24h);
  CHECK(churn.mean_lifetime == Duration{(10 + 30 + 100) * 24h} / 3);
  CHECK(churn.at_start == 2);  // the first was lost on day 10
  CHECK(churn.lost == 1);
}

TEST_CASE("kpi: lifetime value is basket times frequency times lifetime", "[friction]") {
  JourneyState buyer = customer({stay(order, day(0), Cause::exited, day(1))});
  buyer.instances.push_back(customer({stay(order, day(100), Cause::exited, day(101))}).instances[0]);
  buyer.instances[0].value = 20;
  buyer.instances[1].value = 40;
  const KpiReport report = kpis({buyer}, 365.25);
  REQUIRE(report.rows[0].lifetime_value);
  const LifetimeValue& value = *report.rows[0].lifetime_value;
  CHECK(value.basket == Approx(30));
  CHECK(value.frequency == Approx(2 / (110 / 365.25)));
  CHECK(value.lifetime == Approx(110 / 365.25));
  CHECK(value.value == Approx(60));
}

TEST_CASE("kpi: without a declared silence there is no churn, unless one is given", "[friction]") {
  Journey journey = hand_made_journey();
  journey.abandon_after = Never{};
  const StayTable table = table_of({customer({stay(order, day(0))})}, day(5), versions_of({journey}));
  const auto without = kpi_report(table, {});
  REQUIRE(without);
  CHECK_FALSE(without->rows[0].churn.has_value());
  const auto given = kpi_report(table, {.from = {}, .to = {}, .churn_after = Duration{48h}});
  REQUIRE(given);
  REQUIRE(given->rows[0].churn);
  CHECK(given->rows[0].churn->churned == 1);
}

}  // namespace lotse::test
