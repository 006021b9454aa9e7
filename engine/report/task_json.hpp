#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/outreach/tasks.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// `{"open": 12, "tasks": [{"key": …, "customer": …, …}]}`; `open`: how many there are, listed or not.
/// A `value` that would tell a field declared `sensitive` is there, and in `priority`, only where
/// `sensitive`.
[[nodiscard]] std::string tasks_json(std::span<const OpenTask> tasks, std::size_t open, bool sensitive);

/// One task with what a person needs to take over: the context that the instance knows, how the customer came
/// here, the last feedback, notes. Context that is declared `sensitive` only where `sensitive`; else its
/// names stand in `withheld`.
[[nodiscard]] std::string task_json(const OpenTask& task, const Tracker& tracker, const CustomerState& state,
                                    std::span<const Event> events, bool sensitive);

}  // namespace lotse
