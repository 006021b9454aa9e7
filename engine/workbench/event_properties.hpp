#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/journey/journey.hpp"

namespace lotse {

/// What `event.<name>` must be for a condition like `event.product == "broadband"`; null where its text does
/// not tell.
[[nodiscard]] Value wanted(const Expression& condition, std::string_view name);

/// Calls `visit(name)` for each property of the event that an expression reads.
template <class Visit>
void for_each_event_field(const Expression& expression, Visit&& visit) {
  for (const Expression::Reference& reference : expression.references()) {
    if (reference.variable == static_cast<std::uint32_t>(Variable::event)) visit(reference.name);
  }
}

/// A property of an event that a journey reads.
struct EventProperty {
  std::string name;
  Type type{};                  ///< of the field that keeps it as it is; dyn where the journey does not tell
  std::string kept_as{};        ///< the context field that keeps it as it is; empty: none
  std::vector<Value> values{};  ///< that conditions compare it with; and of Lotse's own events all there are
};

/// The types of event that a journey listens to, sorted: those it names, and Lotse's own about messages,
/// tasks and who the customer is.
[[nodiscard]] std::vector<std::string> listened_types(const Journey& journey);

/// What a journey reads of events of a type, in the order of the file.
[[nodiscard]] std::vector<EventProperty> event_properties(const Journey& journey, std::string_view type);

/// The channels in which touchpoints wait for a type of event, in the order of channels.yaml. Empty where
/// any will do.
[[nodiscard]] std::vector<std::string> event_channels(const Journey& journey, std::string_view type);

}  // namespace lotse
