#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lotse::http {

/// Threads for handlers that may take long, with a bounded queue before them.
class ReaderPool {
 public:
  /// At least one thread.
  ReaderPool(std::uint32_t threads, std::size_t queue_max);
  ~ReaderPool();  ///< as stop()
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  /// False: the queue is full, or stop() was called; the job has not been taken.
  [[nodiscard]] bool submit(std::function<void()> job);
  /// Drops what is queued and waits for what runs.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::size_t queue_max_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace lotse::http
