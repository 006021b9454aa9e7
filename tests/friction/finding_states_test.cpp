#include "engine/friction/finding_states.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

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

}  // namespace

TEST_CASE("finding states: what is claimed mended is judged by the stays since", "[friction][states]") {
  struct Row {
    const char* why;
    int lost_before;
    int lost_since;
    MendedVerdict verdict;
    bool more_helps;
  };
  const auto row =
      GENERATE(Row{"half as many are lost", 160, 80, MendedVerdict::better, false},
               Row{"twice as many are", 80, 160, MendedVerdict::worse, false},
               Row{"as many are, and half as many would not show", 4, 4, MendedVerdict::inconclusive, true},
               Row{"a little less, which may be chance", 160, 150, MendedVerdict::inconclusive, false});
  CAPTURE(row.why);

  const FrictionReport report = reported(before_and_since(row.lost_before, row.lost_since), 70, {mended(30)});

  const SinceMended& found = judged(report);
  CHECK(found.verdict == row.verdict);
  CHECK(found.change.before->rate == Approx(row.lost_before / 400.0));
  CHECK(found.change.now->rate == Approx(row.lost_since / 400.0));
  CHECK_FALSE(found.too_early);
  CHECK(found.more_needed.has_value() == row.more_helps);
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
  // z² p (1 − p) (1/4000 + 1/n) = 0.04², so n = 674
  CHECK(*some.more_needed == Approx(574).margin(2));

  add(customers, 240, 600, 36);
  CHECK(judged(reported(customers, 70, {mended(30)})).verdict == MendedVerdict::no_difference);
}

TEST_CASE("finding states: before somebody has been watched to the horizon it is too early to say",
          "[friction][states]") {
  std::vector<JourneyState> customers;
  add(customers, 200, 400, 10);
  for (int i = 0; i < 400; ++i) customers.push_back(customer({stay(order, day(35))}));

  const SinceMended early = judged(reported(customers, 40, {mended(30)}));

  CHECK(early.too_early);
  CHECK(early.verdict == MendedVerdict::inconclusive);  // nobody is lost yet: that is no betterment
  CHECK_FALSE(early.change.tested);
  CHECK(early.ready == day(50));  // twice the silence that counts as leaving

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
  add(customers, 160, 400, 10);

  const SinceMended found = judged(reported(customers, 28, {mended(30)}));  // the last event is older

  CHECK(found.verdict == MendedVerdict::inconclusive);
  CHECK(found.change.before->rate == Approx(0.4));
  CHECK_FALSE(found.change.now);
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
  const FindingChange web_mended = mended(30, "drop_off:order:web");

  CHECK(judged(reported(customers, 70, {web_mended}, {.by = "channel", .where = {}})).verdict ==
        MendedVerdict::better);
  CHECK(judged(reported(customers, 70, {mended(30, "drop_off:order:app")}, {.by = "channel", .where = {}}))
            .verdict == MendedVerdict::worse);
  const FrictionReport whole = reported(customers, 70, {web_mended});
  REQUIRE(whole.states.size() == 1);
  CHECK_FALSE(whole.states[0].since_mended);
  CHECK(judged(reported(customers, 70, {mended(30)}, {.by = {}, .where = "channel == \"web\""})).verdict ==
        MendedVerdict::better);
}

TEST_CASE("finding states: several claims of one signal are one family of tests", "[friction][states]") {
  std::vector<JourneyState> customers;
  add(customers, 160, 400, 10, web);
  add(customers, 128, 400, 35, web);  // p about 0.02
  for (const By channel : {app, call_center}) {
    add(customers, 100, 400, 10, channel);
    add(customers, 100, 400, 35, channel);
  }
  const FrictionQuery query{.by = "channel", .where = {}, .q = 0.03};
  const SinceMended alone = judged(reported(customers, 70, {mended(30, "drop_off:order:web")}, query));
  const FrictionReport three =
      reported(customers, 70,
               {mended(30, "drop_off:order:app"), mended(30, "drop_off:order:call_center"),
                mended(30, "drop_off:order:web")},
               query);

  CHECK(alone.verdict == MendedVerdict::better);
  CHECK(alone.change.p_adjusted == Approx(alone.change.p));
  CHECK(three.states[2].since_mended->change.p_adjusted == Approx(3 * alone.change.p));
  CHECK(three.states[2].since_mended->verdict == MendedVerdict::inconclusive);
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

TEST_CASE("finding states: what stands is the latest word up to then, and open is none",
          "[friction][states]") {
  const auto said = [](std::uint64_t number, const char* finding, FindingState state, double at) {
    return FindingChange{.number = number,
                         .journey = "broadband",
                         .finding = finding,
                         .state = state,
                         .at = day(at),
                         .by = "ada"};
  };
  const std::vector<FindingChange> changes{
      said(1, "repeat:visit", FindingState::seen, 1), said(2, "drop_off:order", FindingState::seen, 2),
      said(3, "repeat:visit", FindingState::accepted, 5), said(4, "drop_off:order", FindingState::open, 6)};
  const auto numbers = [&](std::optional<Instant> as_of) {
    std::vector<std::uint64_t> all;
    for (const FindingChange& change : standing_changes(changes, as_of)) all.push_back(change.number);
    return all;
  };

  CHECK(numbers(day(0)).empty());
  CHECK(numbers(day(1)) == std::vector<std::uint64_t>{1});
  CHECK(numbers(day(4)) == std::vector<std::uint64_t>{2, 1});  // by finding
  CHECK(numbers(day(5)) == std::vector<std::uint64_t>{2, 3});
  CHECK(numbers({}) == std::vector<std::uint64_t>{3});
}

TEST_CASE("finding names: an id is read whatever version it speaks of", "[friction][states]") {
  const JourneyVersions versions = versions_of({hand_made_journey()});
  struct Row {
    const char* id;
    const char* name;
  };
  const auto row =
      GENERATE(Row{"drop_off:order", "drop_off:order"}, Row{"drop_off:order (v1-2)", "drop_off:order"},
               Row{"drop_off:order (v3):web", "drop_off:order:web"},
               Row{"repeat:visit:plan: a:b", "repeat:visit:plan: a:b"},
               Row{"negative_feedback::web", "negative_feedback::web"});
  CAPTURE(row.id);

  const auto name = read_finding_name(row.id, versions);

  REQUIRE(name);
  CHECK(text_of(*name) == row.name);
  CHECK(parse_finding_name(row.name) == *name);
}

TEST_CASE("finding names: what names nothing is refused, with what may be meant", "[friction][states]") {
  const JourneyVersions versions = versions_of({hand_made_journey()});
  struct Row {
    std::string id;
    ErrorCode code;
    std::string message;
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
      Row{"drop_off:call_back", ErrorCode::not_found, "`broadband` has no touchpoint `call_back`"},
      Row{"drop_off::web", ErrorCode::bad_input,
          "`drop_off::web` names no touchpoint; without one there is only negative_feedback::PART, of all "
          "touchpoints together"},
      Row{"drop_off:order:(other)", ErrorCode::bad_input,
          "`(other)` is many values counted together: judge one of them"},
      Row{"drop_off:order:", ErrorCode::bad_input,
          "a part is 1 to 200 bytes of plain text, such as `web` of drop_off:appointment:web"},
      Row{"drop_off:order:a\nb", ErrorCode::bad_input,
          "a part is 1 to 200 bytes of plain text, such as `web` of drop_off:appointment:web"});
  CAPTURE(row.id);

  const auto name = read_finding_name(row.id, versions);

  REQUIRE_FALSE(name);
  CHECK(name.error().code == row.code);
  CHECK(name.error().message == row.message);
}

}  // namespace lotse::test
