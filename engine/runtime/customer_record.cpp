// What rights of access and retention need to know of customers.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/runtime/customer_view.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/engine_rep.hpp"

namespace lotse {
namespace {

void add_refused(const Identities& who, std::span<const NodeIndex> members, CustomerRecord& record) {
  const auto is_member = [&](NodeIndex node) { return std::ranges::binary_search(members, node); };
  for (const RefusedLink& link : who.refused_links()) {
    if (!is_member(link.primary) && !is_member(link.other)) continue;
    const bool limit = link.reason == RefusedLink::Reason::limit;
    record.refused.push_back({.primary = who.identifier(link.primary),
                              .other = who.identifier(link.other),
                              .since = link.since.time,
                              .reason = limit ? fmt::format("limit of {}", link.name_space) : "kept apart"});
  }
}

}  // namespace

Result<std::optional<CustomerRecord>> Engine::record(const Identifier& identifier) {
  Rep& rep = *rep_;
  if (rep.broken) return tl::unexpected(*rep.broken);
  EventLog& log = rep.store->log();
  LOTSE_CHECK(rep.projection.settle(log, rep.gate));
  const Identities& who = rep.projection.identities();
  const auto node = who.find(identifier);
  if (!node) return std::optional<CustomerRecord>();
  const std::vector<NodeIndex> members = who.members(who.customer_of(*node));
  CustomerRecord record;
  for (const NodeIndex member : members) record.identifiers.push_back(who.identifier(member));
  std::ranges::sort(record.identifiers);
  const std::string_view state = rep.projection.states().find(who.customer_of(*node));
  record.state = state.empty() ? rep.tracker->fresh(who.name_of(who.customer_of(*node))) : decode(state);

  EventReader reader;
  std::vector<EventNumber> numbers;
  const auto received = [&](std::string_view text) -> Result<ReceivedEvent> {
    LOTSE_TRY(Event event, reader.read(text));
    return ReceivedEvent{.event = std::move(event), .claimed = claimed_time(text)};
  };
  LOTSE_CHECK(
      log.follow(rep.projection.heads(members), [&](std::size_t, const LoggedText& event) -> Result<void> {
        LOTSE_TRY(ReceivedEvent one, received(event.text));
        record.events.push_back(std::move(one));
        numbers.push_back(event.number);
        return {};
      }));
  std::ranges::sort(record.events, {}, [](const ReceivedEvent& one) { return one.event.key(); });
  std::ranges::sort(numbers);
  LOTSE_CHECK(rep.store->for_each_conflict(numbers, [&](std::string_view text) -> Result<void> {
    LOTSE_TRY(ReceivedEvent one, received(text));
    record.conflicts.push_back(std::move(one));
    return {};
  }));
  if (who.related(*node) != members) add_refused(who, members, record);
  return std::optional(std::move(record));
}

Result<std::vector<Identifier>> Engine::silent_since(Instant before, std::size_t most) {
  Rep& rep = *rep_;
  if (rep.broken) return tl::unexpected(*rep.broken);
  EventLog& log = rep.store->log();
  LOTSE_CHECK(rep.projection.settle(log, rep.gate));
  const Identities& who = rep.projection.identities();
  const StateTable& states = rep.projection.states();
  EventReader reader;
  std::vector<Identifier> silent;
  for (std::uint32_t number = 0; number < states.end() && silent.size() < most; ++number) {
    const CustomerNumber customer(number);
    const std::string_view state = states.find(customer);
    if (state.empty() || decode(state).last_event->time >= before) continue;
    bool arrived_since = false;
    const std::vector<NodeIndex> members = who.members(customer);
    for (const EventNumber head : rep.projection.heads(members)) {  // what arrived last under each
      if (head == no_event) continue;
      LOTSE_TRY(const LoggedText text, log.read(head));
      LOTSE_TRY(const Event event, reader.read(text.text));
      arrived_since |= event.arrived >= before;
    }
    if (!arrived_since) silent.push_back(who.identifier(members.front()));
  }
  return silent;
}

}  // namespace lotse
