#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/report/text.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse::trial {

/// What one step brought about for one customer.
struct Change {
  const JourneyVersions* versions = nullptr;  ///< the journey's; not null
  Zone zone = Zone::utc();
  std::string customer;  ///< as the session calls them
  CustomerState before;
  CustomerState after;
  std::optional<Event> event{};  ///< nothing: time passed
  Instant from{};
  Instant until{};
  std::vector<Trace::Item> trace;  ///< of the step alone
};

/// An instance that a step opened or changed; `before` is null where it opened it.
struct ChangedInstance {
  const Instance* before;
  const Instance* after;
};
[[nodiscard]] std::vector<ChangedInstance> changed_instances(const Change& change);

/// The effects that a step brought about, in order; of `after`.
[[nodiscard]] std::vector<const Effect*> new_effects(const Change& change);

/// What has changed, compactly: position, context, feedback, what is sent and why not, what comes next.
/// `heading` goes before, with the time.
[[nodiscard]] std::string change_text(const Change& change, const TextStyle& style);

/// Why: what followed from what, and why other ways were not taken.
[[nodiscard]] std::string why_text(const Change& change, const TextStyle& style);

/// What a trace says, a line an item: `2024-03-01 10:00  order_placed by web`, what follows from it further
/// in.
[[nodiscard]] std::string trace_text(const std::vector<Trace::Item>& items, const Zone& zone);

/// A touchpoint that the step did not lead to, and why not.
struct NotTaken {
  std::string touchpoint;  ///< id; `hold` for a control group
  std::string why;
  bool by_event = false;  ///< the event's type would have led there
};
/// By the open transitions of the instance that the step was about (the newest where it changed none); of an
/// event also the other touchpoints that wait for its type.
[[nodiscard]] std::vector<NotTaken> not_taken(const Change& change);

/// `Mon 2024-01-15 09:00`.
[[nodiscard]] std::string day_and_time(Instant at, const Zone& zone);

/// `  label     text`, wrapped under the text.
[[nodiscard]] std::string field_text(std::string_view label, std::string_view text, const TextStyle& style);

/// `nudge to ada by email, Wed 2024-01-17 09:00: template book_your_slot with plan fibre`; `at once` where it
/// came with the change's event.
[[nodiscard]] std::string effect_text(const Change& change, const Effect& effect);

/// What the clock brings next: `nudge on Wed 2024-01-17 09:00`.
[[nodiscard]] std::string coming_text(const JourneyVersions& versions, const CustomerState& state,
                                      const Zone& zone);

/// A value as an author would type it; instants on the zone's clock.
[[nodiscard]] std::string value_text(const Value& value, const Zone& zone);

[[nodiscard]] const Journey& journey_of(const JourneyVersions& versions, const Instance& instance);

}  // namespace lotse::trial
