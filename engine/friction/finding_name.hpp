#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/friction/signal.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// One value of what a report is cut by; two cuts may have values of one text.
struct FindingPart {
  std::string cut;  ///< `channel`, `promise` or a segment's name
  std::string value;
  [[nodiscard]] bool by_segment() const { return cut != "channel" && cut != "promise"; }
  friend bool operator==(const FindingPart&, const FindingPart&) = default;
};

/// What is found where, whatever the version: findings of `order (v1)` and `order (v2)` have one name.
struct FindingName {
  Signal signal = Signal::drop_off;
  std::string touchpoint;  ///< id; empty: all touchpoints together
  std::optional<FindingPart> part{};
  friend bool operator==(const FindingName&, const FindingName&) = default;
};

/// `drop_off:appointment`, `drop_off:appointment:channel=web`, `negative_feedback::channel=web`.
[[nodiscard]] std::string text_of(const FindingName& name);
[[nodiscard]] FindingName name_of(const FrictionReport& report, const Finding& finding);

/// The name in a finding_id() of this journey in a report that is cut by `by`; where `by` is empty, in a
/// text_of(). Errors: bad_input for a text that is none, for a part without a cut, and for a signal that is
/// none, with the nearest one; not_found for a touchpoint, a cut, a channel or a state of promises that no
/// version has, likewise. What a segment's values may be nobody knows: any text of 1 to 200 bytes.
[[nodiscard]] Result<FindingName> read_finding_name(std::string_view id, std::string_view by,
                                                    const JourneyVersions& versions);
/// The name in a text that text_of() has made; nothing for any other.
[[nodiscard]] std::optional<FindingName> parse_finding_name(std::string_view text);

}  // namespace lotse
