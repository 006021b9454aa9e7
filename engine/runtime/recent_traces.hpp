#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "engine/base/time.hpp"
#include "engine/identity/identity.hpp"

namespace lotse {

/// Of customers whose events came with a trace lately: the last such event. What leaves because of an event
/// leaves in the next moment, so that nothing is kept for long, or over a restart.
class RecentTraces {
 public:
  void note(CustomerNumber customer, Instant time, const std::string& traceparent) {
    if (traces_.size() >= most) traces_.clear();
    traces_.insert_or_assign(customer.value(), Trace{time, traceparent});
  }
  /// Of the customer's event at `time`; empty: it came with none.
  [[nodiscard]] std::string find(CustomerNumber customer, Instant time) const {
    const auto found = traces_.find(customer.value());
    return found != traces_.end() && found->second.time == time ? found->second.traceparent : std::string();
  }

 private:
  static constexpr std::size_t most = 10'000;
  struct Trace {
    Instant time{};
    std::string traceparent;
  };
  std::unordered_map<std::uint32_t, Trace> traces_;
};

}  // namespace lotse
