#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.hpp"
#include "engine/identity/identity.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/event.hpp"
#include "engine/workbench/seen_once.hpp"

/// What an event log has that a journey file lacks, and the other way round. docs/discover.md has the rules.
namespace lotse {

/// By customer, as `lotse customer` calls them (`user_id:u1`); ordered, so that the same ones are shown
/// whatever the order of the log. No two events have one source and id.
using EventsByCustomer = std::map<std::string, std::vector<Event>, std::less<>>;

/// Collects a log and tells its customers apart as Lotse does, by all the identifiers that its events link.
class CustomerLog {
 public:
  explicit CustomerLog(const WorkspaceSettings& settings);
  /// Leaves duplicates out, as the store does.
  void add(Event event);
  /// Events whose identifiers name nobody.
  [[nodiscard]] std::uint64_t without_customer() const { return without_customer_; }
  [[nodiscard]] EventsByCustomer take();

 private:
  SeenOnce seen_;
  Identities identities_;
  std::vector<std::pair<NodeIndex, Event>> events_;  ///< with their primary identifier
  std::uint64_t without_customer_ = 0;
};

struct UpdateOptions {
  double noise = 0.05;      ///< what is rarer is not told: DiscoverOptions
  double dependency = 0.9;  ///< likewise
};

enum class UpdateKind : std::uint8_t {
  // The log has it, the file lacks it.
  event_type,  ///< no touchpoint hears it
  channel,     ///< a touchpoint's event comes in a channel in which it does not hear it
  transition,  ///< customers go a way that is not declared
  start,       ///< customers begin at what is no start
  end,         ///< most stays end in silence at what is neither a goal nor an end
  window,      ///< customers come back after the silence that counts as leaving
  // The file has it, the log lacks it.
  unreached,    ///< a touchpoint
  untaken,      ///< a transition between what is reached
  long_window,  ///< the journey waits far longer than anybody's silence lasts
};

struct UpdateFinding {
  UpdateKind kind{};
  std::string touchpoint;       ///< id, where it leads from; empty: no one; of event_type: the type
  std::string to;               ///< of transitions: a touchpoint's id, or `hold`; of channel: the channel
  std::uint64_t count = 0;      ///< events of the type or in the channel; times; customers; stays
  std::uint64_t customers = 0;  ///< of event_type
  double share = 0;             ///< of the customers, of the touchpoint's events, of its stays
  std::optional<double> dependency;  ///< of transition: as of the Heuristics Miner
  std::optional<Duration> wait;      ///< of windows: the 99th percentile
  std::optional<Duration> window;    ///< of windows: proposed
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;  ///< falling
  Counts channels{};                                                  ///< of event_type
  Counts before{};                      ///< of event_type: touchpoints and new event types it comes behind …
  Counts after{};                       ///< … and those that come behind it
  std::uint64_t before_all = 0;         ///< times that anything comes before it, noise included, facts not …
  std::uint64_t after_all = 0;          ///< … and behind it
  std::vector<std::string> examples{};  ///< the first customers by name, at most three
  std::optional<Location> where{};      ///< of the touchpoint or the transition in the file
};

struct JourneyUpdate {
  std::shared_ptr<const Journey> journey;
  std::uint64_t customers = 0;
  std::uint64_t events = 0;             ///< distinct, Lotse's own types aside
  std::uint64_t following = 0;          ///< of them: see fitness()
  std::vector<UpdateFinding> findings;  ///< first what the file lacks; each half by count, falling

  /// Share of the events that start an instance, repeat, follow a transition, or are facts that the file
  /// takes
  /// (`remember`, `exit_when`, `feedback`, triggers of messages); 0 for an empty log.
  [[nodiscard]] double fitness() const;
};

/// Tracks every customer by the journey, and compares.
[[nodiscard]] JourneyUpdate compare_with_log(const std::shared_ptr<const Journey>& journey,
                                             const WorkspaceSettings& settings, const EventsByCustomer& log,
                                             const UpdateOptions& options);

/// For people: each finding with its evidence and the lines that could be added.
[[nodiscard]] std::string update_text(const JourneyUpdate& update);
/// docs/discover.md names the fields.
[[nodiscard]] std::string update_json(const JourneyUpdate& update);

}  // namespace lotse
