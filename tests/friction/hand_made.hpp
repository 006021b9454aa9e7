#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/friction/stay_table.hpp"
#include "engine/journey/graph.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/state.hpp"

namespace lotse::test {

using namespace std::chrono_literals;

inline constexpr Instant day0 = Instant{std::chrono::sys_days{std::chrono::year{2024} / 3 / 1}};
inline Instant day(double days) { return day0 + Duration{static_cast<std::int64_t>(days * 86'400'000)}; }

/// Touchpoints of hand_made_journey(), and what add_nudge() adds.
enum At : std::uint32_t { order, appointment, visit, online, call_back, bill, nudge };
enum By : std::uint32_t { web, app, call_center };

/// order → appointment → visit (our turn) → online (goal) → bill (ends); call_back is a handover. Silence of
/// 10 days counts as leaving; segments: plan.
inline Journey hand_made_journey(std::uint32_t version = 1) {
  Journey journey;
  journey.id = "broadband";
  journey.title = "Broadband";
  journey.version = version;
  journey.abandon_after = Duration{10 * 24h};
  journey.channels = {"web", "app", "call_center"};
  journey.stages = {"order", "use"};
  journey.event_types = {"booked", "logged_in", "ordered", "paid", "visited"};
  journey.outcomes = {"settled"};
  journey.promises = {{.name = "online_in_time",
                       .from = TouchpointIndex{order},
                       .until = TouchpointIndex{online},
                       .within = Duration{14 * 24h},
                       .by = {},
                       .where = {}}};
  const auto touchpoint = [&](std::string id, TouchpointKind kind, std::vector<std::uint32_t> next) {
    Touchpoint& added = journey.touchpoints.emplace_back();
    added.id = added.title = std::move(id);
    added.kind = kind;
    added.abandon_after = Duration{10 * 24h};
    added.owner = "install@example.net";
    for (const std::uint32_t to : next) {
      Transition& transition = added.next.emplace_back();
      transition.to = TouchpointIndex{to};
    }
  };
  touchpoint("order", TouchpointKind::inbound, {appointment, call_back});
  touchpoint("appointment", TouchpointKind::inbound, {visit});
  touchpoint("visit", TouchpointKind::inbound, {online, appointment});
  touchpoint("online", TouchpointKind::inbound, {bill});
  touchpoint("call_back", TouchpointKind::handover, {});
  touchpoint("bill", TouchpointKind::inbound, {});
  journey.touchpoints[order].start = true;
  journey.touchpoints[order].stage = StageIndex{0};
  journey.touchpoints[visit].turn = Turn::us;
  journey.touchpoints[online].goal = true;
  journey.touchpoints[online].stage = StageIndex{1};
  journey.touchpoints[bill].ends = OutcomeIndex{0};
  return journey;
}

/// A message that order sends after two days.
inline void add_nudge(Journey& journey) {
  Touchpoint& added = journey.touchpoints.emplace_back();
  added.id = added.title = "nudge";
  added.kind = TouchpointKind::outbound;
  Transition& transition = journey.touchpoints[order].next.emplace_back();
  transition.to = TouchpointIndex{nudge};
  transition.trigger = TransitionTrigger::elapsed;
  transition.after = Duration{48h};
}

/// A message that was handed out as soon as it was due, in the first instance.
inline Effect sent(At touchpoint, std::uint32_t during, Instant at) {
  Effect effect;
  effect.touchpoint = TouchpointIndex{touchpoint};
  effect.instance = InstanceIndex{0};
  effect.stay = StayIndex{during};
  effect.due = at;
  effect.handed_out = at;
  return effect;
}

inline JourneyVersions versions_of(std::vector<Journey> journeys) {
  JourneyVersions versions;
  for (Journey& journey : journeys) {
    journey.graph = graph_facts(journey);
    versions.versions.push_back(std::make_shared<const Journey>(std::move(journey)));
    versions.in_force.push_back(versions.in_force.empty() ? Instant::min() : day0);
  }
  return versions;
}

inline Channels hand_made_channels() {
  Channels channels;
  for (const char* id : {"web", "app", "call_center"}) {
    Channel& channel = channels.channels.emplace_back();
    channel.id = id;
    channel.human = channel.id == "call_center";
  }
  return channels;
}

inline Stay stay(At at, Instant entered, Cause cause = Cause::open, Instant left = {}, By channel = web) {
  Stay stay;
  stay.at = TouchpointIndex{at};
  stay.channel = ChannelIndex{channel};
  stay.entry = at == order ? Entry::start : Entry::transition;
  stay.entered = stay.last_activity = entered;
  stay.cause = cause;
  stay.left = left;
  return stay;
}

/// A customer with one instance of these stays; `to` of each that advanced is the place of the next.
inline JourneyState customer(std::vector<Stay> stays, std::vector<std::vector<Value>> segment_sets = {}) {
  JourneyState state;
  Instance& instance = state.instances.emplace_back();
  for (std::size_t i = 0; i + 1 < stays.size(); ++i) {
    const bool moved = stays[i].cause == Cause::advanced || stays[i].cause == Cause::went_back;
    if (moved && !stays[i].to) stays[i].to = stays[i + 1].at;
  }
  instance.opened = stays.front().entered;
  const Stay& last = stays.back();
  for (const Stay& one : stays) {
    if (one.at == TouchpointIndex{online} && !instance.achieved) instance.achieved = one.entered;
  }
  instance.ended = last.cause != Cause::open;
  instance.ended_at = last.left;
  instance.stays = std::move(stays);
  instance.segment_sets = std::move(segment_sets);
  return state;
}

inline StayTable table_of(const std::vector<JourneyState>& customers, Instant as_of,
                          const JourneyVersions& versions = versions_of({hand_made_journey()})) {
  StayTableBuilder builder(versions, hand_made_channels(), as_of);
  for (const JourneyState& state : customers) builder.add(state);
  return std::move(builder).finish();
}

}  // namespace lotse::test
