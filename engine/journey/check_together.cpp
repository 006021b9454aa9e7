#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "engine/journey/checks.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse {
namespace {

/// When a message is sent, counted from an event: after elapsed time, then at a calendar time.
struct Moment {
  std::string event_type;
  Duration after{0};
  std::optional<std::pair<std::int32_t, std::optional<LocalTime>>> calendar{};  ///< days and time of day
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

/// A message that an event sends without asking for anything else.
struct Sending {
  Moment moment;
  std::vector<ChannelIndex> event_channels;  ///< by which the event may come; empty: any
  const Touchpoint* message;
  const Transition* transition;
};

/// The messages of one journey that are sent whenever an event reaches it and the customer stays. Whatever
/// has a condition or is an arm of a split is left out: it may exclude what another journey sends. So is what
/// comes after `most_ways`: less is compared then, and nothing is found that is not so.
class Sendings {
 public:
  explicit Sendings(const Journey& journey) : journey_(journey) {
    for (const Touchpoint& touchpoint : journey.touchpoints) {
      triggered(touchpoint.next);
      if (touchpoint.kind != TouchpointKind::inbound || touchpoint.when) continue;
      for (const EventTypeIndex type : touchpoint.on) {
        const Moment entered{.event_type = at(journey.event_types, type)};
        follow(touchpoint.next, entered, touchpoint.channels);
        follow(journey.anywhere, entered, touchpoint.channels);
      }
    }
    triggered(journey.anywhere);
  }

  [[nodiscard]] const std::vector<Sending>& all() const { return all_; }

 private:
  /// What transitions with an `on` of their own send.
  void triggered(const std::vector<Transition>& transitions) {
    for (const Transition& transition : transitions) {
      for (const EventTypeIndex type : transition.on) {
        reach(transition, Moment{.event_type = at(journey_.event_types, type)}, {});
      }
    }
  }

  void follow(const std::vector<Transition>& transitions, const Moment& carrier_reached,
              const std::vector<ChannelIndex>& channels) {
    for (const Transition& transition : transitions) {
      if (transition.trigger == TransitionTrigger::event) continue;
      Moment moment = carrier_reached;
      if (is_timed(transition) && moment.calendar) continue;  // what follows a calendar time is not compared
      if (transition.trigger == TransitionTrigger::elapsed) moment.after += transition.after;
      if (transition.trigger == TransitionTrigger::calendar) {
        if (transition.at.from) continue;
        moment.calendar = {transition.at.days, transition.at.time};
      }
      reach(transition, moment, channels);
    }
  }

  void reach(const Transition& transition, const Moment& moment, const std::vector<ChannelIndex>& channels) {
    if (!transition.to || transition.when || transition.split) return;
    const Touchpoint& target = at(journey_.touchpoints, *transition.to);
    if (can_be_position(target) || on_the_way_.contains(&target) || ways_ == most_ways) return;
    ++ways_;
    if (target.send) all_.push_back({moment, channels, &target, &transition});
    // Whichever way led here, the same follows.
    if (!followed_.emplace(&target, moment, channels).second) return;
    on_the_way_.insert(&target);
    follow(target.next, moment, channels);
    on_the_way_.erase(&target);
  }

  /// Of a transition and a moment. Where delays add up to ever new moments, they double with each message;
  /// forty layers of two messages that all lead to each other after one day and after two have 6,300.
  static constexpr std::size_t most_ways = 20'000;

  const Journey& journey_;
  std::vector<Sending> all_;
  std::size_t ways_ = 0;
  std::set<const Touchpoint*> on_the_way_;
  std::set<std::tuple<const Touchpoint*, Moment, std::vector<ChannelIndex>>> followed_;
};

bool share_one(const std::vector<ChannelIndex>& a, const std::vector<ChannelIndex>& b) {
  return std::ranges::any_of(a, [&](ChannelIndex channel) { return std::ranges::count(b, channel) > 0; });
}

/// Channels have the same index in every journey of a workspace.
bool meet(const Sending& a, const Sending& b) {
  const bool one_event =
      a.event_channels.empty() || b.event_channels.empty() || share_one(a.event_channels, b.event_channels);
  return one_event && share_one(a.message->channels, b.message->channels);
}

std::string describe(const Moment& moment) {
  std::string text;
  if (moment.after > Duration{0}) text = fmt::format("{} after ", format_duration(moment.after));
  if (moment.calendar) text += "at the same time of day after ";
  return fmt::format("{}`{}`", text.empty() ? "at " : text, moment.event_type);
}

class TogetherCheck {
 public:
  std::vector<Diagnostic> check(const std::vector<JourneyVersions>& journeys) {
    for (const JourneyVersions& versions : journeys) {
      const Journey& journey = *versions.versions.back();
      const Sendings sendings(journey);
      compare(journey, sendings.all());
      for (const Sending& sending : sendings.all()) {
        earlier_[{sending.message->send->template_name, sending.moment}].emplace_back(&journey, sending);
      }
    }
    return std::move(findings_);
  }

 private:
  void compare(const Journey& journey, const std::vector<Sending>& sendings) {
    Findings findings(journey.file, yaml::without_byte_order_mark(journey.source));
    std::set<std::tuple<const Transition*, const Transition*>> told;  // once, however many events they share
    for (const Sending& sending : sendings) {
      const auto others = earlier_.find({sending.message->send->template_name, sending.moment});
      if (others == earlier_.end()) continue;
      for (const auto& [other_journey, other] : others->second) {
        if (!meet(sending, other) || !told.emplace(sending.transition, other.transition).second) continue;
        const Location& where = sending.transition->where;
        findings
            .warning("J066", Mark{where.line, where.column, 0},
                     fmt::format("the template `{}` is sent here and by `{}` in the same moment: {}",
                                 sending.message->send->template_name, other_journey->id,
                                 describe(sending.moment)),
                     "send it from one of them, or give one of them a delay or a condition")
            .notes.push_back({other.transition->where, "the other one"});
      }
    }
    std::ranges::move(findings.take(), std::back_inserter(findings_));
  }

  std::map<std::pair<std::string, Moment>, std::vector<std::pair<const Journey*, Sending>>> earlier_;
  std::vector<Diagnostic> findings_;
};

}  // namespace

std::vector<Diagnostic> check_together(const std::vector<JourneyVersions>& journeys) {
  return TogetherCheck().check(journeys);
}

}  // namespace lotse
