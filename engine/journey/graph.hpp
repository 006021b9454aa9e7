#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/journey/journey.hpp"

namespace lotse {

/// An edge between touchpoints, by their indices.
using Edge = std::pair<std::uint32_t, std::uint32_t>;

/// All edges of a journey: `next`, and `anywhere` from every touchpoint. Holds are none.
[[nodiscard]] std::vector<Edge> edges_of(const Journey& journey);

/// Reachability, dominators from the starts, and what lies before every goal.
[[nodiscard]] GraphFacts graph_facts(const Journey& journey);

/// What can be reached from `from` along `edges`, `from` itself included.
[[nodiscard]] std::vector<bool> reachable(std::size_t vertices, const std::vector<Edge>& edges,
                                          const std::vector<std::uint32_t>& from);

/// The strongly connected parts that have a cycle (a loop of one included), each ascending, by their first
/// vertex.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> cyclic_parts(std::size_t vertices,
                                                                   const std::vector<Edge>& edges);

}  // namespace lotse
