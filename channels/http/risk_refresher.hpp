#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/live_risk.hpp"

namespace lotse::http {

struct RiskRefreshSettings {
  LocalTime at{.minutes = 3 * 60};  ///< of each night, in the workspace's zone
};

/// Has `risk` in conditions read curves that are of last night: computes those of every journey that reads
/// any on a thread of its own, and puts them on record. At once where a journey's turn was missed, or another
/// version has come into force.
/// docs/methods/risk.md.
class RiskRefresher {
 public:
  /// Hears which journeys have new curves; called on the refresher's thread.
  using Told = std::function<void(const std::vector<std::string>& journeys)>;
  /// Hears of a round that ended by our own mistake, or for want of memory; likewise. The next one follows.
  using Failed = std::function<void(const std::string& reason)>;
  RiskRefresher(Live& live, const RiskRefreshSettings& settings, Told told, Failed failed);
  ~RiskRefresher() { stop(); }
  RiskRefresher(const RiskRefresher&) = delete;
  RiskRefresher& operator=(const RiskRefresher&) = delete;

  /// Refreshes the journeys whose turn it is by the engine's clock, if any. Errors: those of the snapshot and
  /// of record_risks().
  [[nodiscard]] Result<void> round();
  /// Lets a round that has begun finish. Idempotent.
  void stop();

  [[nodiscard]] std::uint64_t refreshes() const { return refreshes_; }  ///< rounds that computed any
  [[nodiscard]] double seconds() const { return seconds_; }             ///< that the last one took

 private:
  void run();
  [[nodiscard]] bool is_due(const JourneyVersions& journey, Instant turn, Instant now) const;

  Live& live_;
  RiskRefreshSettings settings_;
  Told told_;
  Failed failed_;
  std::mutex round_once_;
  std::map<std::string, Instant, std::less<>> computed_;  ///< by journey: as of when its curves were last
  std::atomic<std::uint64_t> refreshes_ = 0;
  std::atomic<double> seconds_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lotse::http
