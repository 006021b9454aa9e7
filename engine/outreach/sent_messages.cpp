#include "engine/outreach/sent_messages.hpp"

#include <algorithm>
#include <ranges>
#include <string_view>

namespace lotse {
namespace {

/// In the newest version that has it; nullptr where none has it any more.
const Touchpoint* find_touchpoint(const JourneyVersions& journey, std::string_view id) {
  for (const auto& version : std::views::reverse(journey.versions)) {
    if (const auto found = version->find_touchpoint(id)) return &at(version->touchpoints, *found);
  }
  return nullptr;
}

void add_derived(const JourneyVersions& versions, const JourneyState& state,
                 const std::optional<EffectKey>& but, std::vector<SentMessage>& sent) {
  for (const Effect& effect : state.effects) {
    if (!effect.handed_out || effect.task != TaskStatus::none || effect.known_as() == but) continue;
    const Journey& journey = *at(versions.versions, at(state.instances, effect.instance).version);
    sent.push_back({.at = *effect.handed_out,
                    .channel = effect.channel ? std::string_view(at(journey.channels, *effect.channel)) : "",
                    .purpose = at(journey.touchpoints, effect.touchpoint).send->purpose});
  }
}

void add_disproved(const JourneyVersions& versions, const JourneyState& state,
                   std::vector<SentMessage>& sent) {
  for (const HandOut& record : state.disproved) {
    const Touchpoint* touchpoint = find_touchpoint(versions, record.touchpoint);
    if (touchpoint != nullptr && !touchpoint->send) continue;  // a task
    sent.push_back({.at = record.at, .channel = record.channel, .purpose = {}});
    if (touchpoint != nullptr) sent.back().purpose = touchpoint->send->purpose;
  }
}

}  // namespace

std::vector<SentMessage> sent_messages(const std::vector<JourneyVersions>& journeys,
                                       const CustomerState& state, std::optional<EffectKey> but) {
  std::vector<SentMessage> sent;
  for (std::size_t journey = 0; journey < state.journeys.size(); ++journey) {
    add_derived(journeys[journey], state.journeys[journey], but, sent);
    add_disproved(journeys[journey], state.journeys[journey], sent);
  }
  std::ranges::stable_sort(sent, {}, &SentMessage::at);
  return sent;
}

}  // namespace lotse
