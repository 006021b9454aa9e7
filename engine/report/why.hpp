#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/phrase.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/report/text.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// Why a customer got a message, a task or a place, or did not.
struct WhyQuestion {
  const Tracker* tracker = nullptr;  ///< not null
  std::string_view customer;         ///< canonical: what splits are hashed by
  std::span<const Event> events;     ///< the customer's, in any order
  std::string_view journey;          ///< id; empty: the one that has the touchpoint
  std::string_view touchpoint;       ///< id
  Instant as_of{};
  Zone zone = Zone::utc();  ///< of times in sentences
  bool sensitive = false;   ///< show values that tell a sensitive field; else they are masked
};

/// How it stands.
enum class WhyOutcome : std::uint8_t {
  never_due,   ///< nothing that leads there has been reached
  waiting,     ///< for a time, an event or a condition; the stay lasts
  held_back,   ///< control group
  other_arm,   ///< the split leads elsewhere
  not_met,     ///< the moment came, and a condition was not met
  stay_ended,  ///< before the moment came
  due,         ///< to be handed out, as it has not been yet
  deferred,    ///< by policy, to a later moment
  blocked,     ///< by policy
  withdrawn,   ///< its stay ended before it was handed out, or it was stopped before it left
  stale,       ///< nobody handed it out in time
  on_its_way,  ///< handed out, and nobody has said what became of it
  sent,
  failed,
  open,     ///< a task
  done,     ///< a task
  reached,  ///< a position
};

/// A condition that was looked at, with what it read.
struct WhyCondition {
  struct Read {
    std::string name;   ///< `context.plan`
    std::string value;  ///< as CEL writes it; `not there`; masked
  };
  std::string source;
  std::optional<bool> holds{};  ///< nothing: it failed, which counts as false
  Phrase error{};               ///< why it failed
  std::vector<Read> reads{};
};

/// A customer's place in a split.
struct WhySplit {
  std::string name;
  double fraction = 0;  ///< of the hash
  std::string arm;      ///< the customer's: a touchpoint, or `hold`
  double from = 0;      ///< the arm's part
  double to = 0;
};

/// What policy said of one channel.
struct WhyRefusal {
  std::string channel;
  std::string refusal;  ///< as in the event; empty: it may be used
  std::optional<Instant> until{};
  std::string detail{};
};

/// One link of the chain.
struct WhyItem {
  enum class Kind : std::uint8_t {
    reached,     ///< a touchpoint that leads there
    split,       ///< which arm
    waits,       ///< for a time, an event or a condition
    not_taken,   ///< it might have happened now, and did not
    happened,    ///< it did: the message or the task is due, the position is reached
    stay_ended,  ///< with it what was to come
    consent,     ///< given or withdrawn for the message's purpose
    policy,      ///< deferred or blocked
    outside,     ///< handed out, sent, failed, withdrawn; claimed, done
  };
  Instant at{};
  Kind kind{};
  std::optional<std::uint32_t> instance{};
  Phrase phrase{};
  std::string event{};  ///< type of the event that brought it; empty: time did
  std::optional<Instant> until{};
  std::optional<WhyCondition> condition{};
  std::optional<WhySplit> split{};
  std::vector<WhyRefusal> decision{};
};

struct WhyAnswer {
  std::string customer;
  std::string journey;
  std::string touchpoint;
  Instant as_of{};
  Zone zone = Zone::utc();
  WhyOutcome outcome{};
  Phrase sentence;                 ///< answers by itself
  std::optional<Instant> until{};  ///< of waiting and deferred: the next moment, where it is known
  std::vector<WhyItem> items;      ///< in order of time
};

/// Follows the customer's events and asks at each step what led to the touchpoint and what kept it away. The
/// sentence is about the newest instance, and there about what came last. not_found for a journey or
/// touchpoint that there is not, with the nearest name; bad_input where several journeys have the touchpoint
/// and none was named.
[[nodiscard]] Result<WhyAnswer> why(const WhyQuestion& question);

/// `waiting`, as JSON knows it.
[[nodiscard]] std::string_view name(WhyOutcome outcome);
[[nodiscard]] std::string_view name(WhyItem::Kind kind);

[[nodiscard]] std::string why_text(const WhyAnswer& answer, const TextStyle& style = {});
[[nodiscard]] std::string why_json(const WhyAnswer& answer);

}  // namespace lotse
