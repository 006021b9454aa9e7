#include "engine/runtime/timer_queue.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

bool later(const TimerQueue::Entry& a, const TimerQueue::Entry& b) {
  return std::pair(a.due, a.customer) > std::pair(b.due, b.customer);
}

}  // namespace

void TimerQueue::add(Instant due, CustomerNumber customer) {
  entries_.push_back({due, customer});
  std::ranges::push_heap(entries_, later);
}

std::optional<TimerQueue::Entry> TimerQueue::first() const {
  return entries_.empty() ? std::nullopt : std::optional(entries_.front());
}

void TimerQueue::pop() {
  LOTSE_ASSERT(!entries_.empty());
  std::ranges::pop_heap(entries_, later);
  entries_.pop_back();
}

void TimerQueue::assign(std::vector<Entry> entries) {
  entries_ = std::move(entries);
  std::ranges::make_heap(entries_, later);
}

}  // namespace lotse
