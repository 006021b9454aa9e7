// P8 of the design: identity links commute. The engine takes the same events in any order of arrival and must
// agree, after each of them, with a reference that sorts them all and starts from nothing.

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <set>

#include "tests/identity/reference.hpp"

namespace lotse::test {
namespace {

using namespace std::chrono_literals;

IdentitySettings settings() {
  return {.namespace_rank = {"user_id", "email", "anonymous_id"},
          .limits = {{"email", 2}, {"user_id", 1}},
          .never = {"null"}};
}

/// Few identifiers, few instants and few ids, so that events meet; ids in each form that the arena stores.
rc::Gen<Sighting> sighting() {
  const auto identifier = rc::gen::build<Identifier>(
      rc::gen::set(&Identifier::name_space,
                   rc::gen::weightedElement<std::string>(
                       {{4, "user_id"}, {4, "anonymous_id"}, {3, "email"}, {1, "card"}})),
      rc::gen::set(&Identifier::value,
                   rc::gen::weightedElement<std::string>(
                       {{5, "1"}, {5, "2"}, {3, "0b1f6a52-6a0e-4f3e-8d5c-2f1a9d7c1e00"}, {1, "null"}})));
  const auto kind = rc::gen::weightedElement<LinkKind>(
      {{5, LinkKind::seen_together}, {3, LinkKind::explicit_link}, {2, LinkKind::unlink}});
  const auto time = rc::gen::map(rc::gen::inRange(0, 5), [](int at) { return Instant{at * 1s}; });
  return rc::gen::map(
      rc::gen::tuple(time, kind, rc::gen::resize(3, rc::gen::container<std::vector<Identifier>>(identifier))),
      [](auto parts) {
        auto [at, which, ids] = std::move(parts);
        return Sighting{.key = {.time = at, .id = {}, .source = {}}, .kind = which, .ids = std::move(ids)};
      });
}

/// Events with distinct keys; the key's id says nothing about the place in the list.
rc::Gen<std::vector<Sighting>> history() {
  return rc::gen::map(
      rc::gen::container<std::vector<Sighting>>(sighting()), [](std::vector<Sighting> events) {
        static const std::vector<std::string> prefixes = {"e", "b", "0123456789abcdef0123456789abcdef", "z",
                                                          "A"};
        for (std::size_t i = 0; i < events.size(); ++i) {
          events[i].key.id = prefixes[i * 7 % prefixes.size()] + (i % 3 == 2 ? "" : std::to_string(i / 2));
          events[i].key.source = "s" + std::to_string(i);
        }
        return events;
      });
}

std::vector<std::size_t> arrival_order(std::size_t size) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = size; i > 1; --i) std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
  return order;
}

std::set<Identifier> group_of(const Identities& identities, CustomerNumber customer) {
  std::set<Identifier> out;
  for (const NodeIndex node : identities.members(customer)) out.insert(identities.identifier(node));
  return out;
}

void expect_agreement(const Identities& identities, const std::vector<Sighting>& events) {
  const Reference reference(settings(), events);

  RC_ASSERT(identities.size() == reference.groups().size());
  std::set<Reference::Group> customers;
  for (const auto& [id, group] : reference.groups()) {
    const auto node = identities.find(id);
    RC_ASSERT(node.has_value());
    const CustomerNumber customer = identities.customer_of(*node);
    RC_ASSERT(group_of(identities, customer) == group);
    RC_ASSERT(identities.members(customer).front().value() == customer.value());
    RC_ASSERT(identities.name_of(customer) == reference.name_of(group));
    RC_ASSERT(identities.first_seen(*node) == reference.first_seen().at(id));
    customers.insert(group);
  }
  std::vector<Reference::Refused> refused;
  std::size_t by_limit = 0;
  for (const RefusedLink& link : identities.refused_links()) {
    refused.push_back({identities.identifier(link.primary), identities.identifier(link.other), link.reason});
    by_limit += link.reason == RefusedLink::Reason::limit ? 1U : 0U;
  }
  RC_ASSERT(refused == reference.refused());
  const IdentityStatistics statistics = identities.statistics();
  RC_ASSERT(statistics.customers == customers.size());
  RC_ASSERT(statistics.refused_by_limit == by_limit);
  RC_ASSERT(statistics.refused_apart == refused.size() - by_limit);
}

/// What a runtime keeps for a customer: which events shaped it, and under which name.
struct Derived {
  std::set<EventKey> events;
  std::string name;
  friend bool operator==(const Derived&, const Derived&) = default;
};

std::map<CustomerNumber, Derived> derive_all(const Identities& identities,
                                             const std::map<NodeIndex, std::set<EventKey>>& events_of) {
  std::map<CustomerNumber, Derived> out;
  for (const auto& [node, events] : events_of) {
    Derived& customer = out[identities.customer_of(node)];
    customer.events.insert(events.begin(), events.end());
    customer.name = identities.name_of(identities.customer_of(node));
  }
  return out;
}

}  // namespace

TEST_CASE("identity: any order of arrival agrees with the reference after every event",
          "[identity][property]") {
  REQUIRE(rc::check("P8", [] {
    const auto events = *history();
    const auto order = arrival_order(events.size());
    Identities identities(settings());
    std::vector<Sighting> arrived;

    for (const std::size_t i : order) {
      identities.add(events[i].key, events[i].kind, events[i].ids);
      arrived.push_back(events[i]);
      expect_agreement(identities, arrived);
    }
  }));
}

TEST_CASE("identity: outcomes name every customer whose events or name have changed",
          "[identity][property]") {
  REQUIRE(rc::check([] {
    const auto events = *history();
    const auto order = arrival_order(events.size());
    Identities identities(settings());
    std::map<NodeIndex, std::set<EventKey>> events_of;
    std::map<CustomerNumber, Derived> kept;

    for (const std::size_t i : order) {
      const IdentityOutcome outcome = identities.add(events[i].key, events[i].kind, events[i].ids);
      if (!outcome.primary) continue;
      events_of[*outcome.primary].insert(events[i].key);
      const auto anew = derive_all(identities, events_of);

      for (const CustomerNumber gone : outcome.gone) {
        RC_ASSERT(identities.customer_of(NodeIndex{gone.value()}) != gone);
        kept.erase(gone);
      }
      for (const CustomerNumber changed : outcome.changed) {
        if (anew.contains(changed))
          kept[changed] = anew.at(changed);
        else
          kept.erase(changed);
      }
      Derived& customer = kept[outcome.customer];
      customer.events.insert(events[i].key);
      if (customer.name.empty()) customer.name = identities.name_of(outcome.customer);

      RC_ASSERT(kept == anew);
    }
  }));
}

TEST_CASE("identity: a saved image goes on as if it had never been saved", "[identity][property]") {
  REQUIRE(rc::check([] {
    const auto events = *history();
    const std::size_t cut = *rc::gen::inRange<std::size_t>(0, events.size() + 1);
    Identities straight(settings());
    std::optional<Identities> resumed(settings());

    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i == cut) {
        std::string image = "before";
        resumed->save(image);
        auto loaded = Identities::load(std::string_view(image).substr(6), settings());
        RC_ASSERT(loaded.has_value());
        resumed.emplace(std::move(*loaded));
      }
      straight.add(events[i].key, events[i].kind, events[i].ids);
      resumed->add(events[i].key, events[i].kind, events[i].ids);
    }

    expect_agreement(*resumed, events);
    std::string image;
    std::string image_of_resumed;
    straight.save(image);
    resumed->save(image_of_resumed);
    RC_ASSERT(image == image_of_resumed);
  }));
}

TEST_CASE("identity: events added twice change nothing", "[identity][property]") {
  REQUIRE(rc::check([] {
    const auto events = *history();
    Identities identities(settings());
    for (const Sighting& each : events) identities.add(each.key, each.kind, each.ids);

    for (const std::size_t i : arrival_order(events.size())) {
      const IdentityOutcome outcome = identities.add(events[i].key, events[i].kind, events[i].ids);
      RC_ASSERT(!outcome.regrouped());
    }
    expect_agreement(identities, events);
  }));
}

TEST_CASE("identity: the events of related nodes alone decide who a customer was", "[identity][property]") {
  REQUIRE(rc::check([] {
    const auto events = *history();
    RC_PRE(!events.empty());
    Identities identities(settings());
    std::map<NodeIndex, std::vector<Sighting>> events_of;
    for (const Sighting& each : events) {
      const auto outcome = identities.add(each.key, each.kind, each.ids);
      if (outcome.primary) events_of[*outcome.primary].push_back(each);
    }
    RC_PRE(identities.size() > 0U);
    const NodeIndex node{*rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(identities.size()))};

    Identities alone(settings());
    for (const NodeIndex each : identities.related(node)) {
      for (const Sighting& event : events_of[each]) alone.add(event.key, event.kind, event.ids);
    }

    const auto found = alone.find(identities.identifier(node));
    RC_ASSERT(found.has_value());
    RC_ASSERT(group_of(alone, alone.customer_of(*found)) ==
              group_of(identities, identities.customer_of(node)));
  }));
}

}  // namespace lotse::test
