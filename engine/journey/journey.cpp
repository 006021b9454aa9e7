#include "engine/journey/journey.hpp"

#include <algorithm>

namespace lotse {

std::optional<EventTypeIndex> Journey::find_event_type(std::string_view type) const {
  const auto found = std::lower_bound(event_types.begin(), event_types.end(), type);
  if (found == event_types.end() || *found != type) return std::nullopt;
  return EventTypeIndex(static_cast<std::uint32_t>(found - event_types.begin()));
}

std::optional<ChannelIndex> Journey::find_channel(std::string_view channel) const {
  const auto found = std::find(channels.begin(), channels.end(), channel);
  if (found == channels.end()) return std::nullopt;
  return ChannelIndex(static_cast<std::uint32_t>(found - channels.begin()));
}

std::optional<TouchpointIndex> Journey::find_touchpoint(std::string_view wanted) const {
  const auto found = std::find_if(touchpoints.begin(), touchpoints.end(),
                                  [&](const Touchpoint& touchpoint) { return touchpoint.id == wanted; });
  if (found == touchpoints.end()) return std::nullopt;
  return TouchpointIndex(static_cast<std::uint32_t>(found - touchpoints.begin()));
}

}  // namespace lotse
