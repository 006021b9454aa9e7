#include "channels/http/reader_pool.hpp"

#include <algorithm>
#include <utility>

namespace lotse::http {

ReaderPool::ReaderPool(std::uint32_t threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (std::uint32_t i = 0; i < std::max<std::uint32_t>(threads, 1); ++i)
    threads_.emplace_back([this] { run(); });
}

ReaderPool::~ReaderPool() { stop(); }

bool ReaderPool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void ReaderPool::stop() {
  std::deque<std::function<void()>> dropped;  // outlives the lock: a job's end may answer its request
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(queue_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ReaderPool::run() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
      if (stopped_) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace lotse::http
