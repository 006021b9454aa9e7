#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/identity/identity.hpp"
#include "engine/runtime/remains.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// Calls `visit(partition, state)` for every state of a table, and for all remains, as of `as_of`; each of the
/// `partitions` parts on a thread of its own, in the order of numbers. `States`: a StateTable or a view of one.
template <class States>
void visit_states(const States& states, const Remains& remains, const Tracker& tracker, Instant as_of,
                  std::uint32_t partitions, const std::function<void(std::uint32_t, const CustomerState&)>& visit) {
  const auto visit_part = [&](std::uint32_t partition) {
    const std::uint64_t end = states.end();
    const auto from = static_cast<std::uint32_t>(end * partition / partitions);
    const auto to = static_cast<std::uint32_t>(end * (partition + 1) / partitions);
    for (std::uint32_t number = from; number < to; ++number) {
      const std::string_view bytes = states.find(CustomerNumber(number));
      if (bytes.empty()) continue;
      CustomerState state = decode(bytes);
      tracker.advance_to(state, as_of);
      visit(partition, state);
    }
    remains.visit(tracker, as_of, partition, partitions, visit);
  };
  std::vector<std::jthread> threads;
  for (std::uint32_t partition = 1; partition < partitions; ++partition)
    threads.emplace_back(visit_part, partition);
  visit_part(0);
}

}  // namespace lotse
