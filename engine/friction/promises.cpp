#include "engine/friction/promises.hpp"

#include <algorithm>

namespace lotse {

PromiseMoments promise_moments(const StayTable& table, std::uint32_t first, std::uint32_t end,
                               std::span<const StayTable::PromiseRow> promises,
                               std::span<const StayTable::PromiseRow> tasks) {
  PromiseMoments moments;
  each_promise_moment(table, first, end, promises, tasks, [&moments](Instant at, bool broken) {
    Instant& earliest = broken ? moments.first_broken : moments.first_kept;
    earliest = std::min(earliest, at);
  });
  return moments;
}

std::optional<Duration> promise_late_by(const StayTable& table, std::uint32_t row, std::uint32_t first,
                                        std::uint32_t end) {
  const std::uint16_t place = table.awaits[row];
  const Instant deadline = table.deadline[row];
  if (place == no_index || deadline > table.as_of) return std::nullopt;
  const auto same = [&](std::uint32_t other) {
    return table.awaits[other] == place && table.deadline[other] == deadline;
  };
  if (row > first && same(row - 1)) return std::nullopt;
  std::uint32_t after = row + 1;
  while (after < end && same(after)) ++after;
  bool reached = after < end && table.place[after] == place;
  if (!reached) {
    const Cause cause = table.cause[after - 1];
    const Instant left = table.left[after - 1];
    const bool waits_on = cause == Cause::open || cause == Cause::dropped;
    if (waits_on) {
      while (after < end && table.place[after] != place) ++after;
      reached = after < end;
      const StayTable::InstanceRow& own = table.instances[table.instance[row]];
      if (!reached && own.status == Status::exited && own.ended < deadline) return std::nullopt;
    } else if (left < deadline || (left == deadline && cause != Cause::exited)) {
      return std::nullopt;
    }
  }
  const Instant until = reached ? table.entered[after] : table.as_of + Duration{1};
  return std::max(Duration{0}, until - deadline);
}

}  // namespace lotse
