#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/diagnostic.hpp"
#include "engine/base/strong.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/expression.hpp"

namespace lotse {

using TouchpointIndex = Index<struct TouchpointTag>;  ///< into Journey::touchpoints
using StageIndex = Index<struct StageTag>;            ///< into Journey::stages
using ChannelIndex = Index<struct ChannelTag>;        ///< into Journey::channels
using EventTypeIndex = Index<struct EventTypeTag>;    ///< into Journey::event_types
using FieldIndex = Index<struct FieldTag>;            ///< into Journey::context
using SegmentIndex = Index<struct SegmentTag>;        ///< into Journey::segments
using OutcomeIndex = Index<struct OutcomeTag>;        ///< into Journey::outcomes
using SplitIndex = Index<struct SplitTag>;            ///< into Journey::splits

/// The variables of a journey's expressions, by their index in its Environment.
enum class Variable : std::uint32_t { event, context, customer, visits, channel, now, risk };

/// One typed value that an instance keeps.
struct ContextField {
  std::string name;
  Type type;
  std::optional<Value> initial;  ///< `default:`
  bool sensitive = false;
  std::optional<Duration> fresh_for;  ///< how long a known value counts as known; left out: for ever
  bool watched = false;  ///< some touchpoint asks for it or needs it: when it was collected is kept
  std::string description;
};

struct Capture {
  FieldIndex field;
  Expression value;
};

/// `promise:` of a position: a time since the position before was reached (a start has none); of a handover:
/// since it was reached; or an instant. Outbound touchpoints have none.
using Promise = std::variant<Duration, Expression>;

/// Calendar time in the customer's zone.
struct CalendarDelay {
  std::optional<Expression> from;  ///< left out: when the touchpoint that carries it was reached
  std::int32_t days = 0;
  std::optional<LocalTime> time;  ///< left out: the time of day of `from`
  bool skip_if_past = false;
};

/// What makes a transition happen. By the target's kind:
/// inbound: always `event`, and the event types are the target's `on` (Transition::on is empty);
/// milestone: `at_once` (looked at on reaching the carrier and whenever the context has changed), `elapsed`
/// or `calendar` (looked at once, when due); never has `on`;
/// outbound, handover: `event` with at least one type in Transition::on, `at_once`, `elapsed` or `calendar`;
/// no target (hold): as for outbound.
///
/// A condition reads `event` and `channel` only where there is one: with an event as trigger, or at once from
/// a touchpoint that an event reached (load_journey refuses all else).
enum class TransitionTrigger : std::uint8_t { event, at_once, elapsed, calendar };

/// `next` and `anywhere`: an edge of the graph.
struct Transition {
  std::optional<TouchpointIndex> to;  ///< nothing for `hold: true`, the control group
  TransitionTrigger trigger = TransitionTrigger::event;
  std::vector<EventTypeIndex> on;  ///< its own trigger, of outbound and handover targets; ascending
  std::optional<Expression> when;
  Duration after{0};  ///< of elapsed
  CalendarDelay at;   ///< of calendar
  std::optional<SplitIndex> split;
  std::uint32_t share_from =
      0;  ///< [from, to) of 10,000: the arm's part of the hash, in the order of the list
  std::uint32_t share_to = 0;
  std::uint32_t ordinal =
      0;  ///< counted through every touchpoint's `next` in the file's order, then `anywhere`
  Location where;
};

enum class TouchpointKind : std::uint8_t { inbound, milestone, outbound, handover };
enum class Turn : std::uint8_t { customer, us, third_party };

struct SendSpec {
  std::string template_name;
  std::string purpose;
  std::vector<std::pair<std::string, Expression>> with;
  std::optional<Duration> stale_after;  ///< left out: the workspace's
  bool allow_sensitive = false;
};
struct HandoverSpec {
  std::string team;
  bool keep = false;  ///< the task outlives the stay
};

struct Never {
  friend bool operator==(const Never&, const Never&) = default;
};
/// How long silence must last to count as leaving.
using AbandonAfter = std::variant<Never, Duration>;
/// Of a journey that does not say.
inline constexpr Duration default_abandon_after = std::chrono::days(30);

struct Touchpoint {
  std::string id;
  std::string title;  ///< for people; the id where none is given
  std::string description;
  TouchpointKind kind = TouchpointKind::inbound;
  std::optional<StageIndex> stage;
  std::vector<ChannelIndex>
      channels;  ///< where it may happen (inbound: empty means any); outbound: order of preference
  std::vector<EventTypeIndex> on;  ///< of inbound: at least one, ascending; else empty
  std::optional<Expression> when;
  std::vector<Capture> capture;
  std::vector<Transition> next;  ///< in the order of the file
  bool start = false;
  bool goal = false;
  std::optional<OutcomeIndex> ends;
  bool moment_of_truth = false;
  bool off_path_ignore = false;
  bool at_once = false;  ///< outbound: may follow an outbound without a pause
  Turn turn = Turn::customer;
  AbandonAfter abandon_after;  ///< resolved: its own, else the journey's
  std::optional<Promise> promise;
  std::optional<TouchpointIndex> about;  ///< feedback that arrives here is about that touchpoint
  std::optional<SendSpec> send;
  std::optional<HandoverSpec> handover;
  std::vector<FieldIndex> asks;
  std::vector<FieldIndex> needs;
  std::optional<double> target;  ///< declared drop-off rate in [0, 1] that counts as fine
  std::string owner;             ///< its own, else the journey's
  Location where;
};

/// What takes an instance out of the journey.
struct ExitRule {
  std::vector<EventTypeIndex> on;
  std::optional<Expression> when;
  OutcomeIndex outcome;
  bool all_instances = false;
  Location where;
};

/// A fact that changes the context and moves nobody.
struct RememberRule {
  std::vector<EventTypeIndex> on;
  std::optional<Expression> when;
  std::vector<Capture> capture;
  bool all_instances = false;  ///< with a key: also the customer's other active instances
  Location where;
};

/// Made when `from` is reached, kept when `until` is reached in time.
struct JourneyPromise {
  std::string name;
  TouchpointIndex from;
  TouchpointIndex until;
  Duration within{0};            ///< since `from` was reached; meaningless where `by` is given
  std::optional<Expression> by;  ///< an instant, from the context: no event
  Location where;
};

enum class Scale : std::uint8_t { nps, csat5, ces7, stars, sentiment };
struct FeedbackRule {
  std::vector<EventTypeIndex> on;
  Scale scale;
  Expression score;
  std::optional<Expression> comment;
  std::optional<Expression> about;  ///< gives a touchpoint's id
  std::optional<Expression> when;
  Location where;
};

enum class Reentry : std::uint8_t { never, after_end, unless_goal_achieved, always };

struct Segment {
  std::string name;
  Expression value;
};

/// How a newer version takes over instances of older ones.
struct Migration {
  std::vector<std::uint32_t> from;
  bool replay = false;
  std::vector<std::pair<std::string, TouchpointIndex>> positions;  ///< old id → here
};

/// Facts of the graph, from Boost.Graph, for checks, pictures and deviations.
struct GraphFacts {
  std::vector<std::vector<bool>>
      reaches;  ///< [from][to]: by `next` and `anywhere`, over messages and tasks too
  std::vector<std::optional<TouchpointIndex>> dominator;  ///< immediate dominator from the (virtual) start
  std::vector<TouchpointIndex> before_every_goal;         ///< "every customer who reaches a goal passes here"
};

/// One immutable version of a journey. Vectors and indices; built by load_journey only, which guarantees
/// every index.
struct Journey {
  std::string id;
  std::uint32_t version = 1;
  std::string title;
  std::string description;
  std::string owner;
  std::string file;
  std::string source;        ///< the file's text
  std::string content_hash;  ///< hex SHA-256 of the text

  std::optional<Expression> key;  ///< absent: one instance per customer
  Reentry reentry = Reentry::after_end;
  AbandonAfter abandon_after;
  std::optional<Expression> value;
  std::vector<Segment> segments;
  std::vector<std::string> stages;
  std::vector<std::string>
      channels;  ///< every channel of channels.yaml, in its order, named in this file or not
  std::vector<std::string> event_types;  ///< every event type named, sorted bytewise
  std::vector<std::string> outcomes;
  std::vector<std::string> splits;
  std::vector<ContextField> context;
  std::vector<RememberRule> remember;
  std::vector<Transition> anywhere;
  std::vector<ExitRule> exit_when;
  std::vector<JourneyPromise> promises;
  std::vector<FeedbackRule> feedback;
  std::vector<Touchpoint> touchpoints;  ///< in the order of the file
  std::optional<Migration> migrate;
  std::optional<Instant> in_force_from;  ///< where no publish event tells: when this version came into force
  bool off_path_ignore = false;
  bool reads_risk = false;  ///< some condition does
  GraphFacts graph;
  Environment environment;  ///< of its expressions; Variable gives the indices

  [[nodiscard]] std::optional<EventTypeIndex> find_event_type(
      std::string_view type) const;  ///< binary search
  [[nodiscard]] std::optional<ChannelIndex> find_channel(std::string_view channel) const;
  [[nodiscard]] std::optional<TouchpointIndex> find_touchpoint(std::string_view id) const;
};

}  // namespace lotse
