#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/event.hpp"

/// Makes the event log of a journey: customers who walk its graph by chance, with friction planted where the
/// simulation file says so. docs/simulation.md explains the file.
namespace lotse {

/// Some time between two durations; sooner more often (the draw is squared).
struct Delay {
  Duration from{0};
  Duration to{0};
  friend bool operator==(const Delay&, const Delay&) = default;
};

/// Values with how often each is drawn; the weights need not add up to anything.
struct Weights {
  std::vector<std::pair<Value, double>> items;
};

/// A whole number (where both ends are whole) or a fraction between two ends.
struct Between {
  double from = 0;
  double to = 0;
  bool whole = true;
};

/// How a value comes about: as it stands; drawn; so long after the event, as an RFC 3339 text; or what a name
/// stands for: a drawn or remembered one, `key` (of the instance), `customer`.
struct NameReference {
  std::string name;
};
struct ValueSource {
  std::variant<Value, Weights, Between, Delay, NameReference> how;
  std::string as;  ///< remembered for this instance under this name; empty: not
};
using ValueSources = std::vector<std::pair<std::string, ValueSource>>;

/// Where a touchpoint's stay may lead.
struct NextStep {
  TouchpointIndex to;
  double share = 1;  ///< weight among the steps
  Delay after{};
  std::string at{};  ///< counted from this remembered instant instead of the stay's beginning
};

/// An event beside the path: a fact, feedback, an exit, a result.
struct SideEvent {
  std::string type;
  std::string channel;  ///< empty: the stay's
  double share = 1;     ///< chance in [0, 1]
  Delay after{};
  ValueSources properties;
};

struct TouchpointSimulation {
  std::string event;  ///< which of its types it is reached by
  std::vector<std::pair<ChannelIndex, double>> channels;
  std::vector<std::string> ids;  ///< namespaces on its events; empty: the channel's
  ValueSources properties;
  double drop = 0;  ///< chance that a stay ends in silence
  std::vector<NextStep> next;
  double repeat = 0;  ///< chance that its event comes again
  double hop = 0;     ///< chance that it is done again in `hop_to`
  std::optional<ChannelIndex> hop_to;
  std::vector<SideEvent> also;      ///< while the stay lasts
  std::vector<SideEvent> feedback;  ///< after the stay began, whatever follows
  std::optional<SideEvent> exit;
};

/// What makes things worse for some.
struct PlantedFriction {
  std::string name;
  TouchpointIndex at;
  /// All must hold: `channel`, a drawn name or a trait has one of the values; `delayed`: whether the step
  /// that led here was slowed by another planted friction.
  std::vector<std::pair<std::string, std::vector<Value>>> where;
  double share = 1;  ///< of the stays that fit
  std::optional<double> drop;
  std::optional<double> hop;
  std::optional<Delay> after;    ///< every step from here takes so long
  std::optional<Weights> score;  ///< of its feedback
};

struct Simulation {
  std::string file;
  double anonymous = 0;  ///< share of customers who begin under an anonymous id
  std::vector<std::pair<std::string, std::vector<std::string>>> ids;  ///< channel → namespaces on its events
  ValueSources traits;
  ValueSources draw;      ///< once for each instance
  double duplicates = 0;  ///< share of events sent twice
  double late = 0;        ///< share of events that arrive up to `late_by` after they happened
  Duration late_by = std::chrono::days(1);
  std::vector<TouchpointSimulation> touchpoints;  ///< by TouchpointIndex
  std::vector<PlantedFriction> friction;
};

/// The text of a simulation file, or all findings (S001 …). What it leaves out is guessed as by
/// `guess_simulation`.
[[nodiscard]] Loaded<Simulation> load_simulation(std::string_view file, std::string_view text,
                                                 const Journey& journey, const FileLimits& limits = {});

/// For a journey without a simulation file: every step equally often, one in ten falls silent where it is the
/// customer's turn, properties as its captures and conditions want them.
[[nodiscard]] Simulation guess_simulation(const Journey& journey);

struct SimulationOptions {
  std::uint64_t customers = 1000;
  std::uint64_t seed = 1;
  Instant from{};                         ///< first instances begin here …
  Duration span = std::chrono::days(90);  ///< … and the last before this has passed
};

/// How many stays, and how they ended, in truth.
struct StayCount {
  std::uint64_t entered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t hopped = 0;
  std::uint64_t exited = 0;
  friend bool operator==(const StayCount&, const StayCount&) = default;
};
struct TruthRow {
  std::string touchpoint;
  std::string cut;      ///< empty: all; `channel`, or the name of a drawn value or trait
  std::string value;    ///< of the cut
  std::string channel;  ///< of a drawn value or trait, once for each channel; else empty
  StayCount count;
};
struct PlantedCount {
  std::string name;
  std::uint64_t stays = 0;  ///< that it made worse
  std::uint64_t dropped = 0;
};
struct SimulationTruth {
  std::uint64_t customers = 0;
  std::uint64_t events = 0;      ///< distinct
  std::uint64_t duplicates = 0;  ///< sent again
  std::uint64_t late = 0;
  std::uint64_t achieved = 0;  ///< instances that reached a goal
  std::vector<TruthRow> rows;  ///< by touchpoint, cut, value, channel; only those entered
  std::vector<PlantedCount> planted;
};

/// One line of the log. `arrived` orders the lines; the same event may come twice.
using EventSink = std::function<void(const Event&)>;

/// Hands the whole log to `sink` in the order of arrival and says what is true of it. Equal arguments give
/// equal logs on every machine: mt19937_64, and nothing of the standard library's distributions. Memory grows
/// with what is on its way at one time.
SimulationTruth simulate(const Journey& journey, const Simulation& simulation,
                         const SimulationOptions& options, const EventSink& sink);

}  // namespace lotse
