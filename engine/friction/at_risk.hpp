#pragma once

#include <algorithm>

#include "engine/friction/incidence.hpp"

namespace lotse {

/// How many of `at_risk` count as at risk when those of `time` leave: within a bin half of the censored count
/// (actuarial).
[[nodiscard]] inline double at_risk_within(const LeavingTime& time, double at_risk) {
  const bool spread = time.from < time.at;
  return spread
             ? std::max(at_risk - static_cast<double>(time.censored()) / 2, static_cast<double>(time.left()))
             : at_risk;
}

}  // namespace lotse
