#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/collect_experiments.hpp"
#include "engine/friction/experiment_statistics.hpp"
#include "engine/friction/proportion.hpp"

namespace lotse {

/// What an experiment report is asked for.
struct ExperimentQuery {
  std::string split{};               ///< only this one; empty: all
  std::optional<Instant> from{};     ///< assigned here or later
  std::optional<Instant> to{};       ///< assigned before
  std::optional<Duration> mature{};  ///< only those assigned so long ago, and goals reached within that time
};

/// One arm and its customers.
struct ArmResult {
  std::string name;
  double share = 0;  ///< as declared, of 1
  bool control = false;
  std::uint64_t customers = 0;
  std::uint64_t achieved = 0;  ///< of the customers: after their assignment
  std::uint64_t open = 0;      ///< of the customers: not achieved, and may still
  std::uint64_t treated = 0;   ///< of the customers: the arm's touchpoint was reached
  Interval interval;           ///< of the rate, 95 % (Wilson)
  [[nodiscard]] Share achieving() const {
    return {static_cast<double>(achieved), static_cast<double>(customers)};
  }
};

/// What a comparison says.
enum class Contrast : std::uint8_t {
  empty,    ///< an arm has nobody
  more,     ///< the arm achieves more than the control, however often one looks
  less,     ///< … less
  alike,    ///< whatever the difference is, it is smaller than would matter
  unclear,  ///< not enough customers to tell
};

/// One arm against the control: differences of rates, of 1.
struct ArmComparison {
  std::size_t arm = 0;  ///< into ExperimentResult::arms
  double difference = 0;
  Interval once{};     ///< Newcombe, 95 %: for one look that was decided on beforehand
  Interval anytime{};  ///< holds at every look; together with those of the other arms at 95 %
  double margin = 0;   ///< the difference that would matter: material_margin() of the control's rate
  std::optional<std::uint64_t>
      more_needed{};  ///< customers in all arms until `margin` would be seen, of unclear
  Contrast contrast = Contrast::empty;
};

struct ExperimentResult {
  std::string split;
  std::vector<std::string> carriers;       ///< as DeclaredExperiment
  std::vector<std::uint32_t> versions;     ///< ascending
  std::vector<ArmResult> arms;             ///< in the order of the file
  std::size_t control = 0;                 ///< the `hold` arm, else the first
  std::vector<ArmComparison> comparisons;  ///< all others against it
  SampleRatio sample_ratio;
  bool ratio_is_off = false;          ///< sample_ratio.p < 0.001
  bool is_final = false;              ///< no further event of those counted can change it
  std::uint64_t customers = 0;        ///< in the arms
  std::uint64_t achieved_before = 0;  ///< left out: had reached the goal when they were assigned
  std::uint64_t too_recent = 0;       ///< left out by `mature`
  std::uint64_t later_instances = 0;  ///< of those counted, left out: a customer counts once
};

struct ExperimentReport {
  std::string journey;
  std::string title;
  Instant as_of{};
  std::optional<Instant> from{};
  std::optional<Instant> to{};
  std::optional<Duration> mature{};
  std::uint64_t erased = 0;
  std::vector<ExperimentResult> experiments;
};

/// How the arms of a journey's splits do. bad_input for a period that is none; not_found for a split that the
/// journey does not have.
[[nodiscard]] Result<ExperimentReport> experiment_report(const ExperimentTable& table,
                                                         const ExperimentQuery& query);

/// `empty`, `more`, `less`, `alike`, `unclear`.
[[nodiscard]] std::string_view name(Contrast contrast);

}  // namespace lotse
