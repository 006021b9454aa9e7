#include "engine/report/task_json.hpp"

#include <catch2/catch.hpp>

#include "tests/support/one_line.hpp"
#include "tests/tracking/story.hpp"

namespace lotse::test {
namespace {

constexpr std::string_view claims = R"yaml(
journey: claims
version: 1
abandon_after: 20d
context:
  income: {type: integer, sensitive: true}
  said: {type: string, sensitive: true}
value: context.income
feedback: [{on: rated, scale: stars, score: event.score, comment: event.said}]
touchpoints:
  claim: {on: claimed, start: true, capture: {income: event.income, said: event.said}, next: [call, done]}
  call: {channels: [call_center], handover: {team: desk}, promise: 4h}
  done: {on: done, goal: true}
)yaml";

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("task json: value, priority and comment tell nothing sensitive to who may not see it", "[report]") {
  const Story story = Story(claims)
                          .event("0s", "claimed", "web", {{"income", Value(std::int64_t{91827})}})
                          .event("1h", "rated", "web", {{"score", Value(1.0)}, {"said", Value("canary")}});
  const CustomerState state = story.state("2h");
  const std::vector<OpenTask> tasks = open_tasks(story.tracker(), state, after("2h"));
  REQUIRE(tasks.size() == 1);

  const auto all = [&](bool sensitive) {
    return tasks_json(tasks, 1, story.tracker(), sensitive) +
           task_json(tasks[0], story.tracker(), state, story.events(), sensitive);
  };
  CHECK(has(all(true), R"("value": 91827)"));
  CHECK(has(all(true), R"("priority": 68870.2)"));
  CHECK(has(all(true), R"("comment": "canary")"));
  CHECK_FALSE(has(all(false), "91827"));
  CHECK_FALSE(has(all(false), "68870"));
  CHECK_FALSE(has(all(false), "canary"));
  CHECK(has(all(false), R"("priority": 0.75)"));
}

TEST_CASE("task json: journeys, positions and stays are called by their titles, else by their ids",
          "[report]") {
  const Story story = Story(R"yaml(
journey: claims
version: 1
title: From claim to money
abandon_after: 20d
touchpoints:
  claim: {title: Makes a claim, on: claimed, start: true, next: [filed]}
  filed: {on: filed, next: [call, done]}
  call: {channels: [call_center], handover: {team: desk}, promise: 4h}
  done: {on: done, goal: true}
)yaml")
                          .event("0s", "claimed", "web")
                          .event("1h", "filed", "web");
  const CustomerState state = story.state("2h");
  const std::vector<OpenTask> tasks = open_tasks(story.tracker(), state, after("2h"));
  REQUIRE(tasks.size() == 1);

  const std::string list = tasks_json(tasks, 1, story.tracker(), false);
  const std::string one = task_json(tasks[0], story.tracker(), state, story.events(), false);

  CHECK(has(list, R"("journey_title": "From claim to money")"));
  CHECK(has(list, R"("position_title": "filed")"));
  CHECK(has(one, "\"touchpoint\": \"claim\",\n      \"title\": \"Makes a claim\""));
  CHECK(has(one, "\"touchpoint\": \"filed\",\n      \"title\": \"filed\""));
}

TEST_CASE("teams json: who is declared, who is handed over to and who has a task", "[report]") {
  const Story story = Story(claims).event("0s", "claimed", "web");
  std::vector<OpenTask> tasks = open_tasks(story.tracker(), story.state("2h"), after("2h"));
  REQUIRE(tasks.size() == 1);
  tasks.push_back(tasks[0]);
  tasks[1].team = "gone";
  Team care;
  care.id = "care";
  care.title = "Customer care";
  care.cost = 12.5;

  CHECK(on_one_line(teams_json({&care, 1}, story.tracker(), tasks)) ==
        R"({"teams": [{"id": "care", "title": "Customer care", "cost": 12.5, "open": 0}, )"
        R"({"id": "desk", "title": null, "cost": null, "open": 1}, )"
        R"({"id": "gone", "title": null, "cost": null, "open": 1}]})");
}

}  // namespace lotse::test
