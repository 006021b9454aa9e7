#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/parameters.hpp"
#include "channels/http/snapshot_stays.hpp"
#include "channels/http/tagged.hpp"
#include "engine/base/read_instant.hpp"
#include "engine/friction/collect_stays.hpp"
#include "engine/journey/find_journey.hpp"
#include "engine/report/counted_map.hpp"
#include "engine/report/journey_json.hpp"
#include "engine/report/segments_json.hpp"
#include "engine/report/sensitive.hpp"

namespace lotse::http {
namespace {

/// A version of the journey that the path names: `version`, the newest where that is left out.
struct Found {
  std::shared_ptr<const Snapshot> snapshot;
  std::size_t journey = 0;  ///< into the tracker's
  std::size_t version = 0;  ///< into its versions

  [[nodiscard]] const JourneyVersions& versions() const { return snapshot->tracker().journeys()[journey]; }
};

Result<Found> find(Live& live, const Request& request) {
  Found found;
  LOTSE_TRY(found.snapshot, live.snapshot());
  LOTSE_TRY(found.journey, find_journey(found.snapshot->tracker().journeys(), request.parameters.at("id"),
                                        "this workspace"));
  const auto& versions = found.versions().versions;
  LOTSE_TRY(const std::uint64_t wanted,
            number_parameter(request, "version", versions.back()->version, 1, UINT32_MAX));
  const auto is_wanted = [&](const auto& journey) { return journey->version == wanted; };
  const auto version = std::ranges::find_if(versions, is_wanted);
  if (version == versions.end()) {
    return fail(ErrorCode::not_found, fmt::format("`{}` has no version {}; the newest is {}",
                                                  versions.back()->id, wanted, versions.back()->version));
  }
  found.version = static_cast<std::size_t>(version - versions.begin());
  return found;
}

Result<Response> journeys(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_TRY(const auto snapshot, live.snapshot());
  return tagged(request, tag_of(*snapshot, request, request.post.path), [&] {
    return Response{.body = journeys_json(snapshot->tracker().journeys(), snapshot->last_event_time())};
  });
}

Result<Response> journey(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"version"}));
  LOTSE_TRY(const Found found, find(live, request));
  const std::string query = fmt::format("{}\n{}", request.post.path, found.version);
  return tagged(request, tag_of(*found.snapshot, request, query), [&] {
    const Snapshot& snapshot = *found.snapshot;
    return Response{.body = journey_json(found.versions(), found.version, snapshot.workspace().channels,
                                         snapshot.last_event_time())};
  });
}

/// Of all versions; a filter that names one holds wherever it is declared.
Result<Response> segments(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_TRY(const auto snapshot, live.snapshot());
  const auto& journeys = snapshot->tracker().journeys();
  LOTSE_TRY(const std::size_t which, find_journey(journeys, request.parameters.at("id"), "this workspace"));
  const std::string query = fmt::format("{}\n{}", request.post.path, which);
  return tagged(request, tag_of(*snapshot, request, query), [&]() -> Result<Response> {
    LOTSE_TRY(const SnapshotStays stays, SnapshotStays::of(*snapshot, std::nullopt));
    LOTSE_TRY(StayTable table, collect_stays(journeys, which, snapshot->workspace().channels, stays.as_of,
                                             stays.threads, stays.each));
    if (!request.who || !request.who->sensitive) mask_sensitive(table, journeys[which]);
    return Response{.body = segments_json(table)};
  });
}

std::string_view content_type(std::string_view format) {
  if (format == "svg") return "image/svg+xml";
  if (format == "dot") return "text/vnd.graphviz; charset=utf-8";
  if (format == "json") return "application/json";
  return "text/plain; charset=utf-8";
}

bool is_true(const std::string& text) { return text == "true"; }

Result<MapInput> drawn(const Found& found, bool counts, std::optional<Instant> as_of) {
  const Journey& journey = *found.versions().versions[found.version];
  const Channels& channels = found.snapshot->workspace().channels;
  if (!counts || !found.snapshot->last_event_time()) return map_input(journey, channels);
  LOTSE_TRY(const SnapshotStays stays, SnapshotStays::of(*found.snapshot, as_of));
  return counted_map(journey, found.snapshot->tracker().journeys(), found.journey, channels, stays.as_of,
                     stays.threads, stays.each);
}

Result<Response> map(Live& live, const Request& request) {
  static constexpr std::array<std::string_view, 2> no_yes{"false", "true"};
  static constexpr std::array<std::string_view, 2> yes_no{"true", "false"};
  LOTSE_CHECK(check_parameters(request, {"version", "format", "as_of", "deviations", "counts"}));
  LOTSE_TRY(const std::string format, choice_parameter(request, "format", map_formats()));
  LOTSE_TRY(const std::string deviations, choice_parameter(request, "deviations", no_yes));
  LOTSE_TRY(const std::string counts, choice_parameter(request, "counts", yes_no));
  LOTSE_TRY(const Found found, find(live, request));
  std::optional<Instant> as_of;
  if (const std::string text = parameter(request, "as_of"); !text.empty()) {
    const Zone zone = Zone::find(found.snapshot->workspace().settings.zone).value_or(Zone::utc());
    auto instant = read_instant(text, zone, live.now());
    if (!instant) return fail(instant.error().code, fmt::format("as_of: {}", instant.error().message));
    as_of = *instant;
  }
  const std::string query = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.post.path, found.version, format,
                                        deviations, counts, as_of ? as_of->time_since_epoch().count() : 0);
  return tagged(request, tag_of(*found.snapshot, request, query), [&]() -> Result<Response> {
    LOTSE_TRY(MapInput input, drawn(found, is_true(counts), as_of));
    input.deviations = is_true(deviations);
    Response response{.content_type = std::string(content_type(format)), .body = map_in(format, input)};
    // A picture of somebody else's titles, opened by itself: it may do nothing but be drawn.
    response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    return response;
  });
}

}  // namespace

std::vector<Route> journey_routes(Live& live) {
  return {get("/v1/journeys", "listJourneys", Permission::read_reports,
              [&live](const Request& request) { return journeys(live, request); }),
          get("/v1/journeys/{id}", "getJourney", Permission::read_reports,
              [&live](const Request& request) { return journey(live, request); }),
          get(
              "/v1/journeys/{id}/segments", "getJourneySegments", Permission::read_reports,
              [&live](const Request& request) { return segments(live, request); }, Work::report),
          get(
              "/v1/journeys/{id}/map", "getJourneyMap", Permission::read_reports,
              [&live](const Request& request) { return map(live, request); }, Work::report)};
}

}  // namespace lotse::http
