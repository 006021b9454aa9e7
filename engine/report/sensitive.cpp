#include "engine/report/sensitive.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/friction/finding_name.hpp"
#include "engine/journey/sensitive.hpp"
#include "engine/report/customer_words.hpp"

namespace lotse {

namespace {

/// Which rule a comment came by is not on record: all of the version's are taken out.
bool comments_hidden(const Journey& journey, const SensitiveReads& sensitive) {
  return std::ranges::any_of(journey.feedback, [&](const FeedbackRule& rule) {
    return rule.comment && sensitive.tells(*rule.comment);
  });
}

void take_out_comments(StayTable& table, const std::set<std::uint32_t>& versions) {
  if (versions.empty()) return;
  for (StayTable::FeedbackRow& row : table.feedback) {
    const std::uint32_t version = table.instances[table.instance[row.stay]].version;
    if (row.comment == no_comment || !versions.contains(version)) continue;
    table.comments[row.comment].clear();
    row.comment = no_comment;
  }
}

}  // namespace

void mask_sensitive(StayTable& table, const JourneyVersions& versions) {
  std::vector<bool> hidden(table.segments.size());
  bool value_hidden = false;
  std::set<std::uint32_t> silent;  ///< version numbers
  for (const auto& journey : versions.versions) {
    const SensitiveReads sensitive(*journey);
    if (comments_hidden(*journey, sensitive)) silent.insert(journey->version);
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
  take_out_comments(table, silent);
  if (!value_hidden) return;
  for (StayTable::InstanceRow& instance : table.instances) instance.value = no_value;
}

bool tells_sensitive(std::string_view finding, const JourneyVersions& versions) {
  const std::optional<FindingName> name = parse_finding_name(finding);
  if (!name || !name->part || !name->part->by_segment()) return false;
  bool known = false;
  for (const auto& journey : versions.versions) {
    const SensitiveReads sensitive(*journey);
    for (const Segment& segment : journey->segments) {
      if (segment.name != name->part->cut) continue;
      if (sensitive.tells(segment.value)) return true;
      known = true;
    }
  }
  return !known;
}

void leave_out_sensitive(std::vector<FindingChange>& changes, const JourneyVersions& versions) {
  std::erase_if(changes,
                [&](const FindingChange& change) { return tells_sensitive(change.finding, versions); });
}

}  // namespace lotse
