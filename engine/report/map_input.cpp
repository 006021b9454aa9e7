#include "engine/report/map_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace lotse {

namespace {

/// The report's row for a touchpoint: that of the newest version, which comes first.
const FrictionRow* row_for(const FrictionReport& report, const std::string& touchpoint) {
  const auto found = std::ranges::find(report.rows, touchpoint, &FrictionRow::touchpoint);
  return found == report.rows.end() ? nullptr : &*found;
}

void fill(MapTouchpoint& shown, const FrictionRow& row) {
  shown.entered = row.entered;
  shown.open = row.open;
  const bool drops = row.window.has_value() && row.turn == Turn::customer;
  if (drops && row.entered > 0) shown.drop_off = row.split.share.at(static_cast<std::size_t>(Cause::dropped));
  shown.feedback = row.feedback.negative.n;
  if (shown.feedback > 0) shown.negative = row.feedback.negative.rate();
  shown.friction = std::ranges::any_of(row.judged, [](const auto& judgement) {
    return judgement && judgement->verdict == Verdict::confirmed;
  });
}

bool is_deviation(Entry entry) {
  return entry == Entry::went_back || entry == Entry::skipped || entry == Entry::elsewhere;
}

/// Who went from where to where: a stay and the next one of its instance at another touchpoint.
std::vector<MapFlow> flows_of(const Journey& journey, const StayTable& stays) {
  std::map<std::tuple<std::uint16_t, std::uint16_t, bool>, std::uint64_t> counts;
  for (std::size_t stay = 0; stay + 1 < stays.size(); ++stay) {
    if (stays.instance[stay] != stays.instance[stay + 1] || stays.place[stay] == stays.place[stay + 1])
      continue;
    ++counts[{stays.place[stay], stays.place[stay + 1], is_deviation(stays.entry[stay + 1])}];
  }
  std::map<std::tuple<TouchpointIndex, TouchpointIndex, bool>, std::uint64_t> by_touchpoint;
  for (const auto& [key, count] : counts) {
    const auto& [from_place, to_place, off_path] = key;
    const auto from = journey.find_touchpoint(stays.places[from_place].id);
    const auto to = journey.find_touchpoint(stays.places[to_place].id);
    if (from && to && *from != *to) by_touchpoint[{*from, *to, off_path}] += count;
  }
  std::vector<MapFlow> flows;
  for (const auto& [key, count] : by_touchpoint) {
    const auto& [from, to, off_path] = key;
    flows.push_back({.from = from, .to = to, .count = count, .off_path = off_path});
  }
  return flows;
}

}  // namespace

MapInput map_input(const Journey& journey, const Channels& channels) {
  MapInput input;
  input.journey = &journey;
  for (const Channel& channel : channels.channels)
    input.channel_titles.emplace_back(channel.id, channel.title);
  return input;
}

MapInput map_input(const Journey& journey, const Channels& channels, const FrictionReport& report,
                   const StayTable& stays, const EffectCounts& effects) {
  MapInput input = map_input(journey, channels);
  for (const Touchpoint& touchpoint : journey.touchpoints) {
    MapTouchpoint shown;
    if (const FrictionRow* row = row_for(report, touchpoint.id)) fill(shown, *row);
    if (const auto count = effects.find(touchpoint.id); count != effects.end()) shown.entered = count->second;
    input.touchpoints.push_back(shown);
  }
  input.flows = flows_of(journey, stays);
  input.caption = fmt::format("{} customers as of {}", report.customers, format_instant(report.as_of));
  return input;
}

}  // namespace lotse
