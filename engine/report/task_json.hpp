#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/journey/workspace.hpp"
#include "engine/outreach/tasks.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// `{"open": 12, "tasks": [{"key": …, "customer": …, …}]}`; `open`: how many there are, listed or not.
/// A `value` that would tell a field declared `sensitive` is there, and in `priority`, only where
/// `sensitive`. Titles are those of the task's version of the journey; its ids where `tracker` has it not.
[[nodiscard]] std::string tasks_json(std::span<const OpenTask> tasks, std::size_t open,
                                     const Tracker& tracker, bool sensitive);

/// `{"teams": [{"id": "care", "title": "Customer care", "cost": 12, "open": 3}]}`: the `declared` ones,
/// those that a journey hands over to, and those with an open task; by id. `cost` and `title` are null where
/// nothing declares them.
[[nodiscard]] std::string teams_json(std::span<const Team> declared, const Tracker& tracker,
                                     std::span<const OpenTask> tasks);

/// One task with what a person needs to take over: the context that the instance knows, how the customer came
/// here, the last feedback, notes. Context that is declared `sensitive` only where `sensitive`; else its
/// names stand in `withheld`.
[[nodiscard]] std::string task_json(const OpenTask& task, const Tracker& tracker, const CustomerState& state,
                                    std::span<const Event> events, bool sensitive);

}  // namespace lotse
