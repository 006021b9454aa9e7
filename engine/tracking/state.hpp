#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/event_key.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"
#include "engine/journey/journey.hpp"

namespace lotse {

/// Which version of the tracked journey an instance follows: into JourneyVersions::versions.
using VersionIndex = Index<struct VersionTag>;
/// Into JourneyState::instances, in the order of their opening; a stay's number is its place in
/// Instance::stays.
using InstanceIndex = Index<struct InstanceTag>;
using StayIndex = Index<struct StayTag>;

/// Why a stay ended. FRICTION.md, section 1.
enum class Cause : std::uint8_t { open, advanced, hopped, went_back, dropped, exited, achieved };

/// How a stay began.
enum class Entry : std::uint8_t {
  start,       ///< opened the instance
  transition,  ///< along a declared transition
  milestone,
  went_back,  ///< deviation to a touchpoint visited before
  skipped,    ///< deviation to a touchpoint further on
  elsewhere,  ///< deviation to a touchpoint that cannot be reached from where it stood
  hop,        ///< the same touchpoint again in another channel
};

struct Feedback {
  Instant at{};
  Scale scale{};
  double score = 0;
  std::string comment;
  std::optional<std::uint32_t> segments;  ///< segment values when it was given, into Instance::segment_sets
  friend bool operator==(const Feedback&, const Feedback&) = default;
};

/// The time at one position.
struct Stay {
  TouchpointIndex at;
  std::optional<ChannelIndex>
      channel;  ///< by which it was entered; nothing where the event named none that is declared
  Entry entry = Entry::start;
  bool revived = false;     ///< entered out of a drop-off
  bool forced_hop = false;  ///< entered from another channel where no transition was designed to cross
  Instant entered{};
  Cause cause = Cause::open;
  Instant left{};  ///< meaningful unless open; a drop-off is dated when the silence lasted its window
  std::optional<TouchpointIndex> to;    ///< of advanced, went_back
  std::optional<OutcomeIndex> outcome;  ///< of exited; nothing there: restarted
  std::optional<Instant> recovered;     ///< of dropped: when a later event revived the instance
  Instant last_activity{};              ///< entry, last repeat or feedback, or when our turn ended
  std::uint32_t repeats = 0;            ///< events of the touchpoint itself during the stay
  std::uint32_t blocked = 0;            ///< events whose listed transition had a false condition
  std::uint32_t deviations = 0;         ///< off-path events that were recorded without moving
  std::optional<Instant> escalated;     ///< first handover opened during the stay
  std::optional<Instant> deadline;      ///< of its promise
  std::uint32_t segments = 0;           ///< values at entry, into Instance::segment_sets
  std::vector<Feedback> feedback;
  friend bool operator==(const Stay&, const Stay&) = default;
};

enum class EffectStatus : std::uint8_t {
  pending,  ///< due at or before now, not handed out
  handed_out,
  withdrawn,  ///< the stay ended before it was handed out
  stale,      ///< derived too long after its due time to be sent
  disproved,  ///< handed out, and no longer derived
};
enum class TaskStatus : std::uint8_t { none, open, done, withdrawn };

/// What the engine wants done outside: a message, a task.
struct Effect {
  std::string key;  ///< hex; identity for the outbox and the receiver; stable over restarts and replays
  TouchpointIndex touchpoint;  ///< in the instance's version
  InstanceIndex instance;
  StayIndex stay;                ///< during which it happens
  std::uint32_t transition = 0;  ///< ordinal of the transition that led to it
  Instant due{};
  EffectStatus status = EffectStatus::pending;
  std::optional<Instant> handed_out;
  TaskStatus task = TaskStatus::none;  ///< of handovers
  std::optional<Instant> task_ended;
  std::optional<Instant> deadline;                  ///< of a handover's promise
  std::optional<std::string> channel;               ///< chosen, once handed out
  std::vector<std::pair<std::string, Value>> with;  ///< template values at the due time
  friend bool operator==(const Effect& a, const Effect& b);
};

/// One promise across touchpoints in one instance.
struct PromiseRecord {
  std::uint32_t promise;  ///< into Journey::promises
  Instant made{};
  Instant deadline{};
  std::optional<Instant> kept;
  friend bool operator==(const PromiseRecord&, const PromiseRecord&) = default;
};

/// A touchpoint without position (outbound, handover) that the current stay reached, in that order.
struct Beside {
  TouchpointIndex touchpoint;
  Instant reached{};
  friend bool operator==(const Beside&, const Beside&) = default;
};

/// A timed transition that is still to come, or has been decided.
struct PendingTransition {
  TouchpointIndex carrier;   ///< the touchpoint that lists it
  std::uint32_t transition;  ///< index in its `next`
  Instant due{};
  friend bool operator==(const PendingTransition&, const PendingTransition&) = default;
};

enum class Status : std::uint8_t { active, achieved, exited, dropped };

/// One customer (and key) in one journey.
struct Instance {
  VersionIndex version;
  std::optional<Value> key;  ///< nothing in a journey without `key`
  Instant opened{};
  bool ended = false;  ///< its last stay is closed; a dropped one may be revived
  Instant ended_at{};
  std::optional<OutcomeIndex> outcome;        ///< of an exit or `ends`
  bool restarted = false;                     ///< exited because `reentry: always` opened a newer one
  std::optional<Instant> achieved;            ///< when it first reached a goal
  std::vector<std::optional<Value>> context;  ///< by FieldIndex
  std::vector<std::uint32_t> visits;  ///< by TouchpointIndex: how often reached, messages and tasks included
  std::vector<Stay> stays;            ///< in order; at most the last is open
  std::vector<Beside> beside;         ///< during the open stay
  std::vector<PendingTransition> pending;  ///< of the open stay, by (due, order of the open transitions)
  std::vector<PromiseRecord> promises;
  std::vector<std::vector<Value>> segment_sets;  ///< distinct tuples by SegmentIndex
  std::optional<double> value;                   ///< `value:` when last looked at
  std::uint32_t expression_errors = 0;           ///< failed evaluations, shown where "why" is asked

  /// Achieved once a goal was reached, whatever followed; else as it ended; else active.
  [[nodiscard]] Status status() const;
  friend bool operator==(const Instance& a, const Instance& b);
};

/// Everything that derive says about one customer in one journey.
struct JourneyState {
  std::vector<Instance> instances;
  std::vector<Effect> effects;  ///< by (due, order of derivation)
  std::uint32_t starts_without_key = 0;
  std::uint32_t unattributed_feedback = 0;
  friend bool operator==(const JourneyState&, const JourneyState&) = default;
};

/// Everything that derive says about one customer: a value, equal for equal events in any order of arrival.
struct CustomerState {
  std::string customer;  ///< the older identity, `namespace:value`; what splits are hashed by
  Value traits{Map{}};
  std::vector<JourneyState> journeys;  ///< by the tracker's journeys
  std::optional<EventKey> last_event;  ///< the greatest key applied
  Instant clock = Instant::min();      ///< timers due up to here have fired
  std::uint32_t events = 0;
  friend bool operator==(const CustomerState& a, const CustomerState& b);
};

/// Compact bytes of a state, and back. encode(a) == encode(b) exactly when a == b. Self-contained but for the
/// tracker's journeys. decode() asserts on bytes that encode() did not write.
[[nodiscard]] std::string encode(const CustomerState& state);
[[nodiscard]] CustomerState decode(std::string_view bytes);

}  // namespace lotse
