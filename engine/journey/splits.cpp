#include "engine/journey/splits.hpp"

#include <utility>

namespace lotse {

bool falls_to(const Transition& arm, double fraction) {
  const auto place = static_cast<std::uint32_t>(fraction * whole_share);
  return arm.share_from <= place && place < arm.share_to;
}

std::string arm_name(const Journey& journey, const Transition& arm) {
  return arm.to ? at(journey.touchpoints, *arm.to).id : "hold";
}

std::vector<SplitList> lists_of(const Journey& journey, SplitIndex split) {
  std::vector<SplitList> lists;
  const auto look_at = [&](std::optional<TouchpointIndex> carrier, const std::vector<Transition>& listed) {
    SplitList list{.carrier = carrier};
    for (const Transition& transition : listed) {
      if (transition.split == split) list.arms.push_back(&transition);
    }
    if (!list.arms.empty()) lists.push_back(std::move(list));
  };
  for (std::uint32_t i = 0; i < journey.touchpoints.size(); ++i)
    look_at(TouchpointIndex{i}, journey.touchpoints[i].next);
  look_at(std::nullopt, journey.anywhere);
  return lists;
}

}  // namespace lotse
