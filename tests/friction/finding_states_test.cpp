#include "engine/friction/finding_states.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/friction/experiment_statistics.hpp"
#include "engine/friction/finding_name.hpp"
#include "tests/friction/hand_made.hpp"

namespace lotse::test {
namespace {

/// `count` customers who come to order then, of whom `lost` are silent for 10 days and the others go on.
void add(std::vector<JourneyState>& customers, int lost, int count, double entered, By channel = web,
         std::uint32_t version = 0) {
  for (int i = 0; i < count; ++i) {
    const bool drops = i < lost;
    const Instant left = day(entered + (drops ? 10 : 1));
    JourneyState state =
        customer({stay(order, day(entered), drops ? Cause::dropped : Cause::exited, left, channel)});
    state.instances[0].version = VersionIndex{version};
    customers.push_back(std::move(state));
  }
}

FindingChange mended(double since, std::string finding = "drop_off:order") {
  return {.number = 1,
          .journey = "broadband",
          .finding = std::move(finding),
          .state = FindingState::mended,
          .at = day(since),
          .by = "ada",
          .since = day(since)};
}

FrictionReport reported(const std::vector<JourneyState>& customers, double as_of,
                        std::vector<FindingChange> standing, const FrictionQuery& query = {},
                        const JourneyVersions& versions = versions_of({hand_made_journey()}),
                        unsigned threads = 1) {
  const StayTable table = table_of(customers, day(as_of), versions);
  auto report = friction_report(table, query, threads);
  REQUIRE(report);
  REQUIRE(add_states(*report, table, query, std::move(standing), threads));
  return *std::move(report);
}

/// Of the one claim there is.
const SinceMended& judged(const FrictionReport& report) {
  REQUIRE(report.states.size() == 1);
  REQUIRE(report.states[0].since_mended);
  return *report.states[0].since_mended;
}

/// Of 400 before day 30 so many are lost, and of 400 after it.
std::vector<JourneyState> before_and_since(int lost_before, int lost_since) {
  std::vector<JourneyState> customers;
  add(customers, lost_before, 400, 10);
  add(customers, lost_since, 400, 35);
  return customers;
}

Journey with_plan() {
  Journey journey = hand_made_journey();
  journey.segments = {{.name = "plan", .value = *Expression::compile("\"x\"", {})}};
  return journey;
}

}  // namespace

TEST_CASE("finding states: what is claimed mended is judged by the stays since", "[friction][states]") {
  struct Row {
    const char* why;
    int lost_before;
    int lost_since;
    MendedVerdict verdict;
    std::optional<Unsettled> unsettled;
  };
  const auto row = GENERATE(
      Row{"half as many are lost", 160, 80, MendedVerdict::better, {}},
      Row{"twice as many are", 80, 160, MendedVerdict::worse, {}},
      Row{"as many are, and half as many would not show", 4, 4, MendedVerdict::inconclusive,
          Unsettled::few_before},
      Row{"a little less, which may be chance", 160, 150, MendedVerdict::inconclusive, Unsettled::few_before},
      Row{"less, by what one look would take for a betterment and many may not", 160, 130,
          MendedVerdict::inconclusive, Unsettled::few_before});
  CAPTURE(row.why);

  const FrictionReport report = reported(before_and_since(row.lost_before, row.lost_since), 70, {mended(30)});

  const SinceMended& found = judged(report);
  CHECK(found.verdict == row.verdict);
  CHECK(found.change.before->rate == Approx(row.lost_before / 400.0));
  CHECK(found.change.now->rate == Approx(row.lost_since / 400.0));
  CHECK(found.unsettled == row.unsettled);
}

TEST_CASE("finding states: where a material betterment can be ruled out it is no difference",
          "[friction][states]") {
  std::vector<JourneyState> customers;
  add(customers, 1'600, 4'000, 10);
  add(customers, 1'620, 4'000, 35);

  const FrictionReport report = reported(customers, 70, {mended(30)});

  CHECK(judged(report).verdict == MendedVerdict::no_difference);
  CHECK(judged(report).change.interval.low > -judged(report).change.margin);
  CHECK_FALSE(judged(report).more_needed);
  CHECK(is_not_better(report.states[0]));
}

TEST_CASE("finding states: the stays that are still needed are those that make the interval narrow enough",
          "[friction][states]") {
  const auto needed = judged(reported(before_and_since(160, 160), 70, {mended(30)})).more_needed;
  CHECK_FALSE(needed);  // 400 before are too few for 4 points, however many come

  std::vector<JourneyState> customers;
  add(customers, 1'600, 4'000, 10);
  add(customers, 40, 100, 35);
  const SinceMended some = judged(reported(customers, 70, {mended(30)}));
  REQUIRE(some.more_needed);
  const double wanted = static_cast<double>(*some.more_needed) + 100;
  const double reach = anytime_quantile(4'000 + wanted, 0.05) * std::sqrt(0.24 * (1 / 4e3 + 1 / wanted));
  CHECK(reach == Approx(0.04).epsilon(0.001));

  add(customers, 960, 2'400, 36);
  CHECK(judged(reported(customers, 70, {mended(30)})).verdict == MendedVerdict::no_difference);
}

TEST_CASE("finding states: before somebody has been watched to the horizon it is too early to say",
          "[friction][states]") {
  std::vector<JourneyState> customers;
  add(customers, 200, 400, 10);
  for (int i = 0; i < 400; ++i) customers.push_back(customer({stay(order, day(35))}));

  const SinceMended early = judged(reported(customers, 40, {mended(30)}));

  CHECK(early.unsettled == Unsettled::too_early);
  CHECK(early.verdict == MendedVerdict::inconclusive);  // nobody is lost yet: that is no betterment
  CHECK(early.ready == day(50));                        // twice the silence that counts as leaving

  customers.resize(400);
  add(customers, 40, 40, 31);
  for (int i = 0; i < 360; ++i) customers.push_back(customer({stay(order, day(31))}));
  const SinceMended halfway = judged(reported(customers, 46, {mended(30)}));
  CHECK(halfway.change.now->rate == Approx(0.1));  // so far; the others may only be slower
  CHECK(halfway.change.now->sample.n > 20);
  CHECK(halfway.verdict == MendedVerdict::inconclusive);
}

TEST_CASE("finding states: with nobody since there is a rate before alone, and a number that is needed",
          "[friction][states]") {
  std::vector<JourneyState> customers;
  add(customers, 1'600, 4'000, 10);

  const SinceMended found = judged(reported(customers, 28, {mended(30)}));  // the last event is older

  CHECK(found.verdict == MendedVerdict::inconclusive);
  CHECK_FALSE(found.change.now);
  CHECK(found.change.before->rate == Approx(0.4));
  CHECK(found.unsettled == Unsettled::few_since);
  REQUIRE(found.more_needed);
  CHECK(*found.more_needed > 2'000);
  CHECK(*found.more_needed < 3'000);
}

TEST_CASE("finding states: the window before is as long as the one since, and 28 days at least",
          "[friction][states]") {
  std::vector<JourneyState> customers = before_and_since(160, 80);
  add(customers, 0, 400, 1);  // long ago all was well

  const SinceMended near = judged(reported(customers, 57, {mended(30)}));
  const SinceMended far = judged(reported(customers, 70, {mended(30)}));

  CHECK(near.before_from == day(2));
  CHECK(near.change.before->n == 400);
  CHECK(far.before_from == day(-10));
  CHECK(far.change.before->n == 800);
  CHECK(
      judged(reported(customers, 57, {mended(30)}, {.by = {}, .where = {}, .history = std::chrono::days(30)}))
          .before_from == day(0));
}

TEST_CASE("finding states: a touchpoint that a new version changed is compared with what it was",
          "[friction][states]") {
  Journey second = hand_made_journey(2);
  second.touchpoints[order].promise = Duration{24h};
  const JourneyVersions versions = versions_of({hand_made_journey(1), second});
  std::vector<JourneyState> customers;
  add(customers, 160, 400, 10);
  add(customers, 80, 400, 35, web, 1);

  const FrictionReport report = reported(customers, 70, {mended(30)}, {}, versions);

  CHECK(judged(report).verdict == MendedVerdict::better);
  CHECK(judged(report).change.before->n == 400);
  CHECK(judged(report).change.now->n == 400);
  for (const Finding& finding : report.findings) {
    if (finding.signal != Signal::drop_off) continue;
    CHECK(finding_id(report, finding).starts_with("drop_off:order (v"));
    CHECK(state_of(report, finding) == &report.states[0]);
  }
}

TEST_CASE("finding states: a part is judged under its cut and by nothing else", "[friction][states]") {
  std::vector<JourneyState> customers;
  add(customers, 160, 400, 10, web);
  add(customers, 80, 400, 35, web);
  add(customers, 80, 400, 10, app);
  add(customers, 160, 400, 35, app);
  const FindingChange web_mended = mended(30, "drop_off:order:channel=web");

  CHECK(judged(reported(customers, 70, {web_mended}, {.by = "channel", .where = {}})).verdict ==
        MendedVerdict::better);
  CHECK(judged(reported(customers, 70, {mended(30, "drop_off:order:channel=app")},
                        {.by = "channel", .where = {}}))
            .verdict == MendedVerdict::worse);
  const FrictionReport whole = reported(customers, 70, {web_mended});
  REQUIRE(whole.states.size() == 1);
  CHECK_FALSE(whole.states[0].since_mended);
  CHECK(whole.states[0].not_judged == NotJudged::other_cut);
  CHECK(judged(reported(customers, 70, {mended(30)}, {.by = {}, .where = "channel == \"web\""})).verdict ==
        MendedVerdict::better);
}

TEST_CASE("finding states: parts of one text are two where the cuts are two", "[friction][states]") {
  std::vector<JourneyState> customers;
  add(customers, 160, 400, 10, app);
  add(customers, 10, 400, 10, web);
  FindingChange seen = mended(30, "drop_off:order:plan=app");
  seen.state = FindingState::seen;
  seen.since.reset();

  const FrictionReport other = reported(customers, 70, {seen}, {.by = "channel", .where = {}});
  seen.finding = "drop_off:order:channel=app";
  const FrictionReport same = reported(customers, 70, {seen}, {.by = "channel", .where = {}});

  const auto stands = [](const FrictionReport& report) {
    return std::ranges::count_if(report.findings, [&](const Finding& finding) {
      return finding_id(report, finding) == "drop_off:order:app" && state_of(report, finding) != nullptr;
    });
  };
  CHECK(stands(other) == 0);
  CHECK(stands(same) == 1);
}

TEST_CASE("finding states: why a claim is not judged is said", "[friction][states]") {
  std::vector<JourneyState> customers = before_and_since(160, 80);
  std::vector<FindingChange> claims;
  for (std::size_t i = 0; i <= mended_judged_max; ++i) {
    claims.push_back(mended(30 + static_cast<double>(i) / 100, fmt::format("drop_off:order:plan=p{:02}", i)));
  }
  const FrictionReport many =
      reported(customers, 70, claims, {.by = "plan", .where = {}}, versions_of({with_plan()}));
  const FrictionReport nowhere = reported(customers, 70, {mended(30, "drop_off:visit")});

  CHECK(many.states[0].not_judged == NotJudged::beyond_most);  // the earliest of 51
  CHECK(many.states[1].not_judged == NotJudged::not_counted);
  CHECK(nowhere.states[0].not_judged == NotJudged::not_counted);
}

TEST_CASE("finding states: what is counted for a claim alone is what a report counts", "[friction][states]") {
  std::vector<JourneyState> customers;
  add(customers, 160, 400, 10);
  for (int i = 0; i < 200; ++i) {  // promised at the order, to be at the appointment: kept or not
    const double reached = i % 2 == 0 ? 36 : 44;
    customers.push_back(customer({stay(order, day(35), Cause::advanced, day(reached)),
                                  stay(appointment, day(reached), Cause::exited, day(reached + 1))}));
    std::vector<Stay>& stays = customers.back().instances[0].stays;
    stays[0].deadline = stays[1].promised = day(40);
    stays[0].awaits = TouchpointIndex{appointment};
  }
  const FrictionReport since = reported(customers, 70, {}, {.from = day(30), .by = {}, .where = {}});

  for (const Signal signal : all_signals) {
    for (const FrictionRow& row : since.rows) {
      const auto& judgement = row.judged[static_cast<std::size_t>(signal)];
      if (!judgement || row.entered == 0) continue;
      CAPTURE(name(signal), row.touchpoint);
      const FrictionReport report =
          reported(customers, 70, {mended(30, fmt::format("{}:{}", name(signal), row.touchpoint))});
      const auto& now = judged(report).change.now;
      REQUIRE(now);
      CHECK(now->rate == Approx(judgement->rate));
    }
  }
}

TEST_CASE("finding states: any number of threads judges the same", "[friction][states]") {
  const std::vector<JourneyState> customers = before_and_since(160, 120);
  const SinceMended one = judged(reported(customers, 70, {mended(30)}));
  const SinceMended four =
      judged(reported(customers, 70, {mended(30)}, {}, versions_of({hand_made_journey()}), 4));

  CHECK(one.change.p == four.change.p);
  CHECK(one.change.interval == four.change.interval);
  CHECK(one.verdict == four.verdict);
}

TEST_CASE("finding names: an id is read by the report's cut, whatever version it speaks of",
          "[friction][states]") {
  const JourneyVersions versions = versions_of({with_plan()});
  struct Row {
    const char* id;
    const char* by;
    const char* name;
  };
  const auto row = GENERATE(
      Row{"drop_off:order", "", "drop_off:order"}, Row{"drop_off:order (v1-2)", "", "drop_off:order"},
      Row{"drop_off:order", "channel", "drop_off:order"},  // the whole, in a report that has parts too
      Row{"drop_off:order (v3):web", "channel", "drop_off:order:channel=web"},
      Row{"drop_off:order:web", "plan", "drop_off:order:plan=web"},
      Row{"drop_off:order:not due", "promise", "drop_off:order:promise=not due"},
      Row{"drop_off:order:channel=web", "", "drop_off:order:channel=web"},
      Row{"drop_off:order:channel=web", "plan", "drop_off:order:plan=channel=web"},
      Row{"repeat:visit:plan: a:b", "plan", "repeat:visit:plan=plan: a:b"},
      Row{"negative_feedback::(none)", "channel", "negative_feedback::channel=(none)"});
  CAPTURE(row.id, row.by);

  const auto name = read_finding_name(row.id, row.by, versions);

  REQUIRE(name);
  CHECK(text_of(*name) == row.name);
  CHECK(parse_finding_name(row.name) == *name);
}

TEST_CASE("finding names: what names nothing is refused, with what may be meant", "[friction][states]") {
  const JourneyVersions versions = versions_of({with_plan()});
  struct Row {
    std::string id;
    ErrorCode code;
    std::string message;
    std::string by = "plan";
  };
  const auto row = GENERATE(
      Row{"order", ErrorCode::bad_input,
          "`order` is no finding's id; SIGNAL:TOUCHPOINT was expected, as the friction report has it: "
          "drop_off:appointment"},
      Row{"drop_of:order", ErrorCode::bad_input,
          "`drop_of` is no signal; there are: drop_off, negative_feedback, broken_promise, escalation, "
          "forced_hop, repeat, lost_context; did you mean `drop_off`?"},
      Row{"drop_off:oder", ErrorCode::not_found,
          "`broadband` has no touchpoint `oder`; did you mean `order`?"},
      Row{"drop_off:call_back", ErrorCode::not_found,
          "`call_back` is a message or a task: findings are about where customers stay"},
      Row{"drop_off::web", ErrorCode::bad_input,
          "`drop_off::web` names no touchpoint; without one there is only negative_feedback::PART, of all "
          "touchpoints together"},
      Row{"drop_off:order:(other)", ErrorCode::bad_input,
          "`(other)` is many values counted together: judge one of them"},
      Row{"drop_off:order:", ErrorCode::bad_input,
          "a part is 1 to 200 bytes of plain text, such as `web` of drop_off:appointment:channel=web"},
      Row{"drop_off:order:web", ErrorCode::bad_input,
          "`drop_off:order:web` is of a part, and it is not said by what the report is cut: `by` is missing; "
          "by channel it would be channel=web",
          ""},
      Row{"drop_off:order:web", ErrorCode::not_found,
          "`broadband` has no cut `chanel`; there are: channel, plan, promise; did you mean `channel`?",
          "chanel"},
      Row{"drop_off:order:wep", ErrorCode::not_found,
          "`broadband` has no channel `wep`; there are: (none), app, call_center, web; did you mean `web`?",
          "channel"},
      Row{"drop_off:order:late", ErrorCode::not_found,
          "`broadband` has no promise `late`; there are: broken, kept, not due", "promise"},
      Row{"drop_off:order:a\x7F", ErrorCode::bad_input,
          "a part is 1 to 200 bytes of plain text, such as `web` of drop_off:appointment:channel=web"},
      Row{"drop_off:order:a\xC2\x9B", ErrorCode::bad_input,
          "a part is 1 to 200 bytes of plain text, such as `web` of drop_off:appointment:channel=web"},
      Row{"drop_off:order:a\nb", ErrorCode::bad_input,
          "a part is 1 to 200 bytes of plain text, such as `web` of drop_off:appointment:channel=web"});
  CAPTURE(row.id, row.by);

  const auto name = read_finding_name(row.id, row.by, versions);

  REQUIRE_FALSE(name);
  CHECK(name.error().code == row.code);
  CHECK(name.error().message == row.message);
}

}  // namespace lotse::test
