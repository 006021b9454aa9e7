#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/friction/signal.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// What is found where, whatever the version: findings of `order (v1)` and `order (v2)` have one name.
struct FindingName {
  Signal signal = Signal::drop_off;
  std::string touchpoint;             ///< id; empty: all touchpoints together
  std::optional<std::string> part{};  ///< a value of the report's cut
  friend bool operator==(const FindingName&, const FindingName&) = default;
};

/// `drop_off:appointment`, `drop_off:appointment:web`, `negative_feedback::web`.
[[nodiscard]] std::string text_of(const FindingName& name);
[[nodiscard]] FindingName name_of(const FrictionReport& report, const Finding& finding);

/// The name in a finding_id(), of this journey. Errors: bad_input for a text that is none and for a signal
/// that is none, with the nearest one; not_found for a touchpoint that no version has, likewise.
[[nodiscard]] Result<FindingName> read_finding_name(std::string_view id, const JourneyVersions& versions);
/// The name in a text that text_of() has made; nothing for any other.
[[nodiscard]] std::optional<FindingName> parse_finding_name(std::string_view text);

}  // namespace lotse
