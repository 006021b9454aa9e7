#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/journey/finding_change.hpp"
#include "engine/runtime/live.hpp"
#include "engine/store/store.hpp"

namespace lotse {

/// The change as it is to be recorded at `now`; nothing is written. Errors: as complete(); conflict where one
/// came with its command, where it changes nothing, where the finding has finding_changes_max of them, and
/// where it is the first of its finding, of a part by a segment, and the journey has segment_findings_max of
/// such; storage.
[[nodiscard]] Result<FindingChange> recordable(Store& store, FindingChange change, Instant now);

/// Puts a change on record, by the engine's clock, and returns it as it was recorded; durable when it
/// returns. Requires a finding of its journey (read_finding_name()). Errors: as recordable(); unavailable
/// where the engine has ended.
[[nodiscard]] Result<FindingChange> change_finding(Live& live, FindingChange change);

/// Takes the note out of the change of that number; the rest of it stays. Durable when it returns. Errors:
/// not_found where the finding has no such change; storage; unavailable where the engine has ended.
[[nodiscard]] Result<void> redact_finding(Live& live, std::string_view journey, std::string_view finding,
                                          std::uint64_t number);
/// The same in an open store. Errors: not_found, storage.
[[nodiscard]] Result<void> redact_finding(Store& store, std::string_view journey, std::string_view finding,
                                          std::uint64_t number);

/// Those of a finding, in the order in which they were recorded. Errors: storage.
[[nodiscard]] Result<std::vector<FindingChange>> finding_changes(Live& live, std::string_view journey,
                                                                 std::string_view finding);
/// What stands of each finding of a journey as of then; see Store::standing_findings(). Errors: storage.
[[nodiscard]] Result<std::vector<FindingChange>> standing_findings(Live& live, std::string_view journey,
                                                                   std::optional<Instant> as_of);
/// The one that came with this command; nothing: none did. Errors: storage.
[[nodiscard]] Result<std::optional<FindingChange>> finding_change_by(Live& live, std::string_view command);

}  // namespace lotse
