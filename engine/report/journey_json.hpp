#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/journey/workspace.hpp"

namespace lotse {

/// All journeys in short, newest version each; schemas/openapi.yaml has the shape, docs/api.md explains it.
[[nodiscard]] std::string journeys_json(std::span<const JourneyVersions> journeys);

/// One version's definition, whole, with the list of all versions. Durations are as journey files spell them
/// (`3d`), conditions CEL. Requires `version` to be an index into `versions.versions`.
[[nodiscard]] std::string journey_json(const JourneyVersions& versions, std::size_t version,
                                       const Channels& channels);

}  // namespace lotse
