#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/runtime/live.hpp"
#include "tests/runtime/shop.hpp"

namespace lotse::test {

/// A wall clock that a test sets.
class TestClock {
 public:
  explicit TestClock(Instant at) : now_(at) {}
  void set(Instant at) { now_ = at; }
  [[nodiscard]] Instant now() const { return now_; }

 private:
  std::atomic<Instant> now_;
};

inline std::unique_ptr<Live> start(const std::filesystem::path& file, TestClock& clock,
                                   LiveOptions options = {}, const Workspace& workspace = shop()) {
  options.engine.clock = [&clock] { return clock.now(); };
  return Live::start(workspace, file, std::move(options)).value();
}

inline Result<IngestOutcome> send(Live& live, std::vector<Event> events) {
  std::promise<Result<IngestOutcome>> answer;
  const auto submitted = live.submit(live.prepare(std::move(events)), {}, [&](Result<IngestOutcome> outcome) {
    answer.set_value(std::move(outcome));
  });
  if (submitted != Live::Submitted::queued) return fail(ErrorCode::unavailable, "not queued");
  return answer.get_future().get();
}

inline Event order(std::int64_t at, const std::string& id, const std::string& user,
                   const std::string& order) {
  Event one = event(at, id, "ordered", user);
  one.properties = Value(Map{{Value("order"), Value(order)}, {Value("amount"), Value(5.0)}});
  return one;
}

inline std::vector<CustomerState> states(const Snapshot& snapshot, const Moment& moment = {}) {
  std::mutex mutex;
  std::vector<CustomerState> states;
  REQUIRE(snapshot.for_each_state(moment, 3, [&](std::uint32_t, const CustomerState& state) {
    const std::lock_guard lock(mutex);
    states.push_back(state);
  }));
  std::ranges::sort(states, {}, &CustomerState::customer);
  return states;
}

/// Until the writer has come to it; fails where it never does.
template <class Condition>
bool eventually(const Condition& condition) {
  for (int turn = 0; turn < 500; ++turn) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

/// Sends an event of its own again and again, as long as it lives.
class Sender {
 public:
  explicit Sender(Live& live, std::int64_t at) {
    thread_ = std::jthread([this, &live, at](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const std::string id = fmt::format("beside-{}", sent_.size());
        sent_.push_back(order(at, id, fmt::format("guest-{}", sent_.size() % 7), id));
        if (const auto outcome = send(live, {sent_.back()}); !outcome || outcome->accepted != 1) ++refused_;
      }
    });
  }
  /// What was acknowledged.
  std::vector<Event> end() {
    thread_.request_stop();
    thread_.join();
    CHECK(refused_ == 0);
    return sent_;
  }

 private:
  std::vector<Event> sent_;
  int refused_ = 0;
  std::jthread thread_;
};

}  // namespace lotse::test
