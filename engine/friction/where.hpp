#pragma once

#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/expression/expression.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

/// The variables of `--where`, of one stay: touchpoint, stage, channel, version, entered, left (absent while
/// open), cause, entry, dwell (so far), escalated, promise (its own: "kept", "broken", "not due", "none"),
/// repeats, value, and segments.<name>. docs/reports.md explains each.
[[nodiscard]] Environment stay_environment(const StayTable& table);

/// For each stay, whether the CEL condition holds; where it cannot be evaluated it does not. bad_input with a
/// caret for one that does not compile. The same whatever the number of `threads`.
[[nodiscard]] Result<std::vector<bool>> stays_where(const StayTable& table, std::string_view condition,
                                                    unsigned threads = 1);

}  // namespace lotse
