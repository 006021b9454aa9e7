#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/comparison.hpp"
#include "engine/friction/experiment.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/friction/incidents.hpp"
#include "engine/friction/kpi.hpp"
#include "engine/friction/risk.hpp"
#include "engine/friction/scorecard.hpp"
#include "engine/friction/trend.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// A report as it is asked for, in the asker's words; empty: left out.
struct ReportRequest {
  std::string from;
  std::string to;
  std::string as_of;
  std::string by;
  std::string where;
  std::string q;
  std::string churn_after;
  std::string split;
  std::string mature;
  std::string touchpoint;
  std::string limit;
  std::string least_risk;
  std::string baseline;
  std::string history;
  bool brief = false;
  std::string against_from;
  std::string against_to;
  std::string versions;
  std::string signal;
  std::string step;
};

/// How the words are read, and what the options are called in messages.
struct ReportReading {
  enum class Options : std::uint8_t {
    command_line,  ///< `--churn-after`
    url,           ///< `churn_after`
  };
  Zone zone = Zone::utc();  ///< of times without an offset
  Instant now{};            ///< for `now` and `-7d`
  Options options = Options::command_line;
};

/// When the report is as of; nothing where it is not said. bad_input for what is no time.
[[nodiscard]] Result<std::optional<Instant>> report_as_of(const ReportRequest& request,
                                                          const ReportReading& reading);
/// bad_input for times that are none and a `q` outside 0.001 to 0.5.
[[nodiscard]] Result<FrictionQuery> friction_query(const ReportRequest& request,
                                                   const ReportReading& reading);
/// bad_input for times that are none and a `churn_after` that is no duration of an hour or more.
[[nodiscard]] Result<KpiQuery> kpi_query(const ReportRequest& request, const ReportReading& reading);
/// As kpi_query().
[[nodiscard]] Result<ScorecardQuery> scorecard_query(const ReportRequest& request,
                                                     const ReportReading& reading);
/// bad_input for times that are none and a `mature` that is no duration above zero.
[[nodiscard]] Result<ExperimentQuery> experiment_query(const ReportRequest& request,
                                                       const ReportReading& reading);

/// How many rows are listed at most, `otherwise` where nothing is said. bad_input for a `limit` that is no
/// number from 1 to 100,000.
[[nodiscard]] Result<std::size_t> limit_of(const ReportRequest& request, const ReportReading& reading,
                                           std::size_t otherwise);
/// bad_input for a `limit` that is no number from 1 to 100,000 and a `least_risk` that is none from 0 to 1.
[[nodiscard]] Result<RiskQuery> risk_query(const ReportRequest& request, const ReportReading& reading);
/// bad_input for times that are none, for `versions` that are no two numbers or come with a period before,
/// and for a `q` outside 0.001 to 0.5.
[[nodiscard]] Result<ComparisonQuery> comparison_query(const ReportRequest& request,
                                                       const ReportReading& reading);

/// bad_input for times that are none, a `signal` that is none, and a `step` that is no duration of an hour or
/// more.
[[nodiscard]] Result<TrendQuery> trend_query(const ReportRequest& request, const ReportReading& reading);

/// `table`, `json`, `csv`, `md`.
[[nodiscard]] std::span<const std::string_view> report_formats();
/// The report in one of these; `style` is for the table.
[[nodiscard]] std::string friction_in(std::string_view format, const FrictionReport& report,
                                      const TextStyle& style = {});
[[nodiscard]] std::string trend_in(std::string_view format, const TrendReport& report,
                                   const TextStyle& style = {});
[[nodiscard]] std::string kpi_in(std::string_view format, const KpiReport& report,
                                 const TextStyle& style = {});
[[nodiscard]] std::string scorecard_in(std::string_view format, const Scorecard& card,
                                       const TextStyle& style = {});
[[nodiscard]] std::string experiment_in(std::string_view format, const ExperimentReport& report,
                                        const TextStyle& style = {});
[[nodiscard]] std::string risk_in(std::string_view format, const RiskReport& report,
                                  const TextStyle& style = {});
[[nodiscard]] std::string comparison_in(std::string_view format, const ComparisonReport& report,
                                        const TextStyle& style = {});
[[nodiscard]] std::string incidents_in(std::string_view format, const Incidents& report,
                                       const TextStyle& style = {});

}  // namespace lotse
