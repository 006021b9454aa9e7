#include "channels/http/risk_refresher.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "engine/friction/collect_stays.hpp"
#include "engine/friction/risk.hpp"
#include "engine/journey/risk_history.hpp"

namespace lotse::http {
namespace {

using Clock = std::chrono::steady_clock;

/// From one look at the clock to the next: the wall clock may be set, and a journey may be published.
constexpr std::chrono::seconds look_every(10);

/// When the last turn was.
Instant last_turn(const Workspace& workspace, LocalTime at, Instant now) {
  const Zone zone = Zone::find(workspace.settings.zone).value_or(Zone::utc());
  const Instant today = zone.at(now, 0, at);
  return today <= now ? today : zone.at(now, -1, at);
}

}  // namespace

RiskRefresher::RiskRefresher(Live& live, const RiskRefreshSettings& settings, Told told, Failed failed)
    : live_(live), settings_(settings), told_(std::move(told)), failed_(std::move(failed)), thread_([this] {
        run();
      }) {}

void RiskRefresher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RiskRefresher::run() {
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    try {
      static_cast<void>(round());  // what fails is the store's or the engine's end, which tell of themselves
    } catch (const std::exception& error) {
      failed_(error.what());
    }
    lock.lock();
  } while (!wake_.wait_for(lock, look_every, [this] { return stopping_; }));
}

Result<void> RiskRefresher::round() {
  const std::lock_guard once(round_once_);
  const Clock::time_point begun = Clock::now();
  const Instant now = live_.now();
  const Instant turn = last_turn(*live_.workspace(), settings_.at, now);
  const std::shared_ptr<const Tracker> tracker = tracker_of(live_);
  if (std::ranges::none_of(tracker->journeys(),
                           [&](const JourneyVersions& journey) { return is_due(journey, turn, now); }))
    return {};
  LOTSE_TRY(const std::shared_ptr<const Snapshot> snapshot, live_.snapshot());
  const std::vector<JourneyVersions>& journeys = snapshot->tracker().journeys();
  std::vector<JourneyRisk> risks;
  for (std::size_t which = 0; which < journeys.size(); ++which) {
    if (!is_due(journeys[which], turn, now)) continue;
    LOTSE_TRY(const StayTable table,
              collect_stays(journeys, which, snapshot->workspace().channels, now, 1,
                            [&](const auto& take) { return snapshot->for_each_state({}, 1, take); }));
    risks.push_back({.journey = journeys[which].versions.front()->id, .curves = risk_steps(table)});
  }
  LOTSE_TRY(const std::vector<std::string> recorded, record_risks(live_, risks));
  for (const JourneyRisk& risk : risks) computed_[risk.journey] = now;
  if (!recorded.empty()) told_(recorded);
  seconds_ = std::chrono::duration<double>(Clock::now() - begun).count();
  ++refreshes_;
  return {};
}

/// At its turn, and where a version has come into force since: curves are by version. Nothing on record
/// counts for long ago; what is, for the time from which it is in force.
bool RiskRefresher::is_due(const JourneyVersions& journey, Instant turn, Instant now) const {
  if (!reads_risk(journey)) return false;
  const auto computed = computed_.find(journey.versions.front()->id);
  const Instant last = computed != computed_.end() ? computed->second
                       : journey.risk              ? journey.risk->refreshes().back().at
                                                   : Instant::min();
  return last < turn ||
         std::ranges::any_of(
             journey.in_force, [&](Instant in_force) { return in_force > last && in_force <= now; });
}

}  // namespace lotse::http
