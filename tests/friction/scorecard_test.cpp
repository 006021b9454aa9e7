#include "engine/friction/scorecard.hpp"

#include <catch2/catch.hpp>

#include "tests/friction/scorecards.hpp"

namespace lotse::test {
namespace {

const ScorecardRow& row_of(const Scorecard& card, const std::string& name, const std::string& part = "") {
  for (const ScorecardRow& row : card.rows) {
    if (row.name == name && row.part == part) return row;
  }
  FAIL("no row " << name << " " << part);
  return card.rows.front();
}

/// Rates on day 1; then achieves, or drops off, on day 8. `later`: comes back to pay on day 150.
JourneyState rater(double score, bool achieves, bool later) {
  Stay first = stay(order, day(0), Cause::advanced, day(8));
  first.feedback.push_back(
      {.at = day(1), .scale = Scale::csat5, .score = score, .comment = {}, .segments = {}});
  if (!achieves) {
    first.cause = Cause::dropped;
    return customer({first});
  }
  const Stay used = stay(online, day(8), Cause::advanced, day(150));
  return later ? customer({first, used, stay(bill, day(150), Cause::achieved, day(150))})
               : customer({first, stay(online, day(8))});
}

/// 25 unhappy customers, of whom 10 achieve, and 30 others, of whom 24 do, 12 of them to come back later.
std::vector<JourneyState> raters() {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 25; ++i) customers.push_back(rater(1, i < 10, false));
  for (int i = 0; i < 30; ++i) customers.push_back(rater(5, i < 24, i < 12));
  return customers;
}

}  // namespace

TEST_CASE("scorecard: outcomes of the whole journey, by hand", "[friction][scorecard]") {
  const Scorecard card = card_of(card_table(four_customers(), 12));
  const ScorecardRow& row = card.rows.front();

  CHECK(row.customers == 4);
  CHECK(row.journeys == 4);
  CHECK(row.achieved == 1);
  CHECK(row.dropped == 1);
  CHECK(row.dropped_later == 0);
  CHECK(row.ended == 1);
  CHECK(row.open == 1);
  // Day 4: 1 of 4 achieves. Day 5: 1 of 3 ends. Day 10: 1 of 2 drops off, before the other is last seen.
  CHECK(row.achieved_share->rate == Approx(0.25).margin(1e-12));
  CHECK(row.dropped_share->rate == Approx(0.25).margin(1e-12));
  CHECK(row.value_achieved == 100);
  CHECK(row.value_lost == 50);
}

TEST_CASE("scorecard: what customers met, by hand", "[friction][scorecard]") {
  const Scorecard card = card_of(card_table(four_customers(), 12));
  const ScorecardRow& row = card.rows.front();

  CHECK(card.scale == Scale::nps);
  REQUIRE(row.score);
  CHECK(row.score->headline == Approx(0).margin(1e-12));
  CHECK(row.answers == 2);
  CHECK(row.negative == 1);
  // S = 1 for 4 days, 3/4 for one, 1/2 for five.
  CHECK(row.time == Duration{96h + 18h + 60h});
  // 1 of 4 waits for two days, 1 of 4 for half a day.
  CHECK(row.waiting == Duration{12h + 3h});
  CHECK(row.promised == 3);
  CHECK(row.broken == 2);
  CHECK(row.broken_share->rate == Approx(2.0 / 3));
  CHECK(row.broken_share->interval == wilson({2, 3}));
  CHECK(row.repeats == 2);
  CHECK(row.returns == 0);
  CHECK(row.wasted == Duration{0});
}

TEST_CASE("scorecard: tasks cost what their team declares, and nothing is known where none does",
          "[friction][scorecard]") {
  const StayTable table = card_table(four_customers(), 12);

  const ScorecardRow declared = card_of(table, 12.5).rows.front();
  CHECK(declared.handovers == 1);
  CHECK(declared.handover_cost == 12.5);
  CHECK(declared.handovers_without_cost == 0);

  const Scorecard card = card_of(table, std::nullopt);
  CHECK(card.teams_without_cost == std::vector<std::string>{"desk"});
  for (const ScorecardRow& row : card.rows) CHECK_FALSE(row.handover_cost.has_value());
  CHECK(card.rows.front().handovers_without_cost == 1);

  CHECK(card_of(table, 0).rows.front().handover_cost == 0);
}

TEST_CASE("scorecard: a task of a team without a cost is left out of the sum and counted",
          "[friction][scorecard]") {
  JourneyVersions versions = card_versions();
  Journey second = *versions.versions[0];
  second.version = 2;
  second.touchpoints[call_back].handover->team = "shop";
  versions = versions_of({*versions.versions[0], second});
  std::vector<JourneyState> customers = four_customers();
  JourneyState other = customers[1];
  other.instances[0].version = VersionIndex{1};
  customers.push_back(other);
  const StayTable table = table_of(customers, day(12), versions);

  const auto card = scorecard(table, handover_costs(table, versions, card_channels(12.5)), {});

  REQUIRE(card);
  CHECK(card->teams_without_cost == std::vector<std::string>{"shop"});
  CHECK(card->rows.front().handovers == 2);
  CHECK(card->rows.front().handover_cost == 12.5);
  CHECK(card->rows.front().handovers_without_cost == 1);
}

TEST_CASE("scorecard: a stage has the journeys that came there, and the time and the loss in it",
          "[friction][scorecard]") {
  const Scorecard card = card_of(card_table(four_customers(), 12));

  const ScorecardRow& ordering = row_of(card, "order");
  CHECK(ordering.journeys == 4);
  CHECK(ordering.dropped == 1);
  // 1 day of all four, 3 days of three, then one more with S = 3/4, then five with S = 1/2.
  CHECK(ordering.time == Duration{(1 * 24h) + 54h + 18h + 60h});
  CHECK(ordering.waiting == Duration{3h});
  CHECK(ordering.handovers == 1);
  const ScorecardRow& use = row_of(card, "use");
  CHECK(use.journeys == 1);
  CHECK(use.achieved_share->rate == 1);
  CHECK(use.handovers == 0);
  CHECK(use.value_lost == 0);
  CHECK_FALSE(use.churn_by_90_days.has_value());
}

TEST_CASE("scorecard: who drops off in another stage is no loss of this one", "[friction][scorecard]") {
  const auto lost = customer(
      {stay(order, day(0), Cause::advanced, day(1)), stay(appointment, day(1), Cause::dropped, day(11))});

  const Scorecard card = card_of(card_table({lost}, 12));

  CHECK(card.rows.front().dropped == 1);
  CHECK(row_of(card, "order").dropped == 0);
  CHECK(row_of(card, "order").dropped_later == 1);
  CHECK(row_of(card, "order").dropped_share->rate == 0);
}

TEST_CASE("scorecard: a task belongs to the stage where the customer stood when it was opened",
          "[friction][scorecard]") {
  JourneyState one = customer(
      {stay(order, day(0), Cause::advanced, day(1)), stay(appointment, day(1), Cause::exited, day(4))});
  Effect task{};
  task.touchpoint = TouchpointIndex{call_back};
  task.due = day(2);
  task.task = TaskStatus::withdrawn;
  task.ended = day(4);
  one.effects.push_back(task);

  const Scorecard card = card_of(card_table({one}, 7));

  CHECK(card.rows.front().handovers == 1);
  CHECK(card.rows.front().waiting == Duration{48h});
  CHECK(row_of(card, "order").handovers == 0);
  CHECK(row_of(card, "order").waiting == Duration{0});
}

TEST_CASE("scorecard: one broken promise is enough, whatever was kept before and after",
          "[friction][scorecard]") {
  Stay kept_before = stay(order, day(0), Cause::advanced, day(1));
  kept_before.promised = day(1);
  Stay late = stay(visit, day(1), Cause::advanced, day(4));
  late.deadline = day(3);
  late.awaits = TouchpointIndex{online};
  Stay kept_after = stay(online, day(4));
  kept_after.promised = day(5);

  const ScorecardRow row = card_of(card_table({customer({kept_before, late, kept_after})}, 7)).rows.front();

  CHECK(row.promised == 1);
  CHECK(row.broken == 1);
}

TEST_CASE("scorecard: segments by their value at the opening; --by keeps one of them",
          "[friction][scorecard]") {
  const StayTable table = card_table(four_customers(), 12);

  const Scorecard card = card_of(table);
  REQUIRE(card.rows.size() == 5);
  CHECK(row_of(card, "plan", "fibre").journeys == 2);
  CHECK(row_of(card, "plan", "fibre").value_achieved == 100);
  CHECK(row_of(card, "plan", "fibre").score->headline == -100);
  CHECK(row_of(card, "plan", "dsl").open == 1);
  CHECK(row_of(card, "plan", "dsl").value_lost == 0);
  CHECK(card_of(table, 12.5, {.by = "plan"}).rows.size() == 5);

  const auto other = scorecard(table, {}, {.by = "plann"});
  REQUIRE_FALSE(other);
  CHECK(other.error().message ==
        "`plann` is no segment of `broadband`; there are: plan; did you mean `plan`?");
  const auto nothing = scorecard(table_of({}, day(1)), {}, {.by = "plan"});
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().message == "`plan` is no segment of `broadband`, which declares none");
}

TEST_CASE("scorecard: beyond the 60 most frequent values of a segment the rest are one row",
          "[friction][scorecard]") {
  std::vector<JourneyState> customers;
  for (int value = 0; value < 63; ++value) {
    for (int i = 0; i < (value < 3 ? 1 : 2); ++i) {
      customers.push_back(customer({stay(order, day(0))}, {{Value("v" + std::to_string(value))}}));
    }
  }

  const Scorecard card = card_of(card_table(customers, 1));

  CHECK(card.folded == 3);
  CHECK(card.rows.size() == 3 + 60 + 1);
  CHECK(card.rows.back().part == "(other)");
  CHECK(card.rows.back().journeys == 3);
  CHECK(card.rows.back().churn_by_90_days == row_of(card, "plan", "v9").churn_by_90_days);
}

TEST_CASE("scorecard: the period is that of the openings and of the answers", "[friction][scorecard]") {
  const StayTable table = card_table(four_customers(), 12);

  const ScorecardRow later = card_of(table, 12.5, {.from = day(1.5)}).rows.front();
  CHECK(later.journeys == 1);
  CHECK(later.answers == 0);
  const ScorecardRow before = card_of(table, 12.5, {.to = day(1)}).rows.front();
  CHECK(before.journeys == 3);
  CHECK(before.answers == 0);
  CHECK(card_of(table, 12.5, {.to = day(1.01)}).rows.front().answers == 2);
  CHECK_FALSE(scorecard(table, {}, {.from = day(3), .to = day(2)}));
}

TEST_CASE("scorecard: an answer and an opening at as_of count", "[friction][scorecard]") {
  Stay now = stay(order, day(3));
  now.feedback.push_back({.at = day(3), .scale = Scale::nps, .score = 9, .comment = {}, .segments = {}});

  const ScorecardRow row = card_of(card_table({customer({now})}, 3)).rows.front();

  CHECK(row.journeys == 1);
  CHECK(row.answers == 1);
}

TEST_CASE("scorecard: repeats, returns and the time wasted in them", "[friction][scorecard]") {
  Stay back = stay(order, day(3), Cause::advanced, day(4));
  back.entry = Entry::went_back;
  Stay hopped = stay(appointment, day(4), Cause::hopped, day(5));
  Stay again = stay(appointment, day(5), Cause::open, {}, app);
  again.entry = Entry::hop;
  again.repeats = 3;
  const auto one = customer({stay(order, day(0), Cause::advanced, day(1)),
                             stay(appointment, day(1), Cause::went_back, day(3)), back, hopped, again});

  const ScorecardRow row = card_of(card_table({one}, 7)).rows.front();

  CHECK(row.repeats == 3);
  CHECK(row.returns == 2);
  CHECK(row.wasted == Duration{3 * 24h});
}

TEST_CASE("scorecard: a customer's journeys that go alike are worth fewer than they are",
          "[friction][scorecard]") {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 40; ++i) {
    const Cause cause = i < 20 ? Cause::dropped : Cause::exited;
    JourneyState twice = customer({stay(order, day(0), cause, day(10))});
    twice.instances.push_back(customer({stay(order, day(20), cause, day(30))}).instances[0]);
    customers.push_back(twice);
  }

  const EstimatedShare share = *card_of(card_table(customers, 40)).rows.front().dropped_share;

  CHECK(share.rate == Approx(0.5));
  // Cochran's ratio variance 40/39 · 40/80² over the binomial 0.25/79.
  CHECK(share.n_eff == Approx(80 / (40.0 / 39 * 40 / 6'400 / 0.25 * 79)));
}

TEST_CASE("scorecard: overlapping tasks make one waiting time, within the journey", "[friction][scorecard]") {
  JourneyState one = customer({stay(order, day(0), Cause::exited, day(4))});
  const auto task = [&](double from, double to, TaskStatus status) {
    Effect effect{};
    effect.touchpoint = TouchpointIndex{call_back};
    effect.due = day(from);
    effect.task = status;
    effect.ended = day(to);
    one.effects.push_back(effect);
  };
  task(0, 2, TaskStatus::done);
  task(1, 1.5, TaskStatus::done);
  task(3, 4, TaskStatus::withdrawn);

  const ScorecardRow row = card_of(card_table({one}, 7)).rows.front();

  CHECK(row.time == Duration{4 * 24h});
  CHECK(row.waiting == Duration{3 * 24h});
  CHECK(row.handovers == 3);
  CHECK(row.handover_cost == 37.5);
}

TEST_CASE("scorecard: a journey that nobody entered has rows and no figures", "[friction][scorecard]") {
  const Scorecard card = card_of(card_table({}, 12));

  REQUIRE(card.rows.size() == 3);
  for (const ScorecardRow& row : card.rows) {
    CHECK(row.journeys == 0);
    CHECK_FALSE(row.score.has_value());
    CHECK_FALSE(row.dropped_share.has_value());
    CHECK_FALSE(row.achieved_share.has_value());
    CHECK_FALSE(row.broken_share.has_value());
    CHECK_FALSE(row.value_achieved.has_value());
    CHECK(row.handover_cost == 0);
  }
  CHECK_FALSE(card.scale.has_value());
  CHECK_FALSE(card.median.has_value());
}

TEST_CASE("scorecard: without `value` there is no money", "[friction][scorecard]") {
  std::vector<JourneyState> customers = four_customers();
  for (JourneyState& state : customers) state.instances[0].value.reset();

  const ScorecardRow row = card_of(card_table(customers, 12)).rows.front();

  CHECK_FALSE(row.value_achieved.has_value());
  CHECK_FALSE(row.value_lost.has_value());
  CHECK_FALSE(row.lifetime_value.has_value());
}

TEST_CASE("scorecard: churn and lifetime value are those of the KPI report", "[friction][scorecard]") {
  const StayTable table = card_table(four_customers(), 120);
  const auto kpis = kpi_report(table, {});
  REQUIRE(kpis);

  const Scorecard card = card_of(table);

  REQUIRE(kpis->rows.size() == card.rows.size());
  for (std::size_t i = 0; i < card.rows.size(); ++i) {
    if (!kpis->rows[i].churn) continue;
    CHECK(card.rows[i].churn_by_90_days == kpis->rows[i].churn->by_90_days);
    CHECK(card.rows[i].lifetime_value == kpis->rows[i].lifetime_value->value);
  }
  CHECK(card.rows.front().churn_by_90_days.has_value());
}

TEST_CASE("scorecard: negative raters against the others, by hand", "[friction][scorecard]") {
  const Scorecard card = card_of(card_table(raters(), 200));
  const LandmarkComparison& answer = card.comparisons.front();

  CHECK(answer.contrast == LandmarkContrast::negative_answer);
  CHECK(answer.with == 25);
  CHECK(answer.without == 30);
  REQUIRE(answer.achieved);
  CHECK(answer.achieved->with == Approx(0.4));
  CHECK(answer.achieved->without == Approx(0.8));
  const Interval expected = newcombe_difference({10, 25}, {24, 30});
  CHECK(answer.achieved->interval.low == Approx(expected.low));
  CHECK(answer.achieved->interval.high == Approx(expected.high));
  CHECK(answer.achieved->within == day(200) - day(1));
  REQUIRE(answer.churned);
  CHECK(answer.churned->with == 1);
  CHECK(answer.churned->without == Approx(18.0 / 30));
}

TEST_CASE("scorecard: who rates when the journey is over is not compared", "[friction][scorecard]") {
  std::vector<JourneyState> customers = raters();
  for (int i = 0; i < 30; ++i) {
    JourneyState late = rater(1, true, false);
    late.instances[0].stays[0].feedback.clear();
    late.instances[0].stays[1].feedback.push_back(
        {.at = day(9), .scale = Scale::csat5, .score = 1, .comment = {}, .segments = {}});
    customers.push_back(late);
  }

  const LandmarkComparison answer = card_of(card_table(customers, 200)).comparisons.front();

  CHECK(answer.with == 25);
  CHECK(answer.achieved->with == Approx(0.4));
}

TEST_CASE("scorecard: a customer's first answer decides, and each counts once", "[friction][scorecard]") {
  std::vector<JourneyState> customers = raters();
  for (JourneyState& state : customers) {
    state.instances[0].stays[0].feedback.push_back(
        {.at = day(2), .scale = Scale::nps, .score = 10, .comment = {}, .segments = {}});
  }

  const LandmarkComparison answer = card_of(card_table(customers, 200)).comparisons.front();

  CHECK(answer.with == 25);
  CHECK(answer.without == 30);
}

TEST_CASE("scorecard: fewer than 20 on a side are not compared", "[friction][scorecard]") {
  std::vector<JourneyState> customers = raters();
  customers.erase(customers.begin(), customers.begin() + 6);

  const LandmarkComparison answer = card_of(card_table(customers, 200)).comparisons.front();

  CHECK(answer.with == 19);
  CHECK_FALSE(answer.achieved.has_value());
  CHECK_FALSE(answer.churned.has_value());
  customers.push_back(rater(1, true, false));
  CHECK(card_of(card_table(customers, 200)).comparisons.front().achieved.has_value());
}

TEST_CASE("scorecard: churn is compared only where 90 days can tell", "[friction][scorecard]") {
  const StayTable young = card_table(raters(), 90);
  CHECK(card_of(young).comparisons.front().achieved.has_value());
  CHECK_FALSE(card_of(young).comparisons.front().churned.has_value());
  CHECK(card_of(card_table(raters(), 91)).comparisons.front().churned.has_value());

  const StayTable old = card_table(raters(), 400);
  const ScorecardQuery long_silence{.churn_after = Duration{90 * 24h}};
  CHECK_FALSE(card_of(old, 12.5, long_silence).comparisons.front().churned.has_value());
}

TEST_CASE("scorecard: who has met friction by a landmark, among those still there", "[friction][scorecard]") {
  std::vector<JourneyState> customers;
  const auto walk = [&](bool achieves, std::uint32_t repeats, std::optional<Instant> deadline) {
    Stay first = stay(order, day(0), Cause::advanced, day(1));
    first.repeats = static_cast<std::uint16_t>(repeats);
    Stay second = stay(appointment, day(1), achieves ? Cause::advanced : Cause::dropped, day(8));
    second.deadline = deadline;
    if (deadline) second.awaits = TouchpointIndex{online};
    customers.push_back(achieves ? customer({first, second, stay(online, day(8))})
                                 : customer({first, second}));
  };
  for (int i = 0; i < 24; ++i) walk(i < 6, 1, {});
  for (int i = 0; i < 26; ++i) walk(i < 20, 0, {});
  for (int i = 0; i < 5; ++i) walk(false, 0, day(3));
  for (int i = 0; i < 3; ++i) customers.push_back(customer({stay(order, day(0), Cause::exited, day(1))}));

  const Scorecard card = card_of(card_table(customers, 30));

  CHECK(card.median == Duration{8 * 24h});
  REQUIRE(card.comparisons.size() == 4);
  const LandmarkComparison& early = card.comparisons[1];
  CHECK(early.landmark == Duration{2 * 24h});
  CHECK(early.with == 24);
  CHECK(early.without == 31);
  CHECK(early.achieved->with == Approx(6.0 / 24));
  CHECK(early.achieved->without == Approx(20.0 / 31));
  const LandmarkComparison& half = card.comparisons[2];
  CHECK(half.landmark == Duration{4 * 24h});
  CHECK(half.with == 29);
  CHECK(half.without == 26);
  CHECK(half.achieved->with == Approx(6.0 / 29));
  CHECK(half.achieved->interval.high == Approx(newcombe_difference({6, 29}, {20, 26}).high));
}

TEST_CASE("scorecard: a customer's first journey is compared, and no other", "[friction][scorecard]") {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 2; ++i) {
    Stay again = stay(order, day(0), Cause::advanced, day(1));
    again.repeats = 1;
    JourneyState twice = customer({again, stay(appointment, day(1), Cause::exited, day(4))});
    twice.instances.push_back(customer({stay(order, day(5), Cause::exited, day(30))}).instances[0]);
    customers.push_back(twice);
  }

  const Scorecard card = card_of(card_table(customers, 40));

  CHECK(card.rows.front().journeys == 4);
  CHECK(card.rows.front().customers == 2);
  CHECK(card.median == Duration{4 * 24h});
  CHECK(card.comparisons[1].with == 2);
  CHECK(card.comparisons[1].without == 0);
}

}  // namespace lotse::test
