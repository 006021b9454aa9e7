#include "engine/workbench/try_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/report/customer_words.hpp"
#include "engine/workbench/scenario_checks.hpp"

namespace lotse::trial {

namespace {

using scenario::local_text;

const Touchpoint& touchpoint_of(const Journey& journey, const Stay& stay) {
  return at(journey.touchpoints, stay.at);
}

const Transition& transition_of(const Journey& journey, const PendingTransition& pending) {
  const auto& listed = pending.carrier ? at(journey.touchpoints, *pending.carrier).next : journey.anywhere;
  return listed.at(pending.transition);
}

std::string_view stage_of(const Journey& journey, const Stay& stay) {
  const auto stage = touchpoint_of(journey, stay).stage;
  return stage ? std::string_view(at(journey.stages, *stage)) : std::string_view();
}

std::string entry_text(const Journey& journey, const Stay& stay) {
  switch (stay.entry) {
    case Entry::start:
    case Entry::transition:
    case Entry::milestone:
      return "";
    case Entry::went_back:
      return " (off the path: back)";
    case Entry::skipped:
      return " (off the path: skipped ahead)";
    case Entry::elsewhere:
      return " (off the path)";
    case Entry::hop:
      return stay.channel ? fmt::format(" (now by {})", at(journey.channels, *stay.channel)) : "";
    case Entry::returned:
      return " (back again)";
  }
  return "";
}

std::string end_text(const Journey& journey, const Instance& instance, const Zone& zone) {
  const Stay& last = instance.stays.back();
  if (last.cause == Cause::dropped && !instance.outcome)
    return fmt::format("dropped, silent since {}", day_and_time(last.last_activity, zone));
  return fmt::format("{}{}", customer::word(instance.status()), customer::outcome_text(journey, instance));
}

/// `order (order) → appointment (install)`: a stage is named where it ends.
std::string path_text(const Change& change, const ChangedInstance& instance) {
  const Journey& journey = journey_of(*change.versions, *instance.after);
  const std::vector<Stay>& stays = instance.after->stays;
  const std::size_t known = instance.before == nullptr ? 0 : instance.before->stays.size();
  std::string text = known == 0 ? "–" : "";
  for (std::size_t i = known == 0 ? 0 : known - 1; i < stays.size(); ++i) {
    if (!text.empty()) text += " → ";
    text += touchpoint_of(journey, stays[i]).id;
    if (i >= known) text += entry_text(journey, stays[i]);
    const std::string_view stage = stage_of(journey, stays[i]);
    const bool goes_on = i + 1 < stays.size() && stage_of(journey, stays[i + 1]) == stage;
    if (!stage.empty() && !goes_on) text += fmt::format(" ({})", stage);
  }
  const bool ended_before = instance.before != nullptr && instance.before->ended;
  if (instance.after->ended && (!ended_before || stays.size() > known))
    text += " → " + end_text(journey, *instance.after, change.zone);
  return text;
}

bool has_moved(const ChangedInstance& instance) {
  return instance.before == nullptr || instance.after->stays.size() != instance.before->stays.size() ||
         instance.after->ended != instance.before->ended;
}

/// Of the items that say why nobody moved, the first.
std::string unmoved_reason(const Change& change) {
  for (const Trace::Item& item : change.trace) {
    if (item.kind == Trace::Kind::blocked || item.kind == Trace::Kind::ignored ||
        item.kind == Trace::Kind::repeated)
      return item.text();
  }
  for (const NotTaken& other : not_taken(change)) {
    if (other.by_event) return fmt::format("{} {}", other.touchpoint, other.why);
  }
  return "";
}

std::string context_text(const Change& change, const ChangedInstance& instance) {
  const Journey& journey = journey_of(*change.versions, *instance.after);
  std::string text;
  for (std::size_t i = 0; i < journey.context.size(); ++i) {
    const auto& now = instance.after->context.at(i);
    const std::optional<Value> then =
        instance.before == nullptr ? journey.context[i].initial : instance.before->context.at(i);
    const bool same = now.has_value() == then.has_value() && (!now || now->identical(*then));
    if (same) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", journey.context[i].name,
                        now ? value_text(*now, change.zone) : "unknown");
    if (then && instance.before != nullptr) text += fmt::format(" (was {})", value_text(*then, change.zone));
  }
  return text;
}

std::vector<std::string> feedback_lines(const Change& change, const ChangedInstance& instance) {
  const Journey& journey = journey_of(*change.versions, *instance.after);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < instance.after->stays.size(); ++i) {
    const Stay& stay = instance.after->stays[i];
    const bool old = instance.before != nullptr && i < instance.before->stays.size();
    const std::size_t known = old ? instance.before->stays[i].feedback.size() : 0;
    for (std::size_t k = known; k < stay.feedback.size(); ++k) {
      const Feedback& feedback = stay.feedback[k];
      lines.push_back(fmt::format("{} {:g} about {}{}", customer::word(feedback.scale), feedback.score,
                                  touchpoint_of(journey, stay).id,
                                  feedback.comment.empty() ? "" : fmt::format(": {}", feedback.comment)));
    }
  }
  return lines;
}

std::string promise_line(const Change& change, const Journey& journey, const PromiseRecord& record,
                         PromiseStatus status) {
  std::string text =
      fmt::format("{} is {}", journey.promises.at(record.promise).name, customer::word(status));
  if (status == PromiseStatus::open && record.deadline != Instant::max())
    text += ", due by " + day_and_time(record.deadline, change.zone);
  return text;
}

std::vector<std::string> promise_lines(const Change& change, const ChangedInstance& instance) {
  const Journey& journey = journey_of(*change.versions, *instance.after);
  std::vector<std::string> lines;
  for (const PromiseRecord& record : instance.after->promises) {
    const PromiseStatus now = instance.after->status(record, change.until);
    const PromiseRecord* then = nullptr;
    if (instance.before != nullptr) {
      const auto found = std::ranges::find_if(instance.before->promises, [&](const PromiseRecord& other) {
        return other.promise == record.promise && other.made == record.made;
      });
      if (found != instance.before->promises.end()) then = &*found;
    }
    if (then != nullptr && then->deadline == record.deadline &&
        instance.before->status(*then, change.from) == now)
      continue;
    lines.push_back(promise_line(change, journey, record, now));
  }
  return lines;
}

/// The timers that ended with the stay.
void add_cancelled(std::vector<std::string>& lines, const Change& change, const ChangedInstance& instance) {
  if (instance.before == nullptr || instance.before->ended || !has_moved(instance)) return;
  const Journey& journey = journey_of(*change.versions, *instance.before);
  for (const PendingTransition& pending : instance.before->pending) {
    const auto same = [&](const PendingTransition& other) {
      return other.carrier == pending.carrier && other.transition == pending.transition;
    };
    const bool goes_on = std::ranges::any_of(instance.after->pending, same);
    if (goes_on || pending.due <= change.until || pending.due == Instant::max()) continue;
    const Transition& transition = transition_of(journey, pending);
    if (!transition.to) continue;
    lines.push_back(fmt::format("{}, due on {}: the stay has ended",
                                at(journey.touchpoints, *transition.to).id,
                                day_and_time(pending.due, change.zone)));
  }
}

/// Why something that was to be sent or opened was not.
std::vector<std::string> unsent_lines(const Change& change) {
  std::vector<std::string> lines;
  for (const Trace::Item& item : change.trace) {
    if (item.kind == Trace::Kind::hold || item.kind == Trace::Kind::withdrawn) lines.push_back(item.text());
  }
  for (const ChangedInstance& instance : changed_instances(change)) add_cancelled(lines, change, instance);
  return lines;
}

/// The expressions that gave nothing: often a property that was not typed.
std::string failed_text(const Change& change) {
  std::string text;
  for (const Trace::Item& item : change.trace) {
    if (item.kind == Trace::Kind::expression_failed) text += (text.empty() ? "" : "; ") + item.text();
  }
  return text;
}

std::string instance_name(const CustomerState& state, const Instance& instance) {
  if (state.journeys.front().instances.size() < 2 || !instance.key) return "";
  return describe(*instance.key);
}

void add(std::string& out, std::string_view label, const std::vector<std::string>& lines,
         const TextStyle& style) {
  for (const std::string& line : lines) out += field_text(label, line, style);
}

/// Of a step that changed no instance.
std::string unchanged_text(const Change& change, const TextStyle& style) {
  const auto& instances = change.after.journeys.front().instances;
  std::string where = "in no instance of the journey";
  if (!instances.empty()) {
    const Instance& newest = instances.back();
    const Journey& journey = journey_of(*change.versions, newest);
    const std::string& id = touchpoint_of(journey, newest.stays.back()).id;
    where = newest.ended ? fmt::format("ended at {}", id) : fmt::format("still at {}", id);
  }
  if (!change.event) return field_text("position", where + ": nothing was due", style);
  const std::string reason = unmoved_reason(change);
  return field_text("position", reason.empty() ? where : fmt::format("{}: {}", where, reason), style);
}

std::string instance_text(const Change& change, const ChangedInstance& instance, const TextStyle& style) {
  std::string out;
  if (const std::string name = instance_name(change.after, *instance.after); !name.empty())
    out += field_text("instance", name, style);
  if (has_moved(instance)) {
    out += field_text("position", path_text(change, instance), style);
  } else if (change.event) {
    const Journey& journey = journey_of(*change.versions, *instance.after);
    const std::string reason = unmoved_reason(change);
    out += field_text("position",
                      fmt::format("still at {}{}", touchpoint_of(journey, instance.after->stays.back()).id,
                                  reason.empty() ? "" : ": " + reason),
                      style);
  }
  const bool achieved =
      instance.after->achieved && (instance.before == nullptr || !instance.before->achieved);
  if (achieved) out += field_text("goal", "reached", style);
  if (const std::string context = context_text(change, instance); !context.empty())
    out += field_text("context", context, style);
  add(out, "feedback", feedback_lines(change, instance), style);
  add(out, "promise", promise_lines(change, instance), style);
  return out;
}

}  // namespace

const Journey& journey_of(const JourneyVersions& versions, const Instance& instance) {
  return *at(versions.versions, instance.version);
}

std::vector<ChangedInstance> changed_instances(const Change& change) {
  std::vector<ChangedInstance> changed;
  const auto& before = change.before.journeys.front().instances;
  const auto& after = change.after.journeys.front().instances;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (i >= before.size()) {
      changed.push_back({.before = nullptr, .after = &after[i]});
    } else if (!(before[i] == after[i])) {
      changed.push_back({.before = &before[i], .after = &after[i]});
    }
  }
  return changed;
}

std::vector<const Effect*> new_effects(const Change& change) {
  const auto& before = change.before.journeys.front().effects;
  std::vector<const Effect*> made;
  for (const Effect& effect : change.after.journeys.front().effects) {
    if (std::ranges::find(before, effect.key, &Effect::key) == before.end()) made.push_back(&effect);
  }
  return made;
}

std::string change_text(const Change& change, const TextStyle& style) {
  std::string out;
  const std::vector<ChangedInstance> changed = changed_instances(change);
  if (changed.empty()) out += unchanged_text(change, style);
  for (const ChangedInstance& instance : changed) out += instance_text(change, instance, style);
  if (change.after.journeys.front().unattributed_feedback >
      change.before.journeys.front().unattributed_feedback)
    out += field_text("feedback", "it finds no stay that it could be about", style);
  if (const std::string failed = failed_text(change); !failed.empty())
    out += field_text("note", failed, style);
  const std::vector<const Effect*> effects = new_effects(change);
  for (const Effect* effect : effects) {
    out +=
        field_text(effect->task == TaskStatus::none ? "sends" : "task", effect_text(change, *effect), style);
  }
  const std::vector<std::string> unsent = unsent_lines(change);
  add(out, "not sent", unsent, style);
  if (effects.empty() && unsent.empty() && change.event) out += field_text("sends", "nothing", style);
  out += field_text("next", coming_text(*change.versions, change.after, change.zone), style);
  return out;
}

std::string day_and_time(Instant at, const Zone& zone) {
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const std::chrono::sys_days day(std::chrono::floor<std::chrono::days>(zone.local(at)).time_since_epoch());
  return fmt::format("{} {}", days.at(std::chrono::weekday(day).c_encoding()), local_text(at, zone));
}

std::string field_text(std::string_view label, std::string_view text, const TextStyle& style) {
  constexpr std::size_t indent = 13;
  const std::string padded = fmt::format("  {:<{}}", label, indent - 2);
  return fmt::format("{}{}{}{}\n", style.color ? "\x1b[36m" : "", padded, style.color ? "\x1b[0m" : "",
                     wrapped(text, style.width, indent, indent));
}

std::string value_text(const Value& value, const Zone& zone) {
  if (value.is_null()) return "unknown";
  if (std::holds_alternative<Timestamp>(value.rep())) return local_text(*value.instant(), zone);
  return customer::plain(value);
}

std::string effect_text(const Change& change, const Effect& effect) {
  const Instance& instance = at(change.after.journeys.front().instances, effect.instance);
  const Journey& journey = journey_of(*change.versions, instance);
  const Touchpoint& touchpoint = at(journey.touchpoints, effect.touchpoint);
  std::vector<std::string_view> channels;
  for (const ChannelIndex channel : touchpoint.channels) channels.emplace_back(at(journey.channels, channel));
  const bool at_once = change.event && effect.due == change.event->time;
  const std::string when = at_once ? "at once" : day_and_time(effect.due, change.zone);
  std::string text = touchpoint.id;
  if (touchpoint.handover) {
    text += fmt::format(" for {} about {}, {}", touchpoint.handover->team, change.customer, when);
    if (effect.task != TaskStatus::open) text += fmt::format(", {}", customer::word(effect.task));
    if (effect.deadline) text += fmt::format(", promised by {}", day_and_time(*effect.deadline, change.zone));
    return text;
  }
  text += fmt::format(" to {} by {}, {}", change.customer, fmt::join(channels, ", else "), when);
  if (!touchpoint.send) return text;
  text += fmt::format(": template {}", touchpoint.send->template_name);
  for (std::size_t i = 0; i < effect.with.size() && i < touchpoint.send->with.size(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? " with " : ", ", touchpoint.send->with[i].first,
                        value_text(effect.with[i], change.zone));
  }
  return text;
}

std::string coming_text(const JourneyVersions& versions, const CustomerState& state, const Zone& zone) {
  const auto due = Tracker::next_due(state);
  if (!due) return "no timer runs";
  std::vector<std::string> names;
  for (const Instance& instance : state.journeys.front().instances) {
    const Journey& journey = journey_of(versions, instance);
    for (const PendingTransition& pending : instance.pending) {
      if (instance.ended || pending.due != *due) continue;
      const Transition& transition = transition_of(journey, pending);
      names.push_back(transition.to ? at(journey.touchpoints, *transition.to).id : "the control group");
    }
  }
  const std::string what =
      names.empty() ? "drop-off, if nothing happens," : fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} on {}", what, day_and_time(*due, zone));
}

}  // namespace lotse::trial
