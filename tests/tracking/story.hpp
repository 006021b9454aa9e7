#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse::test {

/// When every story begins: a Friday, four weeks before daylight saving begins in Europe.
inline const Instant story_begin = parse_instant("2024-03-01T09:00:00Z").value();
inline constexpr std::string_view story_customer = "user_id:ada";

inline Instant after(std::string_view duration) { return story_begin + parse_duration(duration).value(); }

/// As a length of time since the story began; an instant of our own making reads best so.
inline std::string since_begin(Instant instant) {
  return instant < story_begin ? "-" + format_duration(story_begin - instant)
                               : format_duration(instant - story_begin);
}

using Properties = std::vector<std::pair<std::string_view, Value>>;
inline Value map_of(const Properties& properties) {
  Map map;
  for (const auto& [name, value] : properties) map.emplace_back(Value(name), value);
  return Value(std::move(map));
}

inline const Channels& story_channels() {
  static const Channels channels = [] {
    const auto loaded = load_channels("channels.yaml", R"(
channels:
  web: {}
  app: {}
  email: {purposes: [service, marketing]}
  sms: {purposes: [service, marketing]}
  post: {purposes: [service]}
  store: {human: true}
  call_center: {human: true}
  field: {human: true}
)");
    INFO(render(loaded.findings));
    REQUIRE(loaded.value);
    return *loaded.value;
  }();
  return channels;
}

inline std::shared_ptr<const Journey> journey_from(std::string_view text) {
  const auto loaded = load_journey("story.yaml", text, story_channels());
  INFO(render(loaded.findings));
  REQUIRE(loaded.value);
  return *loaded.value;
}

inline JourneyVersions only_version(std::string_view text) {
  return {.versions = {journey_from(text)}, .in_force = {Instant::min()}};
}

/// One customer, one journey, and what happens; told by derive() and by advance() alike.
class Story {
 public:
  explicit Story(std::string_view journey, WorkspaceSettings settings = {})
      : Story(std::vector{only_version(journey)}, std::move(settings)) {}
  explicit Story(std::vector<JourneyVersions> journeys, WorkspaceSettings settings = {})
      : tracker_(std::move(journeys), std::move(settings)) {}

  Story& event(std::string_view at, std::string_view type, std::string_view channel = "",
               const Properties& properties = {}, const Properties& traits = {}) {
    events_.push_back({.id = fmt::format("e{:03}", events_.size()),
                       .source = "test",
                       .type = std::string(type),
                       .channel = std::string(channel),
                       .time = after(at),
                       .arrived = after(at),
                       .from_future = false,
                       .ids = {{"user_id", "ada"}},
                       .properties = map_of(properties),
                       .traits = map_of(traits)});
    return *this;
  }

  [[nodiscard]] const Tracker& tracker() const { return tracker_; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }

  [[nodiscard]] CustomerState state(std::string_view now) const {
    return tracker_.derive(story_customer, events_, after(now));
  }
  [[nodiscard]] const Journey& journey(const Instance& instance) const {
    return tracker_.version(0, instance.version);
  }

  /// Status and stays, one text for each instance: `active: order@web start 0s-1d advanced | visit start
  /// 1d-`.
  [[nodiscard]] std::vector<std::string> tell(std::string_view now) const {
    const CustomerState state = this->state(now);
    std::vector<std::string> told;
    for (const Instance& instance : state.journeys[0].instances) told.push_back(tell(instance));
    return told;
  }

  [[nodiscard]] std::string tell(const Instance& instance) const {
    static constexpr std::string_view statuses[] = {"active", "achieved", "exited", "dropped"};
    std::string text(statuses[static_cast<std::size_t>(instance.status())]);
    if (instance.key) text += " " + describe(*instance.key);
    text += ":";
    for (std::size_t i = 0; i < instance.stays.size(); ++i) {
      text += (i == 0 ? " " : " | ") + tell(journey(instance), instance.stays[i]);
    }
    return text;
  }

  /// `nudge 2d pending`, tasks with their own state: `call_back 3h done pending`.
  [[nodiscard]] std::vector<std::string> tell_effects(std::string_view now) const {
    static constexpr std::string_view statuses[] = {"pending", "handed_out", "withdrawn", "stale", "blocked"};
    static constexpr std::string_view tasks[] = {"", "open ", "done ", "withdrawn "};
    const CustomerState state = this->state(now);
    std::vector<std::string> told;
    for (const Effect& effect : state.journeys[0].effects) {
      const Instance& instance = at(state.journeys[0].instances, effect.instance);
      told.push_back(fmt::format("{} {} {}{}", at(journey(instance).touchpoints, effect.touchpoint).id,
                                 since_begin(effect.due), tasks[static_cast<std::size_t>(effect.task)],
                                 statuses[static_cast<std::size_t>(effect.status(after(now)))]));
    }
    return told;
  }

 private:
  static std::string tell(const Journey& journey, const Stay& stay) {
    static constexpr std::string_view entries[] = {"start",   "transition", "milestone", "went_back",
                                                   "skipped", "elsewhere",  "hop",       "returned"};
    static constexpr std::string_view causes[] = {"open",    "advanced", "hopped",  "went_back",
                                                  "dropped", "exited",   "achieved"};
    std::string text = at(journey.touchpoints, stay.at).id;
    if (stay.channel) text += "@" + at(journey.channels, *stay.channel);
    text += fmt::format(" {} {}-", entries[static_cast<std::size_t>(stay.entry)], since_begin(stay.entered));
    if (stay.cause != Cause::open) {
      text += fmt::format("{} {}", since_begin(stay.left), causes[static_cast<std::size_t>(stay.cause)]);
    }
    if (stay.outcome) text += " " + at(journey.outcomes, *stay.outcome);
    if (stay.recovered) text += " recovered " + since_begin(*stay.recovered);
    if (stay.revived) text += " revived";
    if (stay.forced_hop) text += " forced";
    if (stay.repeats > 0) text += fmt::format(" repeats={}", stay.repeats);
    if (stay.blocked > 0) text += fmt::format(" blocked={}", stay.blocked);
    if (stay.deviations > 0) text += fmt::format(" deviations={}", stay.deviations);
    for (const Feedback& feedback : stay.feedback) text += fmt::format(" said={}", feedback.score);
    return text;
  }

  Tracker tracker_;
  std::vector<Event> events_;
};

using Told = std::vector<std::string>;

}  // namespace lotse::test
