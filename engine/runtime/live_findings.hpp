#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/journey/finding_change.hpp"
#include "engine/runtime/live.hpp"
#include "engine/store/store.hpp"

namespace lotse {

/// The change as it is to be recorded at `now`; nothing is written. Errors: as complete(); conflict where the
/// journey has finding_changes_max of them, or one came with its command; storage.
[[nodiscard]] Result<FindingChange> recordable(Store& store, FindingChange change, Instant now);

/// Puts a change on record, by the engine's clock, and returns it as it was recorded; durable when it
/// returns. Requires a finding of its journey (read_finding_name()). Errors: as recordable(); unavailable
/// where the engine has ended.
[[nodiscard]] Result<FindingChange> change_finding(Live& live, FindingChange change);

/// Those of a journey, in the order in which they were recorded. Errors: storage.
[[nodiscard]] Result<std::vector<FindingChange>> finding_changes(Live& live, std::string_view journey);
/// The one that came with this command; nothing: none did. Errors: storage.
[[nodiscard]] Result<std::optional<FindingChange>> finding_change_by(Live& live, std::string_view command);

}  // namespace lotse
