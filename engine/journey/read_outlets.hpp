#pragma once

#include <vector>

#include "engine/journey/shape.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// `webhook` and `smtp` of a channel, as far as they are there.
void read_outlets(shape::Section& section, Channel& channel);
/// `teams` of channels.yaml.
[[nodiscard]] std::vector<Team> read_teams(shape::Section& root);
/// `alerts` of channels.yaml, which is one of the channels.
[[nodiscard]] std::optional<std::string> read_alerts(shape::Section& root,
                                                     const std::vector<Channel>& channels);

}  // namespace lotse
