#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace lotse {

/// The risk of a stay by its age, as a step curve: P(drop by the horizon | still here at that age), to the
/// whole percent, so that a curve is some hundred steps and equal on every machine.
struct RiskSteps {
  /// From this age on, until the next step.
  struct Step {
    Duration from{0};
    std::optional<std::uint8_t> percent{};  ///< 0 to 100; nothing: too few were seen to say
    friend bool operator==(const Step&, const Step&) = default;
  };
  std::uint32_t version = 1;  ///< of the journey
  std::string touchpoint;     ///< id
  std::vector<Step> steps;    ///< ascending; before the first, nothing
  friend bool operator==(const RiskSteps&, const RiskSteps&) = default;
};

/// All curves of a journey, from the moment when they were put in force.
struct RiskRefresh {
  Instant at{};
  std::vector<RiskSteps> curves;  ///< by (version, touchpoint), each once
  friend bool operator==(const RiskRefresh&, const RiskRefresh&) = default;
};

/// Curves of a journey that are not in force.
struct JourneyRisk {
  std::string journey;
  std::vector<RiskSteps> curves;
};

/// What was known of risks in a journey, and when: `risk` in conditions is read from it, so that a decision
/// is a function of the events and of the refreshes that are on record. What it says of an instant no later
/// refresh changes.
class RiskHistory {
 public:
  RiskHistory() = default;
  /// In any order; of several at one instant the last counts.
  explicit RiskHistory(std::vector<RiskRefresh> refreshes);
  /// Requires that it is later than all others.
  void add(RiskRefresh refresh);

  /// The risk, 0 to 1, of a stay of this age at `instant`: by the last refresh at or before then. Nothing
  /// where there is none, or no curve, or where it says nothing.
  [[nodiscard]] std::optional<double> at(std::uint32_t version, std::string_view touchpoint, Duration age,
                                         Instant instant) const;
  /// Ascending in time.
  [[nodiscard]] const std::vector<RiskRefresh>& refreshes() const { return refreshes_; }
  /// Hex; equal for equal refreshes. Empty: there are none.
  [[nodiscard]] const std::string& digest() const { return digest_; }

 private:
  std::vector<RiskRefresh> refreshes_;
  std::string digest_;  ///< SHA-256 of the digest of all but the last, and the last
};

/// The curves as text, a line each: `2 appointment 0:12 86400000:15 1728000000:-`, that is version,
/// touchpoint, and age in milliseconds with percent or `-`. Equal curves give equal text.
[[nodiscard]] std::string risk_text(const std::vector<RiskSteps>& curves);
/// The way back. storage for any text that risk_text() does not write.
[[nodiscard]] Result<std::vector<RiskSteps>> read_risk(std::string_view text);

}  // namespace lotse
