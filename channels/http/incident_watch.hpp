#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/runtime/live_incidents.hpp"

namespace lotse::http {

struct IncidentWatchSettings {
  Duration every = std::chrono::minutes(5);  ///< from one round to the next; none: never
  Duration late{0};  ///< what happened so lately is left for later rounds: some sources deliver in batches
};

/// Looks for incidents again and again, beside all that the service does, puts them on record and has their
/// owners told. docs/methods/alerts.md.
///
/// A round reads a snapshot on a thread of its own, one customer after the other, so that intake waits for
/// nothing but the snapshot and the one commit of what is new. It takes no more than a twentieth of the time:
/// the next one begins after `every`, or twenty times what the last one took.
class IncidentWatch {
 public:
  /// Hears of each round's news; called on the watch's thread.
  using Told = std::function<void(const std::vector<IncidentNews>&)>;
  /// Hears of a round that ended by our own mistake, or for want of memory; likewise. The next one follows.
  using Failed = std::function<void(const std::string& reason)>;
  IncidentWatch(Live& live, const IncidentWatchSettings& settings, Told told, Failed failed);
  ~IncidentWatch() { stop(); }
  IncidentWatch(const IncidentWatch&) = delete;
  IncidentWatch& operator=(const IncidentWatch&) = delete;

  /// One round, now. Errors: those of the snapshot and of record_incidents().
  [[nodiscard]] Result<void> round();
  /// Lets a round that has begun finish. Idempotent.
  void stop();

  [[nodiscard]] std::uint64_t open() const { return open_; }      ///< as of the last round
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }  ///< without an error, since the start
  [[nodiscard]] double seconds() const { return seconds_; }       ///< that the last one took

 private:
  void run();

  Live& live_;
  IncidentWatchSettings settings_;
  Told told_;
  Failed failed_;
  std::atomic<std::uint64_t> open_ = 0;
  std::atomic<std::uint64_t> rounds_ = 0;
  std::atomic<double> seconds_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lotse::http
