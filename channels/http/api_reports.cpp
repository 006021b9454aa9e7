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
#include "engine/friction/collect_incidents.hpp"
#include "engine/friction/finding_states.hpp"
#include "engine/journey/find_journey.hpp"
#include "engine/report/counted_map.hpp"
#include "engine/report/explanation_text.hpp"
#include "engine/report/friction_html.hpp"
#include "engine/report/report_request.hpp"
#include "engine/report/sensitive.hpp"
#include "engine/runtime/live_findings.hpp"

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
          .mature = parameter(request, "mature"),
          .touchpoint = parameter(request, "touchpoint"),
          .limit = parameter(request, "limit"),
          .least_risk = parameter(request, "least_risk"),
          .baseline = parameter(request, "baseline"),
          .history = parameter(request, "history"),
          .against_from = parameter(request, "against_from"),
          .against_to = parameter(request, "against_to"),
          .versions = parameter(request, "versions"),
          .signal = parameter(request, "signal"),
          .step = parameter(request, "step")};
}

std::string_view content_type(std::string_view format) {
  if (format == "json") return "application/json";
  if (format == "csv") return "text/csv; charset=utf-8";
  if (format == "md") return "text/markdown; charset=utf-8";
  if (format == "html") return "text/html; charset=utf-8";
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

constexpr std::array<std::string_view, 4> plain_formats{"json", "csv", "md", "table"};
constexpr std::array<std::string_view, 5> page_formats{"json", "csv", "md", "table", "html"};

Result<Asked> asked(Live& live, const Request& request,
                    std::span<const std::string_view> formats = plain_formats) {
  Asked asked;
  asked.request = request_of(request);
  static constexpr std::array<std::string_view, 2> no_yes{"false", "true"};
  LOTSE_TRY(asked.format, choice_parameter(request, "format", formats));
  LOTSE_TRY(const std::string brief, choice_parameter(request, "brief", no_yes));
  asked.request.brief = brief == "true";
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
Result<StayTable> stays_of(const Asked& asked, const Request& request, Names names = Names::left_out) {
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(asked.request, asked.reading));
  LOTSE_TRY(const SnapshotStays stays, SnapshotStays::of(*asked.snapshot, as_of));
  const auto& journeys = asked.snapshot->tracker().journeys();
  LOTSE_TRY(StayTable table, collect_stays(journeys, asked.journey, asked.snapshot->workspace().channels,
                                           stays.as_of, stays.threads, stays.each, nullptr, names));
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
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", request.post.path,
                     asked.format, asked.journey, number(query.from), number(query.to),
                     as_of ? number(*as_of) : 0, asked.request.by, asked.request.where, asked.request.q,
                     asked.request.churn_after, asked.request.split, asked.request.mature,
                     asked.request.baseline, asked.request.history, asked.request.brief);
}

/// What was said of the journey's findings, as of the report, as far as the asker may see it.
Result<std::vector<FindingChange>> standing_of(Live& live, const Asked& asked, const Request& request) {
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(asked.request, asked.reading));
  const JourneyVersions& versions = asked.snapshot->tracker().journeys()[asked.journey];
  LOTSE_TRY(auto standing, standing_findings(live, versions.versions.front()->id, as_of));
  if (!request.who || !request.who->sensitive) leave_out_sensitive(standing, versions);
  return standing;
}

/// The same for a tag: what is recorded never changes, but that a note may be taken out.
std::string key_of(const std::vector<FindingChange>& standing) {
  std::string key;
  for (const FindingChange& change : standing)
    key += fmt::format("{}{} ", change.number, change.note.empty() ? "" : "n");
  return key;
}

/// What names customers is kept nowhere, and so asked for anew each time.
std::optional<std::string> tag_unless_named(bool named, const Snapshot& snapshot, const Request& request,
                                            std::string_view key) {
  return named ? std::nullopt : std::optional(tag_of(snapshot, request, key));
}

/// With the map of the newest version.
Result<std::string> page_of(const Asked& asked, const FrictionReport& report) {
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(asked.request, asked.reading));
  LOTSE_TRY(const SnapshotStays stays, SnapshotStays::of(*asked.snapshot, as_of));
  const auto& journeys = asked.snapshot->tracker().journeys();
  LOTSE_TRY(const MapInput map,
            counted_map(*journeys[asked.journey].versions.back(), journeys, asked.journey,
                        asked.snapshot->workspace().channels, stays.as_of, stays.threads, stays.each));
  return friction_html(report, map_svg(map));
}

Result<Response> friction(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "from", "to", "as_of", "by", "where", "q", "baseline",
                                         "history", "brief", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request, page_formats));
  LOTSE_TRY(const FrictionQuery query, friction_query(asked.request, asked.reading));
  LOTSE_TRY(std::vector<FindingChange> standing, standing_of(live, asked, request));
  const std::string key = fmt::format("{}\n{}", key_of(asked, request, query), key_of(standing));
  return tagged(request, tag_of(*asked.snapshot, request, key), [&]() -> Result<Response> {
    LOTSE_TRY(const StayTable table, stays_of(asked, request));
    LOTSE_TRY(FrictionReport report, friction_report(table, query));
    LOTSE_CHECK(add_states(report, table, query, std::move(standing)));
    Response response{.content_type = std::string(content_type(asked.format))};
    if (asked.format == "html") {
      LOTSE_TRY(response.body, page_of(asked, report));
    } else {
      response.body = friction_in(asked.format, report);
    }
    return response;
  });
}

Result<Response> explanation(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "finding", "from", "to", "as_of", "by", "where", "q",
                                         "baseline", "history", "limit", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  LOTSE_TRY(FrictionQuery query, friction_query(asked.request, asked.reading));
  query.details = false;  // an explanation is of the figures
  const std::string finding = parameter(request, "finding");
  if (finding.empty()) {
    return fail(ErrorCode::bad_input,
                "`finding` is missing: an id that the friction report has, such as drop_off:appointment");
  }
  const bool named = request.who && allows(request.who->role, Permission::read_customers);
  LOTSE_TRY(const std::size_t limit, limit_of(asked.request, asked.reading, 1'000));
  LOTSE_TRY(std::vector<FindingChange> standing, standing_of(live, asked, request));
  const std::string key =
      fmt::format("{}\n{}\n{}\n{}", key_of(asked, request, query), finding, limit, key_of(standing));
  const auto tag = tag_unless_named(named, *asked.snapshot, request, key);
  return tagged(request, tag, [&]() -> Result<Response> {
    LOTSE_TRY(const StayTable table, stays_of(asked, request, named ? Names::kept : Names::left_out));
    LOTSE_TRY(Explanation explained, explain(table, query, finding));
    LOTSE_CHECK(add_states(explained.report, table, query, std::move(standing)));
    explained.cases.resize(std::min(explained.cases.size(), limit));
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = explanation_in(asked.format, explained, {.customers = table.names})};
  });
}

Result<Response> trend(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(
      request, {"journey", "touchpoint", "signal", "step", "from", "to", "as_of", "where", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  LOTSE_TRY(const TrendQuery query, trend_query(asked.request, asked.reading));
  const std::string key = fmt::format("{}\n{}\n{}\n{}", key_of(asked, request, query), query.touchpoint,
                                      name(query.signal), query.step.count());
  return tagged(request, tag_of(*asked.snapshot, request, key), [&]() -> Result<Response> {
    LOTSE_TRY(const StayTable table, stays_of(asked, request));
    LOTSE_TRY(const TrendReport report, trend_report(table, query));
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = trend_in(asked.format, report)};
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

Result<Response> scorecard(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "from", "to", "as_of", "by", "churn_after", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  LOTSE_TRY(const ScorecardQuery query, scorecard_query(asked.request, asked.reading));
  const std::string etag = tag_of(*asked.snapshot, request, key_of(asked, request, query));
  return tagged(request, etag, [&]() -> Result<Response> {
    LOTSE_TRY(const StayTable table, stays_of(asked, request));
    const JourneyVersions& versions = asked.snapshot->tracker().journeys()[asked.journey];
    const HandoverCosts costs = handover_costs(table, versions, asked.snapshot->workspace().channels);
    LOTSE_TRY(const Scorecard card, lotse::scorecard(table, costs, query));
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = scorecard_in(asked.format, card)};
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

/// Who may read reports but no customers gets the figures without the list.
Result<Response> risk(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "as_of", "touchpoint", "limit", "least_risk", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  LOTSE_TRY(const RiskQuery query, risk_query(asked.request, asked.reading));
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(asked.request, asked.reading));
  const bool named = request.who && allows(request.who->role, Permission::read_customers);
  const std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", request.post.path, asked.format,
                                      asked.journey, as_of ? as_of->time_since_epoch().count() : 0,
                                      query.touchpoint, query.limit, query.least_risk);
  const auto tag = tag_unless_named(named, *asked.snapshot, request, key);
  return tagged(request, tag, [&]() -> Result<Response> {
    const auto& journeys = asked.snapshot->tracker().journeys();
    LOTSE_TRY(const SnapshotStays from, SnapshotStays::of(*asked.snapshot, as_of));
    LOTSE_TRY(StaysInFlight stays,
              collect_in_flight(journeys, asked.journey, asked.snapshot->workspace().channels, from.as_of,
                                from.threads, from.each));
    if (!request.who || !request.who->sensitive) mask_sensitive(stays.table, journeys[asked.journey]);
    LOTSE_TRY(RiskReport report, risk_report(stays, query));
    if (!named) hide_customers(report);
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = risk_in(asked.format, report)};
  });
}

Result<Response> compare(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(
      request, {"journey", "from", "to", "against_from", "against_to", "versions", "as_of", "q", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  LOTSE_TRY(const ComparisonQuery query, comparison_query(asked.request, asked.reading));
  const auto number = [](const std::optional<Instant>& at) {
    return at ? at->time_since_epoch().count() : 0;
  };
  const std::string key =
      fmt::format("{}\n{}\n{}\n{}", key_of(asked, request, query), number(query.against_from),
                  number(query.against_to), asked.request.versions);
  return tagged(request, tag_of(*asked.snapshot, request, key), [&]() -> Result<Response> {
    LOTSE_TRY(const StayTable table, stays_of(asked, request));
    LOTSE_TRY(const ComparisonReport report, comparison_report(table, query));
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = comparison_in(asked.format, report)};
  });
}

/// The incidents of all journeys together: they share one error rate.
Result<Incidents> incidents_of(const Asked& asked, const Request& request) {
  LOTSE_TRY(const std::optional<Instant> as_of, report_as_of(asked.request, asked.reading));
  LOTSE_TRY(const SnapshotStays stays, SnapshotStays::of(*asked.snapshot, as_of));
  const bool masked = !request.who || !request.who->sensitive;
  LOTSE_TRY(std::vector<Incidents> all,
            collect_incidents(asked.snapshot->tracker().journeys(), asked.snapshot->workspace().channels,
                              stays.as_of, stays.threads, stays.each,
                              [masked](StayTable& table, const JourneyVersions& versions) {
                                if (masked) mask_sensitive(table, versions);
                              }));
  return std::move(all[asked.journey]);
}

Result<Response> incidents(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "as_of", "format"}));
  LOTSE_TRY(const Asked asked, http::asked(live, request));
  const std::string etag = tag_of(*asked.snapshot, request, key_of(asked, request, FrictionQuery{}));
  return tagged(request, etag, [&]() -> Result<Response> {
    LOTSE_TRY(const Incidents report, incidents_of(asked, request));
    return Response{.content_type = std::string(content_type(asked.format)),
                    .body = incidents_in(asked.format, report)};
  });
}

}  // namespace

std::vector<Route> report_routes(Live& live) {
  return {get(
              "/v1/reports/friction", "getFrictionReport", Permission::read_reports,
              [&live](const Request& request) { return friction(live, request); }, Work::report),
          get(
              "/v1/reports/explanation", "getExplanation", Permission::read_reports,
              [&live](const Request& request) { return explanation(live, request); }, Work::report),
          get(
              "/v1/reports/trend", "getTrend", Permission::read_reports,
              [&live](const Request& request) { return trend(live, request); }, Work::report),
          get(
              "/v1/reports/kpi", "getKpiReport", Permission::read_reports,
              [&live](const Request& request) { return kpi(live, request); }, Work::report),
          get(
              "/v1/reports/scorecard", "getScorecard", Permission::read_reports,
              [&live](const Request& request) { return scorecard(live, request); }, Work::report),
          get(
              "/v1/reports/experiment", "getExperimentReport", Permission::read_reports,
              [&live](const Request& request) { return experiment(live, request); }, Work::report),
          get(
              "/v1/reports/risk", "getRiskReport", Permission::read_reports,
              [&live](const Request& request) { return risk(live, request); }, Work::report),
          get(
              "/v1/reports/compare", "getComparisonReport", Permission::read_reports,
              [&live](const Request& request) { return compare(live, request); }, Work::report),
          get(
              "/v1/reports/incidents", "getIncidentReport", Permission::read_reports,
              [&live](const Request& request) { return incidents(live, request); }, Work::report)};
}

}  // namespace lotse::http
