#include "engine/journey/graph.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/dominator_tree.hpp>
#include <boost/graph/strong_components.hpp>

namespace lotse {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

Graph make_graph(std::size_t vertices, const std::vector<Edge>& edges) {
  Graph graph(vertices);
  for (const auto& [from, to] : edges) boost::add_edge(from, to, graph);
  return graph;
}

void mark_reachable(const Graph& graph, Vertex from, std::vector<boost::default_color_type>& colors) {
  boost::queue<Vertex> queue;
  const auto color_map =
      boost::make_iterator_property_map(colors.begin(), boost::get(boost::vertex_index, graph));
  boost::breadth_first_visit(graph, from, queue, boost::default_bfs_visitor(), color_map);
}

/// The immediate dominator of each vertex from `root`; the null vertex where there is none.
std::vector<Vertex> dominators(const Graph& graph, Vertex root) {
  std::vector<Vertex> tree(boost::num_vertices(graph), boost::graph_traits<Graph>::null_vertex());
  const auto tree_map =
      boost::make_iterator_property_map(tree.begin(), boost::get(boost::vertex_index, graph));
  boost::lengauer_tarjan_dominator_tree(graph, root, tree_map);
  return tree;
}

}  // namespace

std::vector<Edge> edges_of(const Journey& journey) {
  std::vector<Edge> edges;
  for (std::uint32_t from = 0; from < journey.touchpoints.size(); ++from) {
    for (const Transition& transition : journey.touchpoints[from].next) {
      if (transition.to) edges.emplace_back(from, transition.to->value());
    }
    for (const Transition& transition : journey.anywhere) {
      if (transition.to) edges.emplace_back(from, transition.to->value());
    }
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

std::vector<bool> reachable(std::size_t vertices, const std::vector<Edge>& edges,
                            const std::vector<std::uint32_t>& from) {
  const Graph graph = make_graph(vertices, edges);
  std::vector<boost::default_color_type> colors(vertices, boost::white_color);
  for (const std::uint32_t start : from) {
    if (colors[start] == boost::white_color) mark_reachable(graph, start, colors);
  }
  std::vector<bool> reached(vertices);
  for (std::size_t i = 0; i < vertices; ++i) reached[i] = colors[i] != boost::white_color;
  return reached;
}

GraphFacts graph_facts(const Journey& journey) {
  GraphFacts facts;
  const std::size_t count = journey.touchpoints.size();
  std::vector<Edge> edges = edges_of(journey);
  const Graph graph = make_graph(count, edges);
  for (std::size_t from = 0; from < count; ++from) {
    std::vector<boost::default_color_type> colors(count, boost::white_color);
    for (const Vertex next : boost::make_iterator_range(boost::adjacent_vertices(from, graph))) {
      if (colors[next] == boost::white_color) mark_reachable(graph, next, colors);
    }
    std::vector<bool>& row = facts.reaches.emplace_back(count);
    for (std::size_t to = 0; to < count; ++to) row[to] = colors[to] != boost::white_color;
  }

  const auto start = static_cast<std::uint32_t>(count);  // the virtual start and goal
  const auto goal = static_cast<std::uint32_t>(count + 1);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (journey.touchpoints[i].start) edges.emplace_back(start, i);
    if (journey.touchpoints[i].goal) edges.emplace_back(i, goal);
  }
  // Boost 1.81 takes a predecessor that cannot be reached for the entry itself.
  const auto reached = reachable(count + 2, edges, {start});
  std::erase_if(edges, [&](const Edge& edge) { return !reached[edge.first]; });
  const Graph closed = make_graph(count + 2, edges);
  const std::vector<Vertex> tree = dominators(closed, start);
  const auto touchpoint = [&](Vertex vertex) {
    return vertex < count ? std::optional(TouchpointIndex(static_cast<std::uint32_t>(vertex))) : std::nullopt;
  };
  for (std::size_t i = 0; i < count; ++i) facts.dominator.push_back(touchpoint(tree[i]));
  for (auto at = touchpoint(tree[goal]); at; at = touchpoint(tree[at->value()])) {
    facts.before_every_goal.push_back(*at);
  }
  std::reverse(facts.before_every_goal.begin(), facts.before_every_goal.end());
  return facts;
}

std::vector<std::vector<std::uint32_t>> cyclic_parts(std::size_t vertices, const std::vector<Edge>& edges) {
  const Graph graph = make_graph(vertices, edges);
  std::vector<std::size_t> part_of(vertices);
  const auto part_map =
      boost::make_iterator_property_map(part_of.begin(), boost::get(boost::vertex_index, graph));
  const std::size_t count = boost::strong_components(graph, part_map);
  std::vector<std::vector<std::uint32_t>> parts(count);
  for (std::uint32_t i = 0; i < vertices; ++i) parts[part_of[i]].push_back(i);
  const auto has_no_cycle = [&](const std::vector<std::uint32_t>& part) {
    return part.size() == 1 && std::find(edges.begin(), edges.end(), Edge{part[0], part[0]}) == edges.end();
  };
  std::erase_if(parts, has_no_cycle);
  std::sort(parts.begin(), parts.end());
  return parts;
}

}  // namespace lotse
