// What is kept of a pair: its first link, its latest explicit link and its latest unlink. Each is a minimum
// or a maximum, so the order of arrival cannot matter.

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/identity/graph.hpp"

namespace lotse {

std::uint64_t Identities::Graph::pair_hash(Node a, Node b) {
  const std::uint64_t pair = (static_cast<std::uint64_t>(a) << 32U) | b;
  std::string_view bytes(reinterpret_cast<const char*>(&pair), sizeof pair);
  return fast_hash(bytes);
}

Identities::Graph::LinkIndex Identities::Graph::find_or_create_link(Node a, Node b) {
  const std::uint64_t hash = pair_hash(a, b);
  const auto known =
      link_table_.find(hash, [&](LinkIndex link) { return links_[link].a == a && links_[link].b == b; });
  if (known) return *known;
  LOTSE_ASSERT(links_.size() < none);
  const auto link = static_cast<LinkIndex>(links_.size());
  links_.push_back({.a = a, .b = b, .next_of_a = nodes_[a].first_link, .next_of_b = nodes_[b].first_link});
  nodes_[a].first_link = link;
  nodes_[b].first_link = link;
  link_table_.insert(hash, link);
  return link;
}

Identities::Graph::Effect Identities::Graph::record(LinkIndex link, const EventKey& key, LinkKind kind) {
  const bool was_linked = links_[link].linked != 0;
  bool moved = false;
  switch (kind) {
    case LinkKind::seen_together:
      moved = linked_at(link, key);
      break;
    case LinkKind::explicit_link:
      moved = linked_at(link, key);
      explicit_at(link, key);
      break;
    case LinkKind::unlink:
      unlinked_at(link, key);
      break;
  }
  const bool apart = is_apart(link);
  if (apart != (links_[link].apart != 0)) {
    set_apart(link, apart);
    return Effect::regroup;
  }
  if (apart || !moved) return Effect::nothing;
  return was_linked ? Effect::reordered : Effect::new_link;
}

/// True if this is the first link of the pair that is known by now.
bool Identities::Graph::linked_at(LinkIndex link, const EventKey& key) {
  LinkRecord& record = links_[link];
  if (record.linked != 0 && compare(key, first_key(record)) >= 0) return false;
  if (record.first_explicit != 0) {  // it remains the latest explicit one
    turns_of(link).explicit_link = first_key(record);
    record.first_explicit = 0;
    record.id = none;
  }
  StoredKey first = first_key(record);
  overwrite(first, key);
  record.time = first.time;
  record.id = first.id;
  record.source = first.source & (sources_max - 1);
  record.linked = 1;
  return true;
}

/// Requires linked_at() for the same event before.
void Identities::Graph::explicit_at(LinkIndex link, const EventKey& key) {
  LinkRecord& record = links_[link];
  if (record.first_explicit != 0) {
    if (compare(key, first_key(record)) <= 0) return;
    record.first_explicit = 0;
    turns_of(link).explicit_link = stored(key);
    return;
  }
  if (record.has_turns != 0) {
    StoredKey& latest = turns_of(link).explicit_link;
    if (latest.id != none) {
      if (compare(key, latest) > 0) overwrite(latest, key);
      return;
    }
  }
  if (compare(key, first_key(record)) == 0) {
    record.first_explicit = 1;
  } else {
    turns_of(link).explicit_link = stored(key);
  }
}

void Identities::Graph::unlinked_at(LinkIndex link, const EventKey& key) {
  StoredKey& latest = turns_of(link).unlink;
  if (latest.id == none || compare(key, latest) > 0) overwrite(latest, key);
}

bool Identities::Graph::is_apart(LinkIndex link) const {
  const LinkRecord& record = links_[link];
  if (record.has_turns == 0) return false;
  const Turns& turns = turns_.at(link);
  if (turns.unlink.id == none) return false;
  const StoredKey explicit_link = record.first_explicit != 0 ? first_key(record) : turns.explicit_link;
  return explicit_link.id == none || compare(explicit_link, turns.unlink) < 0;
}

void Identities::Graph::set_apart(LinkIndex link, bool apart) {
  LinkRecord& record = links_[link];
  record.apart = apart ? 1 : 0;
  if (apart) {
    ++apart_;
    apart_from_[record.a].push_back(record.b);
    apart_from_[record.b].push_back(record.a);
    return;
  }
  --apart_;
  const auto drop = [&](Node from, Node other) {
    std::erase(apart_from_.at(from), other);
    if (apart_from_.at(from).empty()) apart_from_.erase(from);
  };
  drop(record.a, record.b);
  drop(record.b, record.a);
}

Identities::Graph::Turns& Identities::Graph::turns_of(LinkIndex link) {
  links_[link].has_turns = 1;
  return turns_[link];
}

Identities::Graph::StoredKey Identities::Graph::first_key(const LinkRecord& link) const {
  return {.time = link.time, .id = link.id, .source = link.source};
}

std::uint32_t Identities::Graph::intern_source(const std::string& source) {
  if (last_source_ < sources_.size() && sources_[last_source_] == source) return last_source_;
  const auto known = source_index_.find(source);
  if (known != source_index_.end()) return last_source_ = known->second;
  LOTSE_ASSERT(sources_.size() < sources_max);
  last_source_ = static_cast<std::uint32_t>(sources_.size());
  sources_.push_back(source);
  source_index_.emplace(source, last_source_);
  return last_source_;
}

Identities::Graph::StoredKey Identities::Graph::stored(const EventKey& key) {
  return {.time = key.time.time_since_epoch().count(),
          .id = strings_.add(key.id),
          .source = intern_source(key.source)};
}

void Identities::Graph::overwrite(StoredKey& old, const EventKey& key) {
  old = {.time = key.time.time_since_epoch().count(),
         .id = old.id == none ? strings_.add(key.id) : strings_.replace(old.id, key.id),
         .source = intern_source(key.source)};
}

EventKey Identities::Graph::event_key(const StoredKey& key) const {
  StringArena::Scratch scratch;
  return {.time = Instant{Duration{key.time}},
          .id = std::string(strings_.text(key.id, scratch)),
          .source = sources_[key.source]};
}

std::strong_ordering Identities::Graph::compare(const EventKey& key, const StoredKey& other) const {
  const std::int64_t time = key.time.time_since_epoch().count();
  if (time != other.time) return time <=> other.time;
  StringArena::Scratch scratch;
  const auto by_id = std::string_view(key.id) <=> strings_.text(other.id, scratch);
  return by_id != 0 ? by_id : key.source <=> sources_[other.source];
}

std::strong_ordering Identities::Graph::compare(const StoredKey& key, const StoredKey& other) const {
  if (key.time != other.time) return key.time <=> other.time;
  StringArena::Scratch scratch;
  StringArena::Scratch scratch_other;
  const auto by_id = strings_.text(key.id, scratch) <=> strings_.text(other.id, scratch_other);
  return by_id != 0 ? by_id : sources_[key.source] <=> sources_[other.source];
}

bool Identities::Graph::applies_before(LinkIndex x, LinkIndex y) const {
  const LinkRecord& link_x = links_[x];
  const LinkRecord& link_y = links_[y];
  if (const auto by_key = compare(first_key(link_x), first_key(link_y)); by_key != 0) return by_key < 0;
  if (link_x.a != link_y.a) return by_rank(link_x.a, link_y.a) < 0;
  return link_x.b != link_y.b && by_rank(link_x.b, link_y.b) < 0;
}

}  // namespace lotse
