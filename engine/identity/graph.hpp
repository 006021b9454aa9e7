#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/identity/identity.hpp"
#include "engine/identity/index_table.hpp"
#include "engine/identity/string_arena.hpp"

namespace lotse {

/// The identifiers and their links, compact. Three groupings matter:
///
/// - a *customer*: what the links make of it under the guard; its members form a ring;
/// - a *component*: what all links and unlinks would make of it without the guard; only ever grows;
/// - a component is *contested* when the two differ. Only there does the order of links matter; everywhere
/// else a link
///   merges or changes nothing, whenever it comes.
class Identities::Graph {
 public:
  using Node = std::uint32_t;
  using LinkIndex = std::uint32_t;
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t namespaces_max = 65'535;
  static constexpr std::uint16_t erased = namespaces_max;  ///< the namespace of what was erased
  static constexpr std::uint32_t sources_max = std::uint32_t{1} << 24U;

  explicit Graph(IdentitySettings settings);

  [[nodiscard]] bool accepts(const Identifier& identifier) const;
  IdentityOutcome add(const EventKey& key, LinkKind kind, std::span<const Identifier> ids);

  [[nodiscard]] std::optional<Node> find(const Identifier& identifier) const;
  void prefetch(const Identifier& identifier) const;
  [[nodiscard]] Identifier identifier(Node node) const;
  [[nodiscard]] Instant first_seen(Node node) const;
  [[nodiscard]] Node customer_of(Node node) const { return nodes_[node].customer; }
  [[nodiscard]] std::vector<NodeIndex> members(Node customer) const;
  [[nodiscard]] Node older_identity(Node customer) const;
  [[nodiscard]] std::vector<NodeIndex> related(Node node) const;
  [[nodiscard]] std::vector<NodeIndex> linked_with(Node node) const;
  IdentityOutcome erase(std::span<const NodeIndex> nodes,
                        std::span<const std::pair<NodeIndex, Instant>> seen);
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::vector<std::string> namespaces() const;
  [[nodiscard]] std::vector<RefusedLink> refused_links() const;
  [[nodiscard]] IdentityStatistics statistics() const;

  void save(std::string& out) const;
  [[nodiscard]] Result<void> restore(std::string_view bytes);

 private:
  /// An EventKey in 16 bytes.
  struct StoredKey {
    std::int64_t time = 0;       ///< milliseconds since 1970
    StringArena::Ref id = none;  ///< none: there is no such event
    std::uint32_t source = 0;    ///< into sources_
  };
  struct NodeRecord {
    std::int64_t first_seen = 0;
    StringArena::Ref value = 0;
    Node customer = 0;
    Node next_member = 0;          ///< the ring of its customer
    LinkIndex first_link = none;   ///< head of its list of links
    Node older = 0;                ///< of a customer's number: its older identity
    std::uint16_t name_space = 0;  ///< into namespaces_
    std::uint16_t contested = 0;   ///< 1: its component is in component_of_
  };
  static_assert(sizeof(NodeRecord) == 32);

  /// A pair that some event named, `a` its primary: the one of higher rank. Holds the first linking event.
  struct LinkRecord {
    std::int64_t time = 0;
    StringArena::Ref id = none;
    Node a = 0;
    Node b = 0;
    LinkIndex next_of_a = none;
    LinkIndex next_of_b = none;
    std::uint32_t source : 24 = 0;
    std::uint32_t linked : 1 = 0;          ///< some event links it: time, id and source are of the first
    std::uint32_t first_explicit : 1 = 0;  ///< the first linking event is also the latest explicit one
    std::uint32_t has_turns : 1 = 0;       ///< turns_ has its latest explicit link or unlink
    std::uint32_t apart : 1 = 0;
    std::uint32_t refused_limit : 1 = 0;
    std::uint32_t refused_apart : 1 = 0;
    std::uint32_t unused : 2 = 0;
  };
  static_assert(sizeof(LinkRecord) == 32);

  /// What decides whether a pair is apart, where its record alone does not say.
  struct Turns {
    StoredKey explicit_link;
    StoredKey unlink;
  };

  /// A contested component, or what was one until it joined `parent`.
  struct Contested {
    std::uint32_t parent = 0;  ///< itself: a component
    LinkIndex latest = none;   ///< the link that applies last
  };

  struct Namespace {
    std::string name;
    std::uint32_t order = 0;     ///< by rank
    std::uint32_t limit = none;  ///< into settings_.limits
  };

  /// The pieces of a component that is resolved anew; defined in resolve.cpp.
  struct Component;
  struct Resolution;

  // identifiers (graph.cpp)
  [[nodiscard]] bool never(std::string_view value) const;
  [[nodiscard]] std::optional<std::uint16_t> find_namespace(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint16_t> intern_namespace(const std::string& name);
  [[nodiscard]] std::uint32_t intern_source(const std::string& source);
  [[nodiscard]] std::optional<Node> find(std::uint16_t name_space, std::string_view value,
                                         std::uint64_t hash) const;
  [[nodiscard]] Node find_or_create(std::uint16_t name_space, const std::string& value, std::int64_t time);
  [[nodiscard]] std::strong_ordering by_rank(Node x, Node y) const;
  [[nodiscard]] bool older_than(Node x, Node y) const;
  void seen_at(Node node, std::int64_t time, IdentityOutcome& outcome);

  // links (links.cpp)
  /// What an event changed about a pair.
  enum class Effect : std::uint8_t {
    nothing,
    new_link,   ///< linked for the first time
    reordered,  ///< its link applies earlier than was known
    regroup,    ///< it is apart now, or no longer
  };
  [[nodiscard]] Effect record(LinkIndex link, const EventKey& key, LinkKind kind);
  [[nodiscard]] static std::uint64_t pair_hash(Node a, Node b);
  [[nodiscard]] LinkIndex find_or_create_link(Node a, Node b);
  [[nodiscard]] bool linked_at(LinkIndex link, const EventKey& key);
  void explicit_at(LinkIndex link, const EventKey& key);
  void unlinked_at(LinkIndex link, const EventKey& key);
  [[nodiscard]] bool is_apart(LinkIndex link) const;
  void set_apart(LinkIndex link, bool apart);
  [[nodiscard]] Turns& turns_of(LinkIndex link);
  [[nodiscard]] StoredKey first_key(const LinkRecord& link) const;
  [[nodiscard]] StoredKey stored(const EventKey& key);
  void overwrite(StoredKey& old, const EventKey& key);
  [[nodiscard]] EventKey event_key(const StoredKey& key) const;
  [[nodiscard]] std::strong_ordering compare(const EventKey& key, const StoredKey& other) const;
  [[nodiscard]] std::strong_ordering compare(const StoredKey& key, const StoredKey& other) const;
  /// The order of links: by first event, then (several of one event) by rank of the ends.
  [[nodiscard]] bool applies_before(LinkIndex x, LinkIndex y) const;

  // erasure (erase.cpp)
  [[nodiscard]] std::vector<Node> connected(Node node) const;
  void drop_from_list(Node node, LinkIndex link);
  void erase_link(LinkIndex link);
  void erase_node(Node node);

  // grouping (resolve.cpp)
  /// Applies a pair's first link without looking at the rest of its component. False: the component must be
  /// resolved.
  [[nodiscard]] bool apply(LinkIndex link, Node fresh_from, IdentityOutcome& outcome);
  [[nodiscard]] bool within_limits(Node x, Node y) const;
  [[nodiscard]] bool keeps_apart(Node x, Node y) const;
  void unite(Node x, Node y, Node fresh_from, IdentityOutcome& outcome);
  void resolve(Node node, Node fresh_from, IdentityOutcome& outcome);
  [[nodiscard]] Component component(Node node) const;
  [[nodiscard]] Resolution resolution(const Component& component) const;
  void report_changes(const Component& component, const Resolution& resolution, Node fresh_from,
                      IdentityOutcome& outcome) const;
  void regroup(const Component& component, const Resolution& resolution);
  void refuse(LinkIndex link, std::optional<RefusedLink::Reason> reason);
  [[nodiscard]] std::uint32_t contested_root(Node node) const;
  [[nodiscard]] LinkIndex latest_link(Node node, LinkIndex besides) const;
  void join_contested(Node x, Node y, LinkIndex latest);
  template <class Visit>
  void for_each_member(Node node, Visit&& visit) const;
  template <class Visit>
  void for_each_link(Node node, Visit&& visit) const;
  [[nodiscard]] std::uint16_t* held(Node customer) {
    return held_.data() + customer * settings_.limits.size();
  }
  [[nodiscard]] const std::uint16_t* held(Node customer) const {
    return held_.data() + customer * settings_.limits.size();
  }

  IdentitySettings settings_;
  std::vector<std::string> never_;  ///< lower case, sorted
  std::size_t never_bytes_max_ = 0;

  StringArena strings_;
  std::vector<Namespace> namespaces_;
  std::vector<std::string> sources_;
  std::map<std::string, std::uint32_t, std::less<>> source_index_;
  std::uint32_t last_source_ = 0;  ///< events of one source come in runs

  std::vector<NodeRecord> nodes_;
  std::vector<std::uint16_t> held_;  ///< of a customer's number: members in each limited namespace
  IndexTable node_table_;
  std::vector<LinkRecord> links_;
  IndexTable link_table_;
  boost::unordered_flat_map<LinkIndex, Turns> turns_;
  boost::unordered_flat_map<Node, std::vector<Node>>
      apart_from_;  ///< both directions of each pair that is apart
  boost::unordered_flat_map<Node, std::uint32_t>
      component_of_;  ///< of nodes that are contested, into contested_
  std::vector<Contested> contested_;
  std::vector<Node> event_nodes_;  ///< scratch of add()

  std::size_t customers_ = 0;
  std::size_t erased_nodes_ = 0;
  std::size_t erased_links_ = 0;
  std::size_t refused_by_limit_ = 0;
  std::size_t refused_apart_ = 0;
  std::size_t apart_ = 0;
  std::uint64_t refused_identifiers_ = 0;
};

}  // namespace lotse
