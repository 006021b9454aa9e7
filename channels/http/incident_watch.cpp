#include "channels/http/incident_watch.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "engine/friction/collect_incidents.hpp"
#include "engine/report/sensitive.hpp"

namespace lotse::http {
namespace {

using Clock = std::chrono::steady_clock;

/// Of the time that rounds may take.
constexpr int share = 20;

}  // namespace

IncidentWatch::IncidentWatch(Live& live, const IncidentWatchSettings& settings, Told told, Failed failed)
    : live_(live), settings_(settings), told_(std::move(told)), failed_(std::move(failed)) {
  if (settings_.every > Duration::zero()) thread_ = std::thread([this] { run(); });
}

void IncidentWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void IncidentWatch::run() {
  Clock::duration pause = settings_.every;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, pause, [this] { return stopping_; })) {
    lock.unlock();
    const Clock::time_point begun = Clock::now();
    try {
      static_cast<void>(round());  // what fails is the store's or the engine's end, which tell of themselves
    } catch (const std::exception& error) {
      failed_(error.what());
    }
    pause = std::max<Clock::duration>(settings_.every, share * (Clock::now() - begun));
    lock.lock();
  }
}

Result<void> IncidentWatch::round() {
  const Clock::time_point begun = Clock::now();
  LOTSE_TRY(const std::shared_ptr<const Snapshot> snapshot, live_.snapshot());
  // Owners may not be among those who may see what is sensitive. States that only timers have taken further
  // are good enough: the table leaves out what came after as_of.
  LOTSE_TRY(
      const std::vector<Incidents> reports,
      collect_incidents(
          snapshot->tracker().journeys(), snapshot->workspace().channels, live_.now() - settings_.late, 1,
          [&snapshot](const auto& take) { return snapshot->for_each_state({}, 1, take); }, mask_sensitive));
  std::vector<Incident> derived;
  for (const Incidents& report : reports) std::ranges::copy(report.incidents, std::back_inserter(derived));
  LOTSE_TRY(const std::vector<IncidentNews> news, record_incidents(live_, derived));
  open_ = static_cast<std::uint64_t>(
      std::ranges::count_if(derived, [](const Incident& one) { return !one.closed; }));
  ++rounds_;
  seconds_ = std::chrono::duration<double>(Clock::now() - begun).count();
  if (!news.empty()) told_(news);
  return {};
}

}  // namespace lotse::http
