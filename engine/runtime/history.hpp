#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/store/event_log.hpp"
#include "engine/store/event_text.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// Which of the log's events count.
struct EventFilter {
  Instant as_of = Instant::max();     ///< not later than this
  Instant known_at = Instant::max();  ///< not arrived later than this
  [[nodiscard]] bool takes(const Event& event) const {
    return event.time <= as_of && event.arrived <= known_at;
  }
};

/// The texts of one customer's events, each followed by what a reader may touch.
class EventTexts {
 public:
  void add(std::string_view text);
  /// The events that pass the filter, in the order of add(). Once.
  [[nodiscard]] Result<std::vector<Event>> read(EventReader& reader, const EventFilter& filter);

 private:
  std::string bytes_;
  std::vector<std::size_t> begins_;
};

/// The filtered events of the chains that end in `heads`, by EventKey.
[[nodiscard]] Result<std::vector<Event>> read_history(EventLog& log, std::span<const EventNumber> heads,
                                                      const EventFilter& filter);

}  // namespace lotse
