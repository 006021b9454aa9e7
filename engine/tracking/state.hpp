#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/event_key.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"
#include "engine/journey/journey.hpp"
#include "engine/tracking/consents.hpp"

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
  hop,        ///< the same touchpoint again in another channel; what was pending goes on
  returned,   ///< out of a drop-off, the same touchpoint again
};

struct Feedback {
  Instant at{};
  Scale scale{};
  double score = 0;
  std::string comment;
  std::optional<std::uint32_t> segments;  ///< segment values when it was given, into Instance::segment_sets
  friend bool operator==(const Feedback&, const Feedback&) = default;
};

/// Whether a score is among those that its scale calls bad: detractors (NPS 0 to 6), 1 and 2 of CSAT, up to 2
/// stars, 1 to 3 of CES, sentiment up to -0.3.
[[nodiscard]] bool is_negative(Scale scale, double score);

/// What the customer had told already: a field that a touchpoint `asks` for although it is known and fresh,
/// or that it `needs` and that is not there any more. docs/methods/lost-context.md.
struct LostContext {
  enum class What : std::uint8_t { asked_again, missing };
  FieldIndex field;
  TouchpointIndex at;  ///< which asks or needs: the stay's own, or a message or task beside it
  What what{};
  Instant when{};
  friend bool operator==(const LostContext&, const LostContext&) = default;
};

/// The time at one position.
struct Stay {
  TouchpointIndex at;
  std::optional<ChannelIndex> channel{};  ///< of the event that entered it; nothing where it names none
  Entry entry = Entry::start;
  bool revived = false;     ///< entered out of a drop-off
  bool forced_hop = false;  ///< entered from another channel where no transition was designed to cross
  Instant entered{};
  Cause cause = Cause::open;
  Instant left{};  ///< meaningful unless open; a drop-off is dated when the silence lasted its window
  std::optional<TouchpointIndex> to{};    ///< of advanced, went_back
  std::optional<OutcomeIndex> outcome{};  ///< of exited; nothing there: restarted
  std::optional<Instant> recovered{};     ///< of dropped: when a later event revived the instance
  Instant last_activity{};                ///< entry, last repeat or feedback, or when our turn ended
  std::uint32_t repeats = 0;              ///< events of the touchpoint itself during the stay
  std::uint32_t blocked = 0;              ///< events whose listed transition had a false condition
  std::uint32_t deviations = 0;           ///< off-path events that were recorded without moving
  std::optional<Instant> escalated{};     ///< first handover opened during the stay
  /// By when its touchpoint was promised to be reached (docs/decisions/0003): entered later, it is broken.
  std::optional<Instant> promised{};
  /// While the customer waits here: the earliest promise that it leads to, of the touchpoint `awaits`.
  std::optional<Instant> deadline{};
  std::optional<TouchpointIndex> awaits{};
  std::uint32_t segments = 0;  ///< values at entry, into Instance::segment_sets
  std::vector<Feedback> feedback{};
  std::vector<LostContext> lost{};  ///< each once, in the order in which it showed
  friend bool operator==(const Stay&, const Stay&) = default;
};

/// Identity of an effect for the outbox and the receiver; stable over restarts and replays.
struct EffectKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const EffectKey&, const EffectKey&) = default;
};
/// 32 lower-case hexadecimal digits, and back; nothing for any other text.
[[nodiscard]] std::string hex(const EffectKey& key);
[[nodiscard]] std::optional<EffectKey> parse_effect_key(std::string_view text);

enum class EffectStatus : std::uint8_t {
  pending,  ///< due, not handed out
  handed_out,
  withdrawn,  ///< its stay ended, or its task was done, before it was handed out
  stale,      ///< a message, not handed out in time: never to be
  blocked,    ///< a message for which policy found no channel
};
enum class TaskStatus : std::uint8_t { none, open, done, withdrawn };

/// What the engine wants done outside: a message, a task. It comes into being when it is due.
struct Effect {
  EffectKey key;               ///< as derived
  TouchpointIndex touchpoint;  ///< in the instance's version
  InstanceIndex instance;
  StayIndex stay;                ///< during which it happens
  std::uint32_t transition = 0;  ///< ordinal of the transition that led to it
  Instant due{};
  Instant stale_at{};                       ///< not handed out by then: stale; moves with a deferral
  std::optional<Instant> deferred_until{};  ///< by policy: not to be looked at before
  bool blocked = false;                     ///< by policy
  std::optional<Instant> handed_out{};
  /// Where what was handed out was derived under another key, and for another time, than is now.
  struct As {
    EffectKey key;
    Instant due{};
    friend bool operator==(const As&, const As&) = default;
  };
  std::optional<As> handed_out_as{};
  std::optional<ChannelIndex> channel{};  ///< by which it was handed out
  std::optional<Instant> ended{};         ///< when its stay ended, or its task was done
  TaskStatus task = TaskStatus::none;     ///< of handovers
  std::optional<Instant> deadline{};      ///< of a handover's promise
  std::string claimed_by{};               ///< who has taken the task; empty: nobody
  bool overdue_noted = false;             ///< that the task's promise has passed is on record
  std::vector<Value>
      with{};  ///< by SendSpec::with, as of `due`; null where one failed; dropped once it has ended

  /// The key that outbox and receiver know it by.
  [[nodiscard]] const EffectKey& known_as() const { return handed_out_as ? handed_out_as->key : key; }
  /// From when on somebody has to look at it: policy while it is pending, its owner once the promise of an
  /// open task has passed; max: no more, as of `now`.
  [[nodiscard]] Instant to_be_decided(Instant now) const;
  [[nodiscard]] EffectStatus status(Instant now) const;
  friend bool operator==(const Effect& a, const Effect& b);
};

/// What was handed out and matches nothing that is derived: disproved, to be withdrawn where it is still
/// possible. A later effect of its touchpoint within one abandonment window takes it over.
struct HandOut {
  std::string touchpoint;  ///< id; in any version
  EffectKey key;
  Instant due{};
  Instant at{};
  std::string channel;
  friend bool operator==(const HandOut&, const HandOut&) = default;
};

/// One promise across touchpoints in one instance.
struct PromiseRecord {
  std::uint32_t promise;  ///< into Journey::promises
  Instant made{};
  Instant deadline{};                ///< max: an instant that the context does not tell yet
  std::optional<Instant> reached{};  ///< when `until` was reached; later than `deadline`: broken all the same
  friend bool operator==(const PromiseRecord&, const PromiseRecord&) = default;
};

enum class PromiseStatus : std::uint8_t {
  open,
  kept,
  broken,    ///< late or not at all: past its deadline
  released,  ///< an exit, a restart or the journey's end came before the deadline
};

/// A touchpoint without position (outbound, handover) that the last stay reached, in that order; each once,
/// at its last time.
struct Beside {
  TouchpointIndex touchpoint;
  Instant reached{};
  friend bool operator==(const Beside&, const Beside&) = default;
};

/// A timed transition that is still to come.
struct PendingTransition {
  std::optional<TouchpointIndex> carrier{};  ///< the touchpoint that lists it; nothing: `anywhere`
  std::uint32_t transition = 0;              ///< index in its `next`, or in `anywhere`
  Instant due{};
  friend bool operator==(const PendingTransition&, const PendingTransition&) = default;
};

/// When a watched field of the context last got a value; stays on record when the value is cleared.
struct Collected {
  FieldIndex field;
  Instant at{};
  friend bool operator==(const Collected&, const Collected&) = default;
};

enum class Status : std::uint8_t { active, achieved, exited, dropped };

/// What its version's fate did to an instance. docs/versions.md.
enum class VersionEnd : std::uint8_t {
  none,
  stopped,  ///< the version was stopped: it exited
  moved,    ///< a newer version took it over with its open stay, and is the instance behind this one
  kept,     ///< a newer version was to derive it anew and has no start for it: it goes on in its own
};

/// One customer (and key) in one journey.
struct Instance {
  VersionIndex version;
  std::optional<Value> key;  ///< nothing in a journey without `key`
  Instant opened{};
  bool ended = false;  ///< its last stay is closed; a dropped one may be revived
  Instant ended_at{};
  std::optional<OutcomeIndex> outcome;  ///< of an exit or `ends`
  bool restarted = false;               ///< exited because `reentry: always` opened a newer one
  VersionEnd version_end = VersionEnd::none;
  std::optional<Instant> achieved;            ///< when it first reached a goal
  std::vector<std::optional<Value>> context;  ///< by FieldIndex
  std::vector<Collected> collected;           ///< of the watched fields, in the order of their first value
  std::vector<std::uint32_t> visits;  ///< by TouchpointIndex: how often reached, messages and tasks included
  std::vector<Stay> stays;            ///< in order; at most the last is open
  std::vector<Beside> beside;         ///< during the last stay
  std::vector<PendingTransition> pending;  ///< of the open stay, by (due, order of the open transitions)
  std::uint32_t open_tasks = 0;            ///< while there are any it is our turn
  std::vector<PromiseRecord> promises;
  std::vector<std::vector<Value>> segment_sets;  ///< distinct tuples by SegmentIndex
  std::optional<double> value;                   ///< `value:` when last looked at
  std::uint32_t expression_errors = 0;           ///< failed evaluations, shown where "why" is asked

  /// Achieved once a goal was reached, whatever followed; else as it ended; else active.
  [[nodiscard]] Status status() const;
  /// Of one of `promises`. docs/decisions/0003.
  [[nodiscard]] PromiseStatus status(const PromiseRecord& promise, Instant now) const;
  friend bool operator==(const Instance& a, const Instance& b);
};

/// Everything that derive says about one customer in one journey.
struct JourneyState {
  std::vector<Instance> instances;
  std::vector<Effect> effects;     ///< in order of derivation, which is by due time
  std::vector<HandOut> disproved;  ///< by time of handing out
  std::uint32_t starts_without_key = 0;
  std::uint32_t starts_without_version = 0;  ///< all versions were drained or stopped
  std::uint32_t unattributed_feedback = 0;
  friend bool operator==(const JourneyState&, const JourneyState&) = default;
};

/// Everything that derive says about one customer: a value, equal for equal events in any order of arrival.
struct CustomerState {
  std::string customer;  ///< the older identity, `namespace:value`; what splits are hashed by
  Value traits{Map{}};
  std::vector<Consent> consents;                 ///< by (purpose, channel)
  std::vector<AddressFailure> address_failures;  ///< by channel
  std::vector<JourneyState> journeys;            ///< by the tracker's journeys
  std::optional<EventKey> last_event;            ///< the greatest key applied
  Instant clock = Instant::min();  ///< of what moment this is the state: the last event's or advance_to()'s
  Instant last_timer = Instant::min();  ///< due time of the last timer that fired
  Instant next_timer = Instant::max();  ///< when the next one is due; max: none
  /// The least Effect::to_be_decided() of all effects, as of the last event or timer.
  Instant next_effect = Instant::max();
  std::uint32_t events = 0;
  /// When the last event or timer was; min: there was none.
  [[nodiscard]] Instant last_step() const {
    return last_event ? std::max(last_event->time, last_timer) : last_timer;
  }
  friend bool operator==(const CustomerState& a, const CustomerState& b);
};

/// Compact bytes of a state, and back. encode(a) == encode(b) exactly when a == b. Self-contained but for the
/// tracker's journeys. decode() asserts on bytes that encode() did not write.
[[nodiscard]] std::string encode(const CustomerState& state);
/// The same into a buffer that may be used again; what it held is replaced.
void encode(const CustomerState& state, std::string& to);
[[nodiscard]] CustomerState decode(std::string_view bytes);

/// Decodes one state after the other into the same memory. For one thread.
class StateDecoder {
 public:
  StateDecoder();
  ~StateDecoder();
  StateDecoder(StateDecoder&&) noexcept;
  StateDecoder& operator=(StateDecoder&&) noexcept;
  /// As lotse::decode(). The result may be changed; it is there until the next call.
  [[nodiscard]] CustomerState& decode(std::string_view bytes);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

/// CustomerState::next_timer, without decoding the rest.
[[nodiscard]] Instant next_timer(std::string_view bytes);
/// CustomerState::next_effect likewise.
[[nodiscard]] Instant next_effect(std::string_view bytes);
/// Whether any task is open, likewise.
[[nodiscard]] bool has_open_task(std::string_view bytes);

}  // namespace lotse
