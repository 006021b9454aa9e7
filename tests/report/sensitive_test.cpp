#include "engine/report/sensitive.hpp"

#include <catch2/catch.hpp>

#include "tests/tracking/story.hpp"

namespace lotse::test {
namespace {

constexpr std::string_view orders = R"yaml(
journey: orders
version: 1
abandon_after: 20d
context:
  iban: {type: string, sensitive: true}
remember:
  - {on: paid_by, capture: {iban: event.iban}}
feedback:
  - {on: rated, scale: nps, score: event.score, comment: COMMENT}
touchpoints:
  order: {on: ordered, start: true, next: [done]}
  done: {on: finished, goal: true}
)yaml";

/// Who says "slow" in both properties, with `comment` as the expression that reads it.
Story rated(std::string_view comment) {
  std::string journey(orders);
  journey.replace(journey.find("COMMENT"), std::string_view("COMMENT").size(), comment);
  Story story(journey);
  story.event("0s", "ordered", "web");
  story.event("1h", "rated", "web",
              {{"score", Value(1.0)}, {"text", Value("slow")}, {"iban", Value("slow")}});
  return story;
}

StayTable stays_of(const Story& story) {
  const CustomerState state = story.state("1d");
  StayTableBuilder builder(story.tracker().journeys().front(), story_channels(), after("1d"));
  builder.add(state.journeys.front(), &state);
  return std::move(builder).finish();
}

}  // namespace

TEST_CASE("stay_table: what is sensitive in the context is masked in comments too", "[report][sensitive]") {
  std::string journey(orders);
  journey.replace(journey.find("COMMENT"), std::string_view("COMMENT").size(), "event.text");
  Story story(journey);
  story.event("0s", "ordered", "web");
  story.event("1h", "paid_by", "web", {{"iban", Value("Rua Augusta 5")}});
  story.event("2h", "rated", "web",
              {{"score", Value(1.0)}, {"text", Value("nobody rang at Rua Augusta 5, twice")}});

  CHECK(stays_of(story).comments == std::vector<std::string>{"nobody rang at [personal], twice"});
}

TEST_CASE("mask_sensitive: comments that read a sensitive field are taken out, others stay",
          "[report][sensitive]") {
  for (const auto& [comment, shown] : {std::pair{"event.text", true}, std::pair{"event.iban", false}}) {
    CAPTURE(comment);
    const Story story = rated(comment);
    StayTable table = stays_of(story);
    REQUIRE(table.comments == std::vector<std::string>{"slow"});
    REQUIRE(table.feedback.size() == 1);

    mask_sensitive(table, story.tracker().journeys().front());

    CHECK((table.feedback[0].comment != no_comment) == shown);
    CHECK(table.comments[0] == (shown ? "slow" : ""));
    CHECK(table.feedback[0].score == fixed_point);
  }
}

}  // namespace lotse::test
