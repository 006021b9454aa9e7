#include "engine/friction/friction_report.hpp"

#include <catch2/catch.hpp>

#include "tests/friction/random_customers.hpp"
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

TEST_CASE("friction_report: hops by channels add up to all hops, deviations of moves to those of the rows",
          "[friction]") {
  std::vector<JourneyState> customers = random_customers(3, 400);
  std::uint32_t count = 0;
  for (JourneyState& state : customers) {
    for (Instance& instance : state.instances) {
      for (Stay& stay : instance.stays) stay.forced_hop = ++count % 3 == 0;
    }
  }
  const FrictionReport report = whole_report(table_of(customers, day(120), with_plan()), "channel");
  std::uint64_t forced = 0;
  for (const auto* rows : {&report.rows, &report.parts}) {
    for (const FrictionRow& row : *rows) {
      CAPTURE(row.label, row.part.value_or("(whole)"));
      Hops sum;
      for (const HopPair& pair : row.hops.pairs) {
        CHECK(pair.from != pair.to);
        if (row.part) CHECK(pair.from == *row.part);
        sum.forced += pair.forced;
        sum.designed += pair.designed;
      }
      CHECK(sum.forced == row.hops.forced);
      CHECK(sum.designed == row.hops.designed);
      forced += sum.forced;
    }
  }
  CHECK(forced > 0);
  for (std::uint32_t row = 0; row < report.rows.size(); ++row) {
    std::uint64_t deviations = 0;
    for (const ObservedMove& move : report.moves) {
      if (move.from == row) deviations += move.deviation - move.went_back;
    }
    CAPTURE(report.rows[row].label);
    CHECK(deviations == report.rows[row].deviations);
  }
}

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

namespace {

/// x of n customers of a plan in a channel are lost at `order`.
struct Cut {
  By channel;
  const char* plan;
  int x;
  int n;
};

FrictionReport by_channel(const std::vector<Cut>& cuts) {
  std::vector<JourneyState> customers;
  for (const Cut& cut : cuts) {
    for (int i = 0; i < cut.n; ++i) {
      const std::vector<std::vector<Value>> plan{{Value(cut.plan)}};
      customers.push_back(i < cut.x
                              ? customer({stay(order, day(0), Cause::dropped, day(10), cut.channel)}, plan)
                              : customer({stay(order, day(0), Cause::exited, day(1), cut.channel)}, plan));
    }
  }
  Journey journey = hand_made_journey();
  journey.segments = {{.name = "plan", .value = *Expression::compile("\"x\"", {})}};
  return whole_report(table_of(customers, day(60), versions_of({std::move(journey)})), "channel");
}

/// The parts of `order` that are called friction.
std::vector<std::string> parts_found(const FrictionReport& report) {
  std::vector<std::string> found;
  for (const Finding& finding : report.findings) {
    if (finding.scope == Scope::part && judgement_of(report, finding).verdict <= Verdict::suspected)
      found.push_back(*row_of(report, finding).part);
  }
  return found;
}

}  // namespace

TEST_CASE("friction_report: a part that is worse only through whom it serves is set apart, with both figures",
          "[friction]") {
  const FrictionReport report = by_channel(
      {{web, "hard", 153, 900}, {web, "easy", 2, 100}, {app, "hard", 22, 100}, {app, "easy", 45, 900}});

  CHECK(parts_found(report).empty());
  REQUIRE(report.explained.size() == 1);
  const ExplainedPart& part = report.explained[0];
  CHECK(report.parts[part.row].part == "web");
  CHECK(report.parts[part.row].judged[static_cast<std::size_t>(Signal::drop_off)]->verdict == Verdict::fine);
  CHECK(part.segment == "plan");
  CHECK(part.crude.ratio > 2);
  CHECK(part.adjusted.ratio < 1);
  for (const SignalSummary& summary : report.signals)
    CHECK(summary.expected_false == report.q * static_cast<double>(summary.shown));
}

TEST_CASE(
    "friction_report: a part that is worse for everybody stays a finding, whatever the interval of what is "
    "left",
    "[friction]") {
  // Within the plans the odds are 1.70 [0.996, 2.89] times as high: not sure by itself, and most of 1.95.
  const FrictionReport report = by_channel(
      {{web, "hard", 22, 60}, {web, "easy", 8, 40}, {app, "hard", 30, 120}, {app, "easy", 24, 180}});

  CHECK(parts_found(report) == std::vector<std::string>{"web"});
  CHECK(report.explained.empty());
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

TEST_CASE("friction_report: history is the same cell in the window before", "[friction]") {
  // 10 of 100 dropped among those entered before day 30, 40 of 100 since.
  std::vector<JourneyState> customers;
  const auto enter = [&](double on, int n, int x) {
    for (int i = 0; i < n; ++i) {
      customers.push_back(i < x ? customer({stay(order, day(on), Cause::dropped, day(on + 10))})
                                : customer({stay(order, day(on), Cause::advanced, day(on + 1)),
                                            stay(online, day(on + 1), Cause::exited, day(on + 1))}));
    }
  };
  enter(1, 100, 100);  // more than 28 days before: not in it
  enter(20, 100, 10);
  enter(35, 100, 40);
  const StayTable table = table_of(customers, day(80));
  FrictionQuery query;
  query.from = day(30);

  const FrictionReport report = friction_report(table, query).value();
  REQUIRE(report.history_from);
  CHECK(*report.history_from == day(2));
  const FrictionRow& row = row_named(report, "order");
  CHECK(row.entered == 100);
  const Judgement& judged = row.judged[0].value();
  CHECK(judged.source == BaselineSource::history);
  CHECK(judged.baseline == Approx(0.1).margin(1e-12));
  CHECK(judged.verdict == Verdict::confirmed);
  CHECK(report.currencies.customers_lost == Approx(judged.affected));

  query.history = Duration{40 * 24h};  // reaches back to day -10: 110 of 200
  CHECK(row_named(friction_report(table, query).value(), "order").judged[0]->baseline == Approx(0.55));
  query.baseline = BaselineChoice::peers;
  CHECK_FALSE(friction_report(table, query).value().history_from.has_value());
  query = {};
  CHECK_FALSE(friction_report(table, query).value().history_from.has_value());
}

TEST_CASE("friction_report: effort is judged, with the hours that it takes", "[friction]") {
  // Of 100 at the appointment 30 come back to it, and stay 12 hours each time; 2 of 100 at the order hop.
  std::vector<JourneyState> customers;
  for (int i = 0; i < 100; ++i) {
    std::vector<Stay> stays = {stay(order, day(0), Cause::advanced, day(1)),
                               stay(appointment, day(1), Cause::advanced, day(2))};
    if (i < 30) {
      stays.push_back(stay(visit, day(2), Cause::went_back, day(3)));
      stays.push_back(stay(appointment, day(3), Cause::advanced, day(3.5)));
      stays.back().entry = Entry::went_back;
    }
    stays.push_back(stay(online, day(4), Cause::exited, day(4)));
    customers.push_back(customer(std::move(stays)));
  }
  const FrictionReport report = whole_report(table_of(customers, day(60)));

  const FrictionRow& row = row_named(report, "appointment");
  CHECK(row.entered == 130);
  CHECK(row.repeated.x == 30);
  CHECK(row.repeated.n == 130);
  constexpr auto repeat = static_cast<std::size_t>(Signal::repeat);
  const Judgement& judged = row.judged[repeat].value();
  CHECK(judged.verdict == Verdict::confirmed);
  CHECK(judged.source == BaselineSource::pooled_peers);
  CHECK(judged.baseline == 0);
  CHECK(judged.affected == Approx(30));
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].signal == Signal::repeat);
  CHECK(report.findings[0].hours == Approx(30 * 12));
  CHECK(finding_id(report, report.findings[0]) == "repeat:appointment");
  CHECK(report.currencies.hours == Approx(360));
  CHECK(report.currencies.hours_wasted == Approx(360));
  CHECK(report.currencies.customers_lost == 0);
}

TEST_CASE("friction_report: escalations compete with moving on and dropping", "[friction]") {
  // The order's task is opened for 40 of 100 before they move on; the other touchpoints can open none.
  std::vector<JourneyState> customers;
  for (int i = 0; i < 100; ++i) {
    Stay first = stay(order, day(0), Cause::advanced, day(2));
    if (i < 40) first.escalated = day(1);
    customers.push_back(customer({first, stay(online, day(2), Cause::exited, day(2))}));
  }
  const StayTable table = table_of(customers, day(60));
  CHECK(table.places[0].may_escalate);
  CHECK_FALSE(table.places[1].may_escalate);
  const FrictionReport report = whole_report(table);
  const FrictionRow& row = row_named(report, "order");
  REQUIRE(row.containment);
  CHECK(row.containment->escalated == Approx(0.4));
  CHECK(row.containment->escalated_sample.n == Approx(100));
  // Nobody to compare it with: a figure, no verdict.
  constexpr auto escalation = static_cast<std::size_t>(Signal::escalation);
  CHECK(row.judged[escalation]->verdict == Verdict::none);
  CHECK_FALSE(row_named(report, "appointment").judged[escalation].has_value());
}

TEST_CASE("friction_report: lost context is counted by what asks and by field", "[friction]") {
  Journey journey = hand_made_journey();
  journey.context.emplace_back().name = "address";
  journey.touchpoints[visit].asks = {FieldIndex{0}};
  journey.touchpoints[call_back].needs = {FieldIndex{0}};
  const auto versions = versions_of({journey});
  std::vector<JourneyState> customers;
  for (int i = 0; i < 50; ++i) {
    Stay asked = stay(visit, day(1), Cause::advanced, day(2));
    if (i < 10)
      asked.lost = {{FieldIndex{0}, TouchpointIndex{visit}, LostContext::What::asked_again, day(1)}};
    Stay first = stay(order, day(0), Cause::advanced, day(1));
    if (i < 3)
      first.lost = {{FieldIndex{0}, TouchpointIndex{call_back}, LostContext::What::missing, day(90)}};
    if (i == 4)
      first.lost = {{FieldIndex{0}, TouchpointIndex{call_back}, LostContext::What::missing, day(1)}};
    customers.push_back(customer({first, asked, stay(online, day(2), Cause::exited, day(2))}));
  }
  const FrictionReport report = whole_report(table_of(customers, day(60), versions));

  const FrictionRow& row = row_named(report, "visit");
  CHECK(row.keeps_context);
  CHECK(row.lost_context.x == 10);
  CHECK(row.lost_context.n == 50);
  CHECK(row_named(report, "order").lost_context.x == 1);  // the other three after as_of
  CHECK_FALSE(row_named(report, "appointment").keeps_context);
  CHECK(row.judged[static_cast<std::size_t>(Signal::lost_context)]->verdict == Verdict::confirmed);
  REQUIRE(report.lost.size() == 2);
  CHECK(report.lost[0].touchpoint == "visit");
  CHECK(report.lost[0].field == "address");
  CHECK(report.lost[0].what == LostContext::What::asked_again);
  CHECK(report.lost[0].stays == 10);
  CHECK(report.lost[1].touchpoint == "call_back");
  CHECK(report.lost[1].what == LostContext::What::missing);
  CHECK(report.lost[1].stays == 1);
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
