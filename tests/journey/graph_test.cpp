#include "engine/journey/graph.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "tests/journey/support.hpp"

namespace lotse::test {
namespace {

constexpr std::uint32_t vertices = 7;

std::vector<Edge> arbitrary_edges() {
  return *rc::gen::container<std::vector<Edge>>(rc::gen::pair(rc::gen::inRange<std::uint32_t>(0, vertices),
                                                              rc::gen::inRange<std::uint32_t>(0, vertices)));
}

/// [from][to]: whether a path of at least one edge leads there, avoiding `without`. By Warshall's closure.
std::vector<std::vector<bool>> closure(const std::vector<Edge>& edges, std::uint32_t without = vertices) {
  std::vector<std::vector<bool>> paths(vertices, std::vector<bool>(vertices));
  for (const auto& [from, to] : edges) {
    if (from != without && to != without) paths[from][to] = true;
  }
  for (std::uint32_t via = 0; via < vertices; ++via) {
    for (std::uint32_t from = 0; from < vertices; ++from) {
      for (std::uint32_t to = 0; to < vertices; ++to) {
        if (paths[from][via] && paths[via][to]) paths[from][to] = true;
      }
    }
  }
  return paths;
}

/// A journey with just a graph: start 0, goal 6.
Journey bare_journey(const std::vector<Edge>& edges) {
  Journey journey;
  journey.touchpoints.resize(vertices);
  journey.touchpoints.front().start = true;
  journey.touchpoints.back().goal = true;
  for (const auto& [from, to] : edges) {
    Transition transition;
    transition.to = TouchpointIndex(to);
    journey.touchpoints[from].next.push_back(transition);
  }
  return journey;
}

}  // namespace

TEST_CASE("graph: reaches is the transitive closure", "[journey][graph][property]") {
  REQUIRE(rc::check("reaches", [] {
    const auto edges = arbitrary_edges();
    RC_ASSERT(graph_facts(bare_journey(edges)).reaches == closure(edges));
  }));
}

TEST_CASE("graph: a dominator is what every path from the start passes, the last of them",
          "[journey][graph][property]") {
  REQUIRE(rc::check("dominators", [] {
    const auto edges = arbitrary_edges();
    const auto facts = graph_facts(bare_journey(edges));
    const auto all = closure(edges);
    for (std::uint32_t i = 1; i < vertices; ++i) {
      if (!all[0][i]) {
        RC_ASSERT(!facts.dominator[i]);
        continue;
      }
      std::set<std::uint32_t> passed{0};
      for (std::uint32_t other = 1; other < vertices; ++other) {
        if (other != i && !closure(edges, other)[0][i]) passed.insert(other);
      }
      RC_ASSERT(facts.dominator[i].has_value());
      std::set<std::uint32_t> chain;
      for (auto at = facts.dominator[i]; at; at = facts.dominator[at->value()]) chain.insert(at->value());
      RC_ASSERT(chain == passed);
    }
  }));
}

TEST_CASE("graph: before every goal stands what each path to a goal passes, in order", "[journey][graph]") {
  const auto facts =
      graph_facts(bare_journey({{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}, {3, 6}, {4, 6}, {5, 6}}));

  CHECK(facts.before_every_goal == std::vector{TouchpointIndex(0), TouchpointIndex(3), TouchpointIndex(6)});
}

TEST_CASE("graph: a cyclic part is a set of touchpoints that reach each other",
          "[journey][graph][property]") {
  REQUIRE(rc::check("cyclic parts", [] {
    const auto edges = arbitrary_edges();
    const auto all = closure(edges);
    std::set<std::vector<std::uint32_t>> expected;
    for (std::uint32_t i = 0; i < vertices; ++i) {
      std::vector<std::uint32_t> part;
      for (std::uint32_t other = 0; other < vertices; ++other) {
        if (all[i][other] && all[other][i]) part.push_back(other);
      }
      if (!part.empty()) expected.insert(part);
    }
    const auto parts = cyclic_parts(vertices, edges);
    RC_ASSERT(std::vector(expected.begin(), expected.end()) == parts);
  }));
}

}  // namespace lotse::test
