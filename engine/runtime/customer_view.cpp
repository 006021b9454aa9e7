#include "engine/runtime/customer_view.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/runtime/history.hpp"

namespace lotse {
namespace {

/// Who was who is found anew from the events of all who might have been the same customer then.
Result<std::optional<CustomerView>> derived_view(const Glimpse& glimpse, const Identifier& identifier,
                                                 EventLog& log, const Tracker& tracker,
                                                 const IdentitySettings& identity, const Moment& moment) {
  const std::vector<EventNumber>& heads = glimpse.related.empty() ? glimpse.heads : glimpse.related;
  const EventFilter filter{.as_of = moment.as_of, .known_at = moment.known_at};
  LOTSE_TRY(std::vector<Event> events, read_history(log, heads, filter));
  Identities then(identity);
  std::vector<NodeIndex> primaries;
  for (const Event& event : events) {
    const auto primary = then.add(event.key(), link_kind(event.type), event.ids).primary;
    LOTSE_ASSERT(primary);
    primaries.push_back(*primary);
  }
  const auto node_then = then.find(identifier);
  if (!node_then) return std::optional<CustomerView>();
  const CustomerNumber customer = then.customer_of(*node_then);
  CustomerView view;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (then.customer_of(primaries[i]) == customer) view.events.push_back(std::move(events[i]));
  }
  if (view.events.empty()) return std::optional<CustomerView>();
  for (const NodeIndex member : then.members(customer)) view.identifiers.push_back(then.identifier(member));
  std::ranges::sort(view.identifiers);
  view.state = tracker.derive(then.name_of(customer), view.events, moment.as_of);
  return view;
}

}  // namespace

std::optional<Glimpse> glimpse(const Projection& projection, const Identifier& identifier) {
  const Identities& identities = projection.identities();
  const auto node = identities.find(identifier);
  if (!node) return std::nullopt;
  const CustomerNumber customer = identities.customer_of(*node);
  const std::vector<NodeIndex> members = identities.members(customer);
  const std::vector<NodeIndex> related = identities.related(*node);
  Glimpse seen;
  for (const NodeIndex member : members) seen.identifiers.push_back(identities.identifier(member));
  std::ranges::sort(seen.identifiers);
  seen.heads = projection.heads(members);
  if (related != members) seen.related = projection.heads(related);
  if (projection.settled(customer)) seen.state = projection.states().find(customer);
  seen.latest = projection.last_event_time().value_or(Instant::min());
  for (const EventNumber head : seen.heads) seen.newest = std::max(seen.newest, head);
  for (const EventNumber head : seen.related) seen.newest = std::max(seen.newest, head);
  return seen;
}

Result<std::optional<CustomerView>> view_of(const Glimpse& glimpse, const Identifier& identifier,
                                            EventLog& log, const Tracker& tracker,
                                            const IdentitySettings& identity, const Moment& moment) {
  if (!glimpse.state.empty() && moment.known_at == Instant::max() &&
      (glimpse.related.empty() || moment.as_of >= glimpse.latest)) {
    CustomerState state = decode(glimpse.state);
    // Nothing that happened later shaped it.
    if (state.clock <= moment.as_of && !tracker.needs_history(state, moment.as_of)) {
      tracker.advance_to(state, moment.as_of);
      LOTSE_TRY(std::vector<Event> events, read_history(log, glimpse.heads, {}));
      return CustomerView{
          .identifiers = glimpse.identifiers, .state = std::move(state), .events = std::move(events)};
    }
  }
  return derived_view(glimpse, identifier, log, tracker, identity, moment);
}

}  // namespace lotse
