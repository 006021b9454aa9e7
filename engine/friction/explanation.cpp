#include "engine/friction/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/base/assert.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/friction/incidence.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/friction/where.hpp"

namespace lotse {
namespace {

constexpr auto dropped = static_cast<std::size_t>(Cause::dropped);
constexpr std::size_t most_points = 24;

/// Findings come first: they have costs and dates that other cells have not.
std::vector<Finding> judged_cells(const FrictionReport& report) {
  std::vector<Finding> cells = report.findings;
  const auto add = [&](Scope scope, const std::vector<FrictionRow>& rows) {
    for (std::uint32_t row = 0; row < rows.size(); ++row) {
      for (const Signal signal : all_signals) {
        if (!rows[row].judged[static_cast<std::size_t>(signal)]) continue;
        Finding cell;
        cell.scope = scope;
        cell.row = row;
        cell.signal = signal;
        cells.push_back(cell);
      }
    }
  };
  add(Scope::touchpoint, report.rows);
  add(Scope::part, report.parts);
  add(Scope::overall, report.overall);
  return cells;
}

Result<Finding> find(const FrictionReport& report, std::string_view id) {
  std::vector<std::string> ids;
  for (const Finding& cell : judged_cells(report)) {
    ids.push_back(finding_id(report, cell));
    if (ids.back() == id) return cell;
  }
  const std::vector<std::string_view> known(ids.begin(), ids.end());
  const std::string_view meant = nearest(id, known);
  return fail(ErrorCode::not_found,
              fmt::format("the report has no `{}`{} `--format json` of the same report lists the ids of its "
                          "findings",
                          id, meant.empty() ? std::string(";") : fmt::format("; did you mean `{}`?", meant)));
}

/// At which of the times the curve is told: at all, or where another 24th of the leavings has come.
std::vector<std::size_t> points_of(const std::vector<LeavingTime>& times) {
  std::uint64_t total = 0;
  for (const LeavingTime& time : times) total += time.left() + time.censored();
  std::vector<std::size_t> points;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    seen += times[i].left() + times[i].censored();
    const bool is_next = seen * (most_points - 1) >= total * (points.size() + 1);
    if (times.size() < most_points || is_next) points.push_back(i);
  }
  return points;
}

std::vector<IncidencePoint> curve_of(const CellTally& cell, const TimeBins& bins, const FrictionRow& row) {
  const Duration horizon = row.horizon;
  std::vector<LeavingTime> times = cell.durations.times(bins);
  std::uint64_t beyond = 0;
  while (!times.empty() && times.back().at > horizon.count()) {
    beyond += times.back().left() + times.back().censored();
    times.pop_back();
  }
  std::uint64_t at_risk = beyond;
  for (const LeavingTime& time : times) at_risk += time.left() + time.censored();

  std::vector<IncidencePoint> curve;
  std::size_t next = 0;
  const std::vector<LeavingTime> all = cell.durations.times(bins);
  const auto add = [&](Duration at, std::size_t end) {
    IncidencePoint& point = curve.emplace_back();
    point.at = at;
    point.at_risk = at_risk;
    for (; next < end; ++next) {
      point.left += times[next].left();
      point.cases += times[next].count[dropped];
      point.open += times[next].censored();
    }
    at_risk -= point.left + point.open;
    const Incidence incidence = aalen_johansen(all, at.count());
    point.share = incidence.share[dropped];
    point.interval =
        wilson(effective_sample(point.share, incidence.variance[dropped], static_cast<double>(row.entered),
                                static_cast<double>(row.mature), row.design_effect));
    point.remaining = incidence.share[0];
  };
  for (const std::size_t i : points_of(times)) add(Duration{times[i].at}, i + 1);
  if (curve.empty() || curve.back().at < horizon) add(horizon, times.size());
  return curve;
}

std::vector<PeerCell> peers_of(const FrictionReport& report, const Finding& finding) {
  const FrictionRow& own = row_of(report, finding);
  const auto& rows = finding.scope == Scope::touchpoint ? report.rows
                     : finding.scope == Scope::part     ? report.parts
                                                        : report.overall;
  std::vector<PeerCell> peers;
  for (const FrictionRow& row : rows) {
    const auto& judged = row.judged[static_cast<std::size_t>(finding.signal)];
    const bool is_peer = finding.scope == Scope::touchpoint ? row.kind == own.kind
                         : finding.scope == Scope::part     ? row.label == own.label
                                                            : row.part.has_value();
    if (&row == &own || !judged || !is_peer) continue;
    peers.push_back({.label = row.part.value_or(row.label), .sample = judged->sample});
  }
  return peers;
}

}  // namespace

Result<Explanation> explain(const StayTable& table, const FrictionQuery& query, std::string_view id,
                            unsigned threads) {
  LOTSE_TRY(FrictionReport report, friction_report(table, query, threads));
  LOTSE_TRY(const Finding finding, find(report, id));
  const FrictionRow row = row_of(report, finding);
  CellKey key{.place = no_index, .part = row.part};
  for (std::size_t place = 0; place < table.places.size(); ++place) {
    if (finding.scope != Scope::overall && table.places[place].label == row.label)
      key.place = static_cast<std::uint16_t>(place);
  }
  LOTSE_TRY(Selection selection, selection_of(table, query));
  std::vector<bool> keep;
  if (!query.where.empty()) {
    LOTSE_TRY(keep, stays_where(table, query.where));
    selection.keep = &keep;
  }
  const Tally counted = tally(table, selection, threads);
  const auto cell = counted.cells.find(key);
  if (cell == counted.cells.end()) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` is many values counted together; ask for one of them: --where "
                            "'segments.{} == \"...\"'",
                            id, query.by));
  }
  Explanation explanation{.report = std::move(report),
                          .finding = finding,
                          .curve = {},
                          .peers = {},
                          .cases = cases_of(table, selection, key, finding.signal)};
  explanation.matching = explanation.cases.size();
  if (finding.signal == Signal::drop_off) explanation.curve = curve_of(cell->second, bins_of(table), row);
  const BaselineSource source = judgement_of(explanation.report, finding).source;
  if (source == BaselineSource::peers || source == BaselineSource::pooled_peers)
    explanation.peers = peers_of(explanation.report, finding);
  return explanation;
}

}  // namespace lotse
