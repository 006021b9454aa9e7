// Two customers who turn out to be one, both in a journey with a holdout. docs/versions.md, "Merges".
#include <algorithm>
#include <iterator>

#include "engine/base/hash.hpp"
#include "tests/tracking/story.hpp"

using namespace lotse;
using namespace lotse::test;

namespace {

constexpr std::string_view with_holdout = R"yaml(
journey: trial
version: 1
abandon_after: 30d
touchpoints:
  signup:
    on: signed_up
    start: true
    next:
      - paid
      - {to: nudge, after: 2d, split: nudge-test, share: 50}
      - {hold: true, after: 2d, split: nudge-test, share: 50}
  nudge: {channels: [email], send: {template: nudge, purpose: service}}
  paid: {on: paid, goal: true}
)yaml";

/// The first customers, by number, of the holdout or of those who are nudged.
std::vector<std::string> customers(bool nudged) {
  std::vector<std::string> found;
  for (int number = 0; found.size() < 2; ++number) {
    const std::string name = fmt::format("user_id:u{}", number);
    if ((split_fraction(name, "nudge-test") < 0.5) == nudged) found.push_back(name);
  }
  return found;
}

Event event(std::string_view at, std::string id, std::string_view type, Value properties = Value(Map{})) {
  return {.id = std::move(id),
          .source = "test",
          .type = std::string(type),
          .channel = "web",
          .time = after(at),
          .arrived = after(at),
          .from_future = false,
          .ids = {{"user_id", "any"}},
          .properties = std::move(properties),
          .traits = Value(Map{})};
}

/// A sign-up, and the hand-out of what it led to for this customer alone, if anything.
std::vector<Event> alone(const Tracker& tracker, const std::string& customer, std::string_view began) {
  std::vector<Event> events{event(began, customer + began.data(), "signed_up")};
  const CustomerState state = tracker.derive(customer, events, after("4d"));
  for (const Effect& effect : state.journeys[0].effects) {
    Event out = event("0s", "out-" + hex(effect.key), event_type::handed_out,
                      map_of({{"journey", Value("trial")},
                              {"touchpoint", Value("nudge")},
                              {"key", Value(hex(effect.key))},
                              {"due", Value(format_instant(effect.due))}}));
    out.time = out.arrived = effect.due;
    events.push_back(std::move(out));
  }
  return events;
}

struct Merged {
  JourneyState state;
  std::size_t handed_out = 0;  ///< before the merge
};

/// As of every day after the merge; nothing may be due.
Merged merged(const std::string& older, const std::string& newer, std::string_view older_began,
              std::string_view newer_began) {
  const Tracker tracker({only_version(with_holdout)}, {});
  std::vector<Event> events = alone(tracker, older, older_began);
  std::ranges::copy(alone(tracker, newer, newer_began), std::back_inserter(events));
  Merged result;
  result.handed_out =
      static_cast<std::size_t>(std::ranges::count(events, event_type::handed_out, &Event::type));
  for (const std::string_view now : {"4d", "5d", "9d"}) {
    const CustomerState state = tracker.derive(older, events, after(now));
    for (const Effect& effect : state.journeys[0].effects)
      CHECK(effect.status(after(now)) != EffectStatus::pending);
    result.state = state.journeys[0];
  }
  return result;
}

std::size_t handed_out(const JourneyState& state) {
  return static_cast<std::size_t>(std::ranges::count_if(
      state.effects, [](const Effect& effect) { return effect.handed_out.has_value(); }));
}

}  // namespace

TEST_CASE("merges: the older identity is in the holdout; what the newer was sent stays on record",
          "[tracking]") {
  const Merged one = merged(customers(false)[0], customers(true)[0], "0s", "1d");
  CHECK(one.handed_out == 1);
  CHECK(one.state.effects.empty());
  CHECK(one.state.disproved.size() == 1);
}

TEST_CASE("merges: the newer identity was in the holdout; what the older was sent is not sent again",
          "[tracking]") {
  SECTION("the older one began first") {
    const Merged one = merged(customers(true)[0], customers(false)[0], "0s", "1d");
    CHECK(handed_out(one.state) == 1);
    CHECK(one.state.disproved.empty());
  }
  SECTION("the newer one began first, so that the message is due at another time under another key") {
    const Merged one = merged(customers(true)[0], customers(false)[0], "1d", "0s");
    REQUIRE(one.state.effects.size() == 1);
    CHECK(one.state.effects[0].due == after("2d"));
    CHECK(one.state.effects[0].handed_out == after("3d"));
    CHECK(one.state.effects[0].handed_out_as.has_value());
  }
}

TEST_CASE("merges: both were sent it; it is derived once, and the other one is on record", "[tracking]") {
  const Merged one = merged(customers(true)[0], customers(true)[1], "0s", "1d");
  CHECK(one.handed_out == 2);
  CHECK(handed_out(one.state) == 1);
  CHECK(one.state.disproved.size() == 1);
}

TEST_CASE("merges: the arm is that of the older identity, whoever began first", "[tracking]") {
  for (const bool nudged : {false, true}) {
    const Merged one = merged(customers(nudged)[0], customers(!nudged)[0], "1d", "0s");
    CHECK(one.state.effects.size() == (nudged ? 1U : 0U));
  }
}
