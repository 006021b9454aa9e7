#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/runtime/engine.hpp"

namespace lotse {

/// What has been ingested, for whoever prepares the next: who prepares has the time to free the events in it,
/// the writer has not.
class UsedEvents {
 public:
  PreparedEvents take() {
    const std::lock_guard lock(mutex_);
    if (used_.empty()) return {};
    PreparedEvents last = std::move(used_.back());
    used_.pop_back();
    bytes_ -= last.bytes();
    return last;
  }
  void give(PreparedEvents events) {
    const std::lock_guard lock(mutex_);
    if (used_.size() == count_max || bytes_ + events.bytes() > bytes_max) return;
    bytes_ += events.bytes();
    used_.push_back(std::move(events));
  }

 private:
  static constexpr std::size_t count_max = 256;
  static constexpr std::size_t bytes_max = std::size_t{8}
                                           << 20U;  // of text; the events take a few times that
  std::mutex mutex_;
  std::vector<PreparedEvents> used_;
  std::size_t bytes_ = 0;
};

}  // namespace lotse
