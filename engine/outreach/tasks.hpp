#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// A handover that waits for a person.
struct OpenTask {
  std::string key;       ///< the effect's
  std::string customer;  ///< `namespace:value`
  std::string journey;
  std::uint32_t version = 0;
  std::string touchpoint;
  std::string title;
  std::string team;
  std::string position;  ///< where the customer stands
  Instant opened{};
  std::optional<Instant> deadline{};  ///< of its promise
  std::string claimed_by{};           ///< empty: nobody has
  std::optional<double> value{};      ///< at stake in the instance
  /// How likely the customer is lost over it, in [0, 1], by rule of thumb: the share of the promise that has
  /// passed; at least 1/4, and 3/4 where the last rating in the instance was a bad one.
  double risk = 0;
  /// risk × value at stake (at least 1), in the value's unit.
  double priority = 0;
  bool overdue = false;
  bool value_is_sensitive = false;  ///< it would tell a field declared so; `priority` would too
  Instant last_step{};              ///< of the customer: what is said of the task comes after it
};

/// The open tasks of one customer, by due time.
[[nodiscard]] std::vector<OpenTask> open_tasks(const Tracker& tracker, const CustomerState& state,
                                               Instant now);

/// Overdue ones first, then by priority, then the older.
[[nodiscard]] bool is_more_urgent(const OpenTask& a, const OpenTask& b);

}  // namespace lotse
