#pragma once

#include "engine/journey/draft.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/workspace.hpp"

/// What a journey means, beyond its shape and names: findings J040 and up. Each requires a draft whose shapes
/// and touchpoint names are right, and whose journey has its GraphFacts.
namespace lotse {

/// Starts, reachability, dead ends, cycles, transitions that others shadow.
void check_graph(Findings& findings, const Draft& draft);
/// Shares of splits, delays that never come.
void check_transitions(Findings& findings, const Draft& draft);
/// Conditions that always come to the same.
void check_conditions(Findings& findings, const Draft& draft);
/// Delays, promises and silence against each other. Requires that all expressions are read.
void check_time(Findings& findings, const Draft& draft);
/// Consent purposes, quiet hours, messages at once after messages, sensitive fields.
void check_messages(Findings& findings, const Draft& draft, const Channels& channels,
                    const WorkspaceSettings& settings);
/// Context that is read before any path writes it, events where none may be.
void check_data(Findings& findings, const Draft& draft);
/// What journeys do to each other's customers, over the newest version of each; the findings of all files.
[[nodiscard]] std::vector<Diagnostic> check_together(const std::vector<JourneyVersions>& journeys);

// What several checks ask.

/// Inbound and milestones; messages and tasks happen beside a stay.
[[nodiscard]] bool can_be_position(const Touchpoint& touchpoint);
/// Whether a customer who stands at `at` can get anywhere else, or out, by what the file declares.
[[nodiscard]] bool has_way_on(const Journey& journey, std::uint32_t at);
/// By elapsed or calendar time.
[[nodiscard]] bool is_timed(const Transition& transition);
/// There is no condition, or one that is constantly true.
[[nodiscard]] bool holds_always(const std::optional<Expression>& condition);

}  // namespace lotse
