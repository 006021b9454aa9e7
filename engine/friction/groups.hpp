#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/friction/stay_table.hpp"

namespace lotse {

/// A declared segment's values as the rows of a report.
struct SegmentGroups {
  std::size_t segment = 0;              ///< into StayTable::segments
  std::vector<std::string> names;       ///< by group
  std::vector<std::uint32_t> group_of;  ///< by code of StayTable::segment_values
  std::uint32_t folded = 0;             ///< values that are together in the group `(other)`

  /// Of one of the table's sets of values.
  [[nodiscard]] std::uint32_t of(const StayTable& table, std::uint32_t set) const {
    return group_of[table.segment_sets[set * table.segments.size() + segment]];
  }
};

/// Each value of each segment by itself, in the order of the table.
[[nodiscard]] std::vector<SegmentGroups> every_value(const StayTable& table);

/// The values of one segment, beyond the `most` most frequent together as `(other)`, last. `counts` by code;
/// of equally frequent ones the bytewise first are kept.
[[nodiscard]] SegmentGroups most_frequent(const StayTable& table, std::size_t segment,
                                          std::span<const std::uint64_t> counts, std::size_t most);

/// The stages that touchpoints are in, in the order of the files.
[[nodiscard]] std::vector<std::string> stages_of(const StayTable& table);

}  // namespace lotse
