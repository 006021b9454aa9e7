#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
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
  Duration horizon{
      0};  ///< h = 2 W; where silence never counts as leaving, twice the journey's (or the default) W
  AbandonAfter abandon_after;
  std::optional<double> target{};
  friend bool operator==(const Place&, const Place&) = default;
};

/// No channel, no place, no value.
inline constexpr std::uint16_t no_index = std::numeric_limits<std::uint16_t>::max();
/// Money and scores are whole ten-thousandths, so that sums do not depend on their order.
inline constexpr std::int64_t fixed_point = 10'000;
inline constexpr std::int64_t no_value = std::numeric_limits<std::int64_t>::min();
inline constexpr Instant never = Instant::max();

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
    std::int64_t score = 0;  ///< in ten-thousandths
    friend bool operator==(const FeedbackRow&, const FeedbackRow&) = default;
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
  std::vector<std::string> task_places;  ///< ids of handover touchpoints
  std::vector<Duration> edges;           ///< every timer, promise and horizon of the files, sorted
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
  std::vector<PromiseRow> promises;   ///< by instance
  std::vector<PromiseRow> tasks;      ///< by instance

  [[nodiscard]] std::size_t size() const { return entered.size(); }
  /// Text of a segment's value in a set; `(none)` where there is none.
  [[nodiscard]] const std::string& segment_value(std::uint32_t set, std::size_t segment) const;
  [[nodiscard]] std::optional<std::size_t> find_segment(std::string_view name) const;
};

/// Builds a StayTable, customer by customer.
class StayTableBuilder {
 public:
  /// Journeys' versions and channels give the places; `as_of` cuts.
  StayTableBuilder(const JourneyVersions& versions, const Channels& channels, Instant as_of);

  /// One more customer. A customer without an instance by `as_of` counts only for what found no place.
  void add(const JourneyState& customer);
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
    std::vector<std::uint32_t>
        segment;  ///< by segment of the table, into the version's; ~0: it has none such
  };
  void add_instance(const Instance& instance);
  void add_tasks(const JourneyState& customer, std::uint32_t first_instance);
  [[nodiscard]] std::uint32_t segment_set(const Instance& instance, std::uint32_t set);
  [[nodiscard]] std::uint32_t intern(std::vector<std::uint32_t> codes);

  StayTable table_;
  std::vector<VersionMap> versions_;
  std::vector<std::map<std::string, std::uint32_t, std::less<>>> codes_;  ///< by segment: text → code
  std::map<std::vector<std::uint32_t>, std::uint32_t> sets_;
  std::vector<std::uint32_t> row_of_instance_;  ///< of the customer being added; ~0: not there yet
};

}  // namespace lotse
