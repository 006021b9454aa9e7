#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/workbench/case_log.hpp"

/// Proposes a journey from an event log: what customers do today, for mapping what is before designing what
/// should be. docs/discover.md explains each guess.
namespace lotse {

struct DiscoverOptions {
  /// Event types in a smaller share of the cases are noise, and so are transitions that follow a
  /// smaller share of a touchpoint's events.
  double noise = 0.05;
  /// Heuristics Miner's dependency threshold: |a ⇒ b| from here on tells an order, below either order is
  /// usual; from it on a loop counts as one.
  double dependency = 0.9;
  std::size_t touchpoints_max = 100;  ///< the rarest beyond are noise too
  unsigned threads = 1;               ///< changes nothing but the time it takes
};

/// Why a transition is proposed.
enum class TransitionGuess : std::uint8_t {
  then,          ///< a ⇒ b reaches the dependency threshold
  either_order,  ///< a > b and b > a are both usual
  back,          ///< the rarer way of a loop of length two
  again,         ///< a loop of length one
  connecting,    ///< rarer than the noise; without it the journey would fall into parts
};

struct DiscoveredTransition {
  std::uint32_t to = 0;  ///< into Discovery::touchpoints
  std::uint64_t count = 0;
  double share = 0;       ///< of the events of the touchpoint that it leads away from
  double dependency = 0;  ///< a ⇒ b, in (-1, 1)
  TransitionGuess guess = TransitionGuess::then;
};

struct DiscoveredTouchpoint {
  std::string id;    ///< made of the event type
  std::string type;  ///< the event type
  std::uint64_t events = 0;
  std::uint64_t cases = 0;
  std::uint64_t first = 0;  ///< cases that begin here
  std::uint64_t last = 0;   ///< cases that end here
  std::uint64_t open = 0;   ///< of `last`: still within their time of silence when the log ends
  double stops = 0;         ///< share of its events, open ones aside, that nothing followed
  double place = 0;         ///< mean place of its first event among the case's touchpoints; 0 first, 1 last
  std::vector<std::pair<std::string, std::uint64_t>> channels;  ///< by events, falling; without a channel ""
  bool start = false;
  bool goal = false;
  bool ends = false;
  std::uint32_t stage = 0;
  std::uint64_t waits = 0;  ///< events that a proposed transition or a repeat followed
  Duration wait_median{0};
  Duration wait_p99{0};
  std::optional<Duration> abandon_after;   ///< where it differs from the journey's
  std::vector<DiscoveredTransition> next;  ///< most frequent first
};

struct LeftOutType {
  std::string type;
  std::uint64_t cases = 0;
};

struct Discovery {
  DiscoverOptions options;
  std::uint64_t cases = 0;
  std::uint64_t events = 0;  ///< distinct, Lotse's own aside
  std::uint64_t own_events = 0;
  Instant first_event{};
  Instant last_event{};
  std::vector<DiscoveredTouchpoint> touchpoints;  ///< by place
  std::vector<std::uint32_t> stages;              ///< the first touchpoint of each
  Duration abandon_after{0};
  std::uint64_t waits = 0;
  Duration wait_p99{0};
  std::vector<LeftOutType> left_out;   ///< by cases, falling
  std::uint64_t moves_left_out = 0;    ///< moves between touchpoints that no transition has …
  std::uint64_t moves = 0;             ///< … of so many
  std::uint64_t events_following = 0;  ///< that start the journey, repeat, or follow a transition

  /// Share of the events that follow the proposed paths; 0 for an empty log.
  [[nodiscard]] double fitness() const;
};

/// Mines directly-follows counts by case and keeps what is neither noise nor contradicted by the dependency
/// measures of the Heuristics Miner (A. J. M. M. Weijters, W. M. P. van der Aalst, A. K. Alves de Medeiros,
/// Process Mining with the HeuristicsMiner Algorithm, BETA working paper 166, 2006, section 2.1):
///   a ⇒ b  = (|a > b| - |b > a|) / (|a > b| + |b > a| + 1)
///   a ⇒ a  = |a > a| / (|a > a| + 1)
///   a ⇒₂ b = (|a b a| + |b a b|) / (|a b a| + |b a b| + 1)
/// Every touchpoint is reached from a start, and is a goal, an end or has a way on. Deterministic: equal
/// events, in any order, give an equal Discovery; only among different events with one source and id the
/// order decides, as the first in the log counts. An empty log gives one without touchpoints. Empties the log
/// of its events.
[[nodiscard]] Discovery discover(CaseLog& log, const DiscoverOptions& options);

struct ProposalOptions {
  std::string journey = "discovered";   ///< its id
  std::string key{};                    ///< property of events; empty: one instance a customer
  std::vector<std::string> channels{};  ///< that channels.yaml has; others stand in comments only
};

/// The journey file, each guess with its evidence as a comment. Requires a touchpoint at least.
[[nodiscard]] std::string journey_yaml(const Discovery& discovery, const ProposalOptions& options);

}  // namespace lotse
