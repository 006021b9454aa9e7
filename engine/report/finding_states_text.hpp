#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/report/json.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// `in progress`; of a mended one what became of it too: `claimed mended, not better`.
[[nodiscard]] std::string state_words(const StandingState& standing);
/// `State: in progress (ada, 2024-05-02T09:00:00Z): the slots are being widened.`
[[nodiscard]] std::string state_sentence(const StandingState& standing);
/// Both rates, their difference and what follows, of one that is claimed mended; why there are none.
[[nodiscard]] std::string mended_sentence(const StandingState& standing);
/// What a report says of a finding's state, a sentence each; none of an open one.
[[nodiscard]] std::vector<std::string> state_sentences(const FrictionReport& report, const Finding& finding);
/// All that is claimed mended, `drop_off:appointment: ` and mended_sentence() each: what worked is no finding
/// any more, and is seen here alone.
[[nodiscard]] std::vector<std::string> mended_sentences(const FrictionReport& report);

/// The members `state`, `since_mended` and `not_judged` of a finding's open JSON object.
void write_state(JsonWriter& json, const StandingState* standing);
/// The same of all that stands, with `finding`, as an array's elements.
void write_states(JsonWriter& json, const FrictionReport& report);

/// One change as a JSON object.
void write_change(JsonWriter& json, const FindingChange& change);
/// A finding's history, in the order of recording.
[[nodiscard]] std::string finding_history_table(std::string_view finding,
                                                std::span<const FindingChange> changes,
                                                const TextStyle& style = {});
[[nodiscard]] std::string finding_history_json(std::string_view journey, std::string_view finding,
                                               std::span<const FindingChange> changes);

}  // namespace lotse
