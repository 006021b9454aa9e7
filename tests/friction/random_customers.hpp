#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "tests/friction/hand_made.hpp"

namespace lotse::test {

/// Customers with random walks through the hand-made journey, as untidy as real ones: hops, returns, repeats,
/// several instances, feedback, escalations, promises.
inline JourneyState random_customer(std::mt19937_64& dice) {
  const auto draw = [&](std::uint64_t n) { return dice() % n; };
  constexpr At path[] = {order, appointment, visit, online, bill};
  JourneyState state;
  Instant now = day0 + Duration{static_cast<std::int64_t>(draw(90 * 86'400'000ULL))};
  const std::uint64_t instances = 1 + draw(3);
  for (std::uint64_t i = 0; i < instances; ++i) {
    std::vector<Stay> stays;
    std::size_t place = 0;
    Entry entry = Entry::start;
    auto channel = static_cast<By>(draw(3));
    for (bool going = true; going && stays.size() < 12;) {
      Stay one = stay(path[place], now, Cause::open, {}, channel);
      one.entry = entry;
      one.repeats = static_cast<std::uint32_t>(draw(3));
      one.segments = static_cast<std::uint32_t>(draw(2));
      if (draw(4) == 0) {
        one.deadline = now + Duration{static_cast<std::int64_t>(draw(5 * 86'400'000ULL))};
        one.awaits = TouchpointIndex{path[std::min<std::size_t>(place + 1, 4)]};
      }
      if (draw(6) == 0) one.escalated = now + Duration{static_cast<std::int64_t>(draw(3'600'000))};
      if (draw(3) == 0) {
        const auto scale = static_cast<Scale>(draw(4));
        one.feedback.push_back({.at = now,
                                .scale = scale,
                                .score = static_cast<double>(1 + draw(5)),
                                .comment = {},
                                .segments = static_cast<std::uint32_t>(draw(2))});
      }
      now += Duration{static_cast<std::int64_t>(3'600'000 + draw(9 * 86'400'000ULL))};
      one.left = now;
      const std::uint64_t fate = draw(10);
      if (fate < 5 && place + 1 < 5) {
        one.cause = Cause::advanced;
        entry = draw(8) == 0 ? Entry::skipped : Entry::transition;
        ++place;
      } else if (fate < 6 && place > 0) {
        one.cause = Cause::went_back;
        entry = Entry::went_back;
        --place;
      } else if (fate < 7) {
        one.cause = Cause::hopped;
        entry = Entry::hop;
        channel = static_cast<By>((channel + 1) % 3);
      } else {
        one.cause = fate < 9 ? Cause::dropped : Cause::exited;
        going = false;
      }
      stays.push_back(one);
    }
    if (stays.back().cause != Cause::dropped && stays.back().cause != Cause::exited)
      stays.back().cause = Cause::open;
    JourneyState one = customer(stays, {{Value("fibre")}, {Value("cable")}});
    one.instances[0].value = static_cast<double>(draw(10'000)) / 100;
    one.instances[0].promises.push_back({.promise = 0,
                                         .made = one.instances[0].opened,
                                         .deadline = one.instances[0].opened + 14 * 24h,
                                         .reached = one.instances[0].achieved});
    state.instances.push_back(one.instances[0]);
    now += Duration{86'400'000};
  }
  state.unattributed_feedback = static_cast<std::uint32_t>(draw(2));
  return state;
}

/// The hand-made journey with its segment `plan`: fibre or cable.
inline JourneyVersions with_plan() {
  Journey journey = hand_made_journey();
  journey.segments = {{.name = "plan", .value = *Expression::compile("\"x\"", {})}};
  return versions_of({journey});
}

inline std::vector<JourneyState> random_customers(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 dice(seed);
  std::vector<JourneyState> customers;
  for (std::size_t i = 0; i < count; ++i) customers.push_back(random_customer(dice));
  return customers;
}

}  // namespace lotse::test
