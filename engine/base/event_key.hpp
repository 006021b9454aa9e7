#pragma once

#include <compare>
#include <string>

#include "engine/base/time.hpp"

namespace lotse {

/// The total order of events: (effective time, event id bytewise, source). SEMANTICS: "Order".
struct EventKey {
  Instant time{};
  std::string id;
  std::string source;
  friend auto operator<=>(const EventKey&, const EventKey&) = default;
};

}  // namespace lotse
