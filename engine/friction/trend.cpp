#include "engine/friction/trend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engine/base/assert.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/friction/measure.hpp"
#include "engine/friction/tally.hpp"
#include "engine/friction/where.hpp"

namespace lotse {
namespace {

constexpr std::int64_t most_points = 400;  ///< more than a year by days
constexpr std::int64_t default_points = 8;

Result<std::uint16_t> place_of(const StayTable& table, const std::string& wanted) {
  if (wanted.empty()) return fail(ErrorCode::bad_input, "`touchpoint` is missing: which one to look at");
  auto found = std::ranges::find(table.places, wanted, &Place::label);
  // The newest version's come first.
  if (found == table.places.end()) found = std::ranges::find(table.places, wanted, &Place::id);
  if (found != table.places.end()) return static_cast<std::uint16_t>(found - table.places.begin());
  std::vector<std::string_view> known;
  for (const Place& place : table.places) known.push_back(place.id);
  const std::string_view meant = nearest(wanted, known);
  return fail(ErrorCode::not_found,
              fmt::format("`{}` is no touchpoint of `{}` that customers stand at{}", wanted, table.journey,
                          meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
}

/// When each period begins, and the last one's end.
Result<std::vector<Instant>> bounds_of(const StayTable& table, const TrendQuery& query) {
  LOTSE_ASSERT(query.step > Duration{0});
  const Instant to = query.to.value_or(table.as_of);
  const Instant from = query.from.value_or(to - default_points * query.step);
  if (from >= to) {
    return fail(ErrorCode::bad_input,
                fmt::format("the period ends at {}, which is not after its beginning, {}", format_instant(to),
                            format_instant(from)));
  }
  if ((to - from - Duration{1}) / query.step >= most_points) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("from {} to {} there are more than {} steps of {}: take longer ones, or a shorter "
                    "period",
                    format_instant(from), format_instant(to), most_points, format_duration(query.step)));
  }
  std::vector<Instant> bounds;
  for (Instant at = from; at < to; at += query.step) bounds.push_back(at);
  bounds.push_back(to);
  return bounds;
}

/// The filter, and for all signals but one only the touchpoint's own stays: promises to reach it are made
/// elsewhere.
Result<std::vector<bool>> kept(const StayTable& table, const TrendQuery& query, std::uint16_t place,
                               unsigned threads) {
  std::vector<bool> keep(table.size(), true);
  if (!query.where.empty()) {
    LOTSE_TRY(keep, stays_where(table, query.where, threads));
  }
  if (query.signal == Signal::broken_promise) return keep;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (table.place[row] != place) keep[row] = false;
  }
  return keep;
}

TrendPoint point_of(const Place& place, const CellTally& cell, const TimeBins& bins, Signal signal) {
  const FrictionRow row = measure(&place, {}, cell, bins);
  TrendPoint point;
  point.entered = row.entered;
  point.mature = row.mature;
  const std::optional<Evidence> evidence = evidence_of(signal, &place, cell, row);
  if (!evidence) return point;
  point.n_eff = evidence->sample.n;
  point.rate = evidence->sample.rate();
  point.interval = wilson(evidence->sample);
  return point;
}

}  // namespace

Result<TrendReport> trend_report(const StayTable& table, const TrendQuery& query, unsigned threads) {
  LOTSE_TRY(const std::uint16_t place, place_of(table, query.touchpoint));
  LOTSE_TRY(const std::vector<Instant> bounds, bounds_of(table, query));
  LOTSE_TRY(const std::vector<bool> keep, kept(table, query, place, threads));
  const Selection selection{.from = bounds.front(),
                            .to = query.to,
                            .cut = CutKind::period,
                            .keep = &keep,
                            .periods = {bounds.begin(), bounds.end() - 1}};
  const Tally counted = tally(table, selection, threads);

  const Place& own = table.places[place];
  TrendReport report{.journey = table.journey,
                     .title = table.title,
                     .as_of = table.as_of,
                     .touchpoint = own.id,
                     .label = own.label,
                     .touchpoint_title = own.title,
                     .signal = query.signal,
                     .where = query.where,
                     .step = query.step,
                     .horizon = own.horizon,
                     .points = {}};
  const TimeBins bins = bins_of(table);
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    const auto cell = counted.cells.find({.place = place, .part = format_instant(bounds[i])});
    TrendPoint& point = report.points.emplace_back();
    if (cell != counted.cells.end()) point = point_of(own, cell->second, bins, query.signal);
    point.from = bounds[i];
    point.to = bounds[i + 1];
  }
  return report;
}

}  // namespace lotse
