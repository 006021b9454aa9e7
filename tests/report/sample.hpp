#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "tests/friction/hand_made.hpp"

namespace lotse::test {

/// The hand-made journey with a segment.
inline JourneyVersions sample_versions() {
  Journey journey = hand_made_journey();
  journey.segments = {{.name = "region", .value = *Expression::compile("\"x\"", {})}};
  journey.touchpoints[order].target = 0.10;
  journey.touchpoints[order].promise = Duration{5 * 24h};
  return versions_of({journey});
}

/// 1,200 customers over 60 days. Planted: appointment loses 40 % (its peers about 8 %), in the north the
/// order is answered for with anger, the visit is often late.
inline std::vector<JourneyState> sample_customers() {
  std::mt19937_64 dice(1);
  const auto uniform = [&] { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; };
  const auto ms = [](double days) { return Duration{static_cast<std::int64_t>(days * 86'400'000)}; };
  std::vector<JourneyState> customers;
  for (int c = 0; c < 1200; ++c) {
    const bool north = c % 4 == 0;
    Instant now = day(uniform() * 60);
    std::vector<Stay> stays;
    const auto go = [&](At at, double lost, double mean_days, By channel = web) {
      Stay one = stay(at, now, Cause::open, {}, channel);
      const bool drops = uniform() < lost;
      now += drops ? ms(10) : ms(std::min(9.9, -mean_days * std::log1p(-uniform())));
      one.cause = drops ? Cause::dropped : Cause::advanced;
      one.left = now;
      stays.push_back(one);
      return !drops;
    };
    const auto walk = [&] {
      const bool ordered = go(order, 0.11, 1.5);
      if (uniform() < 0.4) {
        stays.back().feedback.push_back({.at = stays.back().entered + 1h,
                                         .scale = Scale::nps,
                                         .score = uniform() < (north ? 0.5 : 0.15) ? 4.0 : 9.0,
                                         .comment = {},
                                         .segments = {}});
      }
      if (!ordered || !go(appointment, 0.4, 3, uniform() < 0.1 ? call_center : app)) return;
      stays.back().repeats = uniform() < 0.2 ? 1 : 0;
      if (!go(visit, 0, 4)) return;
      stays.back().deadline = stays.back().entered + 5 * 24h;
      stays.back().awaits = TouchpointIndex{online};
      if (uniform() < 0.1) stays.back().escalated = stays.back().entered + 20h;
      if (!go(online, 0.05, 5)) return;
      stays.push_back(stay(bill, now, Cause::achieved, now));
    };
    walk();
    JourneyState state = customer(stays, {{Value(north ? "north" : "=south")}});
    state.instances[0].value = 30;
    std::optional<Instant> reached;
    for (const Stay& one : stays) {
      if (one.at == TouchpointIndex{online}) reached = one.entered;
    }
    state.instances[0].promises.push_back({.promise = 0,
                                           .made = stays.front().entered,
                                           .deadline = stays.front().entered + 14 * 24h,
                                           .reached = reached});
    state.unattributed_feedback = c % 100 == 0 ? 1 : 0;
    customers.push_back(state);
  }
  return customers;
}

inline StayTable sample_table() { return table_of(sample_customers(), day(60), sample_versions()); }

}  // namespace lotse::test
