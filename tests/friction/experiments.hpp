#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/friction/collect_experiments.hpp"
#include "tests/friction/hand_made.hpp"

namespace lotse::test {

/// The hand-made journey with the split `nudge-test` on `order`: call_back 60 %, hold 40 %, after two days.
inline Journey split_journey(std::uint32_t version = 1, std::uint32_t share = 6'000) {
  Journey journey = hand_made_journey(version);
  journey.splits = {"nudge-test"};
  auto& next = journey.touchpoints[order].next;
  next.pop_back();
  for (const bool hold : {false, true}) {
    Transition& arm = next.emplace_back();
    if (!hold) arm.to = TouchpointIndex{call_back};
    arm.trigger = TransitionTrigger::elapsed;
    arm.after = Duration{48h};
    arm.split = SplitIndex{0};
    arm.share_from = hold ? share : 0;
    arm.share_to = hold ? 10'000 : share;
  }
  return journey;
}

/// The next customer who falls to the arm, after `number`, which is raised: `user_id:17`.
inline std::string name_in(bool hold, int& number, double share = 0.6) {
  for (;;) {
    std::string name = fmt::format("user_id:{}", ++number);
    if ((split_fraction(name, "nudge-test") >= share) == hold) return name;
  }
}

struct Guest {
  std::string name;
  JourneyState state;
};

/// Ordered on day `at`, and reached the goal on day `goal`; with none, still there.
inline JourneyState ordered(double at, std::optional<double> goal = {}) {
  JourneyState state =
      goal ? customer({stay(order, day(at), Cause::advanced, day(*goal)), stay(online, day(*goal))})
           : customer({stay(order, day(at))});
  state.instances[0].visits.assign(6, 0);
  return state;
}

inline ExperimentTable experiments_of(const std::vector<Guest>& guests, double as_of,
                                      const JourneyVersions& versions = versions_of({split_journey()})) {
  ExperimentTableBuilder builder(versions, day(as_of));
  for (const Guest& guest : guests) builder.add(guest.name, guest.state);
  return std::move(builder).finish();
}

/// `customers` in each arm, of which as many per cent achieve.
inline std::vector<Guest> crowd(int nudged, int nudged_achieve, int held, int held_achieve) {
  std::vector<Guest> guests;
  int number = 0;
  for (int i = 0; i < nudged; ++i)
    guests.push_back(
        {name_in(false, number), ordered(0, i < nudged_achieve ? std::optional(5.0) : std::nullopt)});
  for (int i = 0; i < held; ++i)
    guests.push_back(
        {name_in(true, number), ordered(0, i < held_achieve ? std::optional(5.0) : std::nullopt)});
  return guests;
}

}  // namespace lotse::test
