#pragma once

#include <vector>

#include "engine/friction/scorecard.hpp"
#include "tests/friction/hand_made.hpp"

namespace lotse::test {

/// The hand-made journey with a segment, `plan`, whose call-backs the desk takes.
inline JourneyVersions card_versions() {
  Journey journey = hand_made_journey();
  journey.segments = {{.name = "plan", .value = *Expression::compile("\"x\"", {})}};
  journey.touchpoints[call_back].handover = HandoverSpec{.team = "desk", .keep = false};
  return versions_of({journey});
}

/// The desk's tasks cost so much; nothing: it is not declared.
inline Channels card_channels(std::optional<double> cost) {
  Channels channels = hand_made_channels();
  channels.teams.push_back({.id = "desk", .title = "Desk", .webhook = {}, .cost = cost});
  return channels;
}

inline StayTable card_table(const std::vector<JourneyState>& customers, double as_of) {
  return table_of(customers, day(as_of), card_versions());
}

inline Scorecard card_of(const StayTable& table, std::optional<double> cost = 12.5,
                         const ScorecardQuery& query = {}) {
  auto card = scorecard(table, handover_costs(table, card_versions(), card_channels(cost)), query);
  REQUIRE(card);
  return *std::move(card);
}

/// Four customers as of day 12. Ada achieves on day 4 after two days of our turn, a promise broken on the
/// way, worth 100. Bob drops off on day 10, worth 50; a task is open for half a day and a quarter of a day
/// late, and he repeats himself twice; he is a detractor. Cyd, worth 30, is still open ten days after her
/// order. Dan leaves after five days, a promise kept; he is a promoter.
inline std::vector<JourneyState> four_customers() {
  const std::vector<std::vector<Value>> fibre = {{Value("fibre")}};
  const std::vector<std::vector<Value>> dsl = {{Value("dsl")}};
  const auto rate = [](Stay& stay, double score) {
    stay.feedback.push_back(
        {.at = day(1), .scale = Scale::nps, .score = score, .comment = {}, .segments = {}});
  };
  Stay visited = stay(visit, day(2), Cause::advanced, day(4));
  visited.deadline = day(3);
  visited.awaits = TouchpointIndex{online};
  JourneyState ada =
      customer({stay(order, day(0), Cause::advanced, day(1)),
                stay(appointment, day(1), Cause::advanced, day(2)), visited, stay(online, day(4))},
               fibre);
  ada.instances[0].value = 100;

  Stay silent = stay(order, day(0), Cause::dropped, day(10));
  silent.repeats = 2;
  rate(silent, 3);
  JourneyState bob = customer({silent}, fibre);
  bob.instances[0].value = 50;
  Effect task{};
  task.touchpoint = TouchpointIndex{call_back};
  task.due = day(0.5);
  task.task = TaskStatus::done;
  task.deadline = day(0.75);
  task.ended = day(1);
  bob.effects.push_back(task);

  JourneyState cyd = customer({stay(order, day(2))}, dsl);
  cyd.instances[0].value = 30;

  Stay leaves = stay(order, day(0), Cause::exited, day(5));
  leaves.promised = day(1);
  rate(leaves, 9);
  return {ada, bob, cyd, customer({leaves}, dsl)};
}

}  // namespace lotse::test
