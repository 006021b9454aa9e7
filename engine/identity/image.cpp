// A check-point's image: a head (format, settings), the vectors as they lie in memory, and a checksum. Tables
// are written too, so that loading copies and hashes nothing again.

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>
#include <type_traits>

#include "engine/base/hash.hpp"
#include "engine/identity/graph.hpp"

namespace lotse {
namespace {

static_assert(std::endian::native == std::endian::little, "the image is little-endian");

constexpr std::string_view format = "lotse identity 1";

template <class T>
concept Flat = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

void put_bytes(std::string& out, std::string_view bytes) { out.append(bytes); }

template <std::integral T>
void put(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  put_bytes(out, {bytes, sizeof value});
}

void put(std::string& out, std::string_view text) {
  put(out, std::uint64_t{text.size()});
  put_bytes(out, text);
}

template <class T>
void put(std::string& out, const std::vector<T>& values) {
  put(out, std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
}

/// Takes apart what put() wrote; after a first failure everything is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <std::integral T>
  T number() {
    T value{};
    const std::string_view bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view text() { return take(number<std::uint64_t>()); }
  template <class T>
  std::vector<T> values() {
    const std::string_view bytes = text();
    if (bytes.size() % sizeof(T) != 0) failed_ = true;
    std::vector<T> out(bytes.size() / sizeof(T));
    if (!out.empty()) std::memcpy(static_cast<void*>(out.data()), bytes.data(), out.size() * sizeof(T));
    return out;
  }
  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view take(std::uint64_t size) {
    if (failed_ || size > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

  std::string_view rest_;
  bool failed_ = false;
};

/// Equal for settings under which the same events give the same customers.
std::uint64_t fingerprint(const IdentitySettings& settings, const std::vector<std::string>& never) {
  std::string text;
  put(text, std::uint64_t{settings.namespace_rank.size()});
  for (const std::string& name : settings.namespace_rank) put(text, name);
  put(text, std::uint64_t{settings.limits.size()});
  for (const auto& [name, limit] : settings.limits) {
    put(text, name);
    put(text, limit);
  }
  for (const std::string& value : never) put(text, value);
  return fast_hash(text);
}

/// Sorted, so that equal contents give equal bytes.
template <class Map>
std::vector<std::uint32_t> sorted_keys(const Map& map) {
  std::vector<std::uint32_t> keys;
  keys.reserve(map.size());
  for (const auto& entry : map) keys.push_back(entry.first);
  std::ranges::sort(keys);
  return keys;
}

}  // namespace

void Identities::Graph::save(std::string& out) const {
  static_assert(Flat<StoredKey> && Flat<Turns> && Flat<Contested> && Flat<IndexTable::Slot>);
  const std::size_t start = out.size();
  put_bytes(out, format);
  put(out, fingerprint(settings_, never_));

  put(out, std::uint64_t{namespaces_.size()});
  for (const Namespace& each : namespaces_) put(out, each.name);
  put(out, std::uint64_t{sources_.size()});
  for (const std::string& source : sources_) put(out, source);
  const auto chunks = strings_.chunks();
  put(out, std::uint64_t{chunks.size()});
  for (const std::string_view chunk : chunks) put(out, chunk);

  put(out, nodes_);
  put(out, held_);
  put(out, node_table_.slots());
  put(out, links_);
  put(out, link_table_.slots());

  const auto turned = sorted_keys(turns_);
  put(out, turned);
  for (const LinkIndex link : turned) put(out, std::vector<Turns>{turns_.at(link)});
  const auto contested_nodes = sorted_keys(component_of_);
  put(out, contested_nodes);
  for (const Node node : contested_nodes) put(out, component_of_.at(node));
  put(out, contested_);
  put(out, refused_identifiers_);

  put(out, fast_hash(std::string_view(out).substr(start)));
}

Result<void> Identities::Graph::restore(std::string_view bytes) {
  const auto damaged = [] {
    return fail(ErrorCode::storage, "identities: the check-point is damaged (cut short or changed)");
  };
  constexpr std::size_t checksum_bytes = sizeof(std::uint64_t);
  if (!bytes.starts_with(format)) {
    return fail(ErrorCode::conflict, "identities: the check-point is of another format");
  }
  if (bytes.size() < format.size() + 2 * checksum_bytes) return damaged();
  const std::string_view body = bytes.substr(0, bytes.size() - checksum_bytes);
  if (Reader(bytes.substr(body.size())).number<std::uint64_t>() != fast_hash(body)) return damaged();
  Reader in(body.substr(format.size()));
  if (in.number<std::uint64_t>() != fingerprint(settings_, never_)) {
    return fail(ErrorCode::conflict, "identities: the check-point was made under other identity settings");
  }

  for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
    if (!intern_namespace(std::string(in.text()))) return damaged();
  }
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
    [[maybe_unused]] const std::uint32_t source = intern_source(std::string(in.text()));
  }
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
    if (!strings_.restore(in.text())) return damaged();
  }

  nodes_ = in.values<NodeRecord>();
  held_ = in.values<std::uint16_t>();
  if (!node_table_.restore(in.values<IndexTable::Slot>())) return damaged();
  links_ = in.values<LinkRecord>();
  if (!link_table_.restore(in.values<IndexTable::Slot>())) return damaged();

  for (const LinkIndex link : in.values<LinkIndex>()) {
    const auto turns = in.values<Turns>();
    if (turns.size() != 1) return damaged();
    turns_.emplace(link, turns.front());
  }
  for (const Node node : in.values<Node>()) component_of_.emplace(node, in.number<std::uint32_t>());
  contested_ = in.values<Contested>();
  refused_identifiers_ = in.number<std::uint64_t>();
  if (!in.done()) return damaged();

  for (LinkIndex link = 0; link < links_.size(); ++link) {
    if (links_[link].apart != 0) set_apart(link, true);
    refused_by_limit_ += links_[link].refused_limit;
    refused_apart_ += links_[link].refused_apart;
    erased_links_ += links_[link].a == none ? 1U : 0U;
  }
  for (Node node = 0; node < nodes_.size(); ++node) {
    const bool gone = nodes_[node].name_space == erased;
    erased_nodes_ += gone ? 1U : 0U;
    customers_ += !gone && nodes_[node].customer == node ? 1U : 0U;
  }
  return {};
}

}  // namespace lotse
