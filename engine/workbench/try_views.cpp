// What a session shows without changing anything.
#include <fmt/format.h>

#include <algorithm>

#include "engine/expression/expression.hpp"
#include "engine/report/customer.hpp"
#include "engine/workbench/scenario_checks.hpp"
#include "engine/workbench/try_commands.hpp"
#include "engine/workbench/try_map.hpp"
#include "engine/workbench/try_session.hpp"

namespace lotse::trial {

namespace {

std::string bold(std::string_view text, const TextStyle& style) {
  return style.color ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

/// A session sends what is due at once, as an engine would; its core leaves that open.
void mark_sent(const JourneyVersions& versions, JourneyState& state) {
  for (Effect& effect : state.effects) {
    const Journey& journey = journey_of(versions, at(state.instances, effect.instance));
    const Touchpoint& touchpoint = at(journey.touchpoints, effect.touchpoint);
    if (effect.handed_out || touchpoint.kind != TouchpointKind::outbound) continue;
    effect.handed_out = effect.due;
    if (!touchpoint.channels.empty()) effect.channel = touchpoint.channels.front();
  }
}

std::vector<std::string> types_of(const Journey& journey, const std::vector<EventTypeIndex>& on) {
  std::vector<std::string> types;
  for (const EventTypeIndex type : on) types.push_back(at(journey.event_types, type));
  return types;
}

/// Event types of rules that move nobody along: `address_changed, id_checked`.
template <class Rule>
std::string types_of_rules(const Journey& journey, const std::vector<Rule>& rules) {
  std::vector<std::string> types;
  for (const Rule& rule : rules) {
    for (const std::string& type : types_of(journey, rule.on)) {
      if (std::ranges::find(types, type) == types.end()) types.push_back(type);
    }
  }
  return fmt::format("{}", fmt::join(types, ", "));
}

std::string starts_text(const Journey& journey, const TextStyle& style) {
  TextTable table;
  table.column("event", TextTable::Align::left);
  table.column("opens", TextTable::Align::left);
  table.column("by", TextTable::Align::left);
  table.column("if", TextTable::Align::left);
  for (const Touchpoint& touchpoint : journey.touchpoints) {
    if (!touchpoint.start) continue;
    std::vector<std::string> channels;
    for (const ChannelIndex channel : touchpoint.channels) channels.push_back(at(journey.channels, channel));
    table.row({fmt::format("{}", fmt::join(types_of(journey, touchpoint.on), ", ")), touchpoint.id,
               fmt::format("{}", fmt::join(channels, ", ")),
               touchpoint.when ? touchpoint.when->source() : std::string()});
  }
  return table.text(style.width);
}

}  // namespace

std::string Session::greeting() const {
  return fmt::format("{} {}. Nothing is sent or stored. `next`: what may happen; `help`: what to type.\n",
                     bold(journey().id, style_), journey().version);
}

std::string Session::prompt() const {
  const CustomerState now = state();
  const Instance* instance = latest_instance(now.journeys.front());
  std::string where;
  if (instance != nullptr) {
    where = instance->ended
                ? " (ended)"
                : " " + at(journey_of(versions(), *instance).touchpoints, instance->stays.back().at).id;
  }
  return fmt::format("{} {}{}> ", scenario::local_text(now_.clock, zone_), current().name, where);
}

/// The heading with the time, then each customer whom the step concerned.
std::string Session::last_step_text() const {
  const std::size_t step = steps_.size() - 1;
  const std::vector<Change> made = changes(step);
  const Event* event = steps_[step].event ? &*steps_[step].event : nullptr;
  const std::string what =
      event == nullptr ? fmt::format("{} later", describe_duration(steps_[step].at - clock_before(step)))
      : event->channel.empty() ? event->type
                               : fmt::format("{} by {}", event->type, event->channel);
  std::string text =
      fmt::format("{}\n", bold(fmt::format("{}  {}", day_and_time(steps_[step].at, zone_), what), style_));
  for (const Change& change : made) {
    if (made.size() > 1) text += fmt::format("  {}\n", bold(change.customer, style_));
    text += change_text(change, style_);
  }
  return text;
}

Result<Reply> Session::show(Words) {
  CustomerReport report;
  report.state = state();
  mark_sent(versions(), report.state.journeys.front());
  report.identifiers = {current().identifier};
  const std::vector<JourneyVersions> journeys{versions()};
  report.journeys = &journeys;
  report.as_of = now_.clock;
  report.zone = zone_;
  report.sensitive = true;
  return Reply{.text = customer_text(report, {.width = style_.width, .color = style_.color})};
}

Result<Reply> Session::map(Words) {
  const CustomerState now = state();
  const Instance* instance = latest_instance(now.journeys.front());
  const Journey& shown = instance == nullptr ? journey() : journey_of(versions(), *instance);
  return Reply{.text = map_text(shown, now.journeys.front(), instance, zone_, style_)};
}

Result<Reply> Session::context(Words) {
  const CustomerState now = state();
  const Instance* instance = latest_instance(now.journeys.front());
  const Journey& shown = instance == nullptr ? journey() : journey_of(versions(), *instance);
  std::string text;
  for (std::size_t i = 0; i < shown.context.size(); ++i) {
    const ContextField& field = shown.context[i];
    const auto& value = instance == nullptr ? field.initial : instance->context.at(i);
    text += fmt::format("  {:<20} {:<12} {}\n", field.name, describe(field.type),
                        value ? value_text(*value, zone_) : "unknown");
  }
  for (const auto& [name, value] : *now.traits.map())
    text +=
        fmt::format("  {:<20} {:<12} {}\n", "customer." + *name.string(), "trait", value_text(value, zone_));
  if (text.empty()) text = "  the journey keeps no context\n";
  return Reply{.text = std::move(text)};
}

Result<Reply> Session::effects(Words) {
  const Change whole = everything(now_.current);
  std::string text;
  for (const Effect* effect : new_effects(whole))
    text +=
        field_text(effect->task == TaskStatus::none ? "sent" : "task", effect_text(whole, *effect), style_);
  if (text.empty()) text = field_text("sent", "nothing so far", style_);
  text += field_text("next", coming_text(versions(), whole.after, zone_), style_);
  return Reply{.text = std::move(text)};
}

Result<Reply> Session::why(Words words) {
  if (words.size() == 1 && words.front().text == "all") {
    const std::string text = trace_text(everything(now_.current).trace, zone_);
    return Reply{.text = text.empty() ? fmt::format("  nothing has happened to {}\n", current().name) : text};
  }
  if (!words.empty())
    return fail(ErrorCode::bad_input, "write `why` for the last step, or `why all` for everything so far");
  if (steps_.empty()) return Reply{.text = "  nothing has happened yet\n"};
  const std::size_t step = steps_.size() - 1;
  return Reply{.text =
                   why_text(change(world_before(step), world_before(step + 1), step, now_.current), style_)};
}

/// By events, then by the clock, then what is listened to besides.
Result<Reply> Session::next(Words) {
  const CustomerState now = state();
  const Instance* instance = latest_instance(now.journeys.front());
  const bool stands = instance != nullptr && !instance->ended;
  const Journey& shown = instance == nullptr ? journey() : journey_of(versions(), *instance);
  std::string text = stands ? moving_text(*instance, shown) : starts_text(shown, style_);
  text += field_text("clock", coming_text(versions(), now, zone_), style_);
  if (const std::string types = types_of_rules(shown, shown.exit_when); !types.empty())
    text += field_text("ends it", types, style_);
  if (const std::string types = types_of_rules(shown, shown.remember); !types.empty())
    text += field_text("remembered", types, style_);
  if (const std::string types = types_of_rules(shown, shown.feedback); !types.empty())
    text += field_text("feedback", types, style_);
  return Reply{.text = std::move(text)};
}

std::string Session::moving_text(const Instance& instance, const Journey& shown) const {
  TextTable table;
  for (const std::string_view head : {"event or time", "leads to", "by", "if"})
    table.column(std::string(head), TextTable::Align::left);
  for (const OpenTransition& open : open_transitions(shown, instance)) {
    std::string on = fmt::format("{}", fmt::join(open.on, ", "));
    if (open.due != Instant::max()) on = day_and_time(open.due, zone_);
    if (on.empty())
      on = open.transition->trigger == TransitionTrigger::at_once ? "at once" : "a time not known yet";
    table.row({on, open.to, fmt::format("{}", fmt::join(open.channels, ", ")), open.when});
  }
  return table.empty() ? "" : table.text(style_.width);
}

Result<Reply> Session::help(Words) {
  std::string text;
  for (const Command& command : commands()) {
    constexpr std::size_t indent = 34;
    text += fmt::format("  {:<30}  {}\n", command.usage, wrapped(command.what, style_.width, indent, indent));
  }
  text += "\n  The tabulator key completes events, channels, properties and values.\n";
  return Reply{.text = std::move(text)};
}

}  // namespace lotse::trial
