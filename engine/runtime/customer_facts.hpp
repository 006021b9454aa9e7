#pragma once

#include <span>
#include <string>

#include "engine/identity/identity.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// One customer's derived state as JSON for the store's views, which alone know its layout (schemas/sql,
/// docs/store.md). Positions are numbers into the journey's lists; the views turn them into names.
[[nodiscard]] std::string customer_facts(const Tracker& tracker, const Identities& identities,
                                         CustomerNumber customer, const CustomerState& state);
/// The same of somebody with these identifiers, in their order.
[[nodiscard]] std::string customer_facts(const Tracker& tracker, std::span<const Identifier> ids,
                                         const CustomerState& state);

}  // namespace lotse
