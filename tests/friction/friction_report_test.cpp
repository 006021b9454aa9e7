#include "engine/friction/friction_report.hpp"

#include <catch2/catch.hpp>

#include "tests/report/sample.hpp"

namespace lotse::test {
namespace {

constexpr auto dropped = static_cast<std::size_t>(Cause::dropped);

FrictionReport whole_report(const StayTable& table, const std::string& by = "") {
  FrictionQuery query;
  query.by = by;
  auto report = friction_report(table, query, 2);
  REQUIRE(report);
  return *report;
}

const FrictionRow& row_named(const FrictionReport& report, const std::string& label) {
  for (const FrictionRow& row : report.rows) {
    if (row.label == label) return row;
  }
  FAIL("no row " << label);
  return report.rows.front();
}

/// n customers at `order`, x of whom have gone silent; the last `young` are still there.
std::vector<JourneyState> at_order(int n, int x, int young = 0) {
  std::vector<JourneyState> customers;
  for (int i = 0; i < n; ++i) {
    customers.push_back(i < x            ? customer({stay(order, day(0), Cause::dropped, day(10))})
                        : i >= n - young ? customer({stay(order, day(29))})
                                         : customer({stay(order, day(0), Cause::advanced, day(1)),
                                                     stay(online, day(1), Cause::exited, day(1))}));
  }
  return customers;
}

}  // namespace

TEST_CASE("friction_report: the split at the horizon sums to 1 in every row", "[friction]") {
  const StayTable table = sample_table();
  for (const char* by : {"", "channel", "region", "promise"}) {
    const FrictionReport report = whole_report(table, by);
    CHECK(report.parts.empty() == (*by == 0));
    for (const auto* rows : {&report.rows, &report.parts}) {
      for (const FrictionRow& row : *rows) {
        double sum = 0;
        for (const double share : row.split.share) sum += share;
        CHECK(sum == Approx(1).margin(1e-12));
        CHECK(row.entered == row.resolved + row.open);
        CHECK(row.n_eff <= static_cast<double>(row.entered) + 1e-9);
      }
    }
  }
}

TEST_CASE("friction_report: planted friction is found, and what is no friction is not", "[friction]") {
  const FrictionReport report = whole_report(sample_table(), "region");

  REQUIRE(report.findings.size() >= 2);
  CHECK(row_of(report, report.findings[0]).label == "appointment");
  CHECK(report.findings[0].signal == Signal::drop_off);
  CHECK(judgement_of(report, report.findings[0]).verdict == Verdict::confirmed);
  CHECK(row_of(report, report.findings[1]).part == "north");
  CHECK(report.findings[1].signal == Signal::negative_feedback);
  // Our turn, the end, and a declared target that is kept.
  CHECK_FALSE(row_named(report, "visit").judged[0].has_value());
  CHECK_FALSE(row_named(report, "bill").judged[0].has_value());
  CHECK(row_named(report, "order").judged[0]->verdict == Verdict::fine);
  CHECK(row_named(report, "order").judged[0]->source == BaselineSource::target);
}

TEST_CASE("friction_report: an open stay is censored, never lost", "[friction]") {
  const StayTable table = table_of(at_order(100, 20, 50), day(30));
  const FrictionReport report = whole_report(table);
  const FrictionRow& row = row_named(report, "order");
  CHECK(row.entered == 100);
  CHECK(row.open == 50);
  CHECK(row.mature == 50);
  // 30 of 100 at risk move on: 0.7 are left; the 50 young ones are censored; then 20 of 20 drop.
  CHECK(row.split.share[dropped] == Approx(0.7).margin(1e-12));
  CHECK(row.split.share[0] == Approx(0).margin(1e-12));
  CHECK(row.n_eff < 100);
}

TEST_CASE("friction_report: too few to say, how many more, and when", "[friction]") {
  Journey journey = hand_made_journey();
  journey.touchpoints[order].target = 0.2;
  const auto versions = versions_of({journey});
  // 7 stays in 28 days; nobody mature is missing, so 13 more at a quarter a day, and the horizon of 20 days.
  std::vector<JourneyState> customers;
  for (int i = 0; i < 7; ++i) customers.push_back(customer({stay(order, day(3), Cause::dropped, day(13))}));
  const FrictionReport report = whole_report(table_of(customers, day(30), versions));

  REQUIRE(report.findings.size() == 1);
  const Judgement& judgement = judgement_of(report, report.findings[0]);
  CHECK(judgement.verdict == Verdict::inconclusive);
  CHECK(judgement.more_needed == 13);
  REQUIRE(report.findings[0].ready);
  CHECK(*report.findings[0].ready == day(30 + 20 + 13 * 4));
}

TEST_CASE("friction_report: no date where nobody comes any more", "[friction]") {
  Journey journey = hand_made_journey();
  journey.touchpoints[order].target = 0.2;
  const FrictionReport report = whole_report(table_of(at_order(7, 3), day(100), versions_of({journey})));
  // Three lost of seven at the order, and the four who went on from there: too few to say at either.
  REQUIRE(report.findings.size() == 2);
  for (const Finding& finding : report.findings) {
    CAPTURE(row_of(report, finding).label);
    CHECK(judgement_of(report, finding).verdict == Verdict::inconclusive);
    CHECK_FALSE(finding.ready.has_value());
  }
}

TEST_CASE("friction_report: reach is the chance to achieve for those who go on", "[friction]") {
  // Half of those who leave the order reach online by way of the appointment, which loses half.
  Journey journey = hand_made_journey();
  for (Touchpoint& touchpoint : journey.touchpoints) touchpoint.target = 0.1;
  std::vector<JourneyState> customers;
  for (int i = 0; i < 400; ++i) {
    if (i % 2 == 0) {
      customers.push_back(customer({stay(order, day(0), Cause::dropped, day(10))}));
    } else if (i % 4 == 1) {
      customers.push_back(customer({stay(order, day(0), Cause::advanced, day(1)),
                                    stay(appointment, day(1), Cause::dropped, day(11))}));
    } else {
      customers.push_back(
          customer({stay(order, day(0), Cause::advanced, day(1)),
                    stay(appointment, day(1), Cause::advanced, day(2)), stay(online, day(2))}));
    }
  }
  const FrictionReport report = whole_report(table_of(customers, day(200), versions_of({journey})));

  const Judgement& at_order = *row_named(report, "order").judged[0];
  CHECK(at_order.reach == Approx(0.5));
  CHECK(at_order.affected == Approx(400 * (0.5 - 0.1) * 0.5));
  CHECK(row_named(report, "appointment").judged[0]->reach == Approx(1));
  CHECK(*report.achieved_predicted == Approx(0.25));
  CHECK(*report.achieved_observed == Approx(0.25));
  CHECK_FALSE(report.history_matters);
  // Order mended to 10 %: 0.9 * 0.5 instead of 0.25 of 400.
  REQUIRE(report.findings.size() >= 2);
  const auto at = std::find_if(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
    return row_of(report, finding).label == "order";
  });
  REQUIRE(at != report.findings.end());
  CHECK(*at->what_if == Approx(400 * (0.45 - 0.25)));
}

TEST_CASE("friction_report: the silent could all be content, or all be unhappy", "[friction]") {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 10; ++i) {
    Stay one = stay(order, day(0));
    if (i < 4) {
      one.feedback.push_back(
          {.at = day(1), .scale = Scale::stars, .score = i < 2 ? 1.0 : 5.0, .comment = {}, .segments = {}});
    }
    customers.push_back(customer({one}));
  }
  const FrictionReport report = whole_report(table_of(customers, day(2)));
  const std::optional<Interval>& bounds = row_named(report, "order").feedback.bounds;
  REQUIRE(bounds);
  CHECK(bounds->low == Approx(0.2));
  CHECK(bounds->high == Approx(0.8));
}

TEST_CASE("friction_report: an escalation comes before what follows it", "[friction]") {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 40; ++i) {
    Stay one = i % 4 == 0 ? stay(order, day(0), Cause::dropped, day(10))
                          : stay(order, day(0), Cause::advanced, day(5));
    if (i % 4 == 1) one.escalated = day(2);
    customers.push_back(one.cause == Cause::dropped ? customer({one})
                                                    : customer({one, stay(appointment, day(5))}));
  }
  const FrictionRow row = row_named(whole_report(table_of(customers, day(60))), "order");
  REQUIRE(row.containment);
  CHECK(row.containment->escalated == Approx(0.25));
  CHECK(row.containment->contained == Approx(0.5));
  CHECK(row.containment->dropped == Approx(0.25));
  CHECK(row.split.share[static_cast<std::size_t>(Cause::advanced)] == Approx(0.75));
}

TEST_CASE("friction_report: a cut that cannot be says what there is", "[friction]") {
  FrictionQuery query;
  query.by = "reigon";
  const auto report = friction_report(sample_table(), query);
  REQUIRE_FALSE(report);
  CHECK(report.error() == Error{ErrorCode::bad_input,
                                "`reigon` is nothing that the report of `broadband` can be cut by; there "
                                "are: channel, promise, region; "
                                "did you mean `region`?"});
}

TEST_CASE("friction_report: a period that ends before it begins is refused", "[friction]") {
  FrictionQuery query;
  query.from = day(2);
  query.to = day(1);
  const auto report = friction_report(sample_table(), query);
  REQUIRE_FALSE(report);
  CHECK(report.error() ==
        Error{ErrorCode::bad_input, "no time lies from 2024-03-03T00:00:00Z to before 2024-03-02T00:00:00Z"});
}

TEST_CASE("friction_report: --where leaves out stays, not what their customers went on to", "[friction]") {
  const StayTable table = sample_table();
  FrictionQuery query;
  query.where = "touchpoint == 'order'";

  const FrictionReport all = friction_report(table, {}).value();
  const FrictionReport filtered = friction_report(table, query).value();

  const auto order = std::ranges::find(table.places, "order", &Place::id) - table.places.begin();
  const auto& whole =
      all.rows[static_cast<std::size_t>(order)].judged[static_cast<std::size_t>(Signal::drop_off)];
  const auto& part =
      filtered.rows[static_cast<std::size_t>(order)].judged[static_cast<std::size_t>(Signal::drop_off)];
  REQUIRE((whole && part));
  CHECK(whole->reach > 0);
  CHECK(part->reach == whole->reach);
  CHECK(filtered.achieved_predicted == all.achieved_predicted);
}

TEST_CASE("friction_report: --where looks at one stay", "[friction]") {
  const StayTable table = sample_table();
  struct Row {
    const char* why;
    const char* where;
    bool (*expected)(const StayTable&, std::size_t);
  };
  const auto row = GENERATE(
      Row{"a touchpoint", "touchpoint == 'appointment'",
          [](const StayTable& t, std::size_t i) { return t.places[t.place[i]].id == "appointment"; }},
      Row{"a segment", "segments.region == 'north'",
          [](const StayTable& t, std::size_t i) { return t.segment_value(t.segment_set[i], 0) == "north"; }},
      Row{"channel and cause", "channel == 'call_center' && cause in ['dropped', 'open']",
          [](const StayTable& t, std::size_t i) {
            return t.channel[i] == 2 && (t.cause[i] == Cause::dropped || t.cause[i] == Cause::open);
          }},
      Row{"what is still open has no `left`, and is out", "left < timestamp('2024-03-20T00:00:00Z')",
          [](const StayTable& t, std::size_t i) { return t.left[i] < day(19); }},
      Row{"how long it has lasted", "dwell > duration('48h')", [](const StayTable& t, std::size_t i) {
            return std::min(t.left[i], t.as_of) - t.entered[i] > 48h;
          }});
  CAPTURE(row.why);
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < table.size(); ++i) expected += row.expected(table, i) ? 1U : 0U;
  FrictionQuery query;
  query.where = row.where;
  const auto report = friction_report(table, query);
  REQUIRE(report);
  CHECK(expected > 0);
  CHECK(report->stays == expected);
}

TEST_CASE("friction_report: a filter that does not compile is shown with its place", "[friction]") {
  FrictionQuery query;
  query.where = "chanel == 'web'";
  const auto report = friction_report(sample_table(), query);
  REQUIRE_FALSE(report);
  CHECK(report.error().message ==
        "--where: unknown name `chanel`\n  chanel == 'web'\n  ^\n  hint: did you mean `channel`?");
  query.where = "repeats + 1";
  const auto other = friction_report(sample_table(), query);
  REQUIRE_FALSE(other);
  CHECK(other.error().message == "--where must give true or false; `repeats + 1` gives a whole number");
}

TEST_CASE("friction_report: rare values of a cut are counted together", "[friction]") {
  Journey journey = hand_made_journey();
  journey.segments = {{.name = "zip", .value = *Expression::compile("\"x\"", {})}};
  std::vector<JourneyState> customers;
  for (int i = 0; i < 150; ++i) {
    customers.push_back(customer({stay(order, day(0))}, {{Value(std::to_string(1000 + i % 75))}}));
  }
  const FrictionReport report = whole_report(table_of(customers, day(30), versions_of({journey})), "zip");
  CHECK(report.parts.size() == 61);
  CHECK(report.parts_left_out == 15);
  std::uint64_t entered = 0;
  for (const FrictionRow& row : report.parts) entered += row.entered;
  CHECK(entered == 150);
}

TEST_CASE("friction_report: nothing at all is a report too", "[friction]") {
  const FrictionReport report = whole_report(table_of({}, day(0)));
  CHECK(report.rows.size() == 5);
  CHECK(report.findings.empty());
  CHECK(report.stays == 0);
}

}  // namespace lotse::test
