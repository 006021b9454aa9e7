#include "engine/friction/finding_states.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/friction/compared_rates.hpp"
#include "engine/friction/finding_name.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/friction/tally.hpp"
#include "engine/friction/where.hpp"

namespace lotse {
namespace {

struct Sides {
  Tally before;
  Tally now;
};

const CellTally* find(const Tally& counts, std::uint16_t place, const std::optional<FindingPart>& part) {
  const auto found =
      counts.cells.find({.place = place, .part = part ? std::optional(part->value) : std::nullopt});
  return found == counts.cells.end() ? nullptr : &found->second;
}

/// The signal's cell on one side, at the place that most customers met there, whatever its version.
struct Met {
  const Place* place = nullptr;  ///< null: all touchpoints together
  const CellTally* cell = nullptr;
};
Met met(const StayTable& table, const Tally& counts, const FindingName& finding) {
  if (finding.touchpoint.empty()) return {.place = nullptr, .cell = find(counts, no_index, finding.part)};
  Met best;
  for (std::uint16_t place = 0; place < table.places.size(); ++place) {
    if (table.places[place].id != finding.touchpoint) continue;
    const CellTally* const cell = find(counts, place, finding.part);
    const bool more = cell != nullptr && (best.cell == nullptr || cell->entered > best.cell->entered);
    if (best.place == nullptr || more) best = {.place = &table.places[place], .cell = cell};
  }
  return best;
}

/// Compares the two sides of each claim.
class MendedComparer {
 public:
  MendedComparer(const StayTable& table, const FrictionQuery& query, Selection selection, unsigned threads)
      : table_(table), query_(query), selection_(selection), threads_(threads), bins_(bins_of(table)) {}

  /// Nothing where the report does not count the finding's cell.
  [[nodiscard]] std::optional<SinceMended> compare(const FindingName& finding, Instant since) {
    const Sides& sides = sides_of(finding, since);
    const Met before = met(table_, sides.before, finding);
    const Met now = met(table_, sides.now, finding);
    if (before.cell == nullptr && now.cell == nullptr) return std::nullopt;
    const bool placed = before.place != nullptr;
    const Place& place_before = placed ? *(before.cell != nullptr ? before : now).place : nowhere_;
    const Place& place_now = placed ? *(now.cell != nullptr ? now : before).place : nowhere_;
    const ComparedReading reading = lotse::reading_of(place_before, before.cell, place_now, now.cell, bins_);
    const auto rates = [&](const Place& place, const CellTally* cell, Duration within) {
      return rates_of(placed ? &place : nullptr, cell, within,
                      bins_)[static_cast<std::size_t>(finding.signal)];
    };
    SinceMended found{.since = since, .before_from = before_from(since)};
    found.change = compare_rates(finding.signal, rates(place_before, before.cell, reading.before),
                                 rates(place_now, now.cell, reading.now), reading);
    const bool by_horizon = finding.signal == Signal::drop_off || finding.signal == Signal::escalation;
    if (by_horizon && (reading.cut_short || !reading.enough)) {
      found.unsettled = Unsettled::too_early;  // before the horizon nobody can have been lost yet
      const Instant ready = since + place_now.horizon;
      if (ready > table_.as_of) found.ready = ready;
    }
    settle(found);
    return found;
  }

 private:
  [[nodiscard]] Instant before_from(Instant since) const {
    return since - std::max(query_.history, table_.as_of - since);
  }

  /// The touchpoint's own stays, in whichever version, alone are counted; promises to reach it are made
  /// elsewhere. Empty: all are.
  static std::string counted_at(const FindingName& finding) {
    return finding.signal == Signal::broken_promise ? std::string() : finding.touchpoint;
  }

  [[nodiscard]] std::vector<bool> kept_at(const std::string& touchpoint) const {
    std::vector<bool> at;
    for (const Place& place : table_.places) at.push_back(place.id == touchpoint);
    std::vector<bool> keep(table_.size());
    for (std::size_t row = 0; row < table_.size(); ++row)
      keep[row] = at[table_.place[row]] && (selection_.keep == nullptr || (*selection_.keep)[row]);
    return keep;
  }

  const Sides& sides_of(const FindingName& finding, Instant since) {
    const std::pair key{since, counted_at(finding)};
    const auto known = sides_.find(key);
    if (known != sides_.end()) return known->second;
    Selection before = selection_;
    std::vector<bool> keep;
    if (!key.second.empty()) {
      keep = kept_at(key.second);
      before.keep = &keep;
    }
    Selection now = before;
    before.from = before_from(since);
    before.to = since;
    now.from = since;
    now.to = std::nullopt;
    return sides_.emplace(key, Sides{tally(table_, before, threads_), tally(table_, now, threads_)})
        .first->second;
  }

  const StayTable& table_;
  const FrictionQuery& query_;
  Selection selection_;
  unsigned threads_;
  TimeBins bins_;
  Place nowhere_{};
  std::map<std::pair<Instant, std::string>, Sides> sides_;  ///< by since and counted_at()
};

/// The latest claims, those of one instant by finding; it is said of the others that they are beyond.
std::vector<StandingState*> claims_of(FrictionReport& report) {
  std::vector<StandingState*> claims;
  for (StandingState& standing : report.states) {
    if (standing.change.state == FindingState::mended) claims.push_back(&standing);
  }
  std::ranges::stable_sort(claims, [](const StandingState* a, const StandingState* b) {
    return *a->change.since > *b->change.since;
  });
  for (std::size_t i = mended_judged_max; i < claims.size(); ++i)
    claims[i]->not_judged = NotJudged::beyond_most;
  claims.resize(std::min(claims.size(), mended_judged_max));
  return claims;
}

/// Where the report counts the finding's cell.
void judge(StandingState& claim, MendedComparer& comparer, const std::string& by) {
  claim.not_judged = NotJudged::not_counted;
  const std::optional<FindingName> finding = parse_finding_name(claim.change.finding);
  if (!finding) return;  // a row that was written past us
  if (finding->part && finding->part->cut != by) {
    claim.not_judged = NotJudged::other_cut;
    return;
  }
  claim.since_mended = comparer.compare(*finding, *claim.change.since);
  if (claim.since_mended) claim.not_judged.reset();
}

}  // namespace

Result<void> add_states(FrictionReport& report, const StayTable& table, const FrictionQuery& query,
                        std::vector<FindingChange> standing, unsigned threads) {
  for (FindingChange& change : standing) report.states.push_back({.change = std::move(change)});
  const std::vector<StandingState*> claims = claims_of(report);
  if (claims.empty()) return {};
  LOTSE_TRY(Selection selection, selection_of(table, query));
  std::vector<bool> keep;
  if (!query.where.empty()) {
    LOTSE_TRY(keep, stays_where(table, query.where, threads));
    selection.keep = &keep;
  }
  MendedComparer comparer(table, query, selection, threads);
  for (StandingState* claim : claims) judge(*claim, comparer, query.by);
  return {};
}

const StandingState* state_of(const FrictionReport& report, const Finding& finding) {
  if (report.states.empty()) return nullptr;
  const std::string id = text_of(name_of(report, finding));
  const auto found = std::ranges::lower_bound(
      report.states, id, {},
      [](const StandingState& one) -> const std::string& { return one.change.finding; });
  return found != report.states.end() && found->change.finding == id ? &*found : nullptr;
}

}  // namespace lotse
