#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/forecast_quality.hpp"
#include "engine/friction/in_flight.hpp"
#include "engine/friction/risk_curve.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/journey/risk_history.hpp"

namespace lotse {

/// Which stays a risk was estimated from: those of the touchpoint, cut by what is not empty.
struct RiskCell {
  bool by_channel = false;
  std::string channel;  ///< by which the touchpoint was entered; `(none)`
  std::string segment;  ///< its name; empty: not cut by one
  std::string value;
  friend bool operator==(const RiskCell&, const RiskCell&) = default;
};

/// Curves of each touchpoint where silence counts as leaving, by channel and one segment as far as that
/// tells and enough were seen. docs/methods/risk.md.
class RiskModel {
 public:
  static constexpr double finer_sample = 100;  ///< effective, of a cell that is finer than its touchpoint
  static constexpr double least_mature = 20;   ///< watched long enough, of any cell

  /// By what had happened at `cuts`, an instant for each of the table's places, none later than as_of. The
  /// table must outlive it.
  RiskModel(const StayTable& table, const std::vector<Instant>& cuts);
  ~RiskModel();
  RiskModel(RiskModel&&) noexcept;
  RiskModel& operator=(RiskModel&&) noexcept;

  /// Of the finest cell that tells; nothing where none does. `channel` and `set` at entry.
  struct Answer {
    RiskEstimate estimate;
    RiskCell cell;
    std::uint32_t number = 0;  ///< of the cell among the touchpoint's
  };
  [[nodiscard]] std::optional<Answer> at(std::uint16_t place, std::uint16_t channel, std::uint32_t set,
                                         Duration age) const;
  /// The segment that the place is cut by; empty: none tells enough.
  [[nodiscard]] const std::string& segment(std::uint16_t place) const;
  /// The place's curve over all channels and segments; null where nobody came or silence never counts.
  [[nodiscard]] const RiskCurve* whole(std::uint16_t place) const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

/// Whether silence of a customer ever counts as leaving there.
[[nodiscard]] bool can_drop(const Place& place);

/// What a risk report is asked for.
struct RiskQuery {
  std::string touchpoint{};  ///< id: lists only customers there; empty: all
  std::size_t limit = 50;    ///< customers listed at most
  double least_risk = 0;     ///< lists only customers with this risk and more
};

/// One instance in flight.
struct RiskRow {
  std::string customer;     ///< `namespace:value`
  std::uint32_t place = 0;  ///< into RiskReport::places
  std::string channel;      ///< by which it is there now; empty: none
  Instant entered{};
  Duration age{0};
  bool repeated = false;  ///< there was a repeat since it was entered
  RiskEstimate estimate;
  RiskCell cell;
  Instant by{};                        ///< entered + estimate.by
  std::optional<Instant> silent_at{};  ///< when the drop-off is dated if nothing comes; nothing: our turn
  std::optional<double> value{};       ///< the instance's
  std::optional<double> at_stake{};    ///< risk × value × R
};

/// A touchpoint where silence counts as leaving.
struct RiskPlace {
  std::string touchpoint;
  std::string label;
  std::string title;
  std::string owner;
  Duration window{0};   ///< W
  std::string segment;  ///< that its curves are cut by; empty: none
  double reach = 1;     ///< R: P(achieve | go on from here)
  std::uint64_t in_flight = 0;
  std::uint64_t untold = 0;          ///< of those: too few were seen to say anything
  double expected = 0;               ///< drop-offs: Σ risk
  std::optional<double> at_stake{};  ///< Σ; nothing where no instance has a value
};

struct RiskReport {
  std::string journey;
  std::string title;
  Instant as_of{};
  std::string touchpoint;  ///< of the list; empty: all
  std::size_t limit = 0;
  double least_risk = 0;
  std::uint64_t matching = 0;       ///< customers' instances that the list is taken from
  bool customers_hidden = false;    ///< the list is left out: it was asked for by who may not read customers
  std::vector<RiskPlace> places;    ///< in the order of the table's
  std::vector<RiskRow> rows;        ///< worst first: risk, at stake, silent_at, customer, entered
  Instant judged_from{};            ///< the earliest split of a touchpoint that had anyone in flight
  Instant judged_to{};              ///< the latest
  std::uint64_t judged_untold = 0;  ///< in flight at the split without a forecast
  ForecastQuality quality;
};

/// bad_input for a touchpoint where nobody can drop off, not_found for one that is none.
[[nodiscard]] Result<RiskReport> risk_report(const StaysInFlight& stays, const RiskQuery& query,
                                             unsigned threads = 1);

/// The curve of each touchpoint where silence counts as leaving, all channels and segments together, as
/// conditions read it: to the whole percent, and nothing where fewer than RiskModel::least_mature were
/// watched long enough. One for each version that the touchpoint is counted in.
[[nodiscard]] std::vector<RiskSteps> risk_steps(const StayTable& table);

/// Whether a version that is not stopped for good has a condition on `risk`.
[[nodiscard]] bool reads_risk(const JourneyVersions& versions);

/// Leaves out the list.
void hide_customers(RiskReport& report);

}  // namespace lotse
