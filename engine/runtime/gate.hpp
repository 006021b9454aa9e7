#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace lotse {

/// Lets many threads look at what one thread changes all the time. The writer passes often, and whoever has
/// come meanwhile goes first: a plain mutex is usually won again by the thread that has just given it up.
class Gate {
 public:
  /// For a short look; the writer waits.
  class Look {
   public:
    explicit Look(Gate& gate) : gate_(gate) {
      gate.waiting_.fetch_add(1, std::memory_order_relaxed);
      {
        const std::lock_guard turn(gate.turn_);
        gate.inside_.lock();
      }
      gate.waiting_.fetch_sub(1, std::memory_order_relaxed);
    }
    ~Look() { gate_.inside_.unlock(); }
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

   private:
    Gate& gate_;
  };

  /// The writer's stay inside.
  class Stay {
   public:
    explicit Stay(Gate& gate) : gate_(gate) { enter(); }
    ~Stay() { gate_.inside_.unlock(); }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    /// Between two changes: lets those in who wait.
    void pass() {
      if (gate_.waiting_.load(std::memory_order_relaxed) == 0) return;
      gate_.inside_.unlock();
      enter();
    }

   private:
    void enter() {
      const std::lock_guard turn(gate_.turn_);
      gate_.inside_.lock();
    }
    Gate& gate_;
  };

 private:
  std::mutex turn_;  ///< held while waiting for the other, so that nobody overtakes
  std::mutex inside_;
  std::atomic<std::uint32_t> waiting_ = 0;
};

}  // namespace lotse
