#pragma once

#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <vector>

#include "engine/friction/incidents.hpp"
#include "tests/friction/hand_made.hpp"

namespace lotse::test {

/// Uniform in [0, 1) from raw draws: the std distributions differ between libraries.
inline double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

/// W of the hand-made journey.
inline constexpr Duration window{10 * 24h};

/// A table of single stays, as few columns as alerts read. Segments: plan, `fibre` or `mobile`.
class WatchedStays {
 public:
  explicit WatchedStays(const JourneyVersions& versions = versions_of({hand_made_journey()}))
      : table_(table_of({}, day(0), versions)) {
    table_.segments = {"plan"};
    table_.segment_values = {{"fibre", "mobile"}};
    table_.segment_sets = {0, 1};
  }

  /// A stay that drops off after W, or else is left `after` its entry.
  void add(At place, Instant entered, bool dropped, By channel = web, std::uint32_t plan = 0,
           Duration after = Duration{24h}) {
    table_.entered.push_back(entered);
    table_.left.push_back(entered + (dropped ? window : after));
    table_.cause.push_back(dropped ? Cause::dropped : Cause::advanced);
    table_.place.push_back(static_cast<std::uint16_t>(place));
    table_.channel.push_back(static_cast<std::uint16_t>(channel));
    table_.segment_set.push_back(plan);
  }

  /// As of then: later entries are out, and what is left later is open.
  [[nodiscard]] StayTable as_of(Instant then) const {
    StayTable table = table_;
    table.as_of = then;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < table_.size(); ++i) {
      if (table_.entered[i] > then) continue;
      table.entered[kept] = table_.entered[i];
      table.left[kept] = table_.left[i] <= then ? table_.left[i] : never;
      table.cause[kept] = table_.left[i] <= then ? table_.cause[i] : Cause::open;
      table.place[kept] = table_.place[i];
      table.channel[kept] = table_.channel[i];
      table.segment_set[kept] = table_.segment_set[i];
      ++kept;
    }
    for (auto* column : {&table.entered, &table.left}) column->resize(kept);
    for (auto* column : {&table.place, &table.channel}) column->resize(kept);
    table.cause.resize(kept);
    table.segment_set.resize(kept);
    return table;
  }

  [[nodiscard]] StayTable& table() { return table_; }

 private:
  StayTable table_;
};

/// `daily` stays at `order` on each day from `from` to before `to`, evenly, of which a share `rate` drops.
inline void crowd_of(WatchedStays& stays, std::mt19937_64& dice, int from, int to, int daily, double rate) {
  for (int d = from; d < to; ++d) {
    for (int i = 0; i < daily; ++i) {
      const By channel = dice() % 2 == 0 ? web : app;
      const auto plan = static_cast<std::uint32_t>(dice() % 2);
      stays.add(order, day(d + (i + uniform(dice)) / daily), uniform(dice) < rate, channel, plan);
    }
  }
}

inline std::vector<Incident> of_kind(const Incidents& all, IncidentKind kind) {
  std::vector<Incident> own;
  for (const Incident& incident : all.incidents) {
    if (incident.kind == kind) own.push_back(incident);
  }
  return own;
}

}  // namespace lotse::test
