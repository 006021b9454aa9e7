// Erasure: identifiers, their links, and what links kept of events go, in tables and in memory. Numbers of
// nodes and links stay taken, so that nobody else's change.

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/identity/graph.hpp"

namespace lotse {

std::vector<NodeIndex> Identities::Graph::linked_with(Node node) const {
  std::vector<NodeIndex> out;
  for (LinkIndex link = nodes_[node].first_link; link != none;) {
    const LinkRecord& record = links_[link];
    out.emplace_back(record.a == node ? record.b : record.a);
    link = record.a == node ? record.next_of_a : record.next_of_b;
  }
  return out;
}

/// Everything that a chain of links or unlinks connects with `node`.
std::vector<Identities::Graph::Node> Identities::Graph::connected(Node node) const {
  std::vector<Node> out = {node};
  boost::unordered_flat_set<Node> known = {node};
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const NodeIndex other : linked_with(out[i])) {
      if (known.insert(other.value()).second) out.push_back(other.value());
    }
  }
  return out;
}

/// Takes `link` out of the list of `node`.
void Identities::Graph::drop_from_list(Node node, LinkIndex link) {
  LinkIndex* at = &nodes_[node].first_link;
  while (*at != link) {
    LOTSE_ASSERT(*at != none);
    LinkRecord& record = links_[*at];
    at = record.a == node ? &record.next_of_a : &record.next_of_b;
  }
  const LinkRecord& record = links_[link];
  *at = record.a == node ? record.next_of_a : record.next_of_b;
}

void Identities::Graph::erase_link(LinkIndex link) {
  const auto wipe = [this](const StoredKey& key) {
    if (key.id != none) strings_.wipe(key.id);
  };
  refuse(link, std::nullopt);
  if (links_[link].apart != 0) set_apart(link, false);
  wipe(first_key(links_[link]));
  if (links_[link].has_turns != 0) {
    const Turns& turns = turns_.at(link);
    wipe(turns.explicit_link);
    wipe(turns.unlink);
    turns_.erase(link);
  }
  const Node a = links_[link].a;
  const Node b = links_[link].b;
  drop_from_list(a, link);
  drop_from_list(b, link);
  link_table_.erase(pair_hash(a, b), link);
  links_[link] = {.a = none, .b = none};
  ++erased_links_;
}

void Identities::Graph::erase_node(Node node) {
  NodeRecord& record = nodes_[node];
  while (record.first_link != none) erase_link(record.first_link);
  {
    StringArena::Scratch scratch;
    const std::string_view value = strings_.text(record.value, scratch);
    node_table_.erase(fast_hash(value, record.name_space), node);
  }
  strings_.wipe(record.value);
  if (record.contested != 0) component_of_.erase(node);
  if (record.customer == node) --customers_;
  std::fill_n(held(node), settings_.limits.size(), std::uint16_t{0});
  record = {
      .value = record.value, .customer = node, .next_member = node, .older = node, .name_space = erased};
  ++erased_nodes_;
}

IdentityOutcome Identities::Graph::erase(std::span<const NodeIndex> nodes,
                                         std::span<const std::pair<NodeIndex, Instant>> seen) {
  // Who was connected with them, by refused links or unlinks, is resolved anew: their component may fall
  // apart. Nobody changes customers by it: no link that was applied to others led through these.
  boost::unordered_flat_set<Node> left;
  for (const NodeIndex node : nodes) {
    if (nodes_[node.value()].contested == 0) continue;
    for (const NodeIndex other : related(node.value())) left.insert(other.value());
  }
  for (const NodeIndex node : nodes) {
    left.erase(node.value());
    erase_node(node.value());
  }
  for (const Node node : left) {
    component_of_.erase(node);
    nodes_[node].contested = 0;
  }
  IdentityOutcome outcome;
  const auto fresh_from = static_cast<Node>(nodes_.size());
  for (const auto& [node, time] : seen) nodes_[node.value()].first_seen = time.time_since_epoch().count();
  std::vector<Node> ascending(left.begin(), left.end());
  std::ranges::sort(ascending);
  for (const Node node : ascending) {
    if (left.erase(node) == 0) continue;
    for (const Node other : connected(node)) left.erase(other);
    resolve(node, fresh_from, outcome);
  }
  std::ranges::sort(outcome.changed);
  const auto repeated = std::ranges::unique(outcome.changed);
  outcome.changed.erase(repeated.begin(), repeated.end());
  LOTSE_ASSERT(outcome.gone.empty());
  return outcome;
}

}  // namespace lotse
