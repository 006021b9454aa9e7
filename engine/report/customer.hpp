#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/consents.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// All that is known of one customer, for support: who it is, where it stands, why, and what comes next.
struct CustomerReport {
  std::vector<Identifier> identifiers;
  CustomerState state;
  std::vector<Consent> consents;
  std::vector<Trace::Item> trace;                          ///< of deriving the state
  const std::vector<JourneyVersions>* journeys = nullptr;  ///< the tracker's; not null
  Instant as_of{};
  Zone zone = Zone::utc();  ///< for times in text
  bool sensitive = false;   ///< show sensitive context; else it is masked, in the timeline too
};

/// Collects a trace.
class TraceList : public Trace {
 public:
  void add(Item item) override { items_.push_back(std::move(item)); }
  [[nodiscard]] std::vector<Item> take() { return std::move(items_); }

 private:
  std::vector<Item> items_;
};

struct CustomerTextOptions {
  std::size_t width = 100;
  bool color = false;
};
[[nodiscard]] std::string customer_text(const CustomerReport& report,
                                        const CustomerTextOptions& options = {});

/// Whether a customer's JSON has the timeline in it.
enum class TimelineIn : std::uint8_t { yes, no };
/// One JSON object; docs/commands.md has its shape.
[[nodiscard]] std::string customer_json(const CustomerReport& report, TimelineIn timeline = TimelineIn::yes);

/// Part of a timeline: the latest `limit` items with a number below `before`.
struct TimelinePage {
  std::size_t limit = 100;
  std::size_t before = SIZE_MAX;
};
/// The latest first; docs/api.md has its shape. `known_at` is that of the report's moment, for whoever asks
/// for the next page.
[[nodiscard]] std::string customer_timeline_json(const CustomerReport& report, Instant known_at,
                                                 const TimelinePage& page);

/// A transition that is open to an instance now: what would make it move, or what happens when.
struct OpenTransition {
  std::string to;                     ///< touchpoint id; `hold` for a control group
  std::string from;                   ///< the touchpoint that lists it; empty: anywhere
  std::vector<std::string> on;        ///< event types that trigger it; empty where time or the context does
  std::vector<std::string> channels;  ///< in which of these; empty: any
  std::string when;                   ///< conditions that must hold, as CEL; may be empty
  Instant due = Instant::max();       ///< of a timed one that is still to come; max: none, or not known yet
  const Transition* transition = nullptr;  ///< the journey's; not null
};
/// In the order in which the engine looks at them: the position's, what is beside it (later reached first),
/// anywhere. Empty for an ended instance.
[[nodiscard]] std::vector<OpenTransition> open_transitions(const Journey& journey, const Instance& instance);

}  // namespace lotse
