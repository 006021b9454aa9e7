#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

/// One of the cells that a baseline was made of.
struct PeerCell {
  std::string label;
  Share sample;
  friend bool operator==(const PeerCell&, const PeerCell&) = default;
};

/// The estimate of a share on its way to the horizon.
struct IncidencePoint {
  Duration at{0};             ///< since entry
  std::uint64_t at_risk = 0;  ///< not yet left, and not yet too young to tell, when this stretch began
  std::uint64_t left = 0;     ///< within the stretch from the point before to this one, by any cause
  std::uint64_t cases = 0;    ///< … by the cause in question
  std::uint64_t open = 0;     ///< … last seen open
  double share = 0;           ///< F at `at`
  Interval interval;          ///< of `share`, 95 %, as that of the row's split at the horizon
  double remaining = 0;       ///< S at `at`
  friend bool operator==(const IncidencePoint&, const IncidencePoint&) = default;
};

/// All that a finding rests on, so that it can be worked out again by hand.
struct Explanation {
  FrictionReport report;
  Finding finding;  ///< of `report`; of a cell that is fine or not judged only scope, row and signal
  std::vector<IncidencePoint> curve;  ///< of drop-offs; at most 24 points, the last one the horizon
  std::vector<PeerCell> peers;  ///< whose mean the baseline is; of the part's touchpoint, or of the kind
  std::vector<Case> cases;      ///< in the order of the table
  std::uint64_t matching = 0;   ///< cases there are: who shows it may take the last ones off
};

/// The explanation of a finding by its finding_id(), or of any other cell that was judged (`fine` and `none`
/// too). not_found for an id that the report does not have, with the nearest one; bad_input as
/// friction_report(), and for the part `(other)`, which is many.
[[nodiscard]] Result<Explanation> explain(const StayTable& table, const FrictionQuery& query,
                                          std::string_view id, unsigned threads = 1);

}  // namespace lotse
