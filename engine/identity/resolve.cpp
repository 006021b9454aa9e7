// Which links apply, and the customers that follow. Links of an uncontested component all apply; those of a
// contested one are applied in order, each under the guard. A link that comes in order is applied to what is
// there; one that comes late, or an unlink, has its whole component resolved anew.

#include <algorithm>
#include <numeric>

#include "engine/base/assert.hpp"
#include "engine/identity/graph.hpp"

namespace lotse {

template <class Visit>
void Identities::Graph::for_each_member(Node node, Visit&& visit) const {
  Node at = node;
  do {
    visit(at);
    at = nodes_[at].next_member;
  } while (at != node);
}

template <class Visit>
void Identities::Graph::for_each_link(Node node, Visit&& visit) const {
  for (LinkIndex link = nodes_[node].first_link; link != none;) {
    const LinkRecord& record = links_[link];
    visit(link, record.a == node ? record.b : record.a);
    link = record.a == node ? record.next_of_a : record.next_of_b;
  }
}

std::vector<NodeIndex> Identities::Graph::members(Node customer) const {
  std::vector<NodeIndex> out;
  for_each_member(customer, [&](Node node) { out.emplace_back(node); });
  std::ranges::sort(out);
  return out;
}

Identities::Graph::Node Identities::Graph::older_identity(Node customer) const {
  return nodes_[nodes_[customer].customer].older;
}

bool Identities::Graph::within_limits(Node x, Node y) const {
  for (std::size_t i = 0; i < settings_.limits.size(); ++i) {
    const std::uint32_t both = std::uint32_t{held(x)[i]} + held(y)[i];
    if (held(x)[i] != 0 && held(y)[i] != 0 && both > settings_.limits[i].second) return false;
  }
  return true;
}

/// True if an unlinked pair has one end in each of the customers x and y. Costs what the smaller of them has
/// members.
bool Identities::Graph::keeps_apart(Node x, Node y) const {
  if (apart_from_.empty()) return false;
  Node at_x = x;
  Node at_y = y;
  do {
    at_x = nodes_[at_x].next_member;
    at_y = nodes_[at_y].next_member;
  } while (at_x != x && at_y != y);
  const auto [smaller, other] = at_x == x ? std::pair{x, y} : std::pair{y, x};
  bool found = false;
  for_each_member(smaller, [&, other = other](Node node) {
    const auto pairs = apart_from_.find(node);
    if (pairs == apart_from_.end()) return;
    found =
        found || std::ranges::any_of(pairs->second, [&](Node end) { return nodes_[end].customer == other; });
  });
  return found;
}

void Identities::Graph::unite(Node x, Node y, Node fresh_from, IdentityOutcome& outcome) {
  const Node into = std::min(x, y);
  const Node from = std::max(x, y);
  const Node older =
      older_than(nodes_[from].older, nodes_[into].older) ? nodes_[from].older : nodes_[into].older;
  if (from < fresh_from) outcome.gone.emplace_back(from);
  if (from < fresh_from || older != nodes_[into].older) outcome.changed.emplace_back(into);
  for_each_member(from, [&](Node node) { nodes_[node].customer = into; });
  std::swap(nodes_[into].next_member, nodes_[from].next_member);
  nodes_[into].older = older;
  for (std::size_t i = 0; i < settings_.limits.size(); ++i) {
    held(into)[i] = static_cast<std::uint16_t>(held(into)[i] + held(from)[i]);
  }
  --customers_;
}

void Identities::Graph::refuse(LinkIndex link, std::optional<RefusedLink::Reason> reason) {
  LinkRecord& record = links_[link];
  refused_by_limit_ -= record.refused_limit;
  refused_apart_ -= record.refused_apart;
  record.refused_limit = reason == RefusedLink::Reason::limit ? 1 : 0;
  record.refused_apart = reason == RefusedLink::Reason::kept_apart ? 1 : 0;
  refused_by_limit_ += record.refused_limit;
  refused_apart_ += record.refused_apart;
}

std::uint32_t Identities::Graph::contested_root(Node node) const {
  std::uint32_t at = component_of_.at(node);
  while (contested_[at].parent != at) at = contested_[at].parent;
  return at;
}

/// The link of this node's component that applies last, but for `besides`, which has just come in; none if
/// there is no other. May name a later one than is left since an unlink.
Identities::Graph::LinkIndex Identities::Graph::latest_link(Node node, LinkIndex besides) const {
  if (nodes_[node].contested != 0) return contested_[contested_root(node)].latest;
  LinkIndex latest = none;
  for_each_member(node, [&](Node member) {
    for_each_link(member, [&](LinkIndex link, Node) {
      if (link != besides && (latest == none || applies_before(latest, link))) latest = link;
    });
  });
  return latest;
}

/// Makes one contested component of those of x and y, of which one at least is contested.
void Identities::Graph::join_contested(Node x, Node y, LinkIndex latest) {
  if (nodes_[x].contested == 0) std::swap(x, y);
  const std::uint32_t root = contested_root(x);
  if (nodes_[y].contested != 0) {
    contested_[contested_root(y)].parent = root;
  } else {
    for_each_member(y, [&](Node member) {
      nodes_[member].contested = 1;
      component_of_[member] = root;
    });
  }
  contested_[root].latest = latest;
}

bool Identities::Graph::apply(LinkIndex link, Node fresh_from, IdentityOutcome& outcome) {
  const Node a = links_[link].a;
  const Node b = links_[link].b;
  const Node x = nodes_[a].customer;
  const Node y = nodes_[b].customer;
  if (nodes_[a].contested == 0 && nodes_[b].contested == 0) {
    if (x == y) return true;
    if (!within_limits(x, y)) return false;
    unite(x, y, fresh_from, outcome);
    return true;
  }

  for (const Node end : {a, b}) {
    const LinkIndex latest = latest_link(end, link);
    if (latest != none && !applies_before(latest, link)) return false;
  }
  join_contested(a, b, link);
  if (x == y) return true;
  if (!within_limits(x, y)) {
    refuse(link, RefusedLink::Reason::limit);
  } else if (keeps_apart(x, y)) {
    refuse(link, RefusedLink::Reason::kept_apart);
  } else {
    unite(x, y, fresh_from, outcome);
  }
  return true;
}

/// All that any link or unlink connects.
struct Identities::Graph::Component {
  std::vector<Node> nodes;                            ///< ascending
  boost::unordered_flat_map<Node, std::uint32_t> at;  ///< back into `nodes`
  std::vector<LinkIndex> all_links;
  std::vector<LinkIndex> links;  ///< those of pairs that are not apart, in the order they apply
};

/// What becomes of a component.
struct Identities::Graph::Resolution {
  struct Refused {
    LinkIndex link;
    RefusedLink::Reason reason;
    std::size_t limit = 0;  ///< into settings_.limits
  };
  std::vector<Node> customer;  ///< by Component::nodes
  std::vector<Refused> refused;
};

Identities::Graph::Component Identities::Graph::component(Node node) const {
  Component out;
  out.nodes.push_back(node);
  out.at.emplace(node, 0);
  for (std::size_t i = 0; i < out.nodes.size(); ++i) {
    for_each_link(out.nodes[i], [&](LinkIndex link, Node other) {
      if (links_[link].a == out.nodes[i]) out.all_links.push_back(link);
      if (out.at.try_emplace(other, 0).second) out.nodes.push_back(other);
    });
  }
  std::ranges::sort(out.nodes);
  for (std::uint32_t i = 0; i < out.nodes.size(); ++i) out.at[out.nodes[i]] = i;
  for (const LinkIndex link : out.all_links) {
    if (links_[link].linked != 0 && links_[link].apart == 0) out.links.push_back(link);
  }
  std::ranges::sort(out.links, [&](LinkIndex x, LinkIndex y) { return applies_before(x, y); });
  return out;
}

Identities::Graph::Resolution Identities::Graph::resolution(const Component& component) const {
  const std::size_t size = component.nodes.size();
  const std::size_t limits = settings_.limits.size();
  std::vector<std::uint32_t> parent(size);
  std::iota(parent.begin(), parent.end(), 0U);
  const auto root_of = [&](std::uint32_t at) {
    while (parent[at] != at) at = parent[at] = parent[parent[at]];
    return at;
  };
  std::vector<std::uint32_t> members(size, 1);
  std::vector<std::uint32_t> counts(size * limits, 0);
  std::vector<std::vector<std::uint32_t>> apart(apart_from_.empty() ? 0 : size);  // of roots: the far ends
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::uint32_t limit = namespaces_[nodes_[component.nodes[i]].name_space].limit;
    if (limit != none) counts[i * limits + limit] = 1;
    if (apart.empty()) continue;
    if (const auto pairs = apart_from_.find(component.nodes[i]); pairs != apart_from_.end()) {
      for (const Node end : pairs->second) apart[i].push_back(component.at.at(end));
    }
  }

  Resolution out;
  for (const LinkIndex link : component.links) {
    std::uint32_t x = root_of(component.at.at(links_[link].a));
    std::uint32_t y = root_of(component.at.at(links_[link].b));
    if (x == y) continue;
    std::size_t limit = 0;
    while (limit < limits &&
           (counts[x * limits + limit] == 0 || counts[y * limits + limit] == 0 ||
            counts[x * limits + limit] + counts[y * limits + limit] <= settings_.limits[limit].second)) {
      ++limit;
    }
    if (limit < limits) {
      out.refused.push_back({.link = link, .reason = RefusedLink::Reason::limit, .limit = limit});
      continue;
    }
    if (!apart.empty()) {
      if (apart[x].size() < apart[y].size()) std::swap(x, y);
      if (std::ranges::any_of(apart[y], [&](std::uint32_t end) { return root_of(end) == x; })) {
        out.refused.push_back({.link = link, .reason = RefusedLink::Reason::kept_apart});
        continue;
      }
      apart[x].insert(apart[x].end(), apart[y].begin(), apart[y].end());
      apart[y] = {};
    } else if (members[x] < members[y]) {
      std::swap(x, y);
    }
    parent[y] = x;
    members[x] += members[y];
    for (std::size_t i = 0; i < limits; ++i) counts[x * limits + i] += counts[y * limits + i];
  }

  std::vector<Node> number(size, none);  // of roots; nodes ascend, so the first member seen is the lowest
  for (std::uint32_t i = 0; i < size; ++i) {
    Node& customer = number[root_of(i)];
    if (customer == none) customer = component.nodes[i];
    out.customer.push_back(customer);
  }
  return out;
}

/// Compares the customers as they are with the resolution: whose nodes that had events before are others now?
void Identities::Graph::report_changes(const Component& component, const Resolution& resolution,
                                       Node fresh_from, IdentityOutcome& outcome) const {
  boost::unordered_flat_map<Node, std::uint32_t> size_before;
  boost::unordered_flat_map<Node, std::uint32_t> size_after;
  boost::unordered_flat_map<Node, Node> older_after;
  for (std::size_t i = 0; i < component.nodes.size(); ++i) {
    const Node node = component.nodes[i];
    const Node after = resolution.customer[i];
    const auto [older, is_new] = older_after.try_emplace(after, node);
    if (!is_new && older_than(node, older->second)) older->second = node;
    if (node >= fresh_from) continue;
    ++size_before[nodes_[node].customer];
    ++size_after[after];
  }
  for (std::size_t i = 0; i < component.nodes.size(); ++i) {
    const Node node = component.nodes[i];
    if (node >= fresh_from) continue;
    const Node before = nodes_[node].customer;
    const Node after = resolution.customer[i];
    if (before != after || size_before.at(before) != size_after.at(after) ||
        nodes_[before].older != older_after.at(after)) {
      outcome.changed.emplace_back(after);
    }
    if (before == node && after != node) outcome.gone.emplace_back(node);
  }
}

/// Makes the resolution so.
void Identities::Graph::regroup(const Component& component, const Resolution& resolution) {
  const std::size_t limits = settings_.limits.size();
  for (std::size_t i = 0; i < component.nodes.size(); ++i) {
    const Node node = component.nodes[i];
    const Node customer = resolution.customer[i];
    NodeRecord& record = nodes_[node];
    if (record.customer == node) --customers_;
    record.customer = customer;
    record.next_member = node;
    std::fill_n(held(node), limits, std::uint16_t{0});
    if (customer == node) {
      ++customers_;
      record.older = node;
    } else {  // its number is lower, so it has been set up already
      std::swap(record.next_member, nodes_[customer].next_member);
      if (older_than(node, nodes_[customer].older)) nodes_[customer].older = node;
    }
    if (const std::uint32_t limit = namespaces_[record.name_space].limit; limit != none)
      ++held(customer)[limit];
  }
}

void Identities::Graph::resolve(Node node, Node fresh_from, IdentityOutcome& outcome) {
  const Component component = this->component(node);
  const Resolution resolution = this->resolution(component);
  report_changes(component, resolution, fresh_from, outcome);
  regroup(component, resolution);
  for (const LinkIndex link : component.all_links) refuse(link, std::nullopt);
  for (const auto& refused : resolution.refused) refuse(refused.link, refused.reason);

  const bool contested =
      !resolution.refused.empty() ||
      std::ranges::any_of(component.all_links, [&](LinkIndex link) { return links_[link].apart != 0; });
  std::uint32_t root = none;
  if (contested) {
    for (const Node member : component.nodes) {
      if (nodes_[member].contested != 0) root = contested_root(member);
    }
    if (root == none) {
      root = static_cast<std::uint32_t>(contested_.size());
      contested_.push_back({.parent = root});
    }
    contested_[root] = {.parent = root, .latest = component.links.empty() ? none : component.links.back()};
  }
  for (const Node member : component.nodes) {
    if (contested) {
      component_of_[member] = root;
    } else if (nodes_[member].contested != 0) {
      component_of_.erase(member);
    }
    nodes_[member].contested = contested ? 1 : 0;
  }
}

std::vector<NodeIndex> Identities::Graph::related(Node node) const {
  if (nodes_[node].contested == 0) return members(nodes_[node].customer);
  std::vector<NodeIndex> out;
  for (const Node each : component(node).nodes) out.emplace_back(each);
  return out;
}

std::vector<RefusedLink> Identities::Graph::refused_links() const {
  std::vector<Resolution::Refused> refused;
  std::vector<bool> seen(contested_.size(), false);
  for (Node node = 0; node < nodes_.size() && !component_of_.empty(); ++node) {
    if (nodes_[node].contested == 0) continue;
    const std::uint32_t root = contested_root(node);
    if (seen[root]) continue;
    seen[root] = true;
    const Resolution resolution = this->resolution(component(node));
    refused.insert(refused.end(), resolution.refused.begin(), resolution.refused.end());
  }
  std::ranges::sort(refused, [&](const auto& x, const auto& y) { return applies_before(x.link, y.link); });

  std::vector<RefusedLink> out;
  for (const Resolution::Refused& each : refused) {
    const LinkRecord& link = links_[each.link];
    const bool limit = each.reason == RefusedLink::Reason::limit;
    out.push_back({.primary = NodeIndex{link.a},
                   .other = NodeIndex{link.b},
                   .since = event_key(first_key(link)),
                   .reason = each.reason,
                   .name_space = limit ? settings_.limits[each.limit].first : std::string{}});
  }
  return out;
}

}  // namespace lotse
