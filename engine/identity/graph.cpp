#include "engine/identity/graph.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"

namespace lotse {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Place in the configured rank, and those that are not in it after all that are.
std::size_t configured_rank(const IdentitySettings& settings, std::string_view name) {
  const auto found = std::ranges::find(settings.namespace_rank, name);
  return static_cast<std::size_t>(found - settings.namespace_rank.begin());
}

bool ranks_before(const IdentitySettings& settings, std::string_view x, std::string_view y) {
  const std::size_t rank_x = configured_rank(settings, x);
  const std::size_t rank_y = configured_rank(settings, y);
  return rank_x != rank_y ? rank_x < rank_y : x < y;
}

constexpr std::uint32_t limit_max = 65'535;

/// Limits by rank, each namespace once (the first counts), within what the counters hold.
std::vector<std::pair<std::string, std::uint32_t>> normalised(const IdentitySettings& settings) {
  std::vector<std::pair<std::string, std::uint32_t>> limits;
  for (const auto& [name, limit] : settings.limits) {
    if (std::ranges::find(limits, name, &std::pair<std::string, std::uint32_t>::first) != limits.end())
      continue;
    limits.emplace_back(name, std::clamp(limit, std::uint32_t{1}, limit_max));
  }
  std::ranges::sort(limits,
                    [&](const auto& x, const auto& y) { return ranks_before(settings, x.first, y.first); });
  return limits;
}

}  // namespace

Identities::Graph::Graph(IdentitySettings settings) : settings_(std::move(settings)) {
  settings_.limits = normalised(settings_);
  for (const std::string& value : settings_.never) never_.push_back(lower(trimmed(value)));
  std::ranges::sort(never_);
  for (const std::string& value : never_) never_bytes_max_ = std::max(never_bytes_max_, value.size());
}

bool Identities::Graph::never(std::string_view value) const {
  const std::string_view bare = trimmed(value);
  return bare.size() <= never_bytes_max_ && std::ranges::binary_search(never_, lower(bare));
}

bool Identities::Graph::accepts(const Identifier& identifier) const {
  return !identifier.name_space.empty() && identifier.name_space.size() <= identifier_namespace_bytes_max &&
         identifier.value.size() <= identifier_value_bytes_max && !never(identifier.value);
}

std::optional<std::uint16_t> Identities::Graph::find_namespace(std::string_view name) const {
  // A workspace has a handful; senders name the common ones first.
  for (std::size_t i = 0; i < namespaces_.size(); ++i) {
    if (namespaces_[i].name == name) return static_cast<std::uint16_t>(i);
  }
  return std::nullopt;
}

std::optional<std::uint16_t> Identities::Graph::intern_namespace(const std::string& name) {
  if (const auto known = find_namespace(name)) return known;
  if (namespaces_.size() >= namespaces_max) return std::nullopt;
  Namespace added{.name = name};
  const auto limit = std::ranges::find(settings_.limits, name, &std::pair<std::string, std::uint32_t>::first);
  if (limit != settings_.limits.end())
    added.limit = static_cast<std::uint32_t>(limit - settings_.limits.begin());
  namespaces_.push_back(std::move(added));
  std::vector<Namespace*> by_order;
  for (Namespace& each : namespaces_) by_order.push_back(&each);
  std::ranges::sort(by_order, [&](const Namespace* x, const Namespace* y) {
    return ranks_before(settings_, x->name, y->name);
  });
  for (std::uint32_t order = 0; order < by_order.size(); ++order) by_order[order]->order = order;
  return static_cast<std::uint16_t>(namespaces_.size() - 1);
}

std::vector<std::string> Identities::Graph::namespaces() const {
  std::vector<std::string> names(namespaces_.size());
  for (const Namespace& each : namespaces_) names[each.order] = each.name;
  return names;
}

std::optional<Identities::Graph::Node> Identities::Graph::find(std::uint16_t name_space,
                                                               std::string_view value,
                                                               std::uint64_t hash) const {
  return node_table_.find(hash, [&](Node node) {
    return nodes_[node].name_space == name_space && strings_.equals(nodes_[node].value, value);
  });
}

std::optional<Identities::Graph::Node> Identities::Graph::find(const Identifier& identifier) const {
  const auto name_space = find_namespace(identifier.name_space);
  if (!name_space) return std::nullopt;
  return find(*name_space, identifier.value, fast_hash(identifier.value, *name_space));
}

void Identities::Graph::prefetch(const Identifier& identifier) const {
  if (const auto name_space = find_namespace(identifier.name_space)) {
    node_table_.prefetch(fast_hash(identifier.value, *name_space));
  }
}

Identities::Graph::Node Identities::Graph::find_or_create(std::uint16_t name_space, const std::string& value,
                                                          std::int64_t time) {
  const std::uint64_t hash = fast_hash(value, name_space);
  if (const auto known = find(name_space, value, hash)) return *known;
  LOTSE_ASSERT(nodes_.size() < none);
  const auto node = static_cast<Node>(nodes_.size());
  nodes_.push_back({.first_seen = time,
                    .value = strings_.add(value),
                    .customer = node,
                    .next_member = node,
                    .older = node,
                    .name_space = name_space});
  held_.resize(held_.size() + settings_.limits.size());
  if (const std::uint32_t limit = namespaces_[name_space].limit; limit != none) held(node)[limit] = 1;
  node_table_.insert(hash, node);
  ++customers_;
  return node;
}

Identifier Identities::Graph::identifier(Node node) const {
  if (nodes_[node].name_space == erased) return {};
  StringArena::Scratch scratch;
  return {.name_space = namespaces_[nodes_[node].name_space].name,
          .value = std::string(strings_.text(nodes_[node].value, scratch))};
}

Instant Identities::Graph::first_seen(Node node) const { return Instant{Duration{nodes_[node].first_seen}}; }

std::strong_ordering Identities::Graph::by_rank(Node x, Node y) const {
  const std::uint32_t order_x = namespaces_[nodes_[x].name_space].order;
  const std::uint32_t order_y = namespaces_[nodes_[y].name_space].order;
  if (order_x != order_y) return order_x <=> order_y;
  StringArena::Scratch scratch_x;
  StringArena::Scratch scratch_y;
  return strings_.text(nodes_[x].value, scratch_x) <=> strings_.text(nodes_[y].value, scratch_y);
}

bool Identities::Graph::older_than(Node x, Node y) const {
  if (nodes_[x].first_seen != nodes_[y].first_seen) return nodes_[x].first_seen < nodes_[y].first_seen;
  return by_rank(x, y) < 0;
}

void Identities::Graph::seen_at(Node node, std::int64_t time, IdentityOutcome& outcome) {
  NodeRecord& record = nodes_[node];
  if (time >= record.first_seen) return;
  record.first_seen = time;
  Node& older = nodes_[record.customer].older;
  if (older == node || !older_than(node, older)) return;
  older = node;
  outcome.changed.emplace_back(record.customer);
}

IdentityOutcome Identities::Graph::add(const EventKey& key, LinkKind kind, std::span<const Identifier> ids) {
  LOTSE_ASSERT(key.id.size() <= StringArena::length_max && key.source.size() <= StringArena::length_max);
  IdentityOutcome outcome;
  const auto fresh_from = static_cast<Node>(nodes_.size());
  const std::int64_t time = key.time.time_since_epoch().count();

  std::vector<Node>& named = event_nodes_;
  named.clear();
  for (const Identifier& id : ids) {
    const auto name_space = accepts(id) ? intern_namespace(id.name_space) : std::nullopt;
    if (!name_space) {
      ++refused_identifiers_;
      continue;
    }
    const Node node = find_or_create(*name_space, id.value, time);
    seen_at(node, time, outcome);
    if (std::ranges::find(named, node) == named.end()) named.push_back(node);
  }
  if (named.empty()) return outcome;
  if (named.size() > 1) std::ranges::sort(named, [&](Node x, Node y) { return by_rank(x, y) < 0; });

  const Node primary = named.front();
  bool must_resolve = false;
  for (std::size_t i = 1; i < named.size(); ++i) {
    const LinkIndex link = find_or_create_link(primary, named[i]);
    switch (record(link, key, kind)) {
      case Effect::nothing:
        break;
      case Effect::new_link:
        must_resolve = must_resolve || !apply(link, fresh_from, outcome);
        break;
      case Effect::reordered:  // decides nothing where nothing is contested
        must_resolve = must_resolve || nodes_[primary].contested != 0;
        break;
      case Effect::regroup:
        must_resolve = true;
        break;
    }
  }
  if (must_resolve) resolve(primary, fresh_from, outcome);

  outcome.primary = NodeIndex{primary};
  outcome.customer = CustomerNumber{nodes_[primary].customer};
  const auto is_customer = [&](CustomerNumber number) {
    return nodes_[number.value()].customer == number.value();
  };
  const auto tidy = [](std::vector<CustomerNumber>& numbers, const auto& keep) {
    std::ranges::sort(numbers);
    const auto repeated = std::ranges::unique(numbers);
    numbers.erase(repeated.begin(), repeated.end());
    std::erase_if(numbers, [&](CustomerNumber number) { return !keep(number); });
  };
  if (outcome.regrouped()) {
    tidy(outcome.changed,
         [&](CustomerNumber number) { return is_customer(number) && number.value() < fresh_from; });
    tidy(outcome.gone, [&](CustomerNumber number) { return !is_customer(number); });
  }
  return outcome;
}

IdentityStatistics Identities::Graph::statistics() const {
  std::size_t bytes = strings_.bytes() + node_table_.bytes() + link_table_.bytes() +
                      nodes_.capacity() * sizeof(NodeRecord) + held_.capacity() * sizeof(std::uint16_t) +
                      links_.capacity() * sizeof(LinkRecord);
  // Open addressing in groups of 15 with a byte of metadata each; close enough for a figure.
  const auto table_bytes = [](const auto& table) {
    return table.bucket_count() * (sizeof(*table.begin()) + 1);
  };
  bytes += table_bytes(turns_) + table_bytes(apart_from_) + table_bytes(component_of_) +
           contested_.capacity() * sizeof(Contested);
  return {.identifiers = nodes_.size() - erased_nodes_,
          .customers = customers_,
          .links = links_.size() - erased_links_,
          .unlinked = apart_,
          .refused_by_limit = refused_by_limit_,
          .refused_apart = refused_apart_,
          .refused_identifiers = refused_identifiers_,
          .bytes = bytes};
}

}  // namespace lotse
