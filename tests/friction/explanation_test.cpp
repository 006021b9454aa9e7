#include "engine/friction/explanation.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "tests/report/sample.hpp"

namespace lotse::test {

TEST_CASE("explain: every judged cell of a report can be asked for, and its cases are its count",
          "[friction][explain]") {
  const StayTable table = sample_table();
  for (const char* by : {"", "channel", "region", "promise"}) {
    FrictionQuery query;
    query.by = by;
    const FrictionReport report = friction_report(table, query).value();
    for (const auto* rows : {&report.rows, &report.parts, &report.overall}) {
      for (std::uint32_t r = 0; r < rows->size(); ++r) {
        for (const Signal signal : all_signals) {
          const FrictionRow& row = (*rows)[r];
          if (!row.judged[static_cast<std::size_t>(signal)]) continue;
          Finding cell;
          cell.scope = rows == &report.rows    ? Scope::touchpoint
                       : rows == &report.parts ? Scope::part
                                               : Scope::overall;
          cell.row = r;
          cell.signal = signal;
          const std::string id = finding_id(report, cell);
          CAPTURE(id);
          const auto explained = explain(table, query, id);
          REQUIRE(explained);
          CHECK(finding_id(explained->report, explained->finding) == id);
          CHECK(judgement_of(explained->report, explained->finding) ==
                *row.judged[static_cast<std::size_t>(signal)]);
          const std::size_t cases = explained->cases.size();
          switch (signal) {
            case Signal::drop_off:
              REQUIRE_FALSE(explained->curve.empty());
              CHECK(explained->curve.back().at == row.horizon);
              CHECK(explained->curve.back().share == Approx(row.split.share[4]).margin(1e-12));
              CHECK(explained->curve.back().interval == row.split.interval[4]);
              CHECK(explained->curve.size() <= 24);
              break;
            case Signal::negative_feedback:
              CHECK(cases == row.feedback.negative.x);
              break;
            case Signal::broken_promise:
              CHECK(cases == row.past_promise.x);
              break;
            case Signal::escalation:
              break;
            case Signal::forced_hop:
              CHECK(cases == row.forced.x);
              break;
            case Signal::repeat:
              CHECK(cases == row.repeated.x);
              break;
            case Signal::lost_context:
              CHECK(cases == row.lost_context.x);
              break;
          }
        }
      }
    }
  }
}

TEST_CASE("explain: the curve counts every stay once, and its cases are those dropped",
          "[friction][explain]") {
  // 30 of 100 drop on day 10, 50 move on on day 1, 20 came yesterday.
  std::vector<JourneyState> customers;
  for (int i = 0; i < 100; ++i) {
    customers.push_back(i < 30   ? customer({stay(order, day(0), Cause::dropped, day(10))})
                        : i < 80 ? customer({stay(order, day(0), Cause::advanced, day(1)),
                                             stay(online, day(1), Cause::exited, day(1))})
                                 : customer({stay(order, day(39))}));
  }
  Journey journey = hand_made_journey();
  journey.touchpoints[order].target = 0.1;
  const StayTable table = table_of(customers, day(40), versions_of({journey}));

  const Explanation explained = explain(table, {}, "drop_off:order").value();

  REQUIRE(explained.curve.size() == 3);
  const IncidencePoint& first = explained.curve[0];
  CHECK(first.at == Duration{24h});
  CHECK(first.at_risk == 100);
  CHECK(first.left == 50);
  CHECK(first.open == 20);
  CHECK(first.share == 0);
  CHECK(first.remaining == Approx(0.5));
  const IncidencePoint& second = explained.curve[1];
  CHECK(second.at == Duration{10 * 24h});
  CHECK(second.at_risk == 30);
  CHECK(second.cases == 30);
  CHECK(second.share == Approx(0.5));
  // Var = 0.0025, so that the share is worth 100: Wilson of 50 of 100.
  CHECK(second.interval.low == Approx(0.403832).margin(1e-6));
  CHECK(second.interval.high == Approx(0.596168).margin(1e-6));
  CHECK(explained.curve[2].at == Duration{20 * 24h});
  CHECK(explained.curve[2].at_risk == 0);
  CHECK(explained.cases.size() == 30);
  CHECK(explained.cases[7] == Case{.customer = 7, .stay = 7, .at = day(10)});
  CHECK(explained.peers.empty());  // against a target
}

TEST_CASE("explain: the peers are those whose mean the baseline is", "[friction][explain]") {
  FrictionQuery query;
  query.by = "region";
  const StayTable table = sample_table();
  const FrictionReport report = friction_report(table, query).value();
  const Explanation explained = explain(table, query, finding_id(report, report.findings[1])).value();
  REQUIRE(row_of(explained.report, explained.finding).part == "north");
  std::set<std::string> labels;
  double x = 0;
  double n = 0;
  for (const PeerCell& peer : explained.peers) {
    labels.insert(peer.label);
    x += peer.sample.x;
    n += peer.sample.n;
  }
  CHECK_FALSE(labels.contains("north"));
  REQUIRE_FALSE(labels.empty());
  const Judgement& judged = judgement_of(explained.report, explained.finding);
  if (judged.source == BaselineSource::pooled_peers) CHECK(judged.baseline == Approx(x / n));
}

TEST_CASE("explain: an id that is none is told, with what was meant", "[friction][explain]") {
  const auto none = explain(sample_table(), {}, "drop_off:apointment");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::not_found);
  CHECK(
      none.error().message ==
      "the report has no `drop_off:apointment`; did you mean `drop_off:appointment`? `--format json` of the "
      "same report lists the ids of its findings");
}

}  // namespace lotse::test
