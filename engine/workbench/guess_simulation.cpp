#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "engine/workbench/simulation.hpp"

namespace lotse {

namespace {

/// The touchpoints that an event reaches from `from`: along `next`, over messages, tasks and milestones.
std::vector<TouchpointIndex> inbound_after(const Journey& journey, const Touchpoint& from) {
  std::vector<TouchpointIndex> found;
  std::vector<bool> seen(journey.touchpoints.size(), false);
  std::vector<const Touchpoint*> queue{&from};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    for (const Transition& transition : queue[head]->next) {
      if (!transition.to || seen[transition.to->value()]) continue;
      seen[transition.to->value()] = true;
      const Touchpoint& to = at(journey.touchpoints, *transition.to);
      if (to.kind == TouchpointKind::inbound) {
        found.push_back(*transition.to);
      } else {
        queue.push_back(&to);
      }
    }
  }
  return found;
}

/// The literal at the beginning of `text`: a quoted string, a number, true or false; null for anything else.
Value literal(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('[')) text.remove_prefix(1);
  if (text.starts_with('"') || text.starts_with('\'')) {
    const std::size_t end = text.find(text.front(), 1);
    return end == std::string_view::npos ? Value() : Value(text.substr(1, end - 1));
  }
  if (text.starts_with("true")) return Value(true);
  if (text.starts_with("false")) return Value(false);
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{}) return {};
  const auto whole = static_cast<std::int64_t>(number);
  return static_cast<double>(whole) == number ? Value(whole) : Value(number);
}

/// What `event.<name>` must be for a condition like `event.product == "broadband"`; null where its text does
/// not tell.
Value wanted(const Expression& condition, std::string_view name) {
  const std::string_view text = condition.source();
  const std::string field = "event." + std::string(name);
  for (std::size_t at = text.find(field); at != std::string_view::npos; at = text.find(field, at + 1)) {
    std::string_view rest = text.substr(at + field.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    for (const std::string_view op : {"==", ">=", "<=", "in"}) {
      if (!rest.starts_with(op)) continue;
      Value value = literal(rest.substr(op.size()));
      if (!value.is_null()) return value;
    }
  }
  return {};
}

ValueSource of_type(const Type& type) {
  switch (type.kind) {
    case TypeKind::boolean:
      return {.how = Value(true), .as = {}};
    case TypeKind::integer:
    case TypeKind::unsigned_integer:
      return {.how = Between{.from = 1, .to = 5, .whole = true}, .as = {}};
    case TypeKind::floating:
      return {.how = Between{.from = 10, .to = 100, .whole = true}, .as = {}};
    case TypeKind::timestamp:
      return {.how = Delay{.from = std::chrono::days(1), .to = std::chrono::days(7)}, .as = {}};
    case TypeKind::dyn:
    case TypeKind::null:
    case TypeKind::string:
    case TypeKind::bytes:
    case TypeKind::duration:
    case TypeKind::list:
    case TypeKind::map:
    case TypeKind::type:
      break;
  }
  return {.how = Weights{{{Value("a"), 5}, {Value("b"), 3}, {Value("c"), 2}}}, .as = {}};
}

void add(ValueSources& sources, const std::string& name, ValueSource source) {
  const bool known = std::ranges::any_of(sources, [&](const auto& own) { return own.first == name; });
  if (!known && !name.empty()) sources.emplace_back(name, std::move(source));
}

template <class Visit>
void for_each_event_field(const Expression& expression, Visit&& visit) {
  for (const Expression::Reference& reference : expression.references()) {
    if (reference.variable == static_cast<std::uint32_t>(Variable::event)) visit(reference.name);
  }
}

/// Properties that satisfy the key, the conditions and the captures of a touchpoint, as far as their text
/// tells.
ValueSources properties_of(const Journey& journey, const Touchpoint& touchpoint) {
  ValueSources sources;
  if (journey.key) {
    for_each_event_field(*journey.key, [&](const std::string& name) {
      add(sources, name, {.how = Reference{"key"}, .as = {}});
    });
  }
  if (touchpoint.when) {
    for_each_event_field(*touchpoint.when, [&](const std::string& name) {
      Value value = wanted(*touchpoint.when, name);
      if (!value.is_null()) add(sources, name, {.how = std::move(value), .as = {}});
    });
  }
  for (const Capture& capture : touchpoint.capture) {
    for_each_event_field(capture.value, [&](const std::string& name) {
      add(sources, name, of_type(at(journey.context, capture.field).type));
    });
  }
  return sources;
}

}  // namespace

Simulation guess_simulation(const Journey& journey) {
  constexpr double drop = 0.1;
  constexpr Delay usual{.from = std::chrono::hours(1), .to = std::chrono::days(3)};
  Simulation simulation;
  for (const Touchpoint& touchpoint : journey.touchpoints) {
    TouchpointSimulation made;
    if (touchpoint.kind == TouchpointKind::inbound) {
      made.event = at(journey.event_types, touchpoint.on.front());
      for (const ChannelIndex channel : touchpoint.channels) made.channels.emplace_back(channel, 1.0);
      made.properties = properties_of(journey, touchpoint);
      if (!touchpoint.ends) {
        for (const TouchpointIndex to : inbound_after(journey, touchpoint)) {
          made.next.push_back({.to = to, .after = usual});
        }
      }
      if (!made.next.empty() && touchpoint.turn == Turn::customer) made.drop = drop;
    }
    simulation.touchpoints.push_back(std::move(made));
  }
  return simulation;
}

}  // namespace lotse
