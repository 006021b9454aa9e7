#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/base/time.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

/// Calls `visit(at, broken)` for every promise of one instance that was kept or broken by as_of, in no order:
/// to reach a touchpoint, across touchpoints, of a task. `rows` are the instance's stays [first, end); a
/// broken promise is dated just after its deadline, and again where it is then reached too late.
template <class Visit>
void each_promise_moment(const StayTable& table, std::size_t first, std::size_t end,
                         std::span<const StayTable::PromiseRow> promises,
                         std::span<const StayTable::PromiseRow> tasks, Visit visit) {
  const auto just_after = [](Instant deadline) { return deadline + Duration{1}; };
  for (std::size_t row = first; row < end; ++row) {
    if ((table.flags[row] & StayTable::promise_kept) != 0) visit(table.entered[row], false);
    if ((table.flags[row] & StayTable::promise_broken) != 0) visit(table.entered[row], true);
    if (table.deadline[row] <= table.as_of && table.left[row] > table.deadline[row]) {
      visit(just_after(table.deadline[row]), true);
    }
  }
  const auto look_at = [&](const StayTable::PromiseRow& promise) {
    if (promise.met != never && promise.met <= promise.deadline) visit(promise.met, false);
    if (promise.deadline <= table.as_of && promise.met > promise.deadline) {
      visit(just_after(promise.deadline), true);
    }
  };
  for (const StayTable::PromiseRow& promise : promises) look_at(promise);
  for (const StayTable::PromiseRow& task : tasks) look_at(task);
}

/// Where the promises of one instance stood when: of all of them (to reach a touchpoint, to leave one, across
/// touchpoints, of a task) one was broken by then, or at least one kept, or none was due.
struct PromiseMoments {
  enum Standing : std::uint8_t { kept, broken, not_due };
  Instant first_kept = never;
  Instant first_broken = never;

  [[nodiscard]] Standing at(Instant when) const {
    return first_broken <= when ? broken : first_kept <= when ? kept : not_due;
  }
};

/// Of the instance with the stays [first, end), these rows of StayTable::promises and of StayTable::tasks.
[[nodiscard]] PromiseMoments promise_moments(const StayTable& table, std::uint32_t first, std::uint32_t end,
                                             std::span<const StayTable::PromiseRow> promises,
                                             std::span<const StayTable::PromiseRow> tasks);

/// By how much the promise that the stay `row` awaits was broken, up to as_of where it is still owed; 0: it
/// was kept. Nothing where none is made there (docs/decisions/0003) or due by as_of, and where it was
/// released: what ends the instance before the deadline does that, and so does moving on in time to where it
/// is not awaited any more. Who only falls silent is still owed it, and may come back to see it kept. Later
/// rows that await the same by the same time await the same promise. [first, end): the instance's stays.
[[nodiscard]] std::optional<Duration> promise_late_by(const StayTable& table, std::uint32_t row,
                                                      std::uint32_t first, std::uint32_t end);

}  // namespace lotse
