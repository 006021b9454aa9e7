#include "engine/report/task_json.hpp"

#include <catch2/catch.hpp>

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
    return tasks_json(tasks, 1, sensitive) +
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

}  // namespace lotse::test
