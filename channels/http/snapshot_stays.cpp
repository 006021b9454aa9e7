#include "channels/http/snapshot_stays.hpp"

#include <algorithm>
#include <thread>

namespace lotse::http {

Result<SnapshotStays> SnapshotStays::of(const Snapshot& snapshot, std::optional<Instant> as_of) {
  const std::optional<Instant> last = snapshot.last_event_time();
  if (!last) return fail(ErrorCode::not_found, "there are no events yet");
  SnapshotStays stays;
  stays.as_of = as_of.value_or(*last);
  stays.threads = std::max(1U, std::thread::hardware_concurrency() / 2);  // the other half is the writer's
  // States that only timers have taken further are good enough: the table leaves out what came after `as_of`.
  const Moment moment = stays.as_of == *last ? Moment{} : Moment{.as_of = stays.as_of};
  stays.each = [&snapshot, moment, threads = stays.threads](const auto& take) {
    return snapshot.for_each_state(moment, threads, take);
  };
  return stays;
}

}  // namespace lotse::http
