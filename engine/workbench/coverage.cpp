#include "engine/workbench/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/assert.hpp"

namespace lotse::scenario {
namespace {

std::size_t count_true(const std::vector<bool>& flags) {
  return static_cast<std::size_t>(std::ranges::count(flags, true));
}

std::size_t transitions_of(const Journey& journey) {
  std::size_t count = journey.anywhere.size();
  for (const Touchpoint& touchpoint : journey.touchpoints) count += touchpoint.next.size();
  return count;
}

std::string place(const Location& where) {
  return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

void append_missing(std::string& text, const JourneyCoverage& coverage, std::string_view from,
                    const std::vector<Transition>& listed) {
  for (const Transition& transition : listed) {
    if (coverage.taken[transition.ordinal]) continue;
    const std::string_view to = transition.to
                                    ? std::string_view(at(coverage.journey->touchpoints, *transition.to).id)
                                    : std::string_view("hold");
    text += fmt::format("{}: not taken: {} → {}\n", place(transition.where), from, to);
  }
}

}  // namespace

std::size_t JourneyCoverage::reached_count() const { return count_true(reached); }
std::size_t JourneyCoverage::taken_count() const { return count_true(taken); }

Coverage::Coverage(const Workspace& workspace) {
  for (const JourneyVersions& journey : workspace.journeys) {
    std::vector<JourneyCoverage>& versions = versions_.emplace_back();
    for (const auto& version : journey.versions) {
      versions.push_back({.journey = version.get(),
                          .reached = std::vector<bool>(version->touchpoints.size(), false),
                          .taken = std::vector<bool>(transitions_of(*version), false)});
    }
  }
}

void Coverage::Steps::add(Item item) {
  if (item.instance && item.transition) taken_.emplace_back(*item.instance, *item.transition);
}

void Coverage::add(std::size_t journey, const JourneyState& state, const Steps& steps) {
  std::vector<JourneyCoverage>& versions = versions_[journey];
  for (const Instance& instance : state.instances) {
    JourneyCoverage& coverage = at(versions, instance.version);
    for (std::size_t i = 0; i < instance.visits.size(); ++i) {
      if (instance.visits[i] > 0) coverage.reached[i] = true;
    }
  }
  for (const auto& [instance, ordinal] : steps.taken_) {
    JourneyCoverage& coverage = at(versions, at(state.instances, instance).version);
    LOTSE_ASSERT(ordinal < coverage.taken.size());
    coverage.taken[ordinal] = true;
  }
}

std::vector<JourneyCoverage> Coverage::journeys() const {
  std::vector<JourneyCoverage> all;
  for (const std::vector<JourneyCoverage>& versions : versions_) {
    for (const JourneyCoverage& version : versions) {
      if (&version == &versions.back() || version.reached_count() > 0) all.push_back(version);
    }
  }
  return all;
}

std::string summary(const JourneyCoverage& coverage) {
  return fmt::format("{} {}: {} of {} touchpoints reached, {} of {} transitions taken", coverage.journey->id,
                     coverage.journey->version, coverage.reached_count(), coverage.reached.size(),
                     coverage.taken_count(), coverage.taken.size());
}

std::string missing_text(const JourneyCoverage& coverage) {
  const Journey& journey = *coverage.journey;
  std::string text;
  for (std::size_t i = 0; i < journey.touchpoints.size(); ++i) {
    const Touchpoint& touchpoint = journey.touchpoints[i];
    if (!coverage.reached[i])
      text += fmt::format("{}: not reached: {}\n", place(touchpoint.where), touchpoint.id);
    append_missing(text, coverage, touchpoint.id, touchpoint.next);
  }
  append_missing(text, coverage, "anywhere", journey.anywhere);
  return text;
}

MapInput map_input(const JourneyCoverage& coverage, const Channels& channels) {
  MapInput input;
  input.journey = coverage.journey;
  for (const Channel& channel : channels.channels)
    input.channel_titles.emplace_back(channel.id, channel.title);
  input.caption = fmt::format("by its tests {} of {} touchpoints reached, {} of {} transitions taken",
                              coverage.reached_count(), coverage.reached.size(), coverage.taken_count(),
                              coverage.taken.size());
  input.coverage = MapCoverage{.reached = coverage.reached, .taken = coverage.taken};
  return input;
}

}  // namespace lotse::scenario
