#include "engine/workbench/event_properties.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "engine/tracking/event.hpp"

namespace lotse {

namespace {

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
  constexpr double integers_max = 1e15;
  if (!(std::abs(number) < integers_max)) return Value(number);
  const auto whole = static_cast<std::int64_t>(number);
  return static_cast<double>(whole) == number ? Value(whole) : Value(number);
}

/// Collects what the expressions that see one type of event read of it.
class Reader {
 public:
  Reader(const Journey& journey, std::string_view type)
      : journey_(journey), type_(type), index_(journey.find_event_type(type)) {}

  std::vector<EventProperty> read() {
    if (journey_.key) look_at(*journey_.key);
    for (const Touchpoint& touchpoint : journey_.touchpoints) read_touchpoint(touchpoint);
    for (const Transition& transition : journey_.anywhere) read_transition(transition, false);
    for (const ExitRule& rule : journey_.exit_when) {
      if (is_named(rule.on) && rule.when) look_at(*rule.when);
    }
    for (const RememberRule& rule : journey_.remember) {
      if (!is_named(rule.on)) continue;
      if (rule.when) look_at(*rule.when);
      read_captures(rule.capture);
    }
    for (const FeedbackRule& rule : journey_.feedback) read_feedback(rule);
    read_own();
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool is_named(const std::vector<EventTypeIndex>& on) const {
    return index_ && std::ranges::find(on, *index_) != on.end();
  }

  void read_touchpoint(const Touchpoint& touchpoint) {
    const bool enters = is_named(touchpoint.on);
    if (enters && touchpoint.when) look_at(*touchpoint.when);
    if (enters) read_captures(touchpoint.capture);
    for (const Transition& transition : touchpoint.next) read_transition(transition, enters);
  }

  /// `entered`: the event may have reached the touchpoint that lists the transition.
  void read_transition(const Transition& transition, bool entered) {
    const Touchpoint* to = transition.to ? &at(journey_.touchpoints, *transition.to) : nullptr;
    const bool follows = entered && transition.trigger == TransitionTrigger::at_once;
    const bool triggered = is_named(transition.on) || (to != nullptr && is_named(to->on));
    if (!follows && !triggered) return;
    if (transition.when) look_at(*transition.when);
    if (to == nullptr || to->kind == TouchpointKind::inbound) return;
    read_captures(to->capture);
    if (!to->send) return;
    for (const auto& [name, value] : to->send->with) look_at(value);
  }

  void read_captures(const std::vector<Capture>& captures) {
    for (const Capture& capture : captures) {
      const ContextField& field = at(journey_.context, capture.field);
      look_at(capture.value);
      keep(capture.value, field.type, field.name);
    }
  }

  void read_feedback(const FeedbackRule& rule) {
    if (!is_named(rule.on)) return;
    if (rule.when) look_at(*rule.when);
    look_at(rule.score);
    if (rule.comment) look_at(*rule.comment);
    if (rule.about) look_at(*rule.about);
  }

  /// Properties that Lotse's own events have by themselves.
  void read_own() {
    const bool task = type_ == event_type::task_done;
    const bool message = type_ == event_type::message_sent || type_ == event_type::message_failed ||
                         type_ == event_type::message_blocked;
    if (!task && !message) return;
    EventProperty& named = property(task ? "task" : "touchpoint");
    for (const Touchpoint& touchpoint : journey_.touchpoints) {
      const TouchpointKind kind = task ? TouchpointKind::handover : TouchpointKind::outbound;
      if (touchpoint.kind == kind) named.values.emplace_back(touchpoint.id);
    }
    if (task) (void)property("result");
  }

  void look_at(const Expression& expression) {
    for_each_event_field(expression, [&](const std::string& name) {
      if (name.empty() || name == "meta") return;  // the event as a whole, its envelope
      EventProperty& read = property(name);
      const Value value = wanted(expression, name);
      const bool known =
          std::ranges::any_of(read.values, [&](const Value& other) { return other.identical(value); });
      if (!value.is_null() && !known) read.values.push_back(value);
    });
  }

  /// `event.amount`, and nothing more, kept in a field: of its type.
  void keep(const Expression& value, const Type& type, const std::string& field) {
    for (EventProperty& read : found_) {
      if (value.source() != "event." + read.name || read.type.kind != TypeKind::dyn) continue;
      read.type = type;
      read.kept_as = field;
    }
  }

  EventProperty& property(std::string_view name) {
    const auto known = std::ranges::find(found_, name, &EventProperty::name);
    return known != found_.end() ? *known : found_.emplace_back(EventProperty{.name = std::string(name)});
  }

  const Journey& journey_;
  std::string_view type_;
  std::optional<EventTypeIndex> index_;
  std::vector<EventProperty> found_;
};

}  // namespace

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

std::vector<std::string> listened_types(const Journey& journey) {
  std::vector<std::string> types = journey.event_types;
  for (const std::string_view own :
       {event_type::identify, event_type::message_sent, event_type::message_failed,
        event_type::message_blocked, event_type::task_done}) {
    types.emplace_back(own);
  }
  std::ranges::sort(types);
  const auto repeated = std::ranges::unique(types);
  types.erase(repeated.begin(), repeated.end());
  return types;
}

std::vector<EventProperty> event_properties(const Journey& journey, std::string_view type) {
  return Reader(journey, type).read();
}

std::vector<std::string> event_channels(const Journey& journey, std::string_view type) {
  const auto index = journey.find_event_type(type);
  std::vector<bool> offered(journey.channels.size(), false);
  for (const Touchpoint& touchpoint : journey.touchpoints) {
    if (!index || std::ranges::find(touchpoint.on, *index) == touchpoint.on.end()) continue;
    if (touchpoint.channels.empty()) return {};
    for (const ChannelIndex channel : touchpoint.channels) offered[channel.value()] = true;
  }
  std::vector<std::string> channels;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    if (offered[i]) channels.push_back(journey.channels[i]);
  }
  return channels;
}

}  // namespace lotse
