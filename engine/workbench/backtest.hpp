#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/tracker.hpp"
#include "engine/workbench/history.hpp"

/// What a journey, as it is written now, would have made of recorded events; and against another version, who
/// would have moved, received or ended differently. docs/backtest.md is the contract.
namespace lotse::backtest {

/// How an instance stands at the end; `absent` where the other version alone has it.
enum class End : std::uint8_t { active, achieved, exited, dropped, absent };
inline constexpr std::size_t end_count = 5;
/// `active`, …, `not entered`.
[[nodiscard]] std::string_view word(End end);

struct TouchpointCount {
  std::string id;
  TouchpointKind kind = TouchpointKind::inbound;
  std::uint64_t reached = 0;   ///< how often, repeats and channel hops aside; of messages and tasks: how many
  std::uint64_t standing = 0;  ///< active instances that stand there
  std::uint64_t dropped = 0;   ///< instances that ended there by silence
  friend bool operator==(const TouchpointCount&, const TouchpointCount&) = default;
};

/// A promise across touchpoints by its name, or a touchpoint's own by the touchpoint's id.
struct PromiseCount {
  std::uint64_t kept = 0;
  std::uint64_t broken = 0;
  std::uint64_t open = 0;
  std::uint64_t released = 0;
  friend bool operator==(const PromiseCount&, const PromiseCount&) = default;
};

/// One version over the whole history.
struct Totals {
  std::uint64_t customers = 0;  ///< with an instance
  std::uint64_t instances = 0;
  std::array<std::uint64_t, end_count> ends{};                 ///< by End; none is absent
  std::map<std::string, std::uint64_t, std::less<>> outcomes;  ///< of exited instances; empty: restarted
  std::vector<TouchpointCount> touchpoints;                    ///< in the order of the file
  std::map<std::string, PromiseCount, std::less<>> promises;
  friend bool operator==(const Totals&, const Totals&) = default;
};

enum class ChangeKind : std::uint8_t {
  end,           ///< before and after: words of End
  outcome,       ///< exited both times, with another outcome
  place,         ///< the same end at another touchpoint; subject: the word of the End
  way,           ///< the same end at the same touchpoint, by other touchpoints
  message_more,  ///< subject: the touchpoint of a message or task that only `after` has
  message_less,  ///< … that only `before` has
  message_at_other_time,
  promise,  ///< subject: the promise; before and after: kept, broken, open, released, not made
};

/// One kind of difference.
struct Change {
  ChangeKind kind{};
  std::string subject;
  std::string before;
  std::string after;
  friend auto operator<=>(const Change&, const Change&) = default;
};

struct Example {
  std::string customer;  ///< `namespace:value`, as `lotse customer` takes it
  std::string key;       ///< of the instance; empty in a journey without `key`
  Instant opened{};
  friend bool operator==(const Example&, const Example&) = default;
};

struct ChangeCount {
  Change change;
  std::uint64_t instances = 0;
  std::uint64_t times = 0;        ///< messages, promises; for the other kinds as `instances`
  std::vector<Example> examples;  ///< the first, by the customers' first arrival
  friend bool operator==(const ChangeCount&, const ChangeCount&) = default;
};

struct SegmentCount {
  std::string segment;
  std::string value;  ///< `(none)` where there is none
  std::uint64_t instances = 0;
  std::uint64_t changed = 0;
  friend bool operator==(const SegmentCount&, const SegmentCount&) = default;
};

/// Instances are the same in both versions when they have the same customer and key, and are the first,
/// second … one with it.
struct Comparison {
  std::array<std::array<std::uint64_t, end_count>, end_count>
      ends{};                   ///< [before][after]; sums to `instances`
  std::uint64_t instances = 0;  ///< that either version has
  std::uint64_t changed = 0;    ///< … with any difference
  std::uint64_t customers_changed = 0;
  std::vector<ChangeCount> changes;    ///< by kind, then most instances first, then by name
  std::vector<SegmentCount> segments;  ///< by segment, then most instances first, then by value
};

/// What one version is called in a report, and what came out.
struct Version {
  std::string file;
  std::uint32_t number = 1;
  Totals totals;
  FrictionReport friction;
};

struct Report {
  std::string journey;
  std::string title;
  std::uint64_t events = 0;
  std::uint64_t customers = 0;
  std::uint64_t duplicates = 0;   ///< left out: known by (source, id)
  std::uint64_t from_future = 0;  ///< left out: later than the clock
  std::uint64_t nobodys = 0;      ///< left out: no acceptable identifier
  std::uint64_t rejected = 0;     ///< records that gave no event
  Instant first{};
  Instant as_of{};
  Version after;                      ///< the journey in question
  std::optional<Version> before;      ///< what it is held against
  std::optional<Comparison> against;  ///< with `before`
};

struct Options {
  std::uint32_t threads = 1;
  std::size_t examples = 3;                          ///< for each kind of difference
  std::function<void(std::uint64_t)> on_progress{};  ///< events replayed so far
};

/// One journey, alone, under the workspace's settings.
[[nodiscard]] Tracker tracker_of(std::shared_ptr<const Journey> journey, const WorkspaceSettings& settings);

/// Replays the history, which was made for these trackers (tracker_of()) and is closed. Equal for any number
/// of threads. Requires events (asserted). Errors: as friction_report().
[[nodiscard]] Result<Report> run(const History& history, const Tracker& after, const Tracker* before,
                                 const Channels& channels, const Options& options);

}  // namespace lotse::backtest
