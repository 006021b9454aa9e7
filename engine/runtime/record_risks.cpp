#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/journey/risk_history.hpp"
#include "engine/runtime/engine_rep.hpp"

namespace lotse {

Result<std::vector<std::string>> Engine::record_risks(const Workspace& workspace,
                                                      std::span<const JourneyRisk> risks) {
  LOTSE_ASSERT(rep_->options.access == Access::write);
  return rep_->record_risks(workspace, risks, Instant::min());
}

Result<std::vector<std::string>> Engine::Rep::record_risks(const Workspace& workspace,
                                                           std::span<const JourneyRisk> risks,
                                                           Instant decided) {
  if (broken) return tl::unexpected(*broken);
  std::vector<JourneyVersions> journeys = tracker->journeys();
  Instant last = std::max(decided, projection.last_event_time().value_or(Instant::min()));
  for (const JourneyVersions& journey : journeys) {  // the clock may have been set back
    if (journey.risk) last = std::max(last, journey.risk->refreshes().back().at);
  }
  const Instant from = std::max(options.clock(), last + std::chrono::milliseconds(1));
  std::vector<RecordedRisk> recorded;
  std::vector<std::string> names;
  for (const JourneyRisk& risk : risks) {
    const auto journey = std::ranges::find_if(journeys, [&](const JourneyVersions& versions) {
      return versions.versions.front()->id == risk.journey;
    });
    if (journey == journeys.end()) continue;
    const std::string before =
        journey->risk ? risk_text(journey->risk->refreshes().back().curves) : std::string();
    if (risk_text(risk.curves) == before) continue;
    recorded.push_back({.journey = risk.journey, .refresh = {.at = from, .curves = risk.curves}});
    RiskHistory history = journey->risk ? *journey->risk : RiskHistory();
    history.add(recorded.back().refresh);
    journey->risk = std::make_shared<const RiskHistory>(std::move(history));
    names.push_back(risk.journey);
  }
  if (recorded.empty()) return names;
  std::string next_meaning = meaning_of(journeys, workspace);
  auto next = std::make_shared<const Tracker>(std::move(journeys), settings);
  const auto write = [&]() -> Result<void> {
    LOTSE_CHECK(store->begin());
    for (const RecordedRisk& risk : recorded) LOTSE_CHECK(store->record_risk(risk));
    LOTSE_CHECK(keep_check_point_under(next_meaning));
    return commit();
  };
  if (auto written = write(); !written) {
    broken = written.error();
    return tl::unexpected(*broken);
  }
  const Gate::Stay stay(gate);
  meaning = std::move(next_meaning);
  projection.use(*next);
  tracker = std::move(next);
  return names;
}

}  // namespace lotse
