#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/event_key.hpp"
#include "engine/base/identifier.hpp"
#include "engine/base/result.hpp"
#include "engine/base/strong.hpp"
#include "engine/base/time.hpp"

namespace lotse {

/// One identifier that some event named. Numbered from 0 by arrival, for ever: events are stored under the
/// node of their primary identifier, which no merge changes.
using NodeIndex = Index<struct IdentifierNodeTag>;

/// A customer: the lowest node among its members. Follows from arrival order, so it is a number for tables,
/// never for people; what customers are called is name_of().
using CustomerNumber = Strong<struct CustomerNumberTag, std::uint32_t>;

/// What an event says about its identifiers. Its primary identifier is linked with (or unlinked from) each
/// other one.
enum class LinkKind : std::uint8_t {
  seen_together,  ///< any other event
  explicit_link,  ///< identify, alias
  unlink,
};

struct IdentitySettings {
  std::vector<std::string> namespace_rank;  ///< highest first; other namespaces follow bytewise
  std::vector<std::pair<std::string, std::uint32_t>>
      limits;  ///< how many of a namespace one customer may gather
  std::vector<std::string>
      never;  ///< values that name nobody; compared without ASCII case and surrounding white space
  friend bool operator==(const IdentitySettings&, const IdentitySettings&) = default;
};

/// Longer names are refused, as the never-list is.
inline constexpr std::size_t identifier_namespace_bytes_max = 64;
inline constexpr std::size_t identifier_value_bytes_max = 512;

/// What adding one event did.
struct IdentityOutcome {
  std::optional<NodeIndex>
      primary;              ///< nothing: no identifier was acceptable, and nothing was kept of the event
  CustomerNumber customer;  ///< of `primary`, afterwards
  std::vector<CustomerNumber>
      changed;  ///< whose earlier events or name differ from before: derive anew; ascending
  std::vector<CustomerNumber> gone;  ///< no customers any more: drop their state; ascending
  [[nodiscard]] bool regrouped() const { return !changed.empty() || !gone.empty(); }
};

/// A link that the guard did not apply.
struct RefusedLink {
  enum class Reason : std::uint8_t {
    limit,       ///< the customer would gather more of `name_space` than its limit
    kept_apart,  ///< it would join an unlinked pair by way of others
  };
  NodeIndex primary;
  NodeIndex other;
  EventKey since;  ///< the first event that named both
  Reason reason{};
  std::string name_space;  ///< of a limit: the first one exceeded, by rank
  friend bool operator==(const RefusedLink&, const RefusedLink&) = default;
};

struct IdentityStatistics {
  std::size_t identifiers = 0;
  std::size_t customers = 0;
  std::size_t links = 0;                  ///< distinct pairs
  std::size_t unlinked = 0;               ///< pairs that an unlink keeps apart
  std::size_t refused_by_limit = 0;       ///< pairs
  std::size_t refused_apart = 0;          ///< pairs
  std::uint64_t refused_identifiers = 0;  ///< occurrences in the never-list or too long
  std::size_t bytes = 0;                  ///< of memory held
};

/// Who is who: identifiers, links, and the customers that follow from them. docs/identity.md is the contract:
///
/// - The result is a function of the set of events added, whatever their order of arrival (but for numbers).
/// - Links apply in the order of their pair's first event key, each under the guard (limits; unlinked pairs
/// apart).
/// - A pair is apart while its latest unlink is later than its latest explicit link.
/// - Adding an event twice changes nothing but `refused_identifiers`.
///
/// One writer; const functions are safe from several threads while nobody writes.
class Identities {
 public:
  explicit Identities(IdentitySettings settings);
  Identities(Identities&&) noexcept;
  Identities& operator=(Identities&&) noexcept;
  ~Identities();

  /// False for what add() would ignore: an empty or over-long namespace, an over-long value, one of the
  /// never-list.
  [[nodiscard]] bool accepts(const Identifier& identifier) const;

  /// Takes one event's identifiers in. Requires (asserted) key.id and key.source of at most 65,535 bytes.
  IdentityOutcome add(const EventKey& key, LinkKind kind, std::span<const Identifier> ids);

  [[nodiscard]] std::optional<NodeIndex> find(const Identifier& identifier) const;
  /// Has the memory fetched that find() begins with.
  void prefetch(const Identifier& identifier) const;
  [[nodiscard]] Identifier identifier(NodeIndex node) const;
  /// The time of the earliest event that named it.
  [[nodiscard]] Instant first_seen(NodeIndex node) const;

  [[nodiscard]] CustomerNumber customer_of(NodeIndex node) const;
  /// Ascending. Its events are those stored under these nodes.
  [[nodiscard]] std::vector<NodeIndex> members(CustomerNumber customer) const;
  /// The older identity, `namespace:value`: the member seen first, by (time, rank of namespace, value).
  [[nodiscard]] std::string name_of(CustomerNumber customer) const;
  [[nodiscard]] NodeIndex older_identity(CustomerNumber customer) const;
  /// All nodes that any chain of links or unlinks, refused ones too, connects with `node`, ascending. Their
  /// events decide who this customer is at any earlier instant.
  [[nodiscard]] std::vector<NodeIndex> related(NodeIndex node) const;
  /// Those that a link or unlink connects with `node` directly, refused ones too; unordered.
  [[nodiscard]] std::vector<NodeIndex> linked_with(NodeIndex node) const;

  /// Forgets `nodes`, whole customers, and every link of theirs; their numbers stay unused. `seen` says of
  /// others that they were linked with when the events that remain name them first. `changed` of the result:
  /// others whose name is another one now.
  IdentityOutcome erase(std::span<const NodeIndex> nodes,
                        std::span<const std::pair<NodeIndex, Instant>> seen);

  [[nodiscard]] std::size_t size() const;  ///< nodes are 0 to size() - 1; an erased one has no identifier
  /// All that some event named, by rank.
  [[nodiscard]] std::vector<std::string> namespaces() const;

  /// In the order in which links apply.
  [[nodiscard]] std::vector<RefusedLink> refused_links() const;
  [[nodiscard]] IdentityStatistics statistics() const;

  /// Appends everything to `out`, for a check-point; little-endian, with a checksum.
  void save(std::string& out) const;
  /// What save() wrote, under the same settings. Errors: `storage` for damaged bytes, `conflict` for other
  /// settings or another format: build anew from the log.
  [[nodiscard]] static Result<Identities> load(std::string_view bytes, IdentitySettings settings);

 private:
  class Graph;
  explicit Identities(std::unique_ptr<Graph> graph);
  std::unique_ptr<Graph> graph_;
};

}  // namespace lotse
