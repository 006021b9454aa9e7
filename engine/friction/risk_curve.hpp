#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/cluster.hpp"
#include "engine/friction/durations.hpp"
#include "engine/friction/proportion.hpp"

namespace lotse {

/// What a risk curve is made of: integers that add over disjoint sets of customers.
struct RiskCounts {
  DurationCounts durations;  ///< how long stays lasted, and why they ended
  DurationCounts watched;    ///< for how long each could be watched at most (under Cause::open)
  ClusterSums mature_drops;  ///< drop-offs by the horizon, of stays watched for as long, by customer
};

/// The risk of a stay that has lasted for some time.
struct RiskEstimate {
  double risk = 0;
  Share sample;       ///< effective: what those of that age are worth
  Interval interval;  ///< of the share of all such stays, Wilson, 95 %; not of one customer's fate
  Duration by{0};     ///< the age by which: the horizon, or one window from now if that is later
  double mature = 0;  ///< of those still there at that age, about so many were watched up to `by`
};

/// P(dropped by age u | still here at age a) = (F(u) − F(a)) / S(a), with F the Aalen–Johansen incidence of
/// drop-offs and S the share still here: the estimate that Aalen & Johansen give of those at risk at a, with
/// their variance (incidence.hpp). u = max(2 W, a + W): the horizon, and for whom silence has been broken
/// once already, one more window.
class RiskCurve {
 public:
  /// `window`: W, the silence that counts as leaving; above zero.
  RiskCurve(const RiskCounts& counts, const TimeBins& bins, Duration window);

  /// Nothing where nobody was ever seen to be still there at that age.
  [[nodiscard]] std::optional<RiskEstimate> at(Duration age) const;
  /// The ages from which at() gives another risk, ascending from 0; the last is where it begins to give none.
  [[nodiscard]] std::vector<Duration> steps() const;

 private:
  /// Running sums of what the incidence and its variance are made of, before each leaving time.
  struct Before {
    double here = 1;     ///< S
    double dropped = 0;  ///< F
    double at_risk = 0;
    double left = 0;          ///< Σ d/(Y(Y−d))
    double left_dropped = 0;  ///< Σ F·d/(Y(Y−d))
    double left_squared = 0;  ///< Σ F²·d/(Y(Y−d))
    double own = 0;           ///< Σ S²·d_k(Y−d_k)/Y³
    double cross = 0;         ///< Σ S·d_k/Y²
    double cross_dropped = 0;
  };
  /// Watched for at least so long.
  struct Watched {
    std::int64_t at = 0;
    double count = 0;
  };
  [[nodiscard]] const Before& after(std::int64_t age) const;
  [[nodiscard]] double watched(std::int64_t age) const;

  std::int64_t window_;
  double design_effect_;
  std::vector<std::int64_t> times_;
  std::vector<Before> before_;  ///< one more than times
  std::vector<Watched> watched_;
};

}  // namespace lotse
