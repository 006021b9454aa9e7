#include "engine/friction/finding_states.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/friction/compared_rates.hpp"
#include "engine/friction/finding_name.hpp"
#include "engine/friction/significance.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/friction/tally.hpp"
#include "engine/friction/where.hpp"

namespace lotse {
namespace {

constexpr std::size_t most_judged = 50;  ///< each instant of a claim is two counts of the table
constexpr double least_sample = 20;

struct Sides {
  Tally before;
  Tally now;
};

const CellTally* find(const Tally& counts, std::uint16_t place, const std::optional<std::string>& part) {
  const auto found = counts.cells.find({.place = place, .part = part});
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

/// So many stays since, beside those there are, would tell a material difference from none: z² p (1 − p) (1/n
/// before + 1/n since) is then the margin's square. Nothing where too few came before for that.
std::optional<std::uint64_t> more_needed(const SignalChange& change) {
  if (!change.before || !is_large(*change.before)) return std::nullopt;
  const Share& before = change.before->sample;
  const Share now = change.now ? change.now->sample : Share{};
  const double p = (before.x + now.x) / (before.n + now.n);
  const double noise = z95 * z95 * p * (1 - p);
  double wanted = least_sample;
  if (noise > 0) {
    const double room = change.margin * change.margin / noise - 1 / before.n;
    if (!(room > 0)) return std::nullopt;
    wanted = std::max(wanted, 1 / room);
  }
  const double worth = before.n / static_cast<double>(change.before->n);  // of one stay, as before
  const double more = std::ceil(wanted / worth - static_cast<double>(change.now ? change.now->n : 0));
  constexpr double most = 1e12;  // more than any traffic brings
  if (!(more >= 1) || more > most) return std::nullopt;
  return static_cast<std::uint64_t>(more);
}

/// Compares the two sides of each claim.
class MendedComparer {
 public:
  MendedComparer(const StayTable& table, const FrictionQuery& query, Selection selection, unsigned threads)
      : table_(table), query_(query), selection_(selection), threads_(threads), bins_(bins_of(table)) {}

  /// Nothing where the report does not count the finding's cell.
  [[nodiscard]] std::optional<SinceMended> compare(const FindingName& finding, Instant since) {
    const Sides& sides = sides_of(since);
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
    found.too_early = by_horizon && (reading.cut_short || !reading.enough);
    if (found.too_early) {  // before the horizon nobody can have been lost yet
      found.change.tested = false;
      const Instant ready = since + place_now.horizon;
      if (ready > table_.as_of) found.ready = ready;
    }
    return found;
  }

 private:
  [[nodiscard]] Instant before_from(Instant since) const {
    return since - std::max(query_.history, table_.as_of - since);
  }

  const Sides& sides_of(Instant since) {
    const auto known = sides_.find(since);
    if (known != sides_.end()) return known->second;
    Selection before = selection_;
    before.from = before_from(since);
    before.to = since;
    Selection now = selection_;
    now.from = since;
    now.to = std::nullopt;
    return sides_.emplace(since, Sides{tally(table_, before, threads_), tally(table_, now, threads_)})
        .first->second;
  }

  const StayTable& table_;
  const FrictionQuery& query_;
  Selection selection_;
  unsigned threads_;
  TimeBins bins_;
  Place nowhere_{};
  std::map<Instant, Sides> sides_;
};

MendedVerdict verdict_of(const SinceMended& found, double q) {
  if (!found.change.tested) return MendedVerdict::inconclusive;
  switch (lotse::verdict_of(found.change, q)) {
    case ChangeVerdict::better:
      return MendedVerdict::better;
    case ChangeVerdict::worse:
      return MendedVerdict::worse;
    case ChangeVerdict::no_change_seen:
    case ChangeVerdict::too_few:
      break;
  }
  const bool may_be_better = found.change.interval.low <= -found.change.margin;
  return may_be_better ? MendedVerdict::inconclusive : MendedVerdict::no_difference;
}

/// The claims of one signal are one family of tests, as in a comparison.
void judge(std::vector<SinceMended*> claims, double q) {
  for (const Signal signal : all_signals) {
    std::vector<SinceMended*> tested;
    std::vector<double> p_values;
    for (SinceMended* claim : claims) {
      if (claim->change.signal != signal || !claim->change.tested) continue;
      tested.push_back(claim);
      p_values.push_back(claim->change.p);
    }
    const std::vector<double> adjusted = benjamini_hochberg(p_values);
    for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->change.p_adjusted = adjusted[i];
  }
  for (SinceMended* claim : claims) {
    claim->verdict = verdict_of(*claim, q);
    if (claim->verdict == MendedVerdict::inconclusive) claim->more_needed = more_needed(claim->change);
  }
}

/// The latest claims, those of one instant by finding.
std::vector<StandingState*> claims_of(FrictionReport& report) {
  std::vector<StandingState*> claims;
  for (StandingState& standing : report.states) {
    if (standing.change.state == FindingState::mended) claims.push_back(&standing);
  }
  std::ranges::stable_sort(claims, [](const StandingState* a, const StandingState* b) {
    return *a->change.since > *b->change.since;
  });
  claims.resize(std::min(claims.size(), most_judged));
  return claims;
}

}  // namespace

std::vector<FindingChange> standing_changes(std::span<const FindingChange> changes,
                                            std::optional<Instant> as_of) {
  std::map<std::string, const FindingChange*> latest;
  for (const FindingChange& change : changes) {
    if (!as_of || change.at <= *as_of) latest[change.finding] = &change;
  }
  std::vector<FindingChange> standing;
  for (const auto& [finding, change] : latest) {
    if (change->state != FindingState::open) standing.push_back(*change);
  }
  return standing;
}

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
  std::vector<SinceMended*> compared;
  for (StandingState* claim : claims) {
    const std::optional<FindingName> finding = parse_finding_name(claim->change.finding);
    if (!finding) continue;  // a row that was written past us
    claim->since_mended = comparer.compare(*finding, *claim->change.since);
    if (claim->since_mended) compared.push_back(&*claim->since_mended);
  }
  judge(std::move(compared), query.q);
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

std::string_view name(MendedVerdict verdict) {
  switch (verdict) {
    case MendedVerdict::better:
      return "better";
    case MendedVerdict::no_difference:
      return "no_difference";
    case MendedVerdict::worse:
      return "worse";
    case MendedVerdict::inconclusive:
      return "inconclusive";
  }
  LOTSE_ASSERT(false);
}

bool is_not_better(const StandingState& standing) {
  return standing.since_mended && (standing.since_mended->verdict == MendedVerdict::no_difference ||
                                   standing.since_mended->verdict == MendedVerdict::worse);
}

}  // namespace lotse
