#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/why.hpp"
#include "engine/tracking/state.hpp"

/// What why() has gathered before it says how it stands.
namespace lotse::why_parts {

/// Once that a transition to the touchpoint was open: from reaching what carries it to the end of that stay.
struct Chance {
  enum class State : std::uint8_t {
    open,
    other_arm,  ///< never was: the customer is in another arm
    happened,
    not_met,  ///< its moment came, and a condition was not met
    passed,   ///< its calendar time had passed already
    ended,    ///< the stay did, before its moment came
  };
  std::uint32_t instance = 0;
  const Journey* journey = nullptr;
  const Transition* transition = nullptr;
  std::optional<TouchpointIndex> carrier{};  ///< nothing: anywhere
  std::uint32_t index = 0;                   ///< in the carrier's list
  Instant reached{};                         ///< when it began
  State state = State::open;
  Instant since{};               ///< of the state
  std::optional<Instant> due{};  ///< of a timed one, where it is known
  Phrase ended_by{};             ///< `advanced to appointment`
  Phrase why_not{};              ///< what kept it away when its moment, or an event, came; empty: nothing
  std::optional<WhySplit> split{};
};

/// What an event said of a message or a task that was due.
struct Outreach {
  Instant at{};
  std::string type;
  std::string channel;
  std::string reason;
  std::string by;
  std::string result;
  std::string purpose;
  std::optional<Instant> until{};
  std::optional<EffectKey> key{};
  std::vector<WhyRefusal> decision;
};

struct Story {
  const WhyQuestion* question = nullptr;
  std::uint32_t journey = 0;  ///< of the tracker
  CustomerState state;        ///< as of then
  std::vector<Chance> chances;
  std::vector<Outreach> outreach;  ///< by time
};

/// `2026-03-02 09:00`, in the question's zone; seconds where there are any.
[[nodiscard]] std::string time_text(Instant at, const Zone& zone);
/// The same, of which the page makes a time in its reader's zone.
[[nodiscard]] Phrase time_phrase(Instant at, const Zone& zone);
/// The name in back-ticks.
[[nodiscard]] std::string ticked(std::string_view name);
/// `said: reason`, where there is one.
[[nodiscard]] Phrase because(Phrase said, const std::string& reason);
/// `order`, or `anywhere`.
[[nodiscard]] std::string carrier_text(const Chance& chance);
/// `delay of 2 days since order`, `for message_failed`, `until context.paid`.
[[nodiscard]] Phrase moment_phrase(const Chance& chance);
/// What a condition that was not met read: `context.plan == "fibre" is false: context.plan = "basic"`.
[[nodiscard]] Phrase condition_phrase(const WhyCondition& condition);
/// `consent for marketing by email was withdrawn on 2026-03-01 09:00; quiet hours by sms until …`.
[[nodiscard]] Phrase refusals_phrase(const Story& story, const Outreach& outreach);

/// Sets outcome, sentence and until.
void conclude(const Story& story, WhyAnswer& answer);

}  // namespace lotse::why_parts
