#pragma once

#include <string>
#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/report/json.hpp"

namespace lotse {

/// `2.1 times the odds [1.4, 3.2]`.
[[nodiscard]] std::string odds_words(const OddsRatio& odds);

/// What was found about a finding by looking closer, a sentence each: where it concentrates, what goes
/// together with it, the words of the unhappy and what they say.
[[nodiscard]] std::vector<std::string> detail_sentences(const Finding& finding);
/// The timers that show in how long stays lasted, a sentence each, by touchpoint.
[[nodiscard]] std::vector<std::string> timer_sentences(const FrictionReport& report);

/// The same as members of an open JSON object: `concentrates`, `drivers`, `words`; null where not looked at.
void write_details(JsonWriter& json, const FindingDetails& details);
/// The array `timers` of a row.
void write_timers(JsonWriter& json, const std::vector<NamedTimer>& timers);

}  // namespace lotse
