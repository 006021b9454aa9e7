#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/report/customer.hpp"

namespace lotse {

namespace {

std::string condition_text(const Transition& transition, const Touchpoint* to) {
  std::string text = transition.when ? transition.when->source() : std::string();
  if (to == nullptr || !to->when) return text;
  if (text.empty()) return to->when->source();
  return "(" + text + ") && (" + to->when->source() + ")";
}

void add_transition(const Journey& journey, const Instance& instance, const std::vector<Transition>& listed,
                    std::optional<TouchpointIndex> carrier, std::vector<OpenTransition>& open) {
  for (std::uint32_t index = 0; index < listed.size(); ++index) {
    const Transition& transition = listed[index];
    const Touchpoint* to = transition.to ? &at(journey.touchpoints, *transition.to) : nullptr;
    OpenTransition made;
    made.transition = &transition;
    made.to = to == nullptr ? "hold" : to->id;
    if (carrier) made.from = at(journey.touchpoints, *carrier).id;
    made.when = condition_text(transition, to);
    const auto pending = std::ranges::find_if(instance.pending, [&](const PendingTransition& item) {
      return item.carrier == carrier && item.transition == index;
    });
    const bool timed =
        transition.trigger == TransitionTrigger::elapsed || transition.trigger == TransitionTrigger::calendar;
    const bool is_milestone = to != nullptr && to->kind == TouchpointKind::milestone;
    if (timed) {
      if (pending == instance.pending.end()) continue;  // it has happened, or is another arm of a split
      made.due = pending->due;
    } else if (transition.trigger == TransitionTrigger::at_once && !is_milestone) {
      continue;  // happened on reaching the carrier
    } else {
      const bool inbound = to != nullptr && to->kind == TouchpointKind::inbound;
      for (const EventTypeIndex type : inbound ? to->on : transition.on) {
        made.on.push_back(at(journey.event_types, type));
      }
      if (inbound) {
        for (const ChannelIndex channel : to->channels)
          made.channels.push_back(at(journey.channels, channel));
      }
    }
    open.push_back(std::move(made));
  }
}

}  // namespace

std::vector<OpenTransition> open_transitions(const Journey& journey, const Instance& instance) {
  std::vector<OpenTransition> open;
  if (instance.ended || instance.stays.empty()) return open;
  const TouchpointIndex position = instance.stays.back().at;
  add_transition(journey, instance, at(journey.touchpoints, position).next, position, open);
  for (auto beside = instance.beside.rbegin(); beside != instance.beside.rend(); ++beside) {
    add_transition(journey, instance, at(journey.touchpoints, beside->touchpoint).next, beside->touchpoint,
                   open);
  }
  add_transition(journey, instance, journey.anywhere, std::nullopt, open);
  return open;
}

}  // namespace lotse
