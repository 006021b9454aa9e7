#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/journey/read_journey.hpp"

namespace lotse {

using shape::NameStyle;
using shape::Section;
using yaml::Kind;
using yaml::Node;
using yaml::ScalarType;

namespace {

constexpr std::array<std::string_view, 24> touchpoint_keys{"title",    "description",
                                                           "stage",    "channels",
                                                           "on",       "when",
                                                           "capture",  "next",
                                                           "start",    "goal",
                                                           "ends",     "send",
                                                           "handover", "promise",
                                                           "turn",     "abandon_after",
                                                           "asks",     "needs",
                                                           "about",    "target",
                                                           "owner",    "moment_of_truth",
                                                           "off_path", "at_once"};

constexpr std::array<std::string_view, 10> transition_keys{"to", "hold",    "on",    "when",  "after",
                                                           "at", "if_past", "split", "share", "at_once"};

constexpr Absent no_event_in_milestones{
    .event = true, .why = "a milestone is looked at whenever the context has changed, without an event"};
constexpr Absent no_event_in_delays{
    .event = true, .why = "it is read when the delay has run out, and there is no event then"};
constexpr Absent no_event_in_calendar{.event = true, .why = "calendar time has no event"};
constexpr Absent no_event_in_promises{.event = true, .why = "a promise is read without an event"};

struct Misfit {
  std::string_view key;
  std::string_view why;
};

constexpr std::array inbound_misfits{
    Misfit{"at_once", "`at_once` belongs to a touchpoint with `send`"},
};
constexpr std::array milestone_misfits{
    Misfit{"start", "a milestone cannot start a journey: a start needs `on`"},
    Misfit{"channels", "a milestone happens in no channel"},
    Misfit{"off_path", "no event reaches a milestone, so none can do so off the path"},
    Misfit{"at_once", "`at_once` belongs to a touchpoint with `send`"},
};
constexpr std::array outbound_misfits{
    Misfit{"when", "`when` of a message belongs to the transitions that lead to it"},
    Misfit{"start", "a message cannot start a journey: a start needs `on`"},
    Misfit{"turn", "a message is no position, so it is nobody's turn there"},
    Misfit{"promise", "a message is no position; promise something where the customer waits"},
    Misfit{"abandon_after",
           "a message is no position; silence is measured at touchpoints with `on` or `when`"},
    Misfit{"target", "a message is no position; drop-off is measured at touchpoints with `on` or `when`"},
    Misfit{"off_path", "no event reaches a message, so none can do so off the path"},
};
constexpr std::array handover_misfits{
    Misfit{"when", "`when` of a handover belongs to the transitions that lead to it"},
    Misfit{"start", "a handover cannot start a journey: a start needs `on`"},
    Misfit{"turn", "while a task is open it is always our turn"},
    Misfit{"abandon_after",
           "a handover is no position; silence is measured at touchpoints with `on` or `when`"},
    Misfit{"target", "a handover is no position; drop-off is measured at touchpoints with `on` or `when`"},
    Misfit{"off_path", "no event reaches a handover, so none can do so off the path"},
    Misfit{"at_once", "`at_once` belongs to a touchpoint with `send`"},
};

std::span<const Misfit> misfits(TouchpointKind kind) {
  switch (kind) {
    case TouchpointKind::inbound:
      return inbound_misfits;
    case TouchpointKind::milestone:
      return milestone_misfits;
    case TouchpointKind::outbound:
      return outbound_misfits;
    case TouchpointKind::handover:
      return handover_misfits;
  }
  return {};
}

bool begins_like_a_duration(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty()) return false;
  return digit(text[0]) || (text[0] == 'P' && text.size() > 1 && (digit(text[1]) || text[1] == 'T'));
}

}  // namespace

void JourneyReader::read_touchpoints(const std::string& journey_owner) {
  for (const Announced& announced : announced_) read_touchpoint(announced, journey_owner);
}

void JourneyReader::read_touchpoint(const Announced& announced, const std::string& journey_owner) {
  Touchpoint touchpoint;
  TouchpointSource source;
  const auto [key, node] = announced.entry;
  touchpoint.id = key->text;
  touchpoint.where = findings_.location(key->mark);
  touchpoint.abandon_after = journey_.abandon_after;
  touchpoint.off_path_ignore = journey_.off_path_ignore;
  source.key = key;
  source.node = node;
  Section section(findings_, *node, fmt::format("touchpoint `{}`", touchpoint.id));
  if (section.is_mapping()) {
    section.allow(touchpoint_keys);
    if (announced.kind) {
      touchpoint.kind = *announced.kind;
      for (const Misfit& misfit : misfits(touchpoint.kind)) section.refuse(misfit.key, misfit.why);
    } else if (section.find("on") != nullptr || section.find("send") != nullptr) {
      findings_.error("J018", key->mark, fmt::format("`{}` is of several kinds at once", touchpoint.id),
                      "keep one of `on`, `send` and `handover`; a transition can have its own `on`");
    } else {
      findings_.error("J018", key->mark,
                      fmt::format("`{}` is of no kind: nothing says how it is reached", touchpoint.id),
                      "add `on` (an event), `when` (a milestone), `send` (a message) or `handover` (a task)");
    }
    touchpoint.title = section.text("title").value_or(touchpoint.id);
    touchpoint.description = section.text("description").value_or("");
    touchpoint.owner = section.text("owner").value_or(journey_owner);
    if (section.name("stage", NameStyle::slug)) {
      const auto stage = look_up(stage_names_, *section.find("stage"), "J031", "stage");
      if (stage) touchpoint.stage = StageIndex(*stage);
    }
    for (const Node* name : section.names("channels", NameStyle::slug)) {
      const auto channel = look_up(channel_names_, *name, "J032", "channel of channels.yaml");
      if (channel) touchpoint.channels.emplace_back(*channel);
    }
    touchpoint.start = section.boolean("start").value_or(false);
    touchpoint.goal = section.boolean("goal").value_or(false);
    touchpoint.ends = read_outcome(section, "ends");
    touchpoint.moment_of_truth = section.boolean("moment_of_truth").value_or(false);
    touchpoint.at_once = section.boolean("at_once").value_or(false);
    constexpr std::array<std::string_view, 1> off_path{"ignore"};
    if (section.choice("off_path", off_path)) touchpoint.off_path_ignore = true;
    constexpr std::array<std::string_view, 3> turns{"customer", "us", "third_party"};
    if (const auto turn = section.choice("turn", turns)) touchpoint.turn = static_cast<Turn>(*turn);
    if (const auto silence = read_abandon_after(section)) touchpoint.abandon_after = *silence;
    touchpoint.target = section.number("target", 0, 1);
    touchpoint.asks = read_fields(section, "asks");
    touchpoint.needs = read_fields(section, "needs");
    for (const auto& fields : {touchpoint.asks, touchpoint.needs}) {
      for (const FieldIndex field : fields) at(journey_.context, field).watched = true;
    }
    if (section.name("about", NameStyle::identifier))
      touchpoint.about = this->touchpoint(*section.find("about"));
    read_kind(section, touchpoint, source);
    read_transitions(section, "next", touchpoint.next, source.next);
  }
  journey_.touchpoints.push_back(std::move(touchpoint));
  draft_.touchpoints.push_back(std::move(source));
}

void JourneyReader::read_kind(Section& section, Touchpoint& touchpoint, TouchpointSource& source) {
  const bool milestone = touchpoint.kind == TouchpointKind::milestone;
  const Absent absent = milestone ? no_event_in_milestones : Absent{};
  touchpoint.on = read_event_types(section);
  if (const Node* when = section.find("when")) {
    source.when = expressions_.read_condition(*when, "`when`", absent);
    if (source.when) touchpoint.when = source.when->expression;
  }
  touchpoint.capture = read_capture(section, absent, source.capture);
  if (const Node* send = section.find("send")) read_send(*send, touchpoint, source);
  if (const Node* handover = section.find("handover")) read_handover(*handover, touchpoint);
  if (const Node* promise = section.find("promise")) read_promise(*promise, touchpoint, source);
  if (touchpoint.kind == TouchpointKind::outbound) section.require("channels");
}

void JourneyReader::read_send(const Node& node, Touchpoint& touchpoint, TouchpointSource& source) {
  constexpr std::array<std::string_view, 5> keys{"template", "purpose", "with", "stale_after",
                                                 "allow_sensitive"};
  Section section(findings_, node, "`send`");
  if (!section.is_mapping()) return;
  section.allow(keys);
  section.require("template");
  section.require("purpose");
  SendSpec send;
  send.template_name = section.name("template", NameStyle::free).value_or("");
  send.purpose = section.name("purpose", NameStyle::slug).value_or("");
  send.stale_after = section.duration("stale_after");
  send.allow_sensitive = section.boolean("allow_sensitive").value_or(false);
  for (const yaml::Entry& entry : section.entries("with", NameStyle::slug)) {
    auto value = expressions_.read(*entry.value, fmt::format("`{}`", entry.key->text), Wanted::anything);
    if (!value) continue;
    send.with.emplace_back(entry.key->text, value->expression);
    source.with.push_back(*std::move(value));
  }
  touchpoint.send = std::move(send);
}

void JourneyReader::read_handover(const Node& node, Touchpoint& touchpoint) {
  constexpr std::array<std::string_view, 2> keys{"team", "keep"};
  Section section(findings_, node, "`handover`");
  if (!section.is_mapping()) return;
  section.allow(keys);
  section.require("team");
  touchpoint.handover = HandoverSpec{section.name("team", NameStyle::free).value_or(""),
                                     section.boolean("keep").value_or(false)};
}

void JourneyReader::read_promise(const Node& node, Touchpoint& touchpoint, TouchpointSource& source) {
  const bool text = node.kind == Kind::scalar && node.scalar_type() == ScalarType::text && !node.text.empty();
  if (!text || begins_like_a_duration(node.text)) {
    const auto duration = shape::read_duration(findings_, node, "`promise`");
    if (duration) touchpoint.promise = *duration;
    return;
  }
  source.promise = expressions_.read(node, "`promise`", Wanted::instant, no_event_in_promises);
  if (source.promise) touchpoint.promise = source.promise->expression;
}

void JourneyReader::read_transitions(Section& section, std::string_view key,
                                     std::vector<Transition>& transitions,
                                     std::vector<TransitionSource>& sources) {
  const Node* node = section.find(key);
  if (node == nullptr) return;
  if (node->kind == Kind::scalar) {
    read_transition(*node, transitions, sources);
    return;
  }
  for (const Node* item : section.items(key)) read_transition(*item, transitions, sources);
}

void JourneyReader::read_transition(const Node& node, std::vector<Transition>& transitions,
                                    std::vector<TransitionSource>& sources) {
  Transition transition;
  TransitionSource source;
  source.node = &node;
  transition.where = findings_.location(node.mark);
  if (node.kind == Kind::scalar) {
    if (!shape::is_name(findings_, node, "a touchpoint", NameStyle::identifier)) return;
    transition.to = touchpoint(node);
    if (!transition.to) return;
    const auto kind = announced_[transition.to->value()].kind;
    transition.trigger =
        kind == TouchpointKind::inbound ? TransitionTrigger::event : TransitionTrigger::at_once;
  } else {
    Section section(findings_, node, "a transition");
    if (!section.is_mapping()) return;
    section.allow(transition_keys);
    const auto hold = section.boolean("hold");
    if (section.find("hold") != nullptr) {
      if (hold == false) {
        findings_.error("J013", section.find("hold")->mark, "`hold` can only be true", "delete it");
      }
      section.refuse("to", "a transition has either `to` or `hold`");
      section.require("split");
    } else {
      const Node* to = section.require("to");
      if (section.name("to", NameStyle::identifier)) transition.to = touchpoint(*to);
    }
    source.at_once = section.boolean("at_once").value_or(false);
    read_trigger(section, transition, source);
    if (section.find("split") != nullptr) section.require("share");
    if (section.find("share") != nullptr) section.require("split");
    if (const auto split = section.name("split", NameStyle::slug)) {
      const auto [found, is_new] =
          split_names_.emplace(*split, static_cast<std::uint32_t>(journey_.splits.size()));
      if (is_new) journey_.splits.push_back(*split);
      transition.split = SplitIndex(found->second);
    }
    if (const auto share = section.number("share", 0, 100)) {
      std::uint32_t taken = 0;
      for (const Transition& earlier : transitions) {
        if (earlier.split == transition.split) taken = std::max(taken, earlier.share_to);
      }
      transition.share_from = taken;
      transition.share_to = taken + static_cast<std::uint32_t>(std::lround(*share * 100));
    }
  }
  transitions.push_back(std::move(transition));
  sources.push_back(std::move(source));
}

void JourneyReader::read_trigger(Section& section, Transition& transition, TransitionSource& source) {
  std::optional<TouchpointKind> kind = TouchpointKind::outbound;  // of the target; a hold is like a message
  if (transition.to) kind = announced_[transition.to->value()].kind;
  const bool position = kind == TouchpointKind::inbound || kind == TouchpointKind::milestone;
  transition.on = read_event_types(section);
  const Node* after = section.find("after");
  const Node* at = section.find("at");
  if (after != nullptr) section.refuse("at", "a transition has either `after` or `at`");
  if (after != nullptr || at != nullptr) section.refuse("on", "a transition has either `on` or a delay");
  if (at == nullptr) section.refuse("if_past", "`if_past` belongs to `at`");
  transition.trigger = !transition.on.empty() ? TransitionTrigger::event : TransitionTrigger::at_once;
  if (const auto delay = section.duration("after")) {
    transition.trigger = TransitionTrigger::elapsed;
    transition.after = *delay;
    if (*delay == Duration{0}) {
      findings_.error("J049", after->mark, "a delay of no length",
                      "leave `after` out: it then happens at once");
    }
  }
  if (at != nullptr) {
    transition.trigger = TransitionTrigger::calendar;
    read_calendar(*at, transition, source);
  }
  constexpr std::array<std::string_view, 2> if_past{"now", "skip"};
  transition.at.skip_if_past = section.choice("if_past", if_past) == 1;
  if (transition.to && position) {
    const std::string& id = announced_[transition.to->value()].entry.key->text;
    const auto refuse = [&](std::string_view key, std::string_view why, std::string hint) {
      const yaml::Entry* entry = section.node().find_entry(key);
      if (entry == nullptr) return;
      findings_.error("J056", entry->key->mark, fmt::format("`{}` {}", id, why), std::move(hint));
    };
    if (kind == TouchpointKind::inbound) {
      constexpr std::string_view why = "is reached by what the customer does, not by time";
      const std::string hint = "delay a message or a task, or make it a milestone (`when`)";
      refuse("after", why, hint);
      refuse("at", why, hint);
      refuse("on", "says itself which events reach it",
             "put the event type into its own `on`, or narrow by `when`");
      transition.trigger = TransitionTrigger::event;
      transition.on.clear();
    } else {
      refuse("on", "is reached when its condition holds, not by an event", "use `when`, or give it `on`");
    }
  }
  const Node* when = section.find("when");
  if (when == nullptr) return;
  const bool timed = after != nullptr || at != nullptr;
  const Absent absent = timed                               ? no_event_in_delays
                        : kind == TouchpointKind::milestone ? no_event_in_milestones
                                                            : Absent{};
  source.when = expressions_.read_condition(*when, "`when`", absent);
  if (source.when) transition.when = source.when->expression;
}

void JourneyReader::read_calendar(const Node& node, Transition& transition, TransitionSource& source) {
  constexpr std::array<std::string_view, 3> keys{"from", "days", "time"};
  constexpr std::int64_t days_max = 3660;
  Section section(findings_, node, "`at`");
  if (!section.is_mapping()) return;
  section.allow(keys);
  if (node.entries.empty())
    findings_.error("J017", node.mark, "`at` is empty", "say `days`, `time` or `from`");
  transition.at.days = static_cast<std::int32_t>(section.integer("days", -days_max, days_max).value_or(0));
  transition.at.time = section.local_time("time");
  if (const Node* from = section.find("from")) {
    source.from = expressions_.read(*from, "`from`", Wanted::instant, no_event_in_calendar);
    if (source.from) transition.at.from = source.from->expression;
  }
}

}  // namespace lotse
