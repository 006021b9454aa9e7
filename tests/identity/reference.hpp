#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/identity/identity.hpp"

namespace lotse::test {

/// One event as identity sees it.
struct Sighting {
  EventKey key;
  LinkKind kind = LinkKind::seen_together;
  std::vector<Identifier> ids;
};

/// Who is who by the letter of docs/identity.md: keeps every event, sorts all of them, and starts from
/// nothing each time. Shares no code with the engine.
class Reference {
 public:
  using Group = std::set<Identifier>;

  Reference(const IdentitySettings& settings, std::vector<Sighting> sightings) : settings_(settings) {
    std::ranges::sort(sightings, {}, &Sighting::key);
    std::map<std::pair<Identifier, Identifier>, LinkKind> last_word;  // of explicit links and unlinks
    for (Sighting& each : sightings) {
      std::erase_if(each.ids, [&](const Identifier& id) {
        return std::ranges::find(settings_.never, id.value) != settings_.never.end();
      });
      std::ranges::sort(each.ids, [&](const auto& x, const auto& y) { return rank(x) < rank(y); });
      each.ids.erase(std::unique(each.ids.begin(), each.ids.end()), each.ids.end());
      for (const Identifier& id : each.ids) {
        first_seen_.emplace(id, each.key.time);
        groups_.try_emplace(id, Group{id});
        if (each.kind != LinkKind::seen_together) last_word[{each.ids.front(), id}] = each.kind;
      }
    }
    for (const auto& [pair, kind] : last_word) {
      if (kind == LinkKind::unlink && pair.first != pair.second) apart_.push_back(pair);
    }
    for (const Sighting& each : sightings) {
      if (each.kind == LinkKind::unlink) continue;
      for (const Identifier& id : each.ids) link(each.ids.front(), id);
    }
  }

  [[nodiscard]] std::set<Group> customers() const {
    std::set<Group> out;
    for (const auto& [id, group] : groups_) out.insert(group);
    return out;
  }
  [[nodiscard]] const std::map<Identifier, Group>& groups() const { return groups_; }
  [[nodiscard]] std::string name_of(const Group& group) const {
    const auto older = std::ranges::min_element(group, [&](const Identifier& x, const Identifier& y) {
      return std::pair(first_seen_.at(x), rank(x)) < std::pair(first_seen_.at(y), rank(y));
    });
    return older->name_space + ":" + older->value;
  }
  [[nodiscard]] const std::map<Identifier, Instant>& first_seen() const { return first_seen_; }

  struct Refused {
    Identifier primary;
    Identifier other;
    RefusedLink::Reason reason;
    friend auto operator<=>(const Refused&, const Refused&) = default;
  };
  /// In the order of their first refusal.
  [[nodiscard]] const std::vector<Refused>& refused() const { return refused_; }

  /// (place in the configured rank, namespace, value).
  [[nodiscard]] std::tuple<std::ptrdiff_t, std::string, std::string> rank(const Identifier& id) const {
    const auto& order = settings_.namespace_rank;
    return {std::ranges::find(order, id.name_space) - order.begin(), id.name_space, id.value};
  }

 private:
  void link(const Identifier& x, const Identifier& y) {
    if (groups_.at(x).contains(y)) return;
    for (const auto& [a, b] : apart_) {
      if (std::pair(a, b) == std::pair(x, y)) return;  // withdrawn, not refused
    }
    Group both = groups_.at(x);
    both.insert(groups_.at(y).begin(), groups_.at(y).end());
    for (const auto& [name, limit] : settings_.limits) {
      const auto of_name = [&, name = name](const Identifier& id) { return id.name_space == name; };
      const bool both_have =
          std::ranges::any_of(groups_.at(x), of_name) && std::ranges::any_of(groups_.at(y), of_name);
      if (both_have && std::ranges::count_if(both, of_name) > static_cast<std::ptrdiff_t>(limit)) {
        return refuse({x, y, RefusedLink::Reason::limit});
      }
    }
    for (const auto& [a, b] : apart_) {
      if (both.contains(a) && both.contains(b)) return refuse({x, y, RefusedLink::Reason::kept_apart});
    }
    for (const Identifier& id : both) groups_.at(id) = both;
  }

  void refuse(const Refused& refused) {
    const auto same_pair = [&](const Refused& r) {
      return r.primary == refused.primary && r.other == refused.other;
    };
    if (std::ranges::none_of(refused_, same_pair)) refused_.push_back(refused);
  }

  IdentitySettings settings_;
  std::map<Identifier, Group> groups_;
  std::map<Identifier, Instant> first_seen_;
  std::vector<std::pair<Identifier, Identifier>> apart_;
  std::vector<Refused> refused_;
};

}  // namespace lotse::test
