#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/friction/cluster.hpp"
#include "engine/friction/groups.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

/// What a KPI report is asked for.
struct KpiQuery {
  std::optional<Instant>
      from{};  ///< period of the scores and of the plain churn ratio; left out: 28 days before `to`
  std::optional<Instant> to{};  ///< left out: as_of; its end is not in the period
  std::optional<Duration>
      churn_after{};  ///< silence that counts as churn; left out: the journey's abandon_after
};

/// A mean or share with its standard error by customers.
struct Score {
  Scale scale{};
  std::uint64_t responses = 0;
  std::uint64_t customers = 0;
  double mean = 0;  ///< on its own scale
  double standard_error = 0;
  double headline = 0;  ///< nps: promoters − detractors in points; else the satisfied share: csat5 and stars
                        ///< 4 and more, ces7 5 and more, sentiment 0.3 and more
  Interval interval;    ///< of the headline, 95 %
  double negative = 0;  ///< share
};

/// Kaplan–Meier of customers going silent, and the ratio that is usual beside it.
struct Churn {
  Duration after{0};  ///< the declared silence
  std::uint64_t customers = 0;
  std::uint64_t churned = 0;  ///< by as_of
  std::optional<double>
      by_90_days{};  ///< share lost in the first 90 days; nothing where none were watched so long
  std::optional<double> by_365_days{};
  std::optional<Duration> median_lifetime{};
  Duration mean_lifetime{0};   ///< restricted to `watched`
  Duration watched{0};         ///< the longest that any customer could be watched
  std::uint64_t at_start = 0;  ///< of the period
  std::uint64_t lost = 0;      ///< of those, during it
};

/// Basket × frequency × lifetime: revenue, not margin, and not discounted.
struct LifetimeValue {
  double basket = 0;     ///< mean `value` of the instances that have one
  double frequency = 0;  ///< instances a customer and year, while with us
  double lifetime = 0;   ///< years: Churn::mean_lifetime
  double value = 0;
};

enum class KpiLevel : std::uint8_t { journey, stage, segment };

struct KpiRow {
  KpiLevel level = KpiLevel::journey;
  std::string name;  ///< of the stage or segment; empty for the journey
  std::string part;  ///< the segment's value
  std::uint64_t customers = 0;
  std::uint64_t instances = 0;
  std::uint64_t achieved = 0;
  std::vector<Score> scores;                      ///< by Scale, only those with answers
  std::uint64_t answers = 0;                      ///< whatever their scale
  std::uint64_t negative = 0;                     ///< of those
  std::optional<Churn> churn{};                   ///< not of a stage
  std::optional<LifetimeValue> lifetime_value{};  ///< where the journey declares `value`; not of a stage
};

struct KpiReport {
  std::string journey;
  std::string title;
  Instant as_of{};
  Instant from{};
  Instant to{};
  std::optional<Duration> churn_after{};
  std::uint32_t unattributed_feedback = 0;
  std::vector<KpiRow> rows;  ///< the journey, its stages in order, its segments by name and value
};

/// Key figures per journey, stage and segment. bad_input for a period that is none.
[[nodiscard]] Result<KpiReport> kpi_report(const StayTable& table, const KpiQuery& query);
/// The same with these segments only, their values as they are grouped there.
[[nodiscard]] Result<KpiReport> kpi_report(const StayTable& table, const KpiQuery& query,
                                           std::span<const SegmentGroups> segments);

[[nodiscard]] std::string_view name(KpiLevel level);

}  // namespace lotse
