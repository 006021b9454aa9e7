#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/base/assert.hpp"
#include "engine/base/quoted.hpp"
#include "engine/workbench/discover.hpp"
#include "engine/workbench/proposal.hpp"
#include "engine/workbench/yaml_text.hpp"

namespace lotse {
namespace {

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(double share) { return fmt::format("{:.1f} %", share * 100); }
std::string percent(std::uint64_t part, std::uint64_t whole) { return percent(share_of(part, whole)); }

/// 1234567 as `1,234,567`.
std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

std::string describe(TransitionGuess guess) {
  switch (guess) {
    case TransitionGuess::then:
      return "";
    case TransitionGuess::either_order:
      return "; either order is usual";
    case TransitionGuess::back:
      return "; a loop: back again";
    case TransitionGuess::again:
      return "; a loop: once more";
    case TransitionGuess::connecting:
      return "; rarer than the noise, kept so that the journey hangs together";
  }
  LOTSE_ASSERT(false);
  return "";
}

class Writer {
 public:
  Writer(const Discovery& found, const ProposalOptions& options) : found_(found), options_(options) {}

  std::string write() {
    write_head();
    for (const DiscoveredTouchpoint& touchpoint : found_.touchpoints) write_touchpoint(touchpoint);
    write_left_out();
    return std::move(text_);
  }

 private:
  template <class... Values>
  void line(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    text_ += '\n';
  }

  void write_head() {
    const std::string noise = fmt::format("{:g} %", found_.options.noise * 100);
    line("# Proposed by `lotse discover` from {} events in {} cases, {} to {}:", grouped(found_.events),
         grouped(found_.cases), format_instant(found_.first_event).substr(0, 10),
         format_instant(found_.last_event).substr(0, 10));
    line("# what customers do today. Read it, rename it, mend it; every guess has its evidence beside it.");
    line("#");
    line("# Fitness: {} of the events follow the paths below ({} of {}).", percent(found_.fitness()),
         grouped(found_.events_following), grouped(found_.events));
    line("# Noise, left out: event types in under {} of the cases, transitions behind under {} of a", noise,
         noise);
    line("#   touchpoint's events, and those that nearly always go the other way round ({} of {} moves).",
         grouped(found_.moves_left_out), grouped(found_.moves));
    line(
        "# Dependency: of the Heuristics Miner; near 1 the order is always this, near 0 either, below 0 "
        "mostly");
    line("#   the other way round; {:g} counts as an order.", found_.options.dependency);
    if (found_.own_events > 0)
      line("# {} events of Lotse's own types (identify, message_sent …) are not looked at.",
           grouped(found_.own_events));
    line("journey: {}", yaml_scalar(options_.journey));
    line("version: 1");
    if (!options_.key.empty()) line("key: {}", key_expression());
    if (found_.waits == 0) {
      line("abandon_after: {}  # a guess without evidence: nobody went on from anywhere",
           format_duration(found_.abandon_after));
    } else {
      line("abandon_after: {}  # 99 % of {} waits between events were over within {}",
           format_duration(found_.abandon_after), grouped(found_.waits), describe_duration(found_.wait_p99));
    }
    std::string stages;
    for (const std::uint32_t first : found_.stages)
      stages += fmt::format("{}{}", stages.empty() ? "" : ", ", found_.touchpoints[first].id);
    line("stages: [{}]  # by mean place on the way, cut at the widest gaps, named after their first", stages);
    line("");
    line("touchpoints:");
  }

  /// `event.order`, or `event["order number"]`, which takes any property name.
  [[nodiscard]] std::string key_expression() const {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    if (std::ranges::all_of(options_.key, letter)) return "event." + options_.key;
    std::string name;
    append_quoted(name, options_.key);
    return yaml_scalar(fmt::format("event[{}]", name));
  }

  void write_touchpoint(const DiscoveredTouchpoint& touchpoint) {
    line("  {}:", touchpoint.id);
    line("    # in {} of the cases; {} events; at {:.2f} of the way", percent(touchpoint.cases, found_.cases),
         grouped(touchpoint.events), touchpoint.place);
    if (touchpoint.id != touchpoint.type) line("    title: {}", yaml_scalar(touchpoint.type));
    line("    stage: {}", found_.touchpoints[found_.stages[touchpoint.stage]].id);
    write_channels(touchpoint);
    if (touchpoint.start)
      line("    start: true  # {} of the cases begin here", percent(touchpoint.first, found_.cases));
    line("    on: {}", yaml_scalar(touchpoint.type));
    if (touchpoint.abandon_after) {
      line("    abandon_after: {}  # 99 % of {} waits were over within {}; half within {}",
           format_duration(*touchpoint.abandon_after), grouped(touchpoint.waits),
           describe_duration(touchpoint.wait_p99), describe_duration(touchpoint.wait_median));
    }
    write_end(touchpoint);
    if (touchpoint.next.empty()) return;
    line("    next:");
    for (const DiscoveredTransition& transition : touchpoint.next) {
      line("      - {}  # {} times, {} of its events; dependency {:.2f}{}",
           found_.touchpoints[transition.to].id, grouped(transition.count), percent(transition.share),
           transition.dependency, describe(transition.guess));
    }
  }

  void write_channels(const DiscoveredTouchpoint& touchpoint) {
    constexpr std::size_t named_max = 12;
    std::string listed;
    std::string evidence;
    std::string why_open;
    for (std::size_t i = 0; i < touchpoint.channels.size(); ++i) {
      const auto& [channel, events] = touchpoint.channels[i];
      const bool known = std::ranges::find(options_.channels, channel) != options_.channels.end();
      if (channel.empty()) {
        why_open = "some events name no channel";
      } else if (!known && why_open.empty()) {
        why_open = fmt::format("`{}` is not in channels.yaml", proposal::in_comment(channel));
      }
      listed += fmt::format("{}{}", i == 0 ? "" : ", ", yaml_scalar(channel));
      if (i >= named_max) continue;
      evidence +=
          fmt::format("{}{} {}", i == 0 ? "" : ", ", channel.empty() ? "none" : proposal::in_comment(channel),
                      percent(events, touchpoint.events));
    }
    const bool no_channels = touchpoint.channels.size() == 1 && touchpoint.channels.front().first.empty();
    if (no_channels) return;  // nothing was seen, nothing to say
    if (touchpoint.channels.size() > named_max) evidence += " …";
    if (why_open.empty()) {
      line("    channels: [{}]  # {}", listed, evidence);
    } else {
      line("    # any channel, because {}; seen: {}", why_open, evidence);
    }
  }

  void write_end(const DiscoveredTouchpoint& touchpoint) {
    constexpr double likely_exit = 0.05;
    const std::string stopped = fmt::format("{} of its events are a case's last", percent(touchpoint.stops));
    const std::string open =
        touchpoint.open == 0 ? "" : fmt::format(" ({} still open aside)", grouped(touchpoint.open));
    if (touchpoint.goal) {
      line("    goal: true  # a guess: {}{}; {} of the cases end here", stopped, open,
           percent(touchpoint.last, found_.cases));
    } else if (touchpoint.ends) {
      line("    ends: ended  # {}{}; is it a goal, or a loss?", stopped, open);
    } else if (touchpoint.stops >= likely_exit) {
      line("    # likely exit: {}{}", stopped, open);
    }
  }

  void write_left_out() {
    constexpr std::size_t named_max = 40;
    if (found_.left_out.empty()) return;
    line("");
    line("# Event types left out as noise:");
    for (std::size_t i = 0; i < std::min(named_max, found_.left_out.size()); ++i) {
      line("#   {}: in {} of the cases", proposal::in_comment(found_.left_out[i].type),
           percent(found_.left_out[i].cases, found_.cases));
    }
    if (found_.left_out.size() > named_max) line("#   and {} more", found_.left_out.size() - named_max);
  }

  const Discovery& found_;
  const ProposalOptions& options_;
  std::string text_;
};

}  // namespace

std::string journey_yaml(const Discovery& discovery, const ProposalOptions& options) {
  LOTSE_ASSERT(!discovery.touchpoints.empty());
  return Writer(discovery, options).write();
}

}  // namespace lotse
