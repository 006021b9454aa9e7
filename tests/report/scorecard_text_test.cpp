#include "engine/report/scorecard_text.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <sstream>

#include "tests/friction/scorecards.hpp"
#include "tests/report/sample.hpp"

namespace lotse::test {
namespace {

/// With a task of the desk at every tenth order.
std::vector<JourneyState> many_customers() {
  std::vector<JourneyState> customers = sample_customers();
  for (std::size_t i = 0; i < customers.size(); i += 10) {
    Effect task{};
    task.touchpoint = TouchpointIndex{call_back};
    task.due = customers[i].instances[0].opened;
    task.task = TaskStatus::withdrawn;
    task.ended = customers[i].instances[0].stays[0].left;
    customers[i].effects.push_back(task);
  }
  return customers;
}

JourneyVersions many_versions() {
  Journey journey = *sample_versions().versions[0];
  journey.touchpoints[call_back].handover = HandoverSpec{.team = "desk", .keep = false};
  return versions_of({journey});
}

Scorecard card_of_many(const StayTable& table) {
  auto card = scorecard(table, handover_costs(table, many_versions(), card_channels(12.5)), {});
  REQUIRE(card);
  return *std::move(card);
}

/// 10 of 25 against 24 of 30.
LandmarkComparison rated_comparison() {
  ShareDifference achieved;
  achieved.n_with = 25;
  achieved.n_without = 30;
  achieved.with = 0.4;
  achieved.without = 0.8;
  achieved.within = Duration{48h};
  achieved.interval = newcombe_difference({10, 25}, {24, 30});
  return {.with = 25, .without = 30, .achieved = achieved};
}

Scorecard small_card() { return card_of(card_table(four_customers(), 12)); }

}  // namespace

TEST_CASE("scorecard reports: equal for any order and partition of the customers", "[report][scorecard]") {
  std::vector<JourneyState> customers = many_customers();
  const Scorecard whole = card_of_many(table_of(customers, day(60), many_versions()));
  const std::string json = scorecard_json(whole);
  CHECK(json.find("\"contrast\": \"friction\"") != std::string::npos);

  std::mt19937_64 dice(3);
  for (std::size_t i = customers.size(); i > 1; --i) std::swap(customers[i - 1], customers[dice() % i]);
  const JourneyVersions versions = many_versions();
  StayTableBuilder first(versions, hand_made_channels(), day(60));
  StayTableBuilder second(versions, hand_made_channels(), day(60));
  for (const JourneyState& state : customers) (dice() % 3 == 0 ? first : second).add(state);
  first.append(std::move(second));
  const Scorecard other = card_of_many(std::move(first).finish());

  CHECK(scorecard_json(other) == json);
  CHECK(scorecard_csv(other) == scorecard_csv(whole));
}

TEST_CASE("scorecard_table: fits in 100 columns, and in 120 with room", "[report][scorecard]") {
  const Scorecard card = card_of_many(table_of(many_customers(), day(60), many_versions()));
  for (const std::size_t width : {std::size_t{100}, std::size_t{120}}) {
    std::istringstream lines(scorecard_table(card, {.width = width}));
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(display_width(line) <= width);
    }
  }
}

TEST_CASE("scorecard reports: what is not known is said, and is nowhere zero", "[report][scorecard]") {
  std::vector<JourneyState> customers = four_customers();
  for (JourneyState& state : customers) state.instances[0].value.reset();
  const Scorecard card = card_of(card_table(customers, 12), std::nullopt);

  const std::string json = scorecard_json(card);

  CHECK(json.find("\"handover_cost\": null,\n        \"handovers_without_cost\": 1") != std::string::npos);
  CHECK(json.find("\"value_achieved\": null") != std::string::npos);
  CHECK(json.find("\"value_achieved\": 0") == std::string::npos);
  CHECK(scorecard_markdown(card).find("Not declared by desk, so that no cost is known.") !=
        std::string::npos);
  CHECK(scorecard_csv(card).find("handover_cost") == std::string::npos);
}

TEST_CASE("scorecard reports: of nobody, in every format", "[report][scorecard]") {
  const Scorecard card = card_of(card_table({}, 12));
  const std::string text = scorecard_table(card);
  CHECK(text.find("No answers were given in the period.") != std::string::npos);
  CHECK(text.find("fewer than half of the journeys are known to be over") != std::string::npos);
  CHECK(scorecard_json(card).find("\"scale\": null") != std::string::npos);
  CHECK(scorecard_markdown(card).starts_with("# Scorecard of Broadband\n"));
  CHECK(scorecard_csv(card).starts_with("level,name,part,group,figure,value,low,high,n\r\n"));
}

TEST_CASE("scorecard_table: the whole of it", "[report][scorecard]") {
  CHECK(scorecard_table(small_card()) ==
        R"text(Scorecard of Broadband (broadband), all journeys, as of 2024-03-13T00:00:00Z

EXPERIENCE │ BUSINESS
                      neg. drop wait  late tasks again    goal value value task churn
                 NPS     %    %    h     %  /100  /100 │     %   won  lost cost     % CLV
whole journey   +0.0  50.0 25.0   15  66.7  25.0  50.0 │  25.0   100    50 12.5     –  60
  stage order   +0.0  50.0 25.0  3.0  50.0  25.0  50.0 │  25.0   100    50 12.5     –   –
  stage use        –     –  0.0  0.0     –   0.0   0.0 │ 100.0   100     0    0     –   –
  plan dsl    +100.0   0.0  0.0  0.0   0.0   0.0   0.0 │   0.0     0     0    0     –  30
  plan fibre  -100.0 100.0 50.0   30 100.0  50.0 100.0 │  50.0   100    50 12.5     –  75

HOW SURE [95 %]
                                                                                             hours
                                                                                                in
              journeys open answers              NPS      drop %        late %        goal %   all
whole journey        4    1       2 [-100.0, +100.0] [4.6, 69.9]  [20.8, 93.9]   [4.6, 69.9]   174
  stage order        4    1       2 [-100.0, +100.0] [4.6, 69.9]   [9.5, 90.5]   [4.6, 69.9]   156
  stage use          1    0       0                – [0.0, 79.3]             – [20.7, 100.0]   0.0
  plan dsl           2    1       1 [+100.0, +100.0] [0.0, 65.8]   [0.0, 79.3]   [0.0, 65.8]   180
  plan fibre         2    0       1 [-100.0, -100.0] [9.5, 90.5] [34.2, 100.0]   [9.5, 90.5]   168

WHAT GOES TOGETHER, NOT WHY
- Not compared: customers whose first answer was negative (1) and those whose was not (1). Either
  side needs 20 whose journey was not over.
- Not compared: customers who had met friction 1d 21h into the journey (25 % of the median time) (1)
  and those who had not (3). Either side needs 20 whose journey was not over.
- Not compared: customers who had met friction 3d 18h into the journey (50 % of the median time) (2)
  and those who had not (2). Either side needs 20 whose journey was not over.
- Not compared: customers who had met friction 5d 15h into the journey (75 % of the median time) (1)
  and those who had not (1). Either side needs 20 whose journey was not over.

WHAT THIS RESTS ON
- Rows are of all journeys, and all that came of them by 2024-03-13T00:00:00Z; a stage's of those
  that came there, a segment's by its value at the opening. Left of the line: what customers met.
  Right: what it was worth.
- NPS: promoters less detractors, in points. neg.: negative answers on all scales. Both of answers
  given in the period.
- drop, goal: share of journeys that end in the customer's silence (of a stage: there), that
  achieve; Aalen-Johansen, so that an open journey counts as neither. wait: hours a journey until it
  is over that were our turn or a third party's, or had a task open; in all: all hours until then,
  the silence of a drop-off among them (of a stage: in it).
- late: journeys with a broken promise, of those with one that was kept or broken. tasks: handovers;
  again: repeats, returns and stays that went on in another channel; both a hundred journeys.
- value won, lost: sum of `value` of the journeys that have achieved, that have dropped, so far.
- task cost: tasks opened, each at its team's `cost` in channels.yaml.
- churn: customers gone silent for 10d within 90 d of their first opening (Kaplan-Meier); CLV:
  lifetime value. Both of all customers, whatever the period, as in `lotse report kpi`.
- What goes together: each customer counts once, and only if the journey was not over when they
  answered, or that far into it; they may differ in more than that. Intervals are 95 %.
)text");
}

TEST_CASE("scorecard_markdown: the whole of it", "[report][scorecard]") {
  CHECK(scorecard_markdown(small_card()) == R"text(# Scorecard of Broadband

Journey `broadband`, all journeys, as of 2024-03-13T00:00:00Z.

## Experience │ business

|  | NPS | neg. % | drop % | wait h | late % | tasks /100 | again /100 | │ | goal % | value won | value lost | task cost | churn % | CLV |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| whole journey | +0.0 | 50.0 | 25.0 | 15 | 66.7 | 25.0 | 50.0 | │ | 25.0 | 100 | 50 | 12.5 | – | 60 |
| stage order | +0.0 | 50.0 | 25.0 | 3.0 | 50.0 | 25.0 | 50.0 | │ | 25.0 | 100 | 50 | 12.5 | – | – |
| stage use | – | – | 0.0 | 0.0 | – | 0.0 | 0.0 | │ | 100.0 | 100 | 0 | 0 | – | – |
| plan dsl | +100.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | │ | 0.0 | 0 | 0 | 0 | – | 30 |
| plan fibre | -100.0 | 100.0 | 50.0 | 30 | 100.0 | 50.0 | 100.0 | │ | 50.0 | 100 | 50 | 12.5 | – | 75 |

## How sure [95 %]

|  | journeys | open | answers | NPS | drop % | late % | goal % | hours in all |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| whole journey | 4 | 1 | 2 | [-100.0, +100.0] | [4.6, 69.9] | [20.8, 93.9] | [4.6, 69.9] | 174 |
| stage order | 4 | 1 | 2 | [-100.0, +100.0] | [4.6, 69.9] | [9.5, 90.5] | [4.6, 69.9] | 156 |
| stage use | 1 | 0 | 0 | – | [0.0, 79.3] | – | [20.7, 100.0] | 0.0 |
| plan dsl | 2 | 1 | 1 | [+100.0, +100.0] | [0.0, 65.8] | [0.0, 79.3] | [0.0, 65.8] | 180 |
| plan fibre | 2 | 0 | 1 | [-100.0, -100.0] | [9.5, 90.5] | [34.2, 100.0] | [9.5, 90.5] | 168 |

## What goes together, not why

- Not compared: customers whose first answer was negative (1) and those whose was not (1). Either side needs 20 whose journey was not over.
- Not compared: customers who had met friction 1d 21h into the journey (25 % of the median time) (1) and those who had not (3). Either side needs 20 whose journey was not over.
- Not compared: customers who had met friction 3d 18h into the journey (50 % of the median time) (2) and those who had not (2). Either side needs 20 whose journey was not over.
- Not compared: customers who had met friction 5d 15h into the journey (75 % of the median time) (1) and those who had not (1). Either side needs 20 whose journey was not over.

## What this rests on

- Rows are of all journeys, and all that came of them by 2024-03-13T00:00:00Z; a stage's of those that came there, a segment's by its value at the opening. Left of the line: what customers met. Right: what it was worth.
- NPS: promoters less detractors, in points. neg.: negative answers on all scales. Both of answers given in the period.
- drop, goal: share of journeys that end in the customer's silence (of a stage: there), that achieve; Aalen-Johansen, so that an open journey counts as neither. wait: hours a journey until it is over that were our turn or a third party's, or had a task open; in all: all hours until then, the silence of a drop-off among them (of a stage: in it).
- late: journeys with a broken promise, of those with one that was kept or broken. tasks: handovers; again: repeats, returns and stays that went on in another channel; both a hundred journeys.
- value won, lost: sum of \`value\` of the journeys that have achieved, that have dropped, so far.
- task cost: tasks opened, each at its team's \`cost\` in channels.yaml.
- churn: customers gone silent for 10d within 90 d of their first opening (Kaplan-Meier); CLV: lifetime value. Both of all customers, whatever the period, as in \`lotse report kpi\`.
- What goes together: each customer counts once, and only if the journey was not over when they answered, or that far into it; they may differ in more than that. Intervals are 95 %.
)text");
}

TEST_CASE("scorecard_csv: a row and a comparison", "[report][scorecard]") {
  Scorecard card = small_card();
  card.rows.resize(1);
  card.comparisons = {rated_comparison()};
  std::string csv = scorecard_csv(card);
  std::erase(csv, '\r');
  CHECK(csv == R"text(level,name,part,group,figure,value,low,high,n
journey,,,journeys,achieved,1,,,4
journey,,,journeys,dropped,1,,,4
journey,,,journeys,dropped_later,0,,,4
journey,,,journeys,ended,1,,,4
journey,,,journeys,open,1,,,4
journey,,,experience,nps,0,-100,100,2
journey,,,experience,negative_share,0.5,,,2
journey,,,experience,dropped_share,0.25,0.0455873,0.699358,4
journey,,,experience,hours,174,,,4
journey,,,experience,hours_waiting,15,,,4
journey,,,experience,broken_promise_share,0.666667,0.20766,0.938508,3
journey,,,experience,handovers,1,,,4
journey,,,experience,repeats,2,,,4
journey,,,experience,returns,0,,,4
journey,,,experience,hours_wasted,0,,,4
journey,,,business,achieved_share,0.25,0.0455873,0.699358,4
journey,,,business,value_achieved,100,,,4
journey,,,business,value_lost,50,,,4
journey,,,business,handover_cost,12.5,,,1
journey,,,business,lifetime_value,60,,,4
comparison,negative_answer,,together,achieved_difference,-0.4,-0.596365,-0.141068,55
)text");
}

TEST_CASE("scorecard_json: a row and a comparison", "[report][scorecard]") {
  Scorecard card = small_card();
  card.rows.resize(1);
  card.comparisons = {rated_comparison()};
  CHECK(scorecard_json(card) == R"text({
  "report": "scorecard",
  "format": 1,
  "journey": "broadband",
  "title": "Broadband",
  "as_of": "2024-03-13T00:00:00Z",
  "from": null,
  "to": null,
  "by": null,
  "churn_after_days": 10,
  "scale": "nps",
  "teams_without_cost": [],
  "folded": 0,
  "unattributed_feedback": 0,
  "median_days": 7.5,
  "rows": [
    {
      "level": "journey",
      "name": "",
      "part": "",
      "customers": 4,
      "journeys": 4,
      "achieved": 1,
      "dropped": 1,
      "dropped_later": 0,
      "ended": 1,
      "open": 1,
      "experience": {
        "score": {
          "headline": 0,
          "interval": [-100, 100],
          "responses": 2
        },
        "answers": 2,
        "negative": 1,
        "dropped": {
          "rate": 0.25,
          "n_eff": 4,
          "interval": [0.0455873, 0.699358]
        },
        "hours": 174,
        "hours_waiting": 15,
        "promised": 3,
        "broken": 2,
        "broken_promise": {
          "rate": 0.666667,
          "n_eff": 3,
          "interval": [0.20766, 0.938508]
        },
        "handovers": 1,
        "repeats": 2,
        "returns": 0,
        "hours_wasted": 0
      },
      "business": {
        "achieved": {
          "rate": 0.25,
          "n_eff": 4,
          "interval": [0.0455873, 0.699358]
        },
        "value_achieved": 100,
        "value_lost": 50,
        "handover_cost": 12.5,
        "handovers_without_cost": 0,
        "churn_by_90_days": null,
        "lifetime_value": 60
      }
    }
  ],
  "comparisons": [
    {
      "contrast": "negative_answer",
      "landmark_days": null,
      "with": 25,
      "without": 30,
      "achieved": {
        "n_with": 25,
        "n_without": 30,
        "with": 0.4,
        "without": 0.8,
        "difference": -0.4,
        "interval": [-0.596365, -0.141068],
        "within_days": 2
      },
      "churned": null,
      "sentence": "Of 25 customers whose first answer was negative, 40.0 % achieved within 2d; of 30 whose was not, 80.0 %: -40.0 points [-59.6, -14.1]."
    }
  ]
}
)text");
}

TEST_CASE("scorecard reports: a comparison in words", "[report][scorecard]") {
  Scorecard card = small_card();
  card.comparisons = {rated_comparison()};
  CHECK(scorecard_markdown(card).find(
            "Of 25 customers whose first answer was negative, 40.0 % achieved within 2d; of 30 "
            "whose was not, 80.0 %: -40.0 points [-59.6, -14.1].") != std::string::npos);
}

}  // namespace lotse::test
