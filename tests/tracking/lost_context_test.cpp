// What the customer had told already, and is asked again or lost: `asks`, `needs`.
// docs/methods/lost-context.md.
#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

constexpr std::string_view orders = R"(
journey: orders
version: 1
key: event.order
reentry: always
abandon_after: 30d
context:
  address: {type: string, fresh_for: 10d}
  slot: {type: string}
  plan: {type: string, default: basic}
remember: [{on: address_changed, capture: {address: event.address}}]
touchpoints:
  order: {on: ordered, start: true, capture: {address: event.address, slot: event.slot}, next: [visit, call]}
  visit:
    on: visited
    channels: [web, store]
    asks: [address, plan]
    capture: {address: event.address}
    next: [done, {to: back_office, on: escalated}]
  call: {on: called, needs: [address, slot], capture: {slot: event.slot}, next: [done]}
  back_office: {handover: {team: desk}, needs: [slot, plan]}
  done: {on: finished, goal: true}
)";

Properties order(std::string_view id, Properties more = {}) {
  more.emplace_back("order", Value(id));
  return more;
}

/// `visit asks address, call misses slot` of the last stay of the last instance.
std::string lost_of(const Story& story, std::string_view at) {
  const CustomerState state = story.state(at);
  const Journey& journey = *story.tracker().journeys()[0].versions[0];
  std::string text;
  for (const Stay& stay : state.journeys[0].instances.back().stays) {
    for (const LostContext& lost : stay.lost) {
      text +=
          fmt::format("{}{} {} {} {}", text.empty() ? "" : ", ", lotse::at(journey.touchpoints, lost.at).id,
                      lost.what == LostContext::What::asked_again ? "asks" : "misses",
                      lotse::at(journey.context, lost.field).name, since_begin(lost.when));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("lost context: what is known and fresh is asked again", "[tracking][lost_context]") {
  Story story(orders);

  SECTION("told by the order, asked by the visit") {
    story.event("0s", "ordered", "", order("x", {{"address", Value("Main 1")}}));
    story.event("1d", "visited", "web", order("x", {{"address", Value("Main 1")}}));
    CHECK(lost_of(story, "2d") == "visit asks address 1d");
  }
  SECTION("what was never told may be asked; a default is not told") {
    story.event("0s", "ordered", "", order("x")).event("1d", "visited", "web", order("x"));
    CHECK(lost_of(story, "2d") == "");
  }
  SECTION("what is no longer fresh may be asked") {
    story.event("0s", "ordered", "", order("x", {{"address", Value("Main 1")}}));
    story.event("11d", "visited", "web", order("x"));
    CHECK(lost_of(story, "12d") == "");
  }
  SECTION("what was told again in between is fresh again") {
    story.event("0s", "ordered", "", order("x", {{"address", Value("Main 1")}}));
    story.event("5d", "address_changed", "", order("x", {{"address", Value("Main 2")}}));
    story.event("11d", "visited", "web", order("x"));
    CHECK(lost_of(story, "12d") == "visit asks address 11d");
  }
  SECTION("a hop to another channel asks for what the first one was told") {
    story.event("0s", "ordered", "", order("x"));
    story.event("1d", "visited", "web", order("x", {{"address", Value("Main 1")}}));
    story.event("2d", "visited", "store", order("x", {{"address", Value("Main 1")}}));
    CHECK(lost_of(story, "3d") == "visit asks address 2d");
  }
  SECTION("what an earlier instance was told, within fresh_for") {
    story.event("0s", "ordered", "", order("x", {{"address", Value("Main 1")}}));
    story.event("1d", "ordered", "", order("y")).event("2d", "visited", "web", order("y"));
    CHECK(lost_of(story, "3d") == "visit asks address 2d");
  }
}

TEST_CASE("lost context: what was told is needed and not there", "[tracking][lost_context]") {
  Story story(orders);

  SECTION("cleared in between") {
    story.event("0s", "ordered", "", order("x", {{"slot", Value("8-10")}, {"address", Value("Main 1")}}));
    story.event("1d", "address_changed", "", order("x", {{"address", Value()}}));
    story.event("2d", "called", "", order("x", {{"slot", Value("8-10")}}));
    CHECK(lost_of(story, "3d") == "call misses address 2d");
  }
  SECTION("there after all, by the event itself") {
    story.event("0s", "ordered", "", order("x", {{"slot", Value("8-10")}, {"address", Value("Main 1")}}));
    story.event("2d", "called", "", order("x", {{"slot", Value("8-10")}}));
    CHECK(lost_of(story, "3d") == "");
  }
  SECTION("never told is not lost") {
    story.event("0s", "ordered", "", order("x")).event("2d", "called", "", order("x"));
    CHECK(lost_of(story, "3d") == "");
  }
  SECTION("an earlier instance was told; a field without fresh_for is each instance's own") {
    story.event("0s", "ordered", "", order("x", {{"slot", Value("8-10")}, {"address", Value("Main 1")}}));
    story.event("1d", "ordered", "", order("y")).event("2d", "called", "", order("y"));
    CHECK(lost_of(story, "3d") == "call misses address 2d");
  }
  SECTION("a task beside the stay misses it, once a stay") {
    story.event("0s", "ordered", "", order("x", {{"slot", Value("8-10")}}));
    story.event("1d", "called", "", order("x", {{"slot", Value()}}));
    story.event("2d", "visited", "web", order("x"));
    story.event("3d", "escalated", "", order("x")).event("4d", "escalated", "", order("x"));
    CHECK(lost_of(story, "5d") == "call misses slot 1d, back_office misses slot 3d");
  }
}

TEST_CASE("lost context: is in the state's bytes, and arrives in any order", "[tracking][lost_context]") {
  Story story(orders);
  story.event("1d", "visited", "web", order("x", {{"address", Value("Main 1")}}));
  story.event("0s", "ordered", "", order("x", {{"address", Value("Main 1")}}));
  const CustomerState state = story.state("2d");
  CHECK(lost_of(story, "2d") == "visit asks address 1d");
  CHECK(decode(encode(state)) == state);
}
