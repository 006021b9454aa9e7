#include "engine/report/experiment_text.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/friction/experiments.hpp"

namespace lotse::test {
namespace {

ExperimentReport report_of(const std::vector<Guest>& guests, const ExperimentQuery& query = {}) {
  auto report = experiment_report(experiments_of(guests, 30), query);
  REQUIRE(report);
  return *std::move(report);
}

std::string sentence_of(const std::vector<Guest>& guests, const ExperimentQuery& query = {}) {
  const ExperimentReport report = report_of(guests, query);
  const ExperimentResult& result = report.experiments.front();
  return comparison_sentence(result, result.comparisons.front());
}

}  // namespace

TEST_CASE("comparison_sentence: says what is known in words", "[report]") {
  const ExperimentQuery mature{.mature = Duration{14 * 24h}};
  CHECK(sentence_of(crowd(600, 300, 400, 80), mature) ==
        "call_back achieves more than hold: +30.0 points [21.3, 38.7], however often you look.");
}

TEST_CASE("comparison_sentence: what may still change, and what one look would say, is said", "[report]") {
  CHECK(
      sentence_of(crowd(600, 300, 400, 80)) ==
      "call_back achieves more than hold: +30.0 points [21.3, 38.7] so far. 620 customers may still achieve "
      "and count as not achieved: --mature counts only those whose time is over.");
  CHECK(sentence_of(crowd(120, 60, 80, 26))
            .find("The interval for a single look, [3.5, 30.3], leaves zero out") != std::string::npos);
  CHECK(sentence_of(crowd(3, 1, 0, 0)) ==
        "Nobody to compare yet: call_back has 3 customers, hold has 0 customers.");
}

TEST_CASE("experiment reports: arms of the wrong size are said first", "[report]") {
  const std::string text = experiment_table(report_of(crowd(40, 10, 60, 10)));
  const std::size_t warning = text.find("The arms are not as large as their shares say");
  REQUIRE(warning != std::string::npos);
  CHECK(warning < text.find("Not enough customers"));
}

TEST_CASE("experiment_table: the whole of it", "[report]") {
  CHECK(experiment_table(report_of(crowd(30, 9, 20, 4))) ==
        R"text(Experiments of Broadband (broadband), as of 2024-03-31T00:00:00Z

nudge-test
50 customers since they reached order; hold is the control.

- Not enough customers to tell call_back from hold: +10.0 points [-49.6, 69.6], that is ±59.6; about
  36,140 more customers in all arms to see 2 points.

arm         share  customers  achieved      rate % [95 %]  still open  got it
call_back  60.0 %         30         9  30.0 [16.7, 47.9]          21       0
hold       40.0 %         20         4   20.0 [8.1, 41.6]          16       –

against hold  points  at every look    at one look
call_back      +10.0  [-49.6, 69.6]  [-15.4, 31.5]

WHAT THIS RESTS ON
- A customer is in from the moment when the first instance reached the touchpoint whose transitions
  carry the split, whether or not the delay ran out and the message came (intention to treat), and
  counts once. Arms are recomputed from the published hash.
- Achieved: the goal was reached after that moment and by 2024-03-31T00:00:00Z; who is still open
  counts as not achieved, in every arm alike.
- At every look: an asymptotic confidence sequence (normal mixture tuned for 1,000 customers), 95 %
  for all comparisons of an experiment together. At one look: Newcombe's interval, 95 % each, for
  one look decided on beforehand.
)text");
}

TEST_CASE("experiment_table: fits in 80 columns", "[report]") {
  std::istringstream lines(experiment_table(report_of(crowd(600, 300, 40, 8)), {.width = 80}));
  for (std::string line; std::getline(lines, line);) CHECK(display_width(line) <= 80);
}

TEST_CASE("experiment reports: a journey without a split has nothing to compare, in every format",
          "[report]") {
  const auto report = experiment_report(experiments_of({}, 30, versions_of({hand_made_journey()})), {});
  REQUIRE(report);
  CHECK(experiment_table(*report) ==
        "Experiments of Broadband (broadband), as of 2024-03-31T00:00:00Z\n"
        "\n"
        "broadband has no split, so there is nothing to compare.\n");
  CHECK(experiment_json(*report).find("\"experiments\": []") != std::string::npos);
}

}  // namespace lotse::test
