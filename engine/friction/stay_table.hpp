#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/personal_data.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// A touchpoint as reports count it: the versions of one id in which nothing that customers meet there has
/// changed.
struct Place {
  std::string id;
  std::string label;  ///< the id; with the versions, `order (v1-2)`, where the id has several places
  std::string title;
  std::string stage;
  std::string owner;
  std::vector<std::uint32_t> versions;  ///< ascending version numbers
  TouchpointKind kind = TouchpointKind::inbound;
  Turn turn = Turn::customer;
  bool goal = false;
  bool terminal = false;  ///< reaching it ends the instance
  bool moment_of_truth = false;
  bool keeps_context = false;  ///< asks for a field, or needs one
  bool may_escalate = false;   ///< a task may be opened during a stay
  Duration horizon{
      0};  ///< h = 2 W; where silence never counts as leaving, twice the journey's (or the default) W
  AbandonAfter abandon_after;
  std::optional<double> target{};
  friend bool operator==(const Place&, const Place&) = default;
};

/// What the files say of time at a touchpoint.
enum class TimerKind : std::uint8_t {
  delay,     ///< `after:` of a transition
  calendar,  ///< `at:` without `from`: a number of calendar days after it was reached
  promise,   ///< by when something was promised
  silence,   ///< `abandon_after`: what Lotse itself calls leaving
};
struct DeclaredTimer {
  TimerKind kind = TimerKind::delay;
  Duration after{0};  ///< since the touchpoint was reached; of calendar: as many times 24 hours
  std::string name;   ///< `nudge after 2d`, `call_back 5d after nudge`, `promise of visit (10d)`
  friend auto operator<=>(const DeclaredTimer&, const DeclaredTimer&) = default;
};

/// No channel, no place, no value.
inline constexpr std::uint16_t no_index = std::numeric_limits<std::uint16_t>::max();
/// Money and scores are whole ten-thousandths, so that sums do not depend on their order.
inline constexpr std::int64_t fixed_point = 10'000;
inline constexpr std::int64_t no_value = std::numeric_limits<std::int64_t>::min();
inline constexpr Instant never = Instant::max();
/// Feedback without a comment.
inline constexpr std::uint32_t no_comment = std::numeric_limits<std::uint32_t>::max();

/// All stays of one journey as of one instant, by columns: about 50 bytes a stay. Rows are ordered by
/// customer (in the order they were added), instance and stay. What had not happened by `as_of` is not there:
/// stays entered after it are left out, those left after it are open, feedback after it is out.
struct StayTable {
  enum Flag : std::uint8_t {
    hop_designed = 1,     ///< the next stay is in another channel, along a transition that crosses
    hop_forced = 2,       ///< the next stay is in another channel, and nothing was designed to cross
    assist_pull = 4,      ///< … out of a machine's channel into a human one
    after_goal = 8,       ///< the instance had reached its goal before
    recovered = 16,       ///< a drop-off that a later event revived
    promise_kept = 32,    ///< its touchpoint was reached by when it was promised
    promise_broken = 64,  ///< … or later
  };

  struct InstanceRow {
    std::uint32_t customer = 0;
    std::uint32_t first_stay = 0;
    std::uint32_t version = 0;       ///< number
    Status status = Status::active;  ///< as of then
    Instant opened{};
    Instant achieved = never;
    Instant last_activity{};
    Instant ended = never;
    std::int64_t value = no_value;  ///< in ten-thousandths
    friend bool operator==(const InstanceRow&, const InstanceRow&) = default;
  };
  struct At {
    std::uint32_t stay = 0;
    Instant at{};
    friend bool operator==(const At&, const At&) = default;
  };
  struct FeedbackRow {
    std::uint32_t stay = 0;
    Scale scale{};
    Instant at{};
    std::uint32_t segments = 0;
    std::uint32_t comment = no_comment;  ///< into StayTable::comments
    std::int64_t score = 0;              ///< in ten-thousandths
    friend bool operator==(const FeedbackRow&, const FeedbackRow&) = default;
  };
  struct MessageRow {
    std::uint32_t stay = 0;
    std::uint32_t which = 0;  ///< into message_places
    Instant at{};             ///< when it was handed out
    friend bool operator==(const MessageRow&, const MessageRow&) = default;
  };
  /// A promise across touchpoints (`which` into promise_names) or of a task (into task_places).
  struct PromiseRow {
    std::uint32_t instance = 0;
    std::uint32_t which = 0;
    Instant made{};
    Instant deadline{};
    Instant met = never;
    friend bool operator==(const PromiseRow&, const PromiseRow&) = default;
  };

  /// What a touchpoint asks for or needs.
  struct Wanted {
    std::string touchpoint;  ///< id: a place's, or of a message or task beside it
    std::string field;
    LostContext::What what{};  ///< what it is when it is lost
    friend bool operator==(const Wanted&, const Wanted&) = default;
  };
  struct LostRow {
    std::uint32_t stay = 0;
    std::uint32_t which = 0;  ///< into wanted
    friend bool operator==(const LostRow&, const LostRow&) = default;
  };

  std::string journey;
  std::string title;
  Instant as_of{};
  AbandonAfter abandon_after;  ///< the newest version's own, of the whole journey
  std::vector<Place> places;
  std::vector<std::string> channels;  ///< in the order of channels.yaml
  std::vector<bool> human;            ///< by channel
  std::vector<std::string> segments;  ///< names, as declared by the newest version that has them
  std::vector<std::vector<std::string>> segment_values;  ///< by segment: texts, sorted bytewise
  std::vector<std::uint32_t> segment_sets;  ///< tuples of codes into segment_values, one after another
  std::vector<std::string> promise_names;
  std::vector<Wanted> wanted;            ///< by version, touchpoint, then asks and needs as listed; each once
  std::vector<std::string> task_places;  ///< ids of handover touchpoints
  std::vector<std::string> message_places;  ///< ids of outbound touchpoints
  std::vector<Duration> edges;              ///< every timer, promise and horizon of the files, sorted
  /// By place: what the files declare at a known time since it was reached, sorted, each once.
  std::vector<std::vector<DeclaredTimer>> timers;
  std::vector<std::vector<bool>> leads_to;  ///< [place][place]: by declared transitions, in any version
  std::uint32_t customers = 0;
  std::uint32_t starts_without_key = 0;
  std::uint32_t unattributed_feedback = 0;

  std::vector<Instant> entered;
  std::vector<Instant> left;      ///< `never` while open
  std::vector<Instant> deadline;  ///< of the promise that the customer waits for; `never` where there is none
  std::vector<std::uint32_t> instance;
  std::vector<std::uint32_t> segment_set;  ///< at entry; into segment_sets
  std::vector<std::uint16_t> place;
  std::vector<std::uint16_t> to;      ///< place; of advanced and went_back
  std::vector<std::uint16_t> awaits;  ///< place that was promised to be reached by `deadline`
  std::vector<std::uint16_t> channel;
  std::vector<std::uint16_t> repeats;  ///< at most 65,535
  std::vector<Cause> cause;
  std::vector<Entry> entry;
  std::vector<std::uint8_t> flags;

  std::vector<InstanceRow> instances;
  std::vector<At> escalations;        ///< by stay
  std::vector<FeedbackRow> feedback;  ///< by (stay, time)
  std::vector<LostRow> lost;          ///< by stay
  std::vector<MessageRow> messages;   ///< by (stay, time, which)
  std::vector<std::string>
      comments;  ///< of feedback, masked (personal_data.hpp): one line each; empty where taken out again
  std::vector<PromiseRow> promises;  ///< by instance
  std::vector<PromiseRow> tasks;     ///< by instance
  std::vector<std::string> names;    ///< of customers, `namespace:value`; empty: Names::left_out

  [[nodiscard]] std::size_t size() const { return entered.size(); }
  /// Text of a segment's value in a set; `(none)` where there is none.
  [[nodiscard]] const std::string& segment_value(std::uint32_t set, std::size_t segment) const;
  [[nodiscard]] std::optional<std::size_t> find_segment(std::string_view name) const;
};

/// Whether a table knows who its customers are: only what names them needs it.
enum class Names : std::uint8_t { left_out, kept };

/// Builds a StayTable, customer by customer.
class StayTableBuilder {
 public:
  /// Journeys' versions and channels give the places; `as_of` cuts.
  StayTableBuilder(const JourneyVersions& versions, const Channels& channels, Instant as_of,
                   Names names = Names::left_out);

  /// One more customer. A customer without an instance by `as_of` counts only for what found no place. `who`
  /// tells what of his own his comments must not: his identifier and traits; without it they are masked by
  /// what personal data look like alone.
  void add(const JourneyState& customer, const CustomerState* who = nullptr);
  /// The customers of another builder of the same journey, after mine.
  void append(StayTableBuilder&& other);
  [[nodiscard]] StayTable finish() &&;

 private:
  struct VersionMap {
    const Journey* journey;
    std::vector<std::uint16_t> place;    ///< by touchpoint
    std::vector<std::uint16_t> channel;  ///< by channel
    std::vector<std::uint32_t> promise;  ///< by promise, into promise_names
    std::vector<std::uint32_t> task;     ///< by touchpoint, into task_places
    std::map<std::pair<TouchpointIndex, FieldIndex>, std::array<std::uint32_t, 2>> wanted;  ///< by What
    std::vector<std::uint32_t> message;  ///< by touchpoint, into message_places
    std::vector<std::uint32_t>
        segment;  ///< by segment of the table, into the version's; ~0: it has none such
  };
  void add_instance(const Instance& instance);
  /// Into StayTable::comments, masked; no_comment where nothing is left to show.
  [[nodiscard]] std::uint32_t add_comment(std::string_view comment);
  [[nodiscard]] KnownTexts known_texts() const;
  void add_tasks(const JourneyState& customer, std::uint32_t first_instance);
  void add_messages(const JourneyState& customer);
  [[nodiscard]] std::uint32_t segment_set(const Instance& instance, std::uint32_t set);
  [[nodiscard]] std::uint32_t intern(std::vector<std::uint32_t> codes);

  StayTable table_;
  Names names_;
  std::vector<VersionMap> versions_;
  std::vector<std::map<std::string, std::uint32_t, std::less<>>> codes_;  ///< by segment: text → code
  std::map<std::vector<std::uint32_t>, std::uint32_t> sets_;
  std::vector<std::uint32_t> row_of_instance_;  ///< of the customer being added; ~0: not there yet
  const CustomerState* who_ = nullptr;          ///< the customer being added
  const JourneyState* customer_ = nullptr;      ///< whose instances come now
  std::optional<KnownTexts> known_;             ///< of him, once a comment was met
};

}  // namespace lotse
