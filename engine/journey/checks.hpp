#pragma once

#include "engine/journey/draft.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/workspace.hpp"

/// What a journey means, beyond its shape and names: findings J040 and up. Each requires a draft whose shapes
/// and touchpoint names are right.
namespace lotse {

/// Starts, reachability, dead ends, cycles, transitions that others shadow.
void check_graph(Findings& findings, const Draft& draft);
/// Shares of splits, delays and conditions that never come true.
void check_transitions(Findings& findings, const Draft& draft);
/// Consent purposes, quiet hours, messages at once after messages, sensitive fields.
void check_messages(Findings& findings, const Draft& draft, const Channels& channels,
                    const WorkspaceSettings& settings);
/// Context that is read before any path writes it, events where none may be.
void check_data(Findings& findings, const Draft& draft);

}  // namespace lotse
