#include "engine/report/report_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/read_instant.hpp"
#include "engine/report/experiment_text.hpp"
#include "engine/report/friction_text.hpp"
#include "engine/report/kpi_text.hpp"

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

}  // namespace

Result<std::optional<Instant>> report_as_of(const ReportRequest& request, const ReportReading& reading) {
  return instant_of("as_of", request.as_of, reading);
}

Result<FrictionQuery> friction_query(const ReportRequest& request, const ReportReading& reading) {
  constexpr double least = 0.001;
  constexpr double most = 0.5;
  FrictionQuery query;
  LOTSE_TRY(query.from, instant_of("from", request.from, reading));
  LOTSE_TRY(query.to, instant_of("to", request.to, reading));
  query.by = request.by;
  query.where = request.where;
  if (request.q.empty()) return query;
  const char* end = request.q.data() + request.q.size();
  const auto [stopped, error] = std::from_chars(request.q.data(), end, query.q);
  if (error == std::errc() && stopped == end && query.q >= least && query.q <= most) return query;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no false discovery rate from {} to {}, such as 0.1",
                          option_name("q", reading), request.q, least, most));
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

std::string kpi_in(std::string_view format, const KpiReport& report, const TextStyle& style) {
  if (format == "json") return kpi_json(report);
  if (format == "csv") return kpi_csv(report);
  if (format == "md") return kpi_markdown(report);
  return kpi_table(report, style);
}

std::string experiment_in(std::string_view format, const ExperimentReport& report, const TextStyle& style) {
  if (format == "json") return experiment_json(report);
  if (format == "csv") return experiment_csv(report);
  if (format == "md") return experiment_markdown(report);
  return experiment_table(report, style);
}

}  // namespace lotse
