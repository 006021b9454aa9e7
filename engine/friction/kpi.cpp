#include "engine/friction/kpi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "engine/base/assert.hpp"
#include "engine/friction/incidence.hpp"
#include "engine/friction/lives.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {
namespace {

constexpr Duration default_period = std::chrono::days(28);
constexpr double year_ms = 365.25 * 86'400'000;

/// Answers of one group, customer by customer in the order of the table.
class ScoreSums {
 public:
  void add(const StayTable::FeedbackRow& row, std::uint32_t customer) {
    auto& own = scales_[static_cast<std::size_t>(row.scale)];
    if (own.customer != customer) own.close();
    own.customer = customer;
    ++own.answers;
    own.score += row.score;
    own.negative += is_negative_fixed(row.scale, row.score) ? 1U : 0U;
    own.headline += headline_of(row.scale, row.score);
  }

  void finish(KpiRow& row) {
    row.scores = scores();
    for (const OfScale& own : scales_) {
      row.answers += static_cast<std::uint64_t>(own.scores.n);
      row.negative += own.negative;
    }
  }

 private:
  [[nodiscard]] std::vector<Score> scores() {
    std::vector<Score> scores;
    for (std::size_t i = 0; i < scale_count; ++i) {
      OfScale& own = scales_[i];
      own.close();
      if (own.scores.n == 0) continue;
      const auto scale = static_cast<Scale>(i);
      Score& score = scores.emplace_back();
      score.scale = scale;
      score.responses = static_cast<std::uint64_t>(own.scores.n);
      score.customers = own.scores.customers;
      score.mean = own.scores.ratio() / static_cast<double>(fixed_point);
      score.standard_error = std::sqrt(own.scores.variance()) / static_cast<double>(fixed_point);
      score.negative = static_cast<double>(own.negative) / static_cast<double>(own.scores.n);
      score.headline = own.headlines.ratio();
      score.interval = scale == Scale::nps ? points(own.headlines) : wilson(effective_sample(own.headlines));
      if (scale == Scale::nps) score.headline *= 100;
    }
    return scores;
  }

  /// 1 for a satisfied answer, 0 for another; for nps −1 for a detractor.
  static std::int64_t headline_of(Scale scale, std::int64_t score) {
    switch (scale) {
      case Scale::nps:
        return score >= 9 * fixed_point ? 1 : is_negative_fixed(scale, score) ? -1 : 0;
      case Scale::csat5:
      case Scale::stars:
        return score >= 4 * fixed_point ? 1 : 0;
      case Scale::ces7:
        return score >= 5 * fixed_point ? 1 : 0;
      case Scale::sentiment:
        return score >= 3 * fixed_point / 10 ? 1 : 0;
    }
    return 0;
  }
  static Interval points(const ClusterSums& sums) {
    const double centre = 100 * sums.ratio();
    const double half = 100 * z95 * std::sqrt(sums.variance());
    return {std::max(-100.0, centre - half), std::min(100.0, centre + half)};
  }

  struct OfScale {
    std::uint32_t customer = std::numeric_limits<std::uint32_t>::max();
    std::int64_t answers = 0;
    std::int64_t score = 0;
    std::int64_t headline = 0;
    std::uint64_t negative = 0;
    ClusterSums scores;
    ClusterSums headlines;

    void close() {
      scores.add_customer(score, answers);
      headlines.add_customer(headline, answers);
      answers = score = headline = 0;
    }
  };
  std::array<OfScale, scale_count> scales_;
};

Churn churn_of(const std::vector<const Life*>& lives, Duration after, const KpiReport& report) {
  Churn churn{.after = after};
  std::map<std::int64_t, LeavingTime> by_time;
  for (const Life* life : lives) {
    ++churn.customers;
    const Instant silent = life->last + after;
    const bool churned = silent <= report.as_of;
    churn.churned += churned ? 1U : 0U;
    const std::int64_t lasted = ((churned ? silent : report.as_of) - life->first).count();
    LeavingTime& time = by_time[lasted];
    time.at = time.from = lasted;
    ++time.count[churned ? 1 : 0];
    churn.watched = std::max(churn.watched, report.as_of - life->first);
    if (life->first < report.from && silent > report.from) {
      ++churn.at_start;
      churn.lost += churned && silent <= report.to ? 1U : 0U;
    }
  }
  std::vector<LeavingTime> times;
  for (const auto& [at, time] : by_time) times.push_back(time);
  const auto lost_by = [&](Duration age) -> std::optional<double> {
    if (churn.watched < age) return std::nullopt;
    return 1 - aalen_johansen(times, age.count()).share[0];
  };
  churn.by_90_days = lost_by(std::chrono::days(90));
  churn.by_365_days = lost_by(std::chrono::days(365));
  if (const auto median = kaplan_meier_quantile(times, 0.5))
    churn.median_lifetime = Duration{std::llround(*median)};
  churn.mean_lifetime = Duration{std::llround(restricted_mean(times, churn.watched.count()))};
  return churn;
}

std::optional<LifetimeValue> lifetime_value_of(const std::vector<const Life*>& lives, const Churn& churn,
                                               Instant as_of) {
  std::uint64_t instances = 0;
  std::uint64_t valued = 0;
  std::int64_t value = 0;
  std::int64_t with_us = 0;
  for (const Life* life : lives) {
    instances += life->instances;
    valued += life->valued;
    value += life->value;
    with_us += (std::min(life->last + churn.after, as_of) - life->first).count();
  }
  if (valued == 0 || with_us <= 0) return std::nullopt;
  LifetimeValue result;
  result.basket = static_cast<double>(value) / static_cast<double>(fixed_point) / static_cast<double>(valued);
  result.frequency = static_cast<double>(instances) / (static_cast<double>(with_us) / year_ms);
  result.lifetime = static_cast<double>(churn.mean_lifetime.count()) / year_ms;
  result.value = result.basket * result.frequency * result.lifetime;
  return result;
}

}  // namespace

Result<KpiReport> kpi_report(const StayTable& table, const KpiQuery& query) {
  return kpi_report(table, query, every_value(table));
}

Result<KpiReport> kpi_report(const StayTable& table, const KpiQuery& query,
                             std::span<const SegmentGroups> segments) {
  KpiReport report;
  report.journey = table.journey;
  report.title = table.title;
  report.as_of = table.as_of;
  report.to = query.to.value_or(table.as_of);
  report.from = query.from.value_or(report.to - default_period);
  report.unattributed_feedback = table.unattributed_feedback;
  if (report.from >= report.to) {
    return fail(ErrorCode::bad_input, fmt::format("no time lies from {} to before {}",
                                                  format_instant(report.from), format_instant(report.to)));
  }
  report.churn_after = query.churn_after;
  if (const auto* declared = std::get_if<Duration>(&table.abandon_after);
      declared != nullptr && !report.churn_after) {
    report.churn_after = *declared;
  }

  // Groups by (level, name, part); the journey is the one without a name.
  const std::vector<std::string> stages = stages_of(table);
  ScoreSums journey;
  std::map<std::string, ScoreSums> by_stage;
  std::vector<std::vector<ScoreSums>> by_segment;
  for (const SegmentGroups& groups : segments) by_segment.emplace_back(groups.names.size());
  for (const StayTable::FeedbackRow& row : table.feedback) {
    if (row.at < report.from || row.at >= report.to) continue;
    const std::uint32_t customer = table.instances[table.instance[row.stay]].customer;
    journey.add(row, customer);
    by_stage[table.places[table.place[row.stay]].stage].add(row, customer);
    for (std::size_t s = 0; s < segments.size(); ++s)
      by_segment[s][segments[s].of(table, row.segments)].add(row, customer);
  }

  const std::vector<Life> lives = lives_of(table);
  const auto fill = [&](KpiRow& row, const std::vector<const Life*>& group) {
    row.customers = group.size();
    for (const Life* life : group) {
      row.instances += life->instances;
      row.achieved += life->achieved;
    }
    if (!report.churn_after || group.empty()) return;
    row.churn = churn_of(group, *report.churn_after, report);
    row.lifetime_value = lifetime_value_of(group, *row.churn, report.as_of);
  };
  std::vector<const Life*> all;
  for (const Life& life : lives) all.push_back(&life);
  KpiRow& whole = report.rows.emplace_back();
  journey.finish(whole);
  fill(whole, all);
  for (const std::string& stage : stages) {
    KpiRow& row = report.rows.emplace_back();
    row.level = KpiLevel::stage;
    row.name = stage;
    by_stage[stage].finish(row);
    std::uint32_t customer = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t instance = customer;
    for (std::size_t stay = 0; stay < table.size(); ++stay) {
      if (table.places[table.place[stay]].stage != stage || table.instance[stay] == instance) continue;
      instance = table.instance[stay];
      const StayTable::InstanceRow& own = table.instances[instance];
      ++row.instances;
      row.achieved += own.achieved != never ? 1U : 0U;
      row.customers += own.customer != customer ? 1U : 0U;
      customer = own.customer;
    }
  }
  for (std::size_t s = 0; s < segments.size(); ++s) {
    std::vector<std::vector<const Life*>> groups(segments[s].names.size());
    for (const Life& life : lives) groups[segments[s].of(table, life.segment_set)].push_back(&life);
    for (std::size_t value = 0; value < groups.size(); ++value) {
      KpiRow row;
      row.level = KpiLevel::segment;
      row.name = table.segments[segments[s].segment];
      row.part = segments[s].names[value];
      by_segment[s][value].finish(row);
      fill(row, groups[value]);
      if (row.customers > 0 || !row.scores.empty()) report.rows.push_back(std::move(row));
    }
  }
  return report;
}

std::string_view name(KpiLevel level) {
  switch (level) {
    case KpiLevel::journey:
      return "journey";
    case KpiLevel::stage:
      return "stage";
    case KpiLevel::segment:
      return "segment";
  }
  LOTSE_ASSERT(false);
}

}  // namespace lotse
