/// What makes counters of disjoint sets of customers those of all of them.
#include "engine/base/assert.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {
namespace {

template <class T>
void add_each(std::vector<T>& all, const std::vector<T>& more) {
  if (all.empty()) all.resize(more.size());
  LOTSE_ASSERT(all.size() == more.size());
  for (std::size_t i = 0; i < more.size(); ++i) all[i] += more[i];
}

}  // namespace

ScaleTally& ScaleTally::operator+=(const ScaleTally& other) {
  negative += other.negative;
  score += other.score;
  promoters += other.promoters;
  return *this;
}

PromiseTally& PromiseTally::operator+=(const PromiseTally& other) {
  made += other.made;
  due += other.due;
  broken += other.broken;
  return *this;
}

void StayCounts::add(const TimeBins& bins, const StayCounts& other) {
  entered += other.entered;
  mature += other.mature;
  recent += other.recent;
  after_goal += other.after_goal;
  deviations += other.deviations;
  repeats += other.repeats;
  designed += other.designed;
  forced += other.forced;
  assist_pull += other.assist_pull;
  hop_pairs.add(other.hop_pairs);
  valued += other.valued;
  value += other.value;
  value_dropped += other.value_dropped;
  hops_in += other.hops_in;
  returns += other.returns;
  waste_ms += other.waste_ms;
  for (std::size_t i = 0; i < cause_count; ++i) causes[i] += other.causes[i];
  durations.add(bins, other.durations);
  escalated_at.add(bins, other.escalated_at);
  escalated_left.add(bins, other.escalated_left);
}

void CellTally::add(const TimeBins& bins, const CellTally& other) {
  StayCounts::add(bins, other);
  customers += other.customers;
  mature_drops += other.mature_drops;
  due += other.due;
  past += other.past;
  late_ms += other.late_ms;
  past_by_customer += other.past_by_customer;
  forced_by_customer += other.forced_by_customer;
  repeated_by_customer += other.repeated_by_customer;
  lost_by_customer += other.lost_by_customer;
  answered += other.answered;
  negative += other.negative;
  for (std::size_t i = 0; i < scale_count; ++i) scales[i] += other.scales[i];
}

void Tally::add(const TimeBins& bins, const Tally& other) {
  for (const auto& [key, cell] : other.cells) cells[key].add(bins, cell);
  add_each(advanced, other.advanced);
  add_each(went_back, other.went_back);
  add_each(deviated, other.deviated);
  add_each(starts, other.starts);
  add_each(promises, other.promises);
  add_each(tasks, other.tasks);
  add_each(lost, other.lost);
  customers += other.customers;
  instances += other.instances;
  stays += other.stays;
  achieved += other.achieved;
  old_instances += other.old_instances;
  old_achieved += other.old_achieved;
  starts_without_key += other.starts_without_key;
  unattributed_feedback += other.unattributed_feedback;
}

}  // namespace lotse
