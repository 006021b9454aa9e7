#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/runtime/live_outreach.hpp"

namespace lotse {

/// The source of the events that the engine itself records.
inline constexpr std::string_view event_source = "lotse";

/// One customer for as long as it is worked on; the recipient refers to the rest.
struct LiveOutreach::Customer {
  CustomerNumber number{};
  CustomerState state;
  std::vector<Identifier> identifiers;  ///< sorted
  Identifier named;                     ///< under which what happens is recorded
  Recipient recipient;
};

/// One message or task.
struct LiveOutreach::Subject {
  Customer& customer;
  const Instance& instance;
  const Journey& journey;  ///< the version that the instance follows
  const Touchpoint& touchpoint;
  const Effect& effect;
};

inline void add_property(Event& event, std::string_view name, Value value) {
  Map properties = *event.properties.map();
  properties.emplace_back(Value(std::string(name)), std::move(value));
  event.properties = Value(std::move(properties));
}

/// The journey's own text, which outlives what the name came from.
[[nodiscard]] inline std::string_view channel_named(const Journey& journey, std::string_view channel) {
  const auto index = journey.find_channel(channel);
  return index ? std::string_view(at(journey.channels, *index)) : std::string_view();
}

/// What an instance knows, but for what is declared `sensitive`.
[[nodiscard]] inline Map known_context(const Journey& journey, const Instance& instance) {
  Map context;
  for (std::size_t field = 0; field < instance.context.size(); ++field) {
    if (!instance.context[field] || journey.context[field].sensitive) continue;
    context.emplace_back(Value(journey.context[field].name), *instance.context[field]);
  }
  return context;
}

}  // namespace lotse
