// What rights of access and retention need to know of customers.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "engine/runtime/customer_view.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/engine_rep.hpp"

namespace lotse {
namespace {

std::vector<CustomerRecord::Refused> refused_links(const Identities& who,
                                                   std::span<const NodeIndex> members) {
  const auto is_member = [&](NodeIndex node) { return std::ranges::binary_search(members, node); };
  std::vector<CustomerRecord::Refused> refused;
  for (const RefusedLink& link : who.refused_links()) {
    if (!is_member(link.primary) && !is_member(link.other)) continue;
    const bool limit = link.reason == RefusedLink::Reason::limit;
    refused.push_back({.primary = who.identifier(link.primary),
                       .other = who.identifier(link.other),
                       .since = link.since.time,
                       .reason = limit ? fmt::format("limit of {}", link.name_space) : "kept apart"});
  }
  return refused;
}

Result<ReceivedEvent> received(EventReader& reader, std::string_view text) {
  LOTSE_TRY(Event event, reader.read(text));
  return ReceivedEvent{.event = std::move(event), .claimed = claimed_time(text)};
}

/// What happened, as settling a projection would have it.
CustomerState derived_state(const Tracker& tracker, const std::string& name,
                            std::span<const ReceivedEvent> received) {
  std::vector<Event> events;
  for (const ReceivedEvent& one : received) events.push_back(one.event);
  const Instant last = events.back().time;
  return tracker.derive(name, events, last);
}

}  // namespace

std::optional<RecordGlimpse> record_glimpse(const Projection& projection, const Identifier& identifier) {
  const Identities& who = projection.identities();
  std::optional<Glimpse> seen = glimpse(projection, identifier);
  if (!seen) return std::nullopt;
  const CustomerNumber customer = who.customer_of(*who.find(identifier));
  RecordGlimpse record{.customer = *std::move(seen), .name = who.name_of(customer)};
  // Without others that are related, no link of theirs was refused.
  if (!record.customer.related.empty()) record.refused = refused_links(who, who.members(customer));
  return record;
}

Result<std::optional<CustomerRecord>> record_of(const RecordGlimpse& glimpse, Store& store,
                                                const Tracker& tracker) {
  CustomerRecord record;
  record.identifiers = glimpse.customer.identifiers;
  record.refused = glimpse.refused;
  EventReader reader;
  std::vector<EventNumber> numbers;
  LOTSE_CHECK(
      store.log().follow(glimpse.customer.heads, [&](std::size_t, const LoggedText& event) -> Result<void> {
        LOTSE_TRY(ReceivedEvent one, received(reader, event.text));
        record.events.push_back(std::move(one));
        numbers.push_back(event.number);
        return {};
      }));
  if (numbers.empty()) return std::optional<CustomerRecord>();  // erased meanwhile
  std::ranges::sort(record.events, {}, [](const ReceivedEvent& one) { return one.event.key(); });
  std::ranges::sort(numbers);
  LOTSE_CHECK(store.for_each_conflict(numbers, [&](std::string_view text) -> Result<void> {
    LOTSE_TRY(ReceivedEvent one, received(reader, text));
    record.conflicts.push_back(std::move(one));
    return {};
  }));
  record.state = glimpse.customer.state.empty() ? derived_state(tracker, glimpse.name, record.events)
                                                : decode(glimpse.customer.state);
  return std::optional(std::move(record));
}

Result<std::optional<CustomerRecord>> Engine::record(const Identifier& identifier) {
  if (rep_->broken) return tl::unexpected(*rep_->broken);
  const std::optional<RecordGlimpse> seen = record_glimpse(rep_->projection, identifier);
  if (!seen) return std::optional<CustomerRecord>();
  return record_of(*seen, *rep_->store, *rep_->tracker);
}

Result<std::vector<Identifier>> Engine::find_silent(SilenceSearch& search, std::size_t most,
                                                    std::size_t looks) {
  Rep& rep = *rep_;
  if (rep.broken) return tl::unexpected(*rep.broken);
  EventLog& log = rep.store->log();
  LOTSE_CHECK(rep.projection.settle(log, rep.gate));
  const Identities& who = rep.projection.identities();
  const StateTable& states = rep.projection.states();
  EventReader reader;
  std::vector<Identifier> silent;
  for (; search.next < states.end() && silent.size() < most && looks > 0; ++search.next) {
    const CustomerNumber customer(search.next);
    const std::string_view state = states.find(customer);
    if (state.empty()) continue;
    --looks;
    if (decode(state).last_event->time >= search.before) continue;
    bool arrived_since = false;
    const std::vector<NodeIndex> members = who.members(customer);
    for (const EventNumber head : rep.projection.heads(members)) {  // what arrived last under each
      if (head == no_event) continue;
      LOTSE_TRY(const LoggedText text, log.read(head));
      LOTSE_TRY(const Event event, reader.read(text.text));
      arrived_since |= event.arrived >= search.before;
    }
    if (!arrived_since) silent.push_back(who.identifier(members.front()));
  }
  search.ended = search.next >= states.end();
  return silent;
}

}  // namespace lotse
