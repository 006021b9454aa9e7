#include "engine/outreach/tasks.hpp"

#include <algorithm>
#include <tuple>

#include "engine/journey/sensitive.hpp"

namespace lotse {
namespace {

constexpr double kLeastRisk = 0.25;
constexpr double kBadRatingRisk = 0.75;

bool rated_badly(const Instance& instance) {
  for (auto stay = instance.stays.rbegin(); stay != instance.stays.rend(); ++stay) {
    if (!stay->feedback.empty()) return is_negative(stay->feedback.back().scale, stay->feedback.back().score);
  }
  return false;
}

double share_passed(const Effect& task, Instant now) {
  if (!task.deadline) return 0;
  if (now >= *task.deadline) return 1;
  const auto whole = static_cast<double>((*task.deadline - task.due).count());
  return std::clamp(static_cast<double>((now - task.due).count()) / whole, 0.0, 1.0);
}

}  // namespace

std::vector<OpenTask> open_tasks(const Tracker& tracker, const CustomerState& state, Instant now) {
  std::vector<OpenTask> tasks;
  for (std::uint32_t journey = 0; journey < state.journeys.size(); ++journey) {
    for (const Effect& effect : state.journeys[journey].effects) {
      if (effect.task != TaskStatus::open) continue;
      const Instance& instance = at(state.journeys[journey].instances, effect.instance);
      const Journey& version = tracker.version(journey, instance.version);
      const Touchpoint& touchpoint = at(version.touchpoints, effect.touchpoint);
      OpenTask task{.key = hex(effect.known_as()),
                    .customer = state.customer,
                    .journey = version.id,
                    .version = version.version,
                    .touchpoint = touchpoint.id,
                    .title = touchpoint.title,
                    .team = touchpoint.handover->team,
                    .position = at(version.touchpoints, instance.stays.back().at).id,
                    .opened = effect.due,
                    .deadline = effect.deadline,
                    .claimed_by = effect.claimed_by,
                    .value = instance.value};
      task.risk =
          std::max({kLeastRisk, share_passed(effect, now), rated_badly(instance) ? kBadRatingRisk : 0});
      task.priority = task.risk * std::max(1.0, instance.value.value_or(0));
      task.value_is_sensitive = instance.value && SensitiveReads(version).tells(*version.value);
      task.last_step = state.last_step();
      task.overdue = effect.deadline && now > *effect.deadline;
      tasks.push_back(std::move(task));
    }
  }
  std::ranges::stable_sort(tasks, {}, &OpenTask::opened);
  return tasks;
}

bool is_more_urgent(const OpenTask& a, const OpenTask& b) {
  const auto rank = [](const OpenTask& task) {
    return std::tuple(!task.overdue, -task.priority, task.opened, std::string_view(task.key));
  };
  return rank(a) < rank(b);
}

}  // namespace lotse
