#include "engine/report/journey_words.hpp"

#include <array>
#include <cstddef>

namespace lotse {

std::string_view name_of(TouchpointKind kind) {
  static constexpr std::array<std::string_view, 4> names{"inbound", "milestone", "outbound", "handover"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(Turn turn) {
  static constexpr std::array<std::string_view, 3> names{"customer", "us", "third_party"};
  return names.at(static_cast<std::size_t>(turn));
}

std::string_view name_of(TransitionTrigger trigger) {
  static constexpr std::array<std::string_view, 4> names{"event", "at_once", "elapsed", "calendar"};
  return names.at(static_cast<std::size_t>(trigger));
}

}  // namespace lotse
