#include "engine/report/sensitive.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include "engine/journey/sensitive.hpp"
#include "engine/report/customer_words.hpp"

namespace lotse {

void mask_sensitive(StayTable& table, const JourneyVersions& versions) {
  std::vector<bool> hidden(table.segments.size());
  bool value_hidden = false;
  for (const auto& journey : versions.versions) {
    const SensitiveReads sensitive(*journey);
    value_hidden = value_hidden || (journey->value && sensitive.tells(*journey->value));
    for (const Segment& segment : journey->segments) {
      const auto index = table.find_segment(segment.name);
      if (index && sensitive.tells(segment.value)) hidden[*index] = true;
    }
  }
  const std::size_t width = table.segments.size();
  for (std::size_t segment = 0; segment < width; ++segment) {
    if (!hidden[segment] || table.segment_values[segment].empty()) continue;
    table.segment_values[segment] = {std::string(customer::masked)};
    for (std::size_t i = segment; i < table.segment_sets.size(); i += width) table.segment_sets[i] = 0;
  }
  if (!value_hidden) return;
  for (StayTable::InstanceRow& instance : table.instances) instance.value = no_value;
}

}  // namespace lotse
