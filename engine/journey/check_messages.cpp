#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/journey/checks.hpp"

namespace lotse {
namespace {

/// The node of channel number `index` in `channels: [email, sms]` or `channels: email`.
const yaml::Node& channel_node(const TouchpointSource& source, std::size_t index) {
  const yaml::Node& node = *source.node->find("channels");
  return node.kind == yaml::Kind::sequence ? *node.items[index] : node;
}

void check_purposes(Findings& findings, const Touchpoint& touchpoint, const TouchpointSource& source,
                    const Channels& channels) {
  for (std::size_t i = 0; i < touchpoint.channels.size(); ++i) {
    const Channel& channel = channels.channels[touchpoint.channels[i].value()];
    const std::string& purpose = touchpoint.send->purpose;
    if (std::find(channel.purposes.begin(), channel.purposes.end(), purpose) != channel.purposes.end())
      continue;
    Diagnostic& finding = findings.error(
        "J053", channel_node(source, i).mark,
        fmt::format("`{}` may not be used for the purpose `{}` of this message", channel.id, purpose),
        fmt::format("leave the channel out, or add the purpose to it in {}", channels.file));
    finding.notes.push_back(
        {channel.where,
         channel.purposes.empty()
             ? fmt::format("`{}` has no purposes, so nothing is sent by it", channel.id)
             : fmt::format("`{}` is for `{}`", channel.id, fmt::join(channel.purposes, "`, `"))});
  }
}

/// Where some are declared, one that is not is a slip of the pen, or forgotten.
void check_declared(Findings& findings, const Touchpoint& touchpoint, const TouchpointSource& source,
                    const Channels& channels) {
  const std::string& purpose = touchpoint.send->purpose;
  const auto& declared = channels.purposes;
  if (declared.empty() || std::ranges::find(declared, purpose, &Purpose::id) != declared.end()) return;
  findings.warning("J059", source.node->find("send")->find("purpose")->mark,
                   fmt::format("`{}` is not among the `purposes` of {}, so it is opt-in: nothing is sent "
                               "before the customer has consented to it",
                               purpose, channels.file),
                   fmt::format("add `{}: {{consent: opt_in}}` there, or `opt_out`", purpose));
}

bool is_quiet(const QuietHours& quiet, LocalTime time) {
  if (quiet.from < quiet.to) return quiet.from <= time && time < quiet.to;
  return time >= quiet.from || time < quiet.to;  // over midnight
}

std::string clock(LocalTime time) { return fmt::format("{:02}:{:02}", time.minutes / 60, time.minutes % 60); }

Duration wait_until(LocalTime from, LocalTime to) {
  constexpr int day = 24 * 60;
  return std::chrono::minutes((to.minutes - from.minutes + day) % day);
}

/// A message planned for a time of day at which no channel of its may send.
void check_quiet_hours(Findings& findings, const Draft& draft, const std::vector<Transition>& transitions,
                       const std::vector<TransitionSource>& sources, const Channels& channels,
                       const WorkspaceSettings& settings) {
  for (std::size_t i = 0; i < transitions.size(); ++i) {
    const Transition& transition = transitions[i];
    if (!transition.to || transition.trigger != TransitionTrigger::calendar || !transition.at.time) continue;
    const Touchpoint& message = at(draft.journey.touchpoints, *transition.to);
    if (!message.send || message.channels.empty()) continue;
    const LocalTime time = *transition.at.time;
    std::optional<LocalTime> first_end;  // of the channel that may send soonest; nothing while all drop
    const auto swallows = [&](ChannelIndex index) {
      const auto& quiet = channels.channels[index.value()].quiet_hours;
      if (!quiet || !is_quiet(*quiet, time)) return false;
      const bool sooner = !first_end || wait_until(time, quiet->to) < wait_until(time, *first_end);
      if (!quiet->drop && sooner) first_end = quiet->to;
      return true;
    };
    if (!std::all_of(message.channels.begin(), message.channels.end(), swallows)) continue;
    const Mark& at = sources[i].node->find("at")->find("time")->mark;
    const Duration stale_after = message.send->stale_after.value_or(settings.stale_after);
    if (!first_end) {
      findings.error(
          "J054", at,
          fmt::format("`{}` is never sent: {} lies in the quiet hours of all its channels, which drop it",
                      message.id, clock(time)),
          "choose another time, or another channel");
    } else if (stale_after < wait_until(time, *first_end)) {
      findings.error(
          "J054", at,
          fmt::format("`{}` is never sent: quiet hours hold it from {} until {}, and it is stale after {}",
                      message.id, clock(time), clock(*first_end), format_duration(stale_after)),
          "choose another time, or a longer `stale_after`");
    } else {
      findings.warning(
          "J054", at,
          fmt::format("`{}` always waits until {}: {} lies in the quiet hours of all its channels",
                      message.id, clock(*first_end), clock(time)),
          fmt::format("write `time: \"{}\"` if that is meant", clock(*first_end)));
    }
  }
}

bool is_message_at_once(const Journey& journey, const Transition& transition) {
  return transition.to && transition.trigger == TransitionTrigger::at_once &&
         at(journey.touchpoints, *transition.to).kind == TouchpointKind::outbound;
}

/// Several messages in one second: after another message, or beside one.
void check_at_once(Findings& findings, const Draft& draft, const std::vector<Transition>& transitions,
                   const std::vector<TransitionSource>& sources, const Touchpoint* carrier) {
  const Journey& journey = draft.journey;
  for (std::size_t i = 0; i < transitions.size(); ++i) {
    if (!is_message_at_once(journey, transitions[i])) continue;
    const Touchpoint& message = at(journey.touchpoints, *transitions[i].to);
    if (message.at_once || sources[i].at_once) continue;
    constexpr const char* hint = "add a delay (`after`), or `at_once: true` if both at once are meant";
    if (carrier != nullptr && carrier->kind == TouchpointKind::outbound) {
      findings.error("J048", sources[i].node->mark,
                     fmt::format("`{}` is sent in the same second as `{}`", message.id, carrier->id), hint);
      continue;
    }
    for (std::size_t earlier = 0; earlier < i; ++earlier) {
      const Transition& other = transitions[earlier];
      const bool both_always = !other.when && !transitions[i].when;
      const bool arms = other.split && other.split == transitions[i].split;
      if (!is_message_at_once(journey, other) || !both_always || arms) continue;
      findings
          .error("J048", sources[i].node->mark,
                 fmt::format("`{}` is sent in the same second as `{}`", message.id,
                             at(journey.touchpoints, *other.to).id),
                 hint)
          .notes.push_back({findings.location(sources[earlier].node->mark), "the other one"});
      break;
    }
  }
}

void check_sensitive(Findings& findings, const Journey& journey, const Touchpoint& touchpoint,
                     const TouchpointSource& source) {
  if (touchpoint.send->allow_sensitive) return;
  for (const PlacedExpression& with : source.with) {
    for (const Expression::Reference& reference : with.expression.references()) {
      if (reference.variable != static_cast<std::uint32_t>(Variable::context)) continue;
      for (std::uint32_t field = 0; field < journey.context.size(); ++field) {
        const bool read = !reference.field || *reference.field == field;  // all of them when used whole
        if (!read || !journey.context[field].sensitive) continue;
        findings.error(
            "J055", with.site.place(findings, reference.offset),
            fmt::format("`{}` is sensitive, and this message would carry it", journey.context[field].name),
            "leave it out, or add `allow_sensitive: true` to `send`");
      }
    }
  }
}

}  // namespace

void check_messages(Findings& findings, const Draft& draft, const Channels& channels,
                    const WorkspaceSettings& settings) {
  const Journey& journey = draft.journey;
  const auto check_list = [&](const std::vector<Transition>& transitions,
                              const std::vector<TransitionSource>& sources, const Touchpoint* carrier) {
    check_quiet_hours(findings, draft, transitions, sources, channels, settings);
    if (draft.expressions_read) check_at_once(findings, draft, transitions, sources, carrier);
  };
  for (std::size_t i = 0; i < journey.touchpoints.size(); ++i) {
    const Touchpoint& touchpoint = journey.touchpoints[i];
    check_list(touchpoint.next, draft.touchpoints[i].next, &touchpoint);
    if (!touchpoint.send) continue;
    check_purposes(findings, touchpoint, draft.touchpoints[i], channels);
    check_declared(findings, touchpoint, draft.touchpoints[i], channels);
    check_sensitive(findings, journey, touchpoint, draft.touchpoints[i]);
  }
  check_list(journey.anywhere, draft.anywhere, nullptr);
}

}  // namespace lotse
