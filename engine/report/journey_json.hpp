#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// All journeys in short, newest version each; schemas/openapi.yaml has the shape, docs/api.md explains it.
/// `latest` is the time of the log's latest event, which reports are as of; nothing: there are no events.
[[nodiscard]] std::string journeys_json(std::span<const JourneyVersions> journeys,
                                        std::optional<Instant> latest);

/// One version's definition, whole, with the list of all versions. Durations are as journey files spell them
/// (`3d`), conditions CEL. `latest` as of journeys_json(). Requires `version` to be an index into
/// `versions.versions`.
[[nodiscard]] std::string journey_json(const JourneyVersions& versions, std::size_t version,
                                       const Channels& channels, std::optional<Instant> latest);

}  // namespace lotse
