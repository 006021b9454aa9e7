#include "engine/friction/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "engine/base/assert.hpp"
#include "engine/friction/significance.hpp"
#include "engine/journey/findings.hpp"

namespace lotse {
namespace {

/// Of all comparisons of one experiment together.
constexpr double alpha = 0.05;
/// Less likely than that is no chance. Fabijan and others (2019, KDD), whose experiments check at it.
constexpr double ratio_alpha = 0.001;

Result<void> check(const ExperimentTable& table, const ExperimentQuery& query) {
  if (query.from && query.to && *query.from >= *query.to) {
    return fail(ErrorCode::bad_input, fmt::format("no time lies from {} to before {}",
                                                  format_instant(*query.from), format_instant(*query.to)));
  }
  const auto known = [&](std::string_view split) {
    return std::ranges::find(table.experiments, split, &DeclaredExperiment::split) != table.experiments.end();
  };
  if (query.split.empty() || known(query.split)) return {};
  std::vector<std::string_view> splits;
  for (const DeclaredExperiment& experiment : table.experiments) {
    if (std::ranges::find(splits, experiment.split) == splits.end()) splits.push_back(experiment.split);
  }
  std::string message = fmt::format("`{}` is no split of `{}`", query.split, table.journey);
  if (splits.empty()) return fail(ErrorCode::not_found, message + ", which has none");
  const std::string hint = did_you_mean_or_list(query.split, splits);
  return fail(ErrorCode::not_found, hint.empty() ? message : message + "; " + hint);
}

ExperimentResult result_of(const DeclaredExperiment& declared) {
  ExperimentResult result;
  result.split = declared.split;
  result.carriers = declared.carriers;
  result.versions = declared.versions;
  const auto hold = std::ranges::find(declared.arms, true, &DeclaredArm::hold);
  if (hold != declared.arms.end()) result.control = static_cast<std::size_t>(hold - declared.arms.begin());
  for (const DeclaredArm& arm : declared.arms) {
    ArmResult& added = result.arms.emplace_back();
    added.name = arm.name;
    added.share = arm.share();
    added.control = &arm == &declared.arms[result.control];
  }
  return result;
}

/// With a time to mature an answer is final when that time is over, and the goal counts within it only: who
/// was assigned earlier had no longer to reach it.
void count(ExperimentResult& result, const Assignment& assignment, const ExperimentQuery& query,
           Instant as_of) {
  if (query.from && assignment.at < *query.from) return;
  if (query.to && assignment.at >= *query.to) return;
  if (assignment.achieved <= assignment.at) {
    ++result.achieved_before;
    return;
  }
  if (query.mature && as_of - assignment.at < *query.mature) {
    ++result.too_recent;
    return;
  }
  ArmResult& arm = result.arms[assignment.arm];
  ++arm.customers;
  const bool in_time = !query.mature || assignment.achieved - assignment.at <= *query.mature;
  if (assignment.achieved != never && in_time) ++arm.achieved;
  if (assignment.open && !query.mature) ++arm.open;
  if (assignment.treated) ++arm.treated;
  result.later_instances += assignment.later;
}

Contrast contrast_of(const ArmComparison& comparison) {
  if (comparison.anytime.low > 0) return Contrast::more;
  if (comparison.anytime.high < 0) return Contrast::less;
  const bool within =
      comparison.anytime.low > -comparison.margin && comparison.anytime.high < comparison.margin;
  return within ? Contrast::alike : Contrast::unclear;
}

ArmComparison compare(const ExperimentResult& result, std::size_t which) {
  const Share of = result.arms[which].achieving();
  const Share against = result.arms[result.control].achieving();
  ArmComparison comparison{.arm = which};
  if (!(of.n > 0) || !(against.n > 0)) return comparison;
  const double own_alpha = alpha / static_cast<double>(result.arms.size() - 1);
  comparison.difference = of.rate() - against.rate();
  comparison.once = newcombe_difference(of, against);
  comparison.anytime = anytime_difference(of, against, own_alpha);
  comparison.margin = material_margin(against.rate());
  comparison.contrast = contrast_of(comparison);
  if (comparison.contrast != Contrast::unclear) return comparison;
  const double needed = customers_needed(of, against, comparison.margin, own_alpha);
  const double of_all = (of.n + against.n) / static_cast<double>(result.customers);
  comparison.more_needed = static_cast<std::uint64_t>(std::max(0.0, needed - of.n - against.n) / of_all);
  return comparison;
}

void finish(ExperimentResult& result, const ExperimentQuery& query) {
  std::vector<std::uint64_t> counts;
  std::vector<double> shares;
  std::uint64_t open = 0;
  for (ArmResult& arm : result.arms) {
    arm.interval = wilson(arm.achieving());
    counts.push_back(arm.customers);
    shares.push_back(arm.share);
    result.customers += arm.customers;
    open += arm.open;
  }
  result.is_final = query.mature || open == 0;
  result.sample_ratio = sample_ratio(counts, shares);
  result.ratio_is_off = result.sample_ratio.p < ratio_alpha;
  for (std::size_t arm = 0; arm < result.arms.size(); ++arm) {
    if (arm != result.control) result.comparisons.push_back(compare(result, arm));
  }
}

}  // namespace

Result<ExperimentReport> experiment_report(const ExperimentTable& table, const ExperimentQuery& query) {
  LOTSE_CHECK(check(table, query));
  ExperimentReport report;
  report.journey = table.journey;
  report.title = table.title;
  report.as_of = table.as_of;
  report.from = query.from;
  report.to = query.to;
  report.mature = query.mature;
  report.erased = table.erased;
  for (const DeclaredExperiment& declared : table.experiments)
    report.experiments.push_back(result_of(declared));
  for (const Assignment& assignment : table.assignments)
    count(report.experiments[assignment.experiment], assignment, query, table.as_of);
  std::erase_if(report.experiments, [&](const ExperimentResult& experiment) {
    return !query.split.empty() && experiment.split != query.split;
  });
  for (ExperimentResult& experiment : report.experiments) finish(experiment, query);
  return report;
}

std::string_view name(Contrast contrast) {
  switch (contrast) {
    case Contrast::empty:
      return "empty";
    case Contrast::more:
      return "more";
    case Contrast::less:
      return "less";
    case Contrast::alike:
      return "alike";
    case Contrast::unclear:
      return "unclear";
  }
  LOTSE_ASSERT(false);
}

}  // namespace lotse
