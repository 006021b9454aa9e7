#include "engine/friction/groups.hpp"

#include <algorithm>
#include <numeric>

#include "engine/base/assert.hpp"

namespace lotse {

std::vector<SegmentGroups> every_value(const StayTable& table) {
  std::vector<SegmentGroups> all;
  for (std::size_t segment = 0; segment < table.segments.size(); ++segment) {
    SegmentGroups& groups = all.emplace_back();
    groups.segment = segment;
    groups.names = table.segment_values[segment];
    groups.group_of.resize(groups.names.size());
    std::iota(groups.group_of.begin(), groups.group_of.end(), 0U);
  }
  return all;
}

SegmentGroups most_frequent(const StayTable& table, std::size_t segment,
                            std::span<const std::uint64_t> counts, std::size_t most) {
  const std::vector<std::string>& values = table.segment_values[segment];
  LOTSE_ASSERT(counts.size() == values.size());
  std::vector<std::uint32_t> ranked(values.size());
  std::iota(ranked.begin(), ranked.end(), 0U);
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return counts[a] > counts[b]; });
  std::vector<bool> kept(values.size(), false);
  for (std::size_t rank = 0; rank < std::min(most, ranked.size()); ++rank) kept[ranked[rank]] = true;

  SegmentGroups groups;
  groups.segment = segment;
  groups.group_of.resize(values.size());
  for (std::uint32_t code = 0; code < values.size(); ++code) {
    if (!kept[code]) continue;
    groups.group_of[code] = static_cast<std::uint32_t>(groups.names.size());
    groups.names.push_back(values[code]);
  }
  const auto other = static_cast<std::uint32_t>(groups.names.size());
  for (std::uint32_t code = 0; code < values.size(); ++code) {
    if (kept[code]) continue;
    groups.group_of[code] = other;
    ++groups.folded;
  }
  if (groups.folded > 0) groups.names.emplace_back("(other)");
  return groups;
}

std::vector<std::string> stages_of(const StayTable& table) {
  std::vector<std::string> stages;
  for (const Place& place : table.places) {
    if (!place.stage.empty() && std::find(stages.begin(), stages.end(), place.stage) == stages.end()) {
      stages.push_back(place.stage);
    }
  }
  return stages;
}

}  // namespace lotse
