#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "channels/transfer/environment.hpp"
#include "engine/runtime/channel_adapter.hpp"

namespace lotse::test {

/// How attempts ended, in the order in which they did. Must outlive the adapters that tell it.
class Deliveries {
 public:
  [[nodiscard]] ChannelAdapter::Done taker() {
    return [this](Delivery delivery) {
      const std::lock_guard lock(mutex_);
      all_.push_back(std::move(delivery));
      came_.notify_all();
    };
  }
  /// All so far, once there are `count`; fewer where they do not come in half a minute.
  [[nodiscard]] std::vector<Delivery> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, std::chrono::seconds(30), [&] { return all_.size() >= count; });
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Delivery> all_;
};

/// One attempt; `failed` with no detail where it does not end.
inline Delivery deliver(ChannelAdapter& adapter, ChannelAdapter::Attempt attempt) {
  Deliveries deliveries;
  adapter.deliver(std::move(attempt), deliveries.taker());
  const auto all = deliveries.wait(1);
  return all.empty() ? Delivery{} : all.front();
}

inline Instant now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// An environment of these variables.
inline transfer::Environment environment_of(std::vector<std::pair<std::string, std::string>> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    for (const auto& [key, value] : variables) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
}

}  // namespace lotse::test
