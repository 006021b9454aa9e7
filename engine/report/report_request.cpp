#include "engine/report/report_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/read_instant.hpp"
#include "engine/report/comparison_text.hpp"
#include "engine/report/experiment_text.hpp"
#include "engine/report/friction_text.hpp"
#include "engine/report/incidents_text.hpp"
#include "engine/report/kpi_text.hpp"
#include "engine/report/risk_text.hpp"
#include "engine/report/scorecard_text.hpp"
#include "engine/report/trend_text.hpp"

namespace lotse {

namespace {

/// `--churn-after` or `churn_after`.
std::string option_name(std::string_view name, const ReportReading& reading) {
  if (reading.options == ReportReading::Options::url) return std::string(name);
  std::string option = fmt::format("--{}", name);
  std::ranges::replace(option, '_', '-');
  return option;
}

Result<std::optional<Instant>> instant_of(std::string_view name, const std::string& text,
                                          const ReportReading& reading) {
  if (text.empty()) return std::optional<Instant>();
  auto instant = read_instant(text, reading.zone, reading.now);
  if (instant) return std::optional(*instant);
  return fail(instant.error().code,
              fmt::format("{}: {}", option_name(name, reading), instant.error().message));
}

Result<BaselineChoice> baseline_of(const ReportRequest& request, const ReportReading& reading) {
  constexpr std::array<std::string_view, 4> words{"auto", "target", "history", "peers"};
  if (request.baseline.empty()) return BaselineChoice::automatic;
  const auto found = std::ranges::find(words, request.baseline);
  if (found != words.end()) return static_cast<BaselineChoice>(found - words.begin());
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no baseline; there are {}", option_name("baseline", reading),
                          request.baseline, fmt::join(words, ", ")));
}

Result<Signal> signal_of(const ReportRequest& request, const ReportReading& reading) {
  if (request.signal.empty()) return TrendQuery().signal;
  std::vector<std::string_view> names;
  for (const Signal signal : all_signals) {
    names.push_back(name(signal));
    if (names.back() == request.signal) return signal;
  }
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no signal; there are {}", option_name("signal", reading),
                          request.signal, fmt::join(names, ", ")));
}

Result<Duration> history_of(const ReportRequest& request, const ReportReading& reading) {
  if (request.history.empty()) return FrictionQuery().history;
  const auto history = parse_duration(request.history);
  if (history && *history >= std::chrono::hours(1)) return *history;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no duration of an hour or more, such as 28d (`m` are minutes)",
                          option_name("history", reading), request.history));
}

template <class T>
std::optional<T> number_of(std::string_view text) {
  T number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

Result<double> false_discovery_rate(const ReportRequest& request, const ReportReading& reading,
                                    double otherwise) {
  constexpr double least = 0.001;
  constexpr double most = 0.5;
  if (request.q.empty()) return otherwise;
  double q = 0;
  const char* end = request.q.data() + request.q.size();
  const auto [stopped, error] = std::from_chars(request.q.data(), end, q);
  if (error == std::errc() && stopped == end && q >= least && q <= most) return q;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no false discovery rate from {} to {}, such as 0.1",
                          option_name("q", reading), request.q, least, most));
}

/// `2,3`.
std::optional<VersionPair> version_pair(const std::string& text) {
  VersionPair pair;
  const char* const end = text.data() + text.size();
  const auto [comma, first] = std::from_chars(text.data(), end, pair.before);
  if (first != std::errc() || comma == end || *comma != ',') return std::nullopt;
  const auto [stopped, second] = std::from_chars(comma + 1, end, pair.now);
  if (second != std::errc() || stopped != end) return std::nullopt;
  return pair;
}

}  // namespace

Result<std::optional<Instant>> report_as_of(const ReportRequest& request, const ReportReading& reading) {
  return instant_of("as_of", request.as_of, reading);
}

Result<FrictionQuery> friction_query(const ReportRequest& request, const ReportReading& reading) {
  FrictionQuery query;
  LOTSE_TRY(query.from, instant_of("from", request.from, reading));
  LOTSE_TRY(query.to, instant_of("to", request.to, reading));
  query.by = request.by;
  query.where = request.where;
  query.details = !request.brief;
  LOTSE_TRY(query.baseline, baseline_of(request, reading));
  LOTSE_TRY(query.history, history_of(request, reading));
  LOTSE_TRY(query.q, false_discovery_rate(request, reading, query.q));
  return query;
}

Result<KpiQuery> kpi_query(const ReportRequest& request, const ReportReading& reading) {
  KpiQuery query;
  LOTSE_TRY(query.from, instant_of("from", request.from, reading));
  LOTSE_TRY(query.to, instant_of("to", request.to, reading));
  if (request.churn_after.empty()) return query;
  query.churn_after = parse_duration(request.churn_after);
  if (query.churn_after && *query.churn_after >= std::chrono::hours(1)) return query;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no duration of an hour or more, such as 90d (`m` are minutes)",
                          option_name("churn_after", reading), request.churn_after));
}

Result<ScorecardQuery> scorecard_query(const ReportRequest& request, const ReportReading& reading) {
  LOTSE_TRY(const KpiQuery kpi, kpi_query(request, reading));
  return ScorecardQuery{.from = kpi.from, .to = kpi.to, .by = request.by, .churn_after = kpi.churn_after};
}

Result<ExperimentQuery> experiment_query(const ReportRequest& request, const ReportReading& reading) {
  ExperimentQuery query;
  LOTSE_TRY(query.from, instant_of("from", request.from, reading));
  LOTSE_TRY(query.to, instant_of("to", request.to, reading));
  query.split = request.split;
  if (request.mature.empty()) return query;
  query.mature = parse_duration(request.mature);
  if (query.mature && *query.mature > Duration{0}) return query;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no duration above zero, such as 14d (`m` are minutes)",
                          option_name("mature", reading), request.mature));
}

Result<std::size_t> limit_of(const ReportRequest& request, const ReportReading& reading,
                             std::size_t otherwise) {
  constexpr std::size_t most = 100'000;
  if (request.limit.empty()) return otherwise;
  const std::optional<std::size_t> limit = number_of<std::size_t>(request.limit);
  if (limit && *limit >= 1 && *limit <= most) return *limit;
  return fail(ErrorCode::bad_input, fmt::format("{}: `{}` is no whole number from 1 to 100,000",
                                                option_name("limit", reading), request.limit));
}

Result<RiskQuery> risk_query(const ReportRequest& request, const ReportReading& reading) {
  RiskQuery query;
  query.touchpoint = request.touchpoint;
  LOTSE_TRY(query.limit, limit_of(request, reading, query.limit));
  if (!request.least_risk.empty()) {
    const std::optional<double> least = number_of<double>(request.least_risk);
    if (!least || !(*least >= 0 && *least <= 1)) {
      return fail(ErrorCode::bad_input, fmt::format("{}: `{}` is no probability from 0 to 1, such as 0.4",
                                                    option_name("least_risk", reading), request.least_risk));
    }
    query.least_risk = *least;
  }
  return query;
}

Result<ComparisonQuery> comparison_query(const ReportRequest& request, const ReportReading& reading) {
  ComparisonQuery query;
  LOTSE_TRY(query.from, instant_of("from", request.from, reading));
  LOTSE_TRY(query.to, instant_of("to", request.to, reading));
  LOTSE_TRY(query.against_from, instant_of("against_from", request.against_from, reading));
  LOTSE_TRY(query.against_to, instant_of("against_to", request.against_to, reading));
  LOTSE_TRY(query.q, false_discovery_rate(request, reading, query.q));
  if (request.versions.empty()) return query;
  query.versions = version_pair(request.versions);
  if (!query.versions) {
    return fail(ErrorCode::bad_input, fmt::format("{}: `{}` are no two versions, before and now, such as 2,3",
                                                  option_name("versions", reading), request.versions));
  }
  if (query.against_from || query.against_to) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("{} compares versions, and {} and {} compare periods: leave out one or the others",
                    option_name("versions", reading), option_name("against_from", reading),
                    option_name("against_to", reading)));
  }
  return query;
}

Result<TrendQuery> trend_query(const ReportRequest& request, const ReportReading& reading) {
  TrendQuery query;
  query.touchpoint = request.touchpoint;
  query.where = request.where;
  LOTSE_TRY(query.from, instant_of("from", request.from, reading));
  LOTSE_TRY(query.to, instant_of("to", request.to, reading));
  LOTSE_TRY(query.signal, signal_of(request, reading));
  if (request.step.empty()) return query;
  const auto step = parse_duration(request.step);
  if (!step || *step < std::chrono::hours(1)) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}: `{}` is no duration of an hour or more, such as 7d (`m` are minutes)",
                            option_name("step", reading), request.step));
  }
  query.step = *step;
  return query;
}

std::span<const std::string_view> report_formats() {
  static constexpr std::array<std::string_view, 4> formats{"table", "json", "csv", "md"};
  return formats;
}

std::string friction_in(std::string_view format, const FrictionReport& report, const TextStyle& style) {
  if (format == "json") return friction_json(report);
  if (format == "csv") return friction_csv(report);
  if (format == "md") return friction_markdown(report);
  return friction_table(report, style);
}

std::string trend_in(std::string_view format, const TrendReport& report, const TextStyle& style) {
  if (format == "json") return trend_json(report);
  if (format == "csv") return trend_csv(report);
  if (format == "md") return trend_markdown(report);
  return trend_table(report, style);
}

std::string kpi_in(std::string_view format, const KpiReport& report, const TextStyle& style) {
  if (format == "json") return kpi_json(report);
  if (format == "csv") return kpi_csv(report);
  if (format == "md") return kpi_markdown(report);
  return kpi_table(report, style);
}

std::string scorecard_in(std::string_view format, const Scorecard& card, const TextStyle& style) {
  if (format == "json") return scorecard_json(card);
  if (format == "csv") return scorecard_csv(card);
  if (format == "md") return scorecard_markdown(card);
  return scorecard_table(card, style);
}

std::string experiment_in(std::string_view format, const ExperimentReport& report, const TextStyle& style) {
  if (format == "json") return experiment_json(report);
  if (format == "csv") return experiment_csv(report);
  if (format == "md") return experiment_markdown(report);
  return experiment_table(report, style);
}

std::string risk_in(std::string_view format, const RiskReport& report, const TextStyle& style) {
  if (format == "json") return risk_json(report);
  if (format == "csv") return risk_csv(report);
  if (format == "md") return risk_markdown(report);
  return risk_table(report, style);
}

std::string comparison_in(std::string_view format, const ComparisonReport& report, const TextStyle& style) {
  if (format == "json") return comparison_json(report);
  if (format == "csv") return comparison_csv(report);
  if (format == "md") return comparison_markdown(report);
  return comparison_table(report, style);
}

std::string incidents_in(std::string_view format, const Incidents& report, const TextStyle& style) {
  if (format == "json") return incidents_json(report);
  if (format == "csv") return incidents_csv(report);
  if (format == "md") return incidents_markdown(report);
  return incidents_table(report, style);
}

}  // namespace lotse
