#pragma once

#include <string>

#include "engine/base/time.hpp"
#include "engine/tracking/customer_record.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// Everything about one customer as one JSON object, for the customer: who they are known as, every event as
/// it was received, consents, and where they stand, as of `as_of`, nothing masked. docs/privacy.md has its
/// shape.
[[nodiscard]] std::string customer_export(const CustomerRecord& record, const Tracker& tracker,
                                          Instant as_of);

}  // namespace lotse
