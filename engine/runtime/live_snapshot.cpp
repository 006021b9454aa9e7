#include "engine/runtime/live_snapshot.hpp"

#include <algorithm>

#include "engine/runtime/engine_rep.hpp"
#include "engine/runtime/visit_states.hpp"

namespace lotse {

Result<void> LiveSnapshot::for_each_state(
    const Moment& moment, std::uint32_t partitions,
    const std::function<void(std::uint32_t, const CustomerState&)>& visit) const {
  const Instant latest = std::max(parts_.last_event_time.value_or(Instant::min()), parts_.last_fired);
  const Instant as_of = moment.as_of == Instant::max() ? std::max(parts_.taken, latest) : moment.as_of;
  if (as_of >= latest && moment.known_at == Instant::max()) {
    visit_states(parts_.states, parts_.remains, *parts_.tracker, as_of, partitions, visit);
    return {};
  }
  Projection past(*parts_.tracker, parts_.identity, {.as_of = as_of, .known_at = moment.known_at});
  Remains remains;  // of the log's time: who has been erased since the snapshot is no longer in it
  {
    LOTSE_TRY(const StoreReaders::Reader reader, parts_.readers->look());
    LOTSE_CHECK(replay_log(reader->log(), EventNumber(1), past, parts_.last));
    Gate nobody_looks;
    LOTSE_CHECK(past.settle(reader->log(), nobody_looks));
    LOTSE_TRY(remains, Remains::load(*reader, *parts_.tracker));
  }
  visit_states(past.states(), remains, *parts_.tracker, as_of, partitions, visit);
  return {};
}

}  // namespace lotse
