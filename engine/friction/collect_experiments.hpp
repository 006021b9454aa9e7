#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/collect_stays.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// One arm of a split as declared.
struct DeclaredArm {
  std::string name;              ///< the touchpoint that it leads to, or `hold`
  std::uint32_t share_from = 0;  ///< [from, to) of whole_share: its part of the hash
  std::uint32_t share_to = 0;
  bool hold = false;
  [[nodiscard]] double share() const;
  friend bool operator==(const DeclaredArm&, const DeclaredArm&) = default;
};

/// A split with one set of arms. Where versions of the journey, or several lists of one, give the same arms
/// to the same parts of the hash, they are one experiment; where they do not, customers were asked different
/// things, and each is an experiment of its own.
struct DeclaredExperiment {
  std::string split;
  std::vector<DeclaredArm> arms;
  std::vector<std::string>
      carriers;  ///< ids of the touchpoints that assign; empty: whoever enters is assigned
  std::vector<std::uint32_t> versions;  ///< ascending
};

/// One customer in one experiment, by the first of his instances that came to it.
struct Assignment {
  std::uint32_t experiment = 0;  ///< into ExperimentTable::experiments
  std::uint32_t arm = 0;
  std::uint32_t later = 0;  ///< further instances of the customer that came to it
  bool open = false;        ///< that first instance may still reach its goal
  bool treated = false;     ///< the arm's touchpoint was reached
  Instant at{};
  Instant achieved = never;
  friend bool operator==(const Assignment&, const Assignment&) = default;
};

/// Who is in the experiments of a journey, as of an instant.
struct ExperimentTable {
  std::string journey;
  std::string title;
  Instant as_of{};
  std::vector<DeclaredExperiment> experiments;  ///< the newest version's first
  std::vector<Assignment> assignments;          ///< at most one a customer and experiment
  std::uint64_t erased = 0;                     ///< came to one, but nobody knows any more who they were
};

/// The experiments of all versions of a journey.
[[nodiscard]] std::vector<DeclaredExperiment> declared_experiments(const JourneyVersions& versions);

/// Builds an ExperimentTable, customer by customer.
class ExperimentTableBuilder {
 public:
  ExperimentTableBuilder(const JourneyVersions& versions, Instant as_of);
  /// One more customer by his canonical name; an empty one is that of the erased.
  void add(std::string_view customer, const JourneyState& state);
  /// The customers of another builder of the same journey, after mine.
  void append(ExperimentTableBuilder&& other);
  [[nodiscard]] ExperimentTable finish() && { return std::move(table_); }

 private:
  /// An experiment in one version; without carriers it is not in that version.
  struct InVersion {
    std::vector<std::optional<TouchpointIndex>> carriers;  ///< nothing: `anywhere`
    std::vector<std::optional<TouchpointIndex>> targets;   ///< by arm; nothing: the control group
  };
  [[nodiscard]] std::optional<Assignment> assignment(std::uint32_t experiment, double fraction,
                                                     const JourneyState& state, InstanceIndex which) const;
  void add_to(std::uint32_t experiment, std::string_view customer, const JourneyState& state);

  std::vector<std::vector<InVersion>> in_version_;  ///< [version][experiment]
  ExperimentTable table_;
};

/// The experiments of `journeys[which]` as of `as_of`, from `each`, which uses up to `threads` threads.
[[nodiscard]] Result<ExperimentTable> collect_experiments(std::span<const JourneyVersions> journeys,
                                                          std::size_t which, Instant as_of,
                                                          std::uint32_t threads, const EachState& each);

}  // namespace lotse
