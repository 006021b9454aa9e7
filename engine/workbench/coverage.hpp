#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/journey/workspace.hpp"
#include "engine/report/map.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse::scenario {

/// What happened in tests of one version of a journey, and what did not.
struct JourneyCoverage {
  const Journey* journey = nullptr;  ///< of the workspace, which must outlive this
  std::vector<bool> reached;         ///< by TouchpointIndex: positions, messages and tasks
  std::vector<bool> taken;           ///< by Transition::ordinal: `next`, holds among them, then `anywhere`

  [[nodiscard]] std::size_t reached_count() const;
  [[nodiscard]] std::size_t taken_count() const;
};

/// Collects which touchpoints were reached and which transitions were taken, from what the tracker says while
/// it derives a customer. Its states alone would not do: two transitions may lead from one touchpoint to
/// another, and a position may be left by the transition of a message beside it.
class Coverage {
 public:
  explicit Coverage(const Workspace& workspace);

  /// Notes what a derivation took; for one call of add() afterwards.
  class Steps : public Trace {
   public:
    void add(Item item) override;

   private:
    friend class Coverage;
    std::vector<std::pair<InstanceIndex, std::uint32_t>> taken_;  ///< ordinals
  };

  /// Counts in one customer: what `steps` noted while `state` was derived by a tracker of this journey only.
  void add(std::size_t journey, const JourneyState& state, const Steps& steps);

  /// The newest version of each journey, and older ones that a test reached; in the workspace's order.
  [[nodiscard]] std::vector<JourneyCoverage> journeys() const;

 private:
  std::vector<std::vector<JourneyCoverage>> versions_;  ///< [journey][version]
};

/// `broadband-onboarding 3: 17 of 18 touchpoints reached, 40 of 41 transitions taken`.
[[nodiscard]] std::string summary(const JourneyCoverage& coverage);

/// What no test reached or took, each a line with its place in the file; empty where nothing is missing:
///
///     journeys/shop.yaml:12:9: not taken: order → nudge
[[nodiscard]] std::string missing_text(const JourneyCoverage& coverage);

/// The journey's map, coloured by what tests reached and took.
[[nodiscard]] MapInput map_input(const JourneyCoverage& coverage, const Channels& channels);

}  // namespace lotse::scenario
