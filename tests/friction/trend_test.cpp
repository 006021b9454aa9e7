#include "engine/friction/trend.hpp"

#include <catch2/catch.hpp>

#include "engine/friction/friction_report.hpp"
#include "tests/friction/random_customers.hpp"

namespace lotse::test {
namespace {

StayTable untidy() { return table_of(random_customers(8, 600), day(60), with_plan()); }

/// The row of a report of one period alone.
const FrictionRow& row_of(const FrictionReport& report, const std::string& label) {
  return *std::ranges::find(report.rows, label, &FrictionRow::label);
}

}  // namespace

TEST_CASE("trend: each point is what a report of its period alone says", "[friction][trend]") {
  const StayTable table = untidy();
  const auto* where = GENERATE("", "channel == \"web\"");
  const Signal signal = GENERATE(from_range(all_signals));
  const auto* touchpoint = GENERATE("order", "appointment", "bill");
  CAPTURE(where, name(signal), touchpoint);
  const TrendQuery query{.touchpoint = touchpoint,
                         .signal = signal,
                         .step = Duration{5 * 24h},
                         .from = day(1),
                         .to = day(53),
                         .where = where};

  const TrendReport trend = trend_report(table, query).value();

  REQUIRE(trend.points.size() == 11);
  CHECK(trend.points.front().from == day(1));
  CHECK(trend.points.back().to == day(53));
  std::size_t told = 0;
  for (const TrendPoint& point : trend.points) {
    CAPTURE(format_instant(point.from));
    FrictionQuery alone;
    alone.from = point.from;
    alone.to = point.to;
    alone.where = where;
    const FrictionReport report = friction_report(table, alone).value();
    const FrictionRow& row = row_of(report, touchpoint);
    CHECK(point.entered == row.entered);
    CHECK(point.mature == row.mature);
    const auto& judged = row.judged[static_cast<std::size_t>(signal)];
    REQUIRE(point.rate.has_value() == judged.has_value());
    if (!judged) continue;
    ++told;
    CHECK(*point.rate == judged->rate);
    CHECK(point.interval == judged->interval);
    CHECK(point.n_eff == judged->sample.n);
  }
  const bool ends_there = touchpoint == std::string_view("bill");  // nobody drops off where it ends
  if (signal == Signal::drop_off) CHECK((told > 0) != ends_there);
}

TEST_CASE("trend: without a period it is eight steps up to the report's instant, that one included",
          "[friction][trend]") {
  const StayTable table =
      table_of({customer({stay(order, day(30))}), customer({stay(order, day(29))})}, day(30));

  const TrendReport trend = trend_report(table, {.touchpoint = "order", .step = Duration{24h}}).value();

  REQUIRE(trend.points.size() == 8);
  CHECK(trend.points.front().from == day(22));
  CHECK(trend.points.back().from == day(29));
  CHECK(trend.points.back().entered == 2);
  CHECK(trend.points.back().mature == 0);
  CHECK_FALSE(trend.points.front().rate);
}

TEST_CASE("trend: the same whatever the number of threads", "[friction][trend]") {
  const StayTable table = untidy();
  const TrendQuery query{.touchpoint = "appointment", .signal = Signal::broken_promise};

  CHECK(trend_report(table, query, 1)->points == trend_report(table, query, 7)->points);
}

TEST_CASE("trend: what cannot be is said", "[friction][trend]") {
  struct Row {
    const char* why;
    TrendQuery query;
    const char* message;
  };
  const auto row = GENERATE(values<Row>({
      {"no touchpoint", {}, "`touchpoint` is missing: which one to look at"},
      {"a misspelt one",
       {.touchpoint = "ordr"},
       "`ordr` is no touchpoint of `broadband` that customers stand at; did you mean `order`?"},
      {"a message, which nobody stands at",
       {.touchpoint = "call_back"},
       "`call_back` is no touchpoint of `broadband` that customers stand at"},
      {"an end before the beginning",
       {.touchpoint = "order", .from = day(3), .to = day(3)},
       "the period ends at 2024-03-04T00:00:00Z, which is not after its beginning, 2024-03-04T00:00:00Z"},
      {"too many steps",
       {.touchpoint = "order", .step = Duration{1h}, .from = day(0), .to = day(60)},
       "from 2024-03-01T00:00:00Z to 2024-04-30T00:00:00Z there are more than 400 steps of 1h: take longer "
       "ones, or a shorter period"},
  }));
  CAPTURE(row.why);

  const Result<TrendReport> trend = trend_report(untidy(), row.query);

  REQUIRE_FALSE(trend);
  CHECK(trend.error().message == row.message);
  CHECK_FALSE(trend_report(untidy(), {.touchpoint = "order", .where = "chanel == 1"}));
}

TEST_CASE("trend: 400 steps are taken, and none more", "[friction][trend]") {
  const auto of_days = [](Instant from, Instant to) {
    return trend_report(untidy(), {.touchpoint = "order", .step = Duration{24h}, .from = from, .to = to});
  };

  const Result<TrendReport> most = of_days(day(0), day(400));

  REQUIRE(most);
  CHECK(most->points.size() == 400);
  CHECK_FALSE(of_days(day(0), day(400) + Duration{1}));
}

}  // namespace lotse::test
