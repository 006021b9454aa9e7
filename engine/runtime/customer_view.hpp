#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/projection.hpp"
#include "engine/store/event_log.hpp"
#include "engine/store/store.hpp"
#include "engine/tracking/customer_record.hpp"

namespace lotse {

/// What of a projection is needed to tell about one customer: copied between two events, so that the rest can
/// be done on any thread.
struct Glimpse {
  std::vector<Identifier> identifiers;  ///< sorted
  std::vector<EventNumber> heads;       ///< of the customer's chains
  /// Of the chains that decide who the customer was at earlier instants; empty: its own.
  std::vector<EventNumber> related;
  std::string state;                ///< encoded; empty: to be derived from the events
  EventNumber newest = no_event;    ///< of all these chains; the log must hold it
  Instant latest = Instant::min();  ///< effective time of the last of all customers' events
};

/// Nothing if no event names `identifier`.
[[nodiscard]] std::optional<Glimpse> glimpse(const Projection& projection, const Identifier& identifier);

/// The customer who owns `identifier` at `moment`, whose `as_of` is an instant. Nothing if no event up to
/// then names it.
[[nodiscard]] Result<std::optional<CustomerView>> view_of(const Glimpse& glimpse,
                                                          const Identifier& identifier, EventLog& log,
                                                          const Tracker& tracker,
                                                          const IdentitySettings& identity,
                                                          const Moment& moment);

/// The same for all that is stored about one customer.
struct RecordGlimpse {
  Glimpse customer;
  std::string name;
  std::vector<CustomerRecord::Refused> refused{};
};

/// Nothing if no event names `identifier`.
[[nodiscard]] std::optional<RecordGlimpse> record_glimpse(const Projection& projection,
                                                          const Identifier& identifier);

/// Nothing where the customer has been erased since.
[[nodiscard]] Result<std::optional<CustomerRecord>> record_of(const RecordGlimpse& glimpse, Store& store,
                                                              const Tracker& tracker);

}  // namespace lotse
