#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/store/store.hpp"

namespace lotse {

/// The journeys to track: those of the workspace, each with what the store knows of them beside: their other
/// versions, and the risks that their conditions read.
struct Publication {
  struct New {
    std::shared_ptr<const Journey> journey;
    Instant in_force;
  };
  std::vector<JourneyVersions> journeys;  ///< by id; versions ascending
  std::vector<New> unpublished;           ///< what the store does not know yet
};

/// A new version is in force from `now`, or from its file's `in_force_from`; a journey's first version for
/// ever. Errors: `conflict` where a (journey, version) was published with other content; `bad_input` where a
/// version that only the store has cannot be loaded any more (its channels are gone).
[[nodiscard]] Result<Publication> publication_of(const Workspace& workspace,
                                                 std::span<const PublishedJourney> published,
                                                 std::span<const RecordedRisk> risks, Instant now);

/// The change of a version that may be made now: `version` left out is the newest. Errors: `not_found` where
/// the store has no such version; `conflict` where it is drained, or stopped, already, or is to be resumed
/// and is not drained.
[[nodiscard]] Result<VersionChange> version_change(std::span<const PublishedJourney> published,
                                                   std::string_view journey,
                                                   std::optional<std::uint32_t> version,
                                                   VersionChange::What what, Instant now);

/// All that derived state depends on beside the events, one line a thing: `journey onboarding 3 …`. Two
/// states with equal meaning and equal events are equal.
[[nodiscard]] std::string meaning_of(const std::vector<JourneyVersions>& journeys,
                                     const Workspace& workspace);

/// True if states that were derived under `before` are right under `after` as they are, but for their
/// tracker: the meanings differ in versions alone that are newer than all others of their journey, take
/// nobody over and come into force after `last_event`, and in what opens instances after it. Both have the
/// risks that are on record.
[[nodiscard]] bool only_newer_versions(const std::vector<JourneyVersions>& before,
                                       std::string_view meaning_before,
                                       const std::vector<JourneyVersions>& after,
                                       std::string_view meaning_after, std::optional<Instant> last_event);

/// What changed between two meanings, for people: `journey onboarding 3`, `settings`.
[[nodiscard]] std::string describe_change(std::string_view before, std::string_view after);

}  // namespace lotse
