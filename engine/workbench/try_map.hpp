#pragma once

#include <string>

#include "engine/base/time.hpp"
#include "engine/journey/journey.hpp"
#include "engine/report/text.hpp"
#include "engine/tracking/state.hpp"

namespace lotse::trial {

/// The journey as text for a terminal: a column a stage, touchpoints beneath with what they send, where the
/// instance stands (`▶`), was (`✓`) and may go next (`→`), what was sent and what is due. Columns that find
/// no room side by side stand below each other. `instance` may be null: nobody is on it yet.
[[nodiscard]] std::string map_text(const Journey& journey, const JourneyState& state,
                                   const Instance* instance, const Zone& zone, const TextStyle& style);

}  // namespace lotse::trial
