// Why a step did what it did, and nothing else.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/report/customer.hpp"
#include "engine/tracking/scope.hpp"
#include "engine/workbench/scenario_checks.hpp"
#include "engine/workbench/try_change.hpp"

namespace lotse::trial {

namespace {

/// `web, app or store`.
std::string any_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
  }
  return text;
}

template <class Index>
std::vector<std::string> names_of(const std::vector<std::string>& all, const std::vector<Index>& some) {
  std::vector<std::string> names;
  for (const Index index : some) names.push_back(at(all, index));
  return names;
}

/// Says of one instance why a step did not lead somewhere.
class Explainer {
 public:
  Explainer(const Change& change, const Journey& journey, const Instance* before, const Instance* after)
      : change_(change), journey_(journey), before_(before), after_(after) {
    for (const Trace::Item& item : change.trace) {
      if (item.transition) taken_.insert(*item.transition);
    }
  }

  std::vector<NotTaken> explain() {
    if (before_ != nullptr) explain_open(*before_);
    if (change_.event) explain_others();
    if (after_ != nullptr && !after_->ended && has_moved()) explain_at_once();
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool has_moved() const {
    return before_ == nullptr || after_->stays.size() != before_->stays.size();
  }

  [[nodiscard]] bool is_named(const std::vector<std::string>& on) const {
    return change_.event && std::ranges::find(on, change_.event->type) != on.end();
  }

  /// What stood open before the step.
  void explain_open(const Instance& before) {
    for (const OpenTransition& open : open_transitions(journey_, before)) {
      if (taken_.contains(open.transition->ordinal)) {
        reached_.insert(open.to);
        continue;
      }
      if (open.due != Instant::max()) {
        add(open.to, timer_text(open));
      } else if (open.on.empty()) {
        add(open.to, open.when.empty() ? "waits for a time that is not known yet"
                                       : fmt::format("waits until {}", open.when));
      } else if (!is_named(open.on)) {
        add(open.to, waits_for(open.on, open.channels));
      } else {
        explain_named(*open.transition, open.to, open.channels);
      }
    }
  }

  [[nodiscard]] std::string timer_text(const OpenTransition& open) const {
    if (open.due <= change_.until) return "was due, but its condition did not hold or its stay had ended";
    const bool goes_on =
        after_ != nullptr &&
        std::ranges::any_of(open_transitions(journey_, *after_),
                            [&](const OpenTransition& other) { return other.transition == open.transition; });
    return fmt::format("{} {}{}", goes_on ? "is due on" : "was due on", day_and_time(open.due, change_.zone),
                       goes_on ? "" : ", and its stay has ended");
  }

  /// An event of its type came, and yet it was not taken.
  void explain_named(const Transition& transition, const std::string& to,
                     const std::vector<std::string>& channels) {
    const bool inbound =
        transition.to && at(journey_.touchpoints, *transition.to).kind == TouchpointKind::inbound;
    if (inbound) {
      if (auto why = mismatch(at(journey_.touchpoints, *transition.to), channels, before_))
        return add(to, *std::move(why), true);
    }
    if (auto why = fails(transition.when, before_)) return add(to, *std::move(why), true);
    add(to, transition.split ? "is another arm of its split" : "was open too, but another stands before it",
        true);
  }

  /// Touchpoints that wait for the event's type and to which no transition was open.
  void explain_others() {
    for (const Touchpoint& touchpoint : journey_.touchpoints) {
      const std::vector<std::string> on = names_of(journey_.event_types, touchpoint.on);
      if (!is_named(on) || reached_.contains(touchpoint.id)) continue;
      if (after_ != nullptr && at(journey_.touchpoints, after_->stays.back().at).id == touchpoint.id)
        continue;
      if (auto why = mismatch(touchpoint, names_of(journey_.channels, touchpoint.channels), before_)) {
        add(touchpoint.id, *std::move(why), true);
      } else if (before_ == nullptr && after_ == nullptr && !touchpoint.start) {
        add(touchpoint.id, "starts no instance, and there is none", true);
      }
    }
  }

  /// Messages and tasks that would have followed at once.
  void explain_at_once() {
    const auto look_at = [&](const Transition& transition) {
      if (transition.trigger != TransitionTrigger::at_once || taken_.contains(transition.ordinal)) return;
      const std::string to = transition.to ? at(journey_.touchpoints, *transition.to).id : "hold";
      if (auto why = fails(transition.when, after_)) add(to, *std::move(why));
    };
    for (const Transition& transition : at(journey_.touchpoints, after_->stays.back().at).next)
      look_at(transition);
    for (const Transition& transition : journey_.anywhere) look_at(transition);
  }

  [[nodiscard]] static std::string waits_for(const std::vector<std::string>& on,
                                             const std::vector<std::string>& channels) {
    return fmt::format("waits for {}{}", any_of(on), channels.empty() ? "" : " by " + any_of(channels));
  }

  /// Why an event of its type is not one of the touchpoint.
  [[nodiscard]] std::optional<std::string> mismatch(const Touchpoint& touchpoint,
                                                    const std::vector<std::string>& channels,
                                                    const Instance* instance) const {
    const std::string& channel = change_.event->channel;
    if (!channels.empty() && std::ranges::find(channels, channel) == channels.end()) {
      return fmt::format("takes {} by {} only, not {}", change_.event->type, any_of(channels),
                         channel.empty() ? "without a channel" : "by " + channel);
    }
    return fails(touchpoint.when, instance);
  }

  [[nodiscard]] std::optional<std::string> fails(const std::optional<Expression>& when,
                                                 const Instance* instance) const {
    if (!when) return std::nullopt;
    const CustomerState& customer = instance == after_ ? change_.after : change_.before;
    const Scope scope(journey_, customer, instance, change_.event ? &*change_.event : nullptr, change_.until);
    const auto verdict = when->holds(scope);
    if (verdict)
      return *verdict ? std::nullopt : std::optional(fmt::format("needs {}: false", when->source()));
    const auto value = when->evaluate(scope);
    return fmt::format("needs {}: {}", when->source(),
                       value ? "it is no condition" : "counts as false, " + value.error().message);
  }

  void add(const std::string& touchpoint, std::string why, bool by_event = false) {
    if (!reached_.insert(touchpoint).second) return;
    found_.push_back({.touchpoint = touchpoint, .why = std::move(why), .by_event = by_event});
  }

  const Change& change_;
  const Journey& journey_;
  const Instance* before_;
  const Instance* after_;
  std::set<std::uint32_t> taken_;  ///< ordinals
  std::set<std::string> reached_;  ///< touchpoints that were, or of which something is said
  std::vector<NotTaken> found_;
};

}  // namespace

std::vector<NotTaken> not_taken(const Change& change) {
  const std::vector<ChangedInstance> changed = changed_instances(change);
  const auto& before = change.before.journeys.front().instances;
  const auto& after = change.after.journeys.front().instances;
  ChangedInstance about{.before = before.empty() ? nullptr : &before.back(),
                        .after = after.empty() ? nullptr : &after.back()};
  if (!changed.empty()) about = changed.back();
  const Journey& journey =
      about.after != nullptr ? journey_of(*change.versions, *about.after) : *change.versions->versions.back();
  return Explainer(change, journey, about.before, about.after).explain();
}

std::string trace_text(const std::vector<Trace::Item>& items, const Zone& zone) {
  std::string text;
  for (const Trace::Item& item : items) {
    const bool outside = item.kind == Trace::Kind::event;
    text +=
        fmt::format("  {}  {}{}\n", scenario::local_text(item.at, zone), outside ? "" : "  ", item.text());
  }
  return text;
}

std::string why_text(const Change& change, const TextStyle& style) {
  std::string text = trace_text(change.trace, change.zone);
  if (text.empty()) text = fmt::format("  nothing was due for {}\n", change.customer);
  const std::vector<NotTaken> others = not_taken(change);
  if (others.empty()) return text;
  text += "not taken:\n";
  std::size_t widest = 0;
  for (const NotTaken& other : others) widest = std::max(widest, display_width(other.touchpoint));
  for (const NotTaken& other : others) {
    const std::size_t indent = widest + 4;
    text += fmt::format("  {:<{}}  {}\n", other.touchpoint, widest,
                        wrapped(other.why, style.width, indent, indent));
  }
  return text;
}

}  // namespace lotse::trial
