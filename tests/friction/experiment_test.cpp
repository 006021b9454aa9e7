#include "engine/friction/experiment.hpp"

#include <catch2/catch.hpp>

#include "tests/friction/experiments.hpp"

namespace lotse::test {
namespace {

ExperimentResult result_of(const ExperimentTable& table, const ExperimentQuery& query = {}) {
  const auto report = experiment_report(table, query);
  REQUIRE(report);
  REQUIRE(report->experiments.size() == 1);
  return report->experiments.front();
}

ExperimentResult result_of(const std::vector<Guest>& guests, double as_of,
                           const ExperimentQuery& query = {}) {
  return result_of(experiments_of(guests, as_of), query);
}

}  // namespace

TEST_CASE("experiment: arms are those of the published hash, and the control is who is held back",
          "[friction]") {
  const ExperimentResult result = result_of(crowd(30, 6, 20, 2), 30);

  REQUIRE(result.arms.size() == 2);
  CHECK(result.split == "nudge-test");
  CHECK(result.carriers == std::vector<std::string>{"order"});
  CHECK(result.control == 1);
  CHECK(result.arms[0].name == "call_back");
  CHECK(result.arms[0].share == Approx(0.6));
  CHECK(result.arms[0].customers == 30);
  CHECK(result.arms[0].achieved == 6);
  CHECK(result.arms[0].open == 24);
  CHECK(result.arms[0].interval == wilson({6, 30}));
  CHECK(result.arms[1].name == "hold");
  CHECK(result.arms[1].customers == 20);
  CHECK(result.arms[1].achieved == 2);
  CHECK(result.customers == 50);
  CHECK_FALSE(result.is_final);
}

TEST_CASE("experiment: intention to treat: who left before the delay was over is in", "[friction]") {
  int number = 0;
  const std::vector<Guest> guests{{name_in(false, number), ordered(0, 0.5)},
                                  {name_in(true, number), ordered(0, 0.5)}};

  const ExperimentResult result = result_of(guests, 30);

  CHECK(result.arms[0].customers == 1);
  CHECK(result.arms[0].achieved == 1);
  CHECK(result.arms[0].treated == 0);
  CHECK(result.arms[1].achieved == 1);
}

TEST_CASE("experiment: a customer counts once, by the instance that came first", "[friction]") {
  int number = 0;
  Guest guest{name_in(false, number), ordered(10)};
  guest.state.instances.push_back(ordered(0, 3).instances[0]);
  guest.state.instances.push_back(ordered(20, 21).instances[0]);

  const ExperimentResult result = result_of({guest}, 30);

  CHECK(result.customers == 1);
  CHECK(result.arms[0].achieved == 1);
  CHECK(result.later_instances == 2);
  CHECK(result_of({guest}, 30, {.from = day(5)}).customers == 0);
}

TEST_CASE("experiment: what a newer version took over is followed to its end", "[friction]") {
  int number = 0;
  const JourneyVersions versions = versions_of({split_journey(1), split_journey(2)});
  Guest guest{name_in(false, number), ordered(0, 3)};
  Instance moved = guest.state.instances[0];
  moved.version = VersionIndex(1);
  moved.stays.erase(moved.stays.begin());
  Instance& left = guest.state.instances[0];
  left.stays.pop_back();
  left.achieved.reset();
  left.ended = true;
  left.ended_at = day(2);
  left.version_end = VersionEnd::moved;
  guest.state.instances.push_back(moved);

  const ExperimentResult result = result_of(experiments_of({guest}, 30, versions));

  CHECK(result.customers == 1);
  CHECK(result.arms[0].achieved == 1);
}

TEST_CASE("experiment: who had reached the goal before is not asked whether he will", "[friction]") {
  int number = 0;
  Guest guest{name_in(true, number), ordered(5)};
  guest.state.instances[0].achieved = day(5);

  const ExperimentResult result = result_of({guest}, 30);

  CHECK(result.customers == 0);
  CHECK(result.achieved_before == 1);
}

TEST_CASE("experiment: what comes after as_of is not there", "[friction]") {
  int number = 0;
  const std::vector<Guest> guests{{name_in(false, number), ordered(0, 9)},
                                  {name_in(false, number), ordered(7)}};

  const ExperimentResult result = result_of(guests, 5);

  CHECK(result.customers == 1);
  CHECK(result.arms[0].achieved == 0);
  CHECK(result.arms[0].open == 1);
}

TEST_CASE("experiment: with a time to mature every customer has had the same time", "[friction]") {
  int number = 0;
  const std::vector<Guest> guests{
      {name_in(false, number), ordered(0, 3)},   // in time
      {name_in(false, number), ordered(0, 20)},  // too late
      {name_in(false, number), ordered(0)},      // not at all
      {name_in(false, number), ordered(25, 26)}  // came less than 14 days ago
  };

  const ExperimentResult result = result_of(guests, 30, {.mature = Duration{14 * 24h}});

  CHECK(result.arms[0].customers == 3);
  CHECK(result.arms[0].achieved == 1);
  CHECK(result.arms[0].open == 0);
  CHECK(result.too_recent == 1);
  CHECK(result.is_final);
}

TEST_CASE("experiment: a carrier beside the position assigns when it was reached", "[friction]") {
  Journey journey = split_journey();
  auto& next = journey.touchpoints[order].next;
  journey.touchpoints[call_back].next.assign(next.end() - 2, next.end());
  next.resize(next.size() - 2);
  int number = 0;
  Guest guest{name_in(true, number), ordered(0, 9)};
  Effect effect{};
  effect.touchpoint = TouchpointIndex{call_back};
  effect.due = day(4);
  guest.state.effects.push_back(effect);
  Guest other{name_in(true, number), ordered(0, 9)};

  const ExperimentTable table = experiments_of({guest, other}, 30, versions_of({journey}));

  REQUIRE(table.assignments.size() == 1);
  CHECK(table.assignments[0].at == day(4));
}

TEST_CASE("experiment: other shares in another version are another experiment", "[friction]") {
  const JourneyVersions versions =
      versions_of({split_journey(1), split_journey(2, 5'000), split_journey(3, 5'000)});
  const auto declared = declared_experiments(versions);

  REQUIRE(declared.size() == 2);
  CHECK(declared[0].versions == std::vector<std::uint32_t>{2, 3});
  CHECK(declared[0].arms[0].share() == Approx(0.5));
  CHECK(declared[1].versions == std::vector<std::uint32_t>{1});
}

TEST_CASE("experiment: arms to one touchpoint are told apart by their delay", "[friction]") {
  Journey journey = split_journey();
  Transition& hold = journey.touchpoints[order].next.back();
  hold.to = TouchpointIndex{call_back};
  hold.after = Duration{96h};

  const auto declared = declared_experiments(versions_of({journey}));

  CHECK(declared[0].arms[0].name == "call_back after 2d");
  CHECK(declared[0].arms[1].name == "call_back after 4d");
}

TEST_CASE("experiment: the erased have no arm any more, and are counted", "[friction]") {
  const ExperimentTable table = experiments_of({{"", ordered(0, 3)}}, 30);
  CHECK(table.assignments.empty());
  CHECK(table.erased == 1);
}

TEST_CASE("experiment: parts of the customers add up to all of them", "[friction]") {
  const std::vector<Guest> guests = crowd(10, 3, 10, 2);
  const JourneyVersions versions = versions_of({split_journey()});
  ExperimentTableBuilder all(versions, day(30));
  ExperimentTableBuilder first(versions, day(30));
  ExperimentTableBuilder second(versions, day(30));
  for (std::size_t i = 0; i < guests.size(); ++i) {
    all.add(guests[i].name, guests[i].state);
    (i < 7 ? first : second).add(guests[i].name, guests[i].state);
  }
  first.append(std::move(second));
  CHECK(std::move(first).finish().assignments == std::move(all).finish().assignments);
}

TEST_CASE("experiment: what a comparison says", "[friction]") {
  struct Row {
    const char* why;
    int nudged, nudged_achieve, held, held_achieve;
    Contrast contrast;
    bool needs_more;
  };
  const auto row = GENERATE(Row{"far apart", 600, 300, 400, 80, Contrast::more, false},
                            Row{"far apart, the other way", 600, 60, 400, 160, Contrast::less, false},
                            Row{"few", 30, 9, 20, 4, Contrast::unclear, true},
                            Row{"nobody in an arm", 30, 9, 0, 0, Contrast::empty, false});
  CAPTURE(row.why);

  const ExperimentResult result =
      result_of(crowd(row.nudged, row.nudged_achieve, row.held, row.held_achieve), 30);

  REQUIRE(result.comparisons.size() == 1);
  CHECK(result.comparisons[0].contrast == row.contrast);
  CHECK(result.comparisons[0].more_needed.has_value() == row.needs_more);
}

TEST_CASE("experiment: many customers without a difference are alike", "[friction]") {
  ExperimentTable table = experiments_of({}, 30);
  for (std::uint32_t i = 0; i < 120'000; ++i) {
    table.assignments.push_back(
        {.arm = i % 5 < 3 ? 0U : 1U, .at = day(0), .achieved = i / 5 % 2 == 0 ? day(1) : never});
  }
  const ExperimentResult result = result_of(table);
  CHECK(result.comparisons[0].contrast == Contrast::alike);
  CHECK_FALSE(result.ratio_is_off);
}

TEST_CASE("experiment: arms of the wrong size are a warning", "[friction]") {
  CHECK_FALSE(result_of(crowd(60, 1, 40, 1), 30).ratio_is_off);
  CHECK(result_of(crowd(40, 1, 60, 1), 30).ratio_is_off);
}

TEST_CASE("experiment: a split that there is not, and a period that is none", "[friction]") {
  const ExperimentTable table = experiments_of({}, 30);
  const auto unknown = experiment_report(table, {.split = "nudge-tset"});
  const auto period = experiment_report(table, {.from = day(3), .to = day(3)});
  const auto none =
      experiment_report(experiments_of({}, 30, versions_of({hand_made_journey()})), {.split = "x"});

  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::not_found);
  CHECK(unknown.error().message == "`nudge-tset` is no split of `broadband`; did you mean `nudge-test`?");
  REQUIRE_FALSE(period);
  CHECK(period.error().code == ErrorCode::bad_input);
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "`x` is no split of `broadband`, which has none");
  CHECK(experiment_report(table, {.split = "nudge-test"}));
}

}  // namespace lotse::test
