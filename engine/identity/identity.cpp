#include "engine/identity/identity.hpp"

#include "engine/base/assert.hpp"
#include "engine/identity/graph.hpp"

namespace lotse {

Identities::Identities(IdentitySettings settings) : graph_(std::make_unique<Graph>(std::move(settings))) {}
Identities::Identities(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
Identities::Identities(Identities&&) noexcept = default;
Identities& Identities::operator=(Identities&&) noexcept = default;
Identities::~Identities() = default;

bool Identities::accepts(const Identifier& identifier) const { return graph_->accepts(identifier); }

IdentityOutcome Identities::add(const EventKey& key, LinkKind kind, std::span<const Identifier> ids) {
  return graph_->add(key, kind, ids);
}

std::optional<NodeIndex> Identities::find(const Identifier& identifier) const {
  const auto found = graph_->find(identifier);
  return found ? std::optional(NodeIndex{*found}) : std::nullopt;
}

void Identities::prefetch(const Identifier& identifier) const { graph_->prefetch(identifier); }

Identifier Identities::identifier(NodeIndex node) const {
  LOTSE_ASSERT(node.value() < size());
  return graph_->identifier(node.value());
}

Instant Identities::first_seen(NodeIndex node) const {
  LOTSE_ASSERT(node.value() < size());
  return graph_->first_seen(node.value());
}

CustomerNumber Identities::customer_of(NodeIndex node) const {
  LOTSE_ASSERT(node.value() < size());
  return CustomerNumber{graph_->customer_of(node.value())};
}

std::vector<NodeIndex> Identities::members(CustomerNumber customer) const {
  LOTSE_ASSERT(customer.value() < size() && graph_->customer_of(customer.value()) == customer.value());
  return graph_->members(customer.value());
}

NodeIndex Identities::older_identity(CustomerNumber customer) const {
  LOTSE_ASSERT(customer.value() < size() && graph_->customer_of(customer.value()) == customer.value());
  return NodeIndex{graph_->older_identity(customer.value())};
}

std::string Identities::name_of(CustomerNumber customer) const {
  Identifier older = identifier(older_identity(customer));
  return std::move(older.name_space) + ":" + older.value;
}

std::vector<NodeIndex> Identities::related(NodeIndex node) const {
  LOTSE_ASSERT(node.value() < size());
  return graph_->related(node.value());
}

std::vector<NodeIndex> Identities::linked_with(NodeIndex node) const {
  LOTSE_ASSERT(node.value() < size());
  return graph_->linked_with(node.value());
}

IdentityOutcome Identities::erase(std::span<const NodeIndex> nodes,
                                  std::span<const std::pair<NodeIndex, Instant>> seen) {
  return graph_->erase(nodes, seen);
}

std::size_t Identities::size() const { return graph_->size(); }
std::vector<std::string> Identities::namespaces() const { return graph_->namespaces(); }
std::vector<RefusedLink> Identities::refused_links() const { return graph_->refused_links(); }
IdentityStatistics Identities::statistics() const { return graph_->statistics(); }
void Identities::save(std::string& out) const { graph_->save(out); }

Result<Identities> Identities::load(std::string_view bytes, IdentitySettings settings) {
  auto graph = std::make_unique<Graph>(std::move(settings));
  LOTSE_CHECK(graph->restore(bytes));
  return Identities(std::move(graph));
}

}  // namespace lotse
