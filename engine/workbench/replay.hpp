#pragma once

#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// Where `events` (as Tracker::derive() takes them) and time up to `now` take a customer if nobody sends
/// anything. One thing is supposed all the same: a message that ends its journey or reaches its goal does so
/// when it is handed out, so it is taken for handed out when it is due. Those records are added to `events`.
[[nodiscard]] CustomerState replay(const Tracker& tracker, std::string_view customer,
                                   std::vector<Event>& events, Instant now, Trace* trace = nullptr);

/// The same, faster, of events that ascend by EventKey, none of which is there twice by (source, id) or
/// later than `now`.
[[nodiscard]] CustomerState replay_in_order(const Tracker& tracker, std::string_view customer,
                                            std::vector<Event>& events, Instant now);

}  // namespace lotse
