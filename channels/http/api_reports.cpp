#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/parameters.hpp"
#include "channels/http/snapshot_stays.hpp"
#include "channels/http/tagged.hpp"
#include "engine/journey/find_journey.hpp"
#include "engine/report/report_request.hpp"
#include "engine/report/sensitive.hpp"

namespace lotse::http {
namespace {

ReportRequest request_of(const Request& request) {
  return {.from = parameter(request, "from"),
          .to = parameter(request, "to"),
          .as_of = parameter(request, "as_of"),
          .by = parameter(request, "by"),
          .where = parameter(request, "where"),
          .q = parameter(request, "q"),
          .churn_after = parameter(request, "churn_after"),
          .split = parameter(request, "split"),
          .mature = parameter(request, "mature")};
}

std::string_view content_type(std::string_view format) {
  if (format == "json") return "application/json";
  if (format == "csv") return "text/csv; charset=utf-8";
  if (format == "md") return "text/markdown; charset=utf-8";
  return "text/plain; charset=utf-8";
}

/// What all reports are made of.
struct Asked {
  ReportRequest request;
  ReportReading reading;
  std::string format;
  std::shared_ptr<const Snapshot> snapshot;
  std::size_t journey = 0;  ///< into the tracker's
};

Result<Asked> asked(Live& live, const Request& request) {
  static constexpr std::array<std::string_view, 4> formats{"json", "csv", "md", "table"};
  Asked asked;
  asked.request = request_of(request);
  LOTSE_TRY(asked.format, choice_parameter(request, "format", formats));
  LOTSE_TRY(asked.snapshot, live.snapshot());
  const Workspace& workspace = asked.snapshot->workspace();
  asked.reading = {.zone = Zone::find(workspace.settings.zone).value_or(Zone::utc()),
                   .now = live.now(),
                   .options = ReportReading::Options::url};
  LOTSE_TRY(asked.journey, find_journey(asked.snapshot->tracker().journeys(), parameter(request, "journey"),
                                        "this workspace"));
  return asked;
}

/// The stays that the asker may see the sum of.
Result<StayTable> stays_of(const Asked& asked, const Request& request) {
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(asked.request, asked.reading));
  LOTSE_TRY(const SnapshotStays stays, SnapshotStays::of(*asked.snapshot, as_of));
  const auto& journeys = asked.snapshot->tracker().journeys();
  LOTSE_TRY(StayTable table, collect_stays(journeys, asked.journey, asked.snapshot->workspace().channels,
                                           stays.as_of, stays.threads, stays.each));
  if (!request.who || !request.who->sensitive) mask_sensitive(table, journeys[asked.journey]);
  return table;
}

/// What the report depends on beside the snapshot. Times relative to now are taken as the instants that they
/// mean.
template <class Query>
std::string key_of(const Asked& asked, const Request& request, const Query& query) {
  const auto number = [](const std::optional<Instant>& at) {
    return at ? at->time_since_epoch().count() : 0;
  };
  const auto as_of = report_as_of(asked.request, asked.reading);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", request.post.path, asked.format,
                     asked.journey, number(query.from), number(query.to), as_of ? number(*as_of) : 0,
                     asked.request.by, asked.request.where, asked.request.q, asked.request.churn_after,
                     asked.request.split, asked.request.mature);
}

Result<Response> friction(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "from", "to", "as_of", "by", "where", "q", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  LOTSE_TRY(const FrictionQuery query, friction_query(asked.request, asked.reading));
  const std::string etag = tag_of(*asked.snapshot, request, key_of(asked, request, query));
  return tagged(request, etag, [&]() -> Result<Response> {
    LOTSE_TRY(const StayTable table, stays_of(asked, request));
    LOTSE_TRY(const FrictionReport report, friction_report(table, query));
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = friction_in(asked.format, report)};
  });
}

Result<Response> kpi(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "from", "to", "as_of", "churn_after", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  LOTSE_TRY(const KpiQuery query, kpi_query(asked.request, asked.reading));
  const std::string etag = tag_of(*asked.snapshot, request, key_of(asked, request, query));
  return tagged(request, etag, [&]() -> Result<Response> {
    LOTSE_TRY(const StayTable table, stays_of(asked, request));
    LOTSE_TRY(const KpiReport report, kpi_report(table, query));
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = kpi_in(asked.format, report)};
  });
}

Result<ExperimentTable> assignments_of(const Asked& asked) {
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(asked.request, asked.reading));
  LOTSE_TRY(const SnapshotStays stays, SnapshotStays::of(*asked.snapshot, as_of));
  return collect_experiments(asked.snapshot->tracker().journeys(), asked.journey, stays.as_of, stays.threads,
                             stays.each);
}

Result<Response> experiment(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "from", "to", "as_of", "split", "mature", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  LOTSE_TRY(const ExperimentQuery query, experiment_query(asked.request, asked.reading));
  const std::string etag = tag_of(*asked.snapshot, request, key_of(asked, request, query));
  return tagged(request, etag, [&]() -> Result<Response> {
    LOTSE_TRY(const ExperimentTable table, assignments_of(asked));
    LOTSE_TRY(const ExperimentReport report, experiment_report(table, query));
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = experiment_in(asked.format, report)};
  });
}

}  // namespace

std::vector<Route> report_routes(Live& live) {
  return {get(
              "/v1/reports/friction", "getFrictionReport", Permission::read_reports,
              [&live](const Request& request) { return friction(live, request); }, Work::report),
          get(
              "/v1/reports/kpi", "getKpiReport", Permission::read_reports,
              [&live](const Request& request) { return kpi(live, request); }, Work::report),
          get(
              "/v1/reports/experiment", "getExperimentReport", Permission::read_reports,
              [&live](const Request& request) { return experiment(live, request); }, Work::report)};
}

}  // namespace lotse::http
