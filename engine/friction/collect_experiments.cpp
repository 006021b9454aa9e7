#include "engine/friction/collect_experiments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/base/hash.hpp"
#include "engine/journey/splits.hpp"

namespace lotse {
namespace {

/// Arms that lead to the same touchpoint at different times are told apart by the time.
std::vector<DeclaredArm> arms_of(const Journey& journey, const SplitList& list) {
  std::vector<DeclaredArm> arms;
  for (const Transition* transition : list.arms) {
    const bool alone = std::ranges::count(list.arms, transition->to, &Transition::to) == 1;
    std::string name = arm_name(journey, *transition);
    if (!alone && transition->trigger == TransitionTrigger::elapsed) {
      name += " after " + format_duration(transition->after);
    } else if (!alone) {
      name += fmt::format(" {}", arms.size() + 1);
    }
    arms.push_back({.name = std::move(name),
                    .share_from = transition->share_from,
                    .share_to = transition->share_to,
                    .hold = !transition->to});
  }
  return arms;
}

template <class T>
void add_once(std::vector<T>& list, const T& item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

/// Calls `visit(split, list)` for every list of every split of a version.
template <class Visit>
void for_each_list(const Journey& journey, Visit&& visit) {
  for (std::uint32_t split = 0; split < journey.splits.size(); ++split) {
    for (const SplitList& list : lists_of(journey, SplitIndex{split})) visit(journey.splits[split], list);
  }
}

std::optional<std::uint32_t> find_experiment(const std::vector<DeclaredExperiment>& experiments,
                                             std::string_view split, const std::vector<DeclaredArm>& arms) {
  const auto found = std::ranges::find_if(experiments, [&](const DeclaredExperiment& experiment) {
    return experiment.split == split && experiment.arms == arms;
  });
  if (found == experiments.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - experiments.begin());
}

/// What an instance has become where newer versions took it over: each stands right behind the one it left.
InstanceIndex moved_to(const JourneyState& state, InstanceIndex which) {
  std::uint32_t last = which.value();
  while (state.instances[last].version_end == VersionEnd::moved && last + 1 < state.instances.size()) ++last;
  return InstanceIndex{last};
}

/// When an instance first reached a touchpoint: as its position, or beside one, of which its message or task
/// tells; with no touchpoint, when it was opened.
std::optional<Instant> first_reached(const JourneyState& state, InstanceIndex which,
                                     std::optional<TouchpointIndex> touchpoint) {
  const Instance& instance = at(state.instances, which);
  if (!touchpoint) return instance.opened;
  std::optional<Instant> first;
  const auto look_at = [&](Instant reached) { first = first ? std::min(*first, reached) : reached; };
  for (const Stay& stay : instance.stays) {
    if (stay.at == *touchpoint) look_at(stay.entered);
  }
  for (const Effect& effect : state.effects) {
    if (effect.instance == which && effect.touchpoint == *touchpoint) look_at(effect.due);
  }
  return first;
}

}  // namespace

double DeclaredArm::share() const {
  return static_cast<double>(share_to - share_from) / static_cast<double>(whole_share);
}

std::vector<DeclaredExperiment> declared_experiments(const JourneyVersions& versions) {
  std::vector<DeclaredExperiment> experiments;
  for (auto version = versions.versions.rbegin(); version != versions.versions.rend(); ++version) {
    const Journey& journey = **version;
    for_each_list(journey, [&](const std::string& split, const SplitList& list) {
      std::vector<DeclaredArm> arms = arms_of(journey, list);
      auto known = find_experiment(experiments, split, arms);
      if (!known) {
        known = static_cast<std::uint32_t>(experiments.size());
        experiments.push_back({.split = split, .arms = std::move(arms), .carriers = {}, .versions = {}});
      }
      DeclaredExperiment& experiment = experiments[*known];
      if (list.carrier) add_once(experiment.carriers, at(journey.touchpoints, *list.carrier).id);
      add_once(experiment.versions, journey.version);
    });
  }
  for (DeclaredExperiment& experiment : experiments) std::ranges::sort(experiment.versions);
  return experiments;
}

ExperimentTableBuilder::ExperimentTableBuilder(const JourneyVersions& versions, Instant as_of) {
  table_.journey = versions.versions.back()->id;
  table_.title = versions.versions.back()->title;
  table_.as_of = as_of;
  table_.experiments = declared_experiments(versions);
  for (const auto& version : versions.versions) {
    auto& own = in_version_.emplace_back(table_.experiments.size());
    for_each_list(*version, [&](const std::string& split, const SplitList& list) {
      InVersion& experiment = own[*find_experiment(table_.experiments, split, arms_of(*version, list))];
      experiment.carriers.push_back(list.carrier);
      experiment.targets.clear();
      for (const Transition* arm : list.arms) experiment.targets.push_back(arm->to);
    });
  }
}

void ExperimentTableBuilder::add(std::string_view customer, const JourneyState& state) {
  const std::size_t before = table_.assignments.size();
  for (std::uint32_t experiment = 0; experiment < table_.experiments.size(); ++experiment)
    add_to(experiment, customer, state);
  if (!customer.empty() || table_.assignments.size() == before) return;
  table_.assignments.resize(before);
  ++table_.erased;
}

/// Instances are in the order of their opening; which of them came first to a carrier may be another order.
void ExperimentTableBuilder::add_to(std::uint32_t experiment, std::string_view customer,
                                    const JourneyState& state) {
  const double fraction = split_fraction(customer, table_.experiments[experiment].split);
  std::optional<Assignment> first;
  std::uint32_t instances = 0;
  for (std::uint32_t i = 0; i < state.instances.size(); ++i) {
    const auto found = assignment(experiment, fraction, state, InstanceIndex{i});
    if (!found) continue;
    ++instances;
    if (!first || found->at < first->at) first = found;
  }
  if (!first) return;
  first->later = instances - 1;
  table_.assignments.push_back(*first);
}

/// Several carriers may assign one instance: the one that it reached first counts.
std::optional<Assignment> ExperimentTableBuilder::assignment(std::uint32_t experiment, double fraction,
                                                             const JourneyState& state,
                                                             InstanceIndex which) const {
  const Instance& instance = at(state.instances, which);
  const InVersion& mine = at(in_version_, instance.version)[experiment];
  std::optional<Instant> assigned;
  for (const auto& carrier : mine.carriers) {
    const auto reached = first_reached(state, which, carrier);
    if (reached && *reached <= table_.as_of) assigned = assigned ? std::min(*assigned, *reached) : *reached;
  }
  const auto& arms = table_.experiments[experiment].arms;
  const auto place = static_cast<std::uint32_t>(fraction * whole_share);
  const auto arm = std::ranges::find_if(arms, [&](const DeclaredArm& candidate) {
    return candidate.share_from <= place && place < candidate.share_to;
  });
  if (!assigned || arm == arms.end()) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(arm - arms.begin());
  const Instance& fate = at(state.instances, moved_to(state, which));
  const auto reaches = [&](const Instance& one) {
    const auto& targets = at(in_version_, one.version)[experiment].targets;
    return number < targets.size() && targets[number] && at(one.visits, *targets[number]) > 0;
  };
  const bool achieved = fate.achieved && *fate.achieved <= table_.as_of;
  const bool ended = fate.ended && fate.ended_at <= table_.as_of;
  return Assignment{.experiment = experiment,
                    .arm = number,
                    .open = !achieved && !ended,
                    .treated = reaches(instance) || reaches(fate),
                    .at = *assigned,
                    .achieved = achieved ? *fate.achieved : never};
}

void ExperimentTableBuilder::append(ExperimentTableBuilder&& other) {
  std::ranges::move(other.table_.assignments, std::back_inserter(table_.assignments));
  table_.erased += other.table_.erased;
}

Result<ExperimentTable> collect_experiments(std::span<const JourneyVersions> journeys, std::size_t which,
                                            Instant as_of, std::uint32_t threads, const EachState& each) {
  std::vector<ExperimentTableBuilder> builders;
  for (std::uint32_t thread = 0; thread < threads; ++thread) builders.emplace_back(journeys[which], as_of);
  LOTSE_CHECK(each([&](std::uint32_t thread, const CustomerState& state) {
    builders[thread].add(state.customer, state.journeys[which]);
  }));
  for (std::uint32_t thread = 1; thread < threads; ++thread) builders[0].append(std::move(builders[thread]));
  return std::move(builders[0]).finish();
}

}  // namespace lotse
