#pragma once

#include <optional>
#include <vector>

#include "engine/journey/workspace.hpp"
#include "engine/outreach/policy.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// What was handed out to a customer, by time: all that counts for frequency caps, but for the message
/// `but`. Whatever became of it counts: rather one message too few than one too many. `journeys` are those
/// of the state's tracker; the result refers to both.
[[nodiscard]] std::vector<SentMessage> sent_messages(const std::vector<JourneyVersions>& journeys,
                                                     const CustomerState& state,
                                                     std::optional<EffectKey> but = {});

}  // namespace lotse
