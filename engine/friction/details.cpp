#include "engine/friction/details.hpp"

#include <algorithm>
#include <vector>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

/// Rows are in the order of the places; all touchpoints together are no place.
std::uint16_t place_of(const Finding& finding) {
  return finding.scope == Scope::touchpoint ? static_cast<std::uint16_t>(finding.row) : no_index;
}

bool is_looked_at(const FrictionReport& report, const Finding& finding) {
  return finding.scope == Scope::touchpoint && judgement_of(report, finding).verdict <= Verdict::suspected;
}

void add_concentrations(FrictionReport& report, const StayTable& table, const Selection& selection,
                        unsigned threads) {
  std::vector<ConcentrationQuery> queries;
  std::vector<Finding*> asking;
  for (Finding& finding : report.findings) {
    const bool can = std::ranges::find(concentrating_signals, finding.signal) != concentrating_signals.end();
    if (!can || !is_looked_at(report, finding)) continue;
    queries.push_back({.place = place_of(finding), .signal = finding.signal});
    asking.push_back(&finding);
  }
  if (queries.empty()) return;
  std::vector<Concentrations> found = concentrate(table, selection, queries, threads);
  for (std::size_t i = 0; i < asking.size(); ++i) asking[i]->details.where = std::move(found[i]);
}

/// The findings of one signal, and their places.
struct OfSignal {
  std::vector<Finding*> findings;
  std::vector<std::uint16_t> places;
};
OfSignal looked_at(FrictionReport& report, Signal signal) {
  OfSignal result;
  for (Finding& finding : report.findings) {
    if (finding.signal != signal || !is_looked_at(report, finding)) continue;
    result.findings.push_back(&finding);
    result.places.push_back(place_of(finding));
  }
  return result;
}

void add_drivers(FrictionReport& report, const StayTable& table, const Selection& selection,
                 unsigned threads) {
  const OfSignal drop_offs = looked_at(report, Signal::drop_off);
  if (drop_offs.places.empty()) return;
  std::vector<Drivers> found = drivers_of(table, selection, drop_offs.places, threads);
  for (std::size_t i = 0; i < found.size(); ++i) drop_offs.findings[i]->details.drivers = std::move(found[i]);
}

void add_words(FrictionReport& report, const StayTable& table, const Selection& selection) {
  const OfSignal unhappy = looked_at(report, Signal::negative_feedback);
  if (unhappy.places.empty() || table.comments.empty()) return;
  std::vector<CommentWords> found = comment_words(table, selection, unhappy.places);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].comments > 0) unhappy.findings[i]->details.words = std::move(found[i]);
  }
}

/// The condition that a cut's part is.
NamedCondition condition_of(const FrictionReport& report, CutKind cut, const std::string& part) {
  const AttributeKind kind = cut == CutKind::channel   ? AttributeKind::channel
                             : cut == CutKind::promise ? AttributeKind::promise
                                                       : AttributeKind::segment;
  return {.kind = kind, .attribute = report.by, .value = part};
}

}  // namespace

void set_explained_parts_apart(FrictionReport& report, const StayTable& table, const Selection& selection,
                               unsigned threads) {
  std::vector<ConcentrationQuery> queries;
  std::vector<std::size_t> asking;
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const Finding& finding = report.findings[i];
    const FrictionRow& row = row_of(report, finding);
    const Judgement& judgement = judgement_of(report, finding);
    const bool by_peers =
        judgement.source == BaselineSource::peers || judgement.source == BaselineSource::pooled_peers;
    const bool can = std::ranges::find(concentrating_signals, finding.signal) != concentrating_signals.end();
    if (!row.part || !can || !by_peers || judgement.verdict > Verdict::suspected) continue;
    const auto place = std::ranges::find(table.places, row.label, &Place::label);
    queries.push_back({.place = finding.scope == Scope::overall
                                    ? no_index
                                    : static_cast<std::uint16_t>(place - table.places.begin()),
                       .signal = finding.signal,
                       .given = condition_of(report, selection.cut, *row.part)});
    asking.push_back(i);
  }
  if (queries.empty()) return;
  const std::vector<Concentrations> standing = concentrate(table, selection, queries, threads);
  std::vector<bool> explained(report.findings.size());
  for (std::size_t i = 0; i < asking.size(); ++i) {
    if (standing[i].found.empty()) continue;
    const Concentration& part = standing[i].found.front();
    if (!part.proxy) continue;
    const Finding& finding = report.findings[asking[i]];
    report.explained.push_back({.scope = finding.scope,
                                .row = finding.row,
                                .signal = finding.signal,
                                .segment = part.adjusted->attribute,
                                .crude = *part.odds,
                                .adjusted = part.adjusted->odds});
    auto& rows = finding.scope == Scope::overall ? report.overall : report.parts;
    rows[finding.row].judged[static_cast<std::size_t>(finding.signal)]->verdict = Verdict::fine;
    const auto summary = std::ranges::find(report.signals, finding.signal, &SignalSummary::signal);
    summary->expected_false = report.q * static_cast<double>(--summary->shown);
    ++report.judged_fine;
    explained[asking[i]] = true;
  }
  std::size_t next = 0;
  std::erase_if(report.findings, [&](const Finding&) { return explained[next++]; });
}

void add_details(FrictionReport& report, const StayTable& table, const Selection& selection,
                 unsigned threads) {
  LOTSE_ASSERT(report.rows.size() == table.places.size());
  std::vector<std::vector<NamedTimer>> timers = timers_of(table, selection, threads);
  for (std::size_t place = 0; place < timers.size(); ++place)
    report.rows[place].timers = std::move(timers[place]);
  add_concentrations(report, table, selection, threads);
  add_drivers(report, table, selection, threads);
  add_words(report, table, selection);
}

}  // namespace lotse
