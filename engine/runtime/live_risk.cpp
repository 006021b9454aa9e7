#include "engine/runtime/live_risk.hpp"

#include "engine/runtime/live_engine.hpp"

namespace lotse {
namespace {

/// There is one kind of Live.
LiveEngine& engine_of(Live& live) { return static_cast<LiveEngine&>(live); }

}  // namespace

Result<std::vector<std::string>> record_risks(Live& live, std::span<const JourneyRisk> risks) {
  return engine_of(live).record_risks(risks);
}

std::shared_ptr<const Tracker> tracker_of(Live& live) { return engine_of(live).tracker(); }

std::shared_ptr<const Tracker> LiveEngine::tracker() {
  const Gate::Look look(rep_.gate);
  return rep_.tracker;
}

Result<std::vector<std::string>> LiveEngine::record_risks(std::span<const JourneyRisk> risks) {
  const std::lock_guard once(reload_once_);  // it would go on with the risks that it has read
  Result<std::vector<std::string>> recorded;
  LOTSE_CHECK(on_writer([&] {
    recorded = rep_.record_risks(*workspace_, risks, last_fired_);
    ++turn_;
    if (rep_.broken) break_with(*rep_.broken);
  }));
  return recorded;
}

}  // namespace lotse
