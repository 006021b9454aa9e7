#include "engine/friction/friction_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/base/assert.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/friction/absorbing_chain.hpp"
#include "engine/friction/details.hpp"
#include "engine/friction/measure.hpp"
#include "engine/friction/where.hpp"

namespace lotse {
namespace {

constexpr std::size_t most_parts = 60;  ///< values of a cut that get rows of their own
const std::string others = "(other)";

/// A row beside the counts and the place that it came from.
struct Cell {
  Scope scope;
  std::uint32_t row;  ///< into its vector of the report
  const Place* place;
  std::uint16_t place_index;
  const CellTally* counts;
  const CellTally* history;           ///< of the window before; null: none is there
  std::optional<FrictionRow> before;  ///< the same, measured
};

/// The journey as a chain on its places: what was seen to follow what.
class SeenChain {
 public:
  SeenChain(const StayTable& table, const Tally& tally, const std::vector<FrictionRow>& rows)
      : places_(table.places.size()) {
    moves_.assign(places_ * places_, 0);
    success_.assign(places_, 0);
    dropped_.assign(places_, 0);
    reach_.assign(places_, 1);
    std::vector<double> after_goal(places_, 0);
    for (const Place& place : table.places) goal_ = goal_ || place.goal;
    for (std::size_t i = 0; i < places_; ++i) {
      const auto found = tally.cells.find({.place = static_cast<std::uint16_t>(i), .part = {}});
      if (found == tally.cells.end() || found->second.entered == 0) continue;
      fill(table, tally, i, rows[i].split.share);
      after_goal[i] =
          static_cast<double>(found->second.after_goal) / static_cast<double>(found->second.entered);
    }
    chain_.emplace(moves_, success_);
    if (!goal_) return;
    for (std::size_t i = 0; i < places_; ++i) {
      const double before = table.places[i].goal ? 1 : reach_before_goal(table, tally, i);
      reach_[i] = after_goal[i] + (1 - after_goal[i]) * before;
    }
    double starts = 0;
    for (std::size_t i = 0; i < places_; ++i) starts += static_cast<double>(tally.starts[i]);
    for (std::size_t i = 0; i < places_ && starts > 0; ++i) {
      start_.push_back(static_cast<double>(tally.starts[i]) / starts);
    }
  }

  [[nodiscard]] double reach(std::size_t place) const { return reach_[place]; }
  /// Share of the instances that achieve, by the chain; nothing without a goal or an instance.
  [[nodiscard]] std::optional<double> predicted() const {
    if (!goal_ || start_.empty()) return std::nullopt;
    return expectation(chain_->success_from());
  }
  /// The same if the drop-off of `place` were at most `baseline`.
  [[nodiscard]] std::optional<double> mended(std::size_t place, double baseline) const {
    if (!predicted() || dropped_[place] <= baseline || dropped_[place] >= 1) return predicted();
    const double factor = (1 - baseline) / (1 - dropped_[place]);
    std::vector<double> row(places_);
    for (std::size_t j = 0; j < places_; ++j) row[j] = moves_[place * places_ + j] * factor;
    return expectation(chain_->with_row(place, row, success_[place] * factor));
  }

 private:
  /// Steps by their Aalen–Johansen shares among what is left by the horizon, so that quick moves do not crowd
  /// out the drop-offs that take their time to be known.
  void fill(const StayTable& table, const Tally& tally, std::size_t i,
            const std::array<double, cause_count>& share) {
    if (table.places[i].goal) {
      success_[i] = 1;
      return;
    }
    const double left = 1 - share[0];
    if (!(left > 0)) return;
    const auto of = [&](Cause cause) { return share[static_cast<std::size_t>(cause)] / left; };
    dropped_[i] = of(Cause::dropped);
    success_[i] = of(Cause::achieved);
    spread(table, tally.advanced, i, of(Cause::advanced));
    spread(table, tally.went_back, i, of(Cause::went_back));
  }
  void spread(const StayTable& table, const std::vector<std::uint64_t>& counts, std::size_t i, double share) {
    double total = 0;
    for (std::size_t j = 0; j < places_; ++j) total += static_cast<double>(counts[i * places_ + j]);
    for (std::size_t j = 0; j < places_ && total > 0; ++j) {
      const double step = share * static_cast<double>(counts[i * places_ + j]) / total;
      (table.places[j].goal ? success_[i] : moves_[i * places_ + j]) += step;
    }
  }
  [[nodiscard]] double reach_before_goal(const StayTable& table, const Tally& tally, std::size_t i) const {
    double total = 0;
    double good = 0;
    for (std::size_t j = 0; j < places_; ++j) {
      const auto count = static_cast<double>(tally.advanced[i * places_ + j]);
      total += count;
      good += count * (table.places[j].goal ? 1 : chain_->success_from()[j]);
    }
    return total > 0 ? std::clamp(good / total, 0.0, 1.0) : 0;
  }
  [[nodiscard]] double expectation(const std::vector<double>& success) const {
    double sum = 0;
    for (std::size_t i = 0; i < places_; ++i) sum += start_[i] * success[i];
    return std::clamp(sum, 0.0, 1.0);
  }

  std::size_t places_;
  bool goal_ = false;
  std::vector<double> moves_;
  std::vector<double> success_;
  std::vector<double> dropped_;
  std::vector<double> reach_;
  std::vector<double> start_;
  std::optional<AbsorbingChain> chain_;
};

/// Cut values beyond the most frequent, as one.
std::map<CellKey, CellTally> fold_rare(const Tally& tally, const TimeBins& bins, std::uint32_t& left_out) {
  std::map<std::string, std::uint64_t> entered;
  for (const auto& [key, cell] : tally.cells) {
    if (key.part && key.place != no_index) entered[*key.part] += cell.entered;
  }
  std::vector<std::pair<std::uint64_t, std::string>> ranked;
  for (const auto& [part, count] : entered) ranked.emplace_back(count, part);
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (ranked.size() > most_parts) {
    left_out = static_cast<std::uint32_t>(ranked.size() - most_parts);
    ranked.resize(most_parts);
  }
  const auto kept = [&](const std::string& part) {
    return left_out == 0 ||
           std::any_of(ranked.begin(), ranked.end(), [&](const auto& one) { return one.second == part; });
  };
  std::map<CellKey, CellTally> cells;
  for (const auto& [key, cell] : tally.cells) {
    CellKey folded = key;
    if (key.part && !kept(*key.part)) folded.part = others;
    cells[folded].add(bins, cell);
  }
  return cells;
}

/// The cell of all touchpoints has only what feedback says; how many entered is the sum.
void add_up_overall(std::map<CellKey, CellTally>& cells) {
  std::map<std::optional<std::string>, CellTally> sums;
  for (const auto& [key, cell] : cells) {
    if (key.place == no_index) continue;
    CellTally& sum = sums[key.part];
    sum.entered += cell.entered;
    sum.recent += cell.recent;
  }
  for (const auto& [part, sum] : sums) {
    CellTally& cell = cells[{.place = no_index, .part = part}];
    cell.entered = sum.entered;
    cell.recent = sum.recent;
  }
}

std::uint32_t peer_group(const Cell& cell, std::size_t places) {
  // Whole touchpoints of one kind are peers; a part's peers are the other parts of its touchpoint.
  switch (cell.scope) {
    case Scope::touchpoint:
      return static_cast<std::uint32_t>(cell.place->kind);
    case Scope::part:
      return 4U + cell.place_index;
    case Scope::overall:
      return 4U + static_cast<std::uint32_t>(places);
  }
  return 0;
}

std::vector<FrictionRow>& rows_of(FrictionReport& report, Scope scope) {
  return scope == Scope::touchpoint ? report.rows : scope == Scope::part ? report.parts : report.overall;
}

/// When so many more stays will have shown what they do, at today's traffic.
std::optional<Instant> ready_at(const FrictionReport& report, const FrictionRow& row, Signal signal,
                                std::uint64_t more) {
  constexpr double most_days = 36'500;
  double wanted = static_cast<double>(more);
  double daily = row.daily;
  Duration lag{0};
  if (signal == Signal::drop_off) {
    wanted -= static_cast<double>(row.entered - row.mature);  // those in flight will have shown it by then
    lag = row.horizon;
  } else if (signal == Signal::negative_feedback) {
    daily *= std::min(1.0, row.feedback.answered.rate());
  }
  if (wanted <= 0) return report.as_of + lag;
  if (!(daily > 0) || wanted / daily > most_days) return std::nullopt;
  return report.as_of + lag + Duration{std::llround(wanted / daily * 86'400'000)};
}

std::optional<Evidence::History> history_of(Signal signal, const Cell& cell) {
  if (cell.history == nullptr) return std::nullopt;
  const auto before = evidence_of(signal, cell.place, *cell.history, *cell.before);
  if (!before) return std::nullopt;
  return Evidence::History{.sample = before->sample, .variance = before->variance};
}

double hours_of(Duration time) { return static_cast<double>(time.count()) / 3'600'000; }

/// Customers' time that one case of the signal takes, where that is known.
double hours_each(const FrictionRow& row, Signal signal) {
  switch (signal) {
    case Signal::broken_promise:
      return hours_of(row.mean_lateness);
    case Signal::repeat:
      return row.repeated.x > 0 ? hours_of(row.waste.time) / static_cast<double>(row.repeated.x) : 0;
    case Signal::drop_off:
    case Signal::negative_feedback:
    case Signal::escalation:
    case Signal::forced_hop:
    case Signal::lost_context:
      return 0;
  }
  LOTSE_ASSERT(false);
}

/// Where nobody has wasted any effort yet, it is not worth saying that too few came to judge.
bool is_empty_effort(Signal signal, const Judgement& judgement) {
  return signal >= Signal::escalation && judgement.verdict == Verdict::inconclusive &&
         !(judgement.sample.x > 0);
}

/// Parts are of whole touchpoints that are counted already.
Currencies currencies_of(const FrictionReport& report) {
  Currencies sums;
  for (const FrictionRow& row : report.rows) {
    sums.hours_wasted += hours_of(row.waste.time);
    sums.hours_late += hours_of(row.mean_lateness) * static_cast<double>(row.past_promise.x);
  }
  for (const Finding& finding : report.findings) {
    const Judgement& judgement = judgement_of(report, finding);
    if (finding.scope != Scope::touchpoint || judgement.verdict == Verdict::inconclusive) continue;
    sums.hours += finding.hours;
    if (finding.signal == Signal::drop_off) {
      sums.customers_lost += judgement.affected;
      sums.customers_lost_low += judgement.affected_low;
      sums.value += finding.value_at_stake;
    }
    if (finding.signal == Signal::negative_feedback) {
      sums.unhappy += judgement.affected;
      sums.unhappy_low += judgement.affected_low;
    }
  }
  return sums;
}

std::vector<LostItem> lost_items(const StayTable& table, const Tally& tally) {
  std::vector<LostItem> items;
  for (std::size_t i = 0; i < tally.lost.size(); ++i) {
    const StayTable::Wanted& wanted = table.wanted[i];
    if (tally.lost[i] == 0) continue;
    items.push_back({.touchpoint = wanted.touchpoint,
                     .field = wanted.field,
                     .what = wanted.what,
                     .stays = tally.lost[i]});
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const LostItem& a, const LostItem& b) { return a.stays > b.stays; });
  return items;
}

void judge_signals(FrictionReport& report, const std::vector<Cell>& cells, const StayTable& table,
                   const SeenChain& chain, const FrictionQuery& query) {
  const auto rated_places = std::count_if(report.rows.begin(), report.rows.end(),
                                          [](const FrictionRow& row) { return row.feedback.negative.n > 0; });
  for (const Signal signal : all_signals) {
    std::vector<Evidence> evidence;
    std::vector<const Cell*> judged;
    for (const Cell& cell : cells) {
      const FrictionRow& row = rows_of(report, cell.scope)[cell.row];
      // The whole has nothing to be compared with; what all answered at one touchpoint is said there.
      if (cell.scope == Scope::overall && (!row.part || rated_places < 2)) continue;
      std::optional<Evidence> own = evidence_of(signal, cell.place, *cell.counts, row);
      if (!own) continue;
      own->peer_group = peer_group(cell, table.places.size());
      if (signal == Signal::drop_off) own->reach = chain.reach(cell.place_index);
      own->history = history_of(signal, cell);
      evidence.push_back(*own);
      judged.push_back(&cell);
    }
    const Judgements judgements = judge(evidence, {.q = query.q, .baseline = query.baseline});
    SignalSummary summary{.signal = signal,
                          .tested = judgements.tested,
                          .shown = 0,
                          .expected_false = judgements.expected_false};
    for (std::size_t i = 0; i < judged.size(); ++i) {
      const Judgement& judgement = judgements.cells[i];
      FrictionRow& row = rows_of(report, judged[i]->scope)[judged[i]->row];
      row.judged[static_cast<std::size_t>(signal)] = judgement;
      if (judgement.verdict == Verdict::fine) ++report.judged_fine;
      if (judgement.verdict >= Verdict::fine || is_empty_effort(signal, judgement)) continue;
      Finding finding{.scope = judged[i]->scope,
                      .row = judged[i]->row,
                      .signal = signal,
                      .value_at_stake = 0,
                      .hours = judgement.affected * hours_each(row, signal),
                      .what_if = {},
                      .ready = {}};
      const CellTally& counts = *judged[i]->counts;
      if (counts.valued > 0) {
        finding.value_at_stake = judgement.affected * row.value_entered / static_cast<double>(counts.valued);
      }
      if (judgement.verdict == Verdict::inconclusive) {
        finding.ready = ready_at(report, row, signal, judgement.more_needed);
      } else {
        ++summary.shown;
        const auto now = chain.predicted();
        const bool whole_drop_off = signal == Signal::drop_off && judged[i]->scope == Scope::touchpoint;
        if (whole_drop_off && now) {
          const double mended = *chain.mended(judged[i]->place_index, judgement.baseline);
          finding.what_if = std::max(0.0, mended - *now) * static_cast<double>(report.instances);
        }
      }
      report.findings.push_back(finding);
    }
    report.signals.push_back(summary);
  }
  std::stable_sort(report.findings.begin(), report.findings.end(), [&](const Finding& a, const Finding& b) {
    const auto key = [&](const Finding& finding) {
      const Judgement& judgement = judgement_of(report, finding);
      const FrictionRow& row = row_of(report, finding);
      return std::tuple(judgement.verdict, finding.signal, -judgement.affected_low, -judgement.affected,
                        std::string_view(row.label),
                        std::string_view(row.part ? *row.part : std::string_view()), finding.scope);
    };
    return key(a) < key(b);
  });
}

/// Without a beginning there is nothing before it.
bool has_history(const FrictionQuery& query) {
  return query.from &&
         (query.baseline == BaselineChoice::automatic || query.baseline == BaselineChoice::history);
}

/// The window before, by the cells of the report: what is folded here is folded there.
std::map<CellKey, CellTally> history_cells(const FrictionCounts& counts, const TimeBins& bins,
                                           const std::map<CellKey, CellTally>& cells) {
  std::map<CellKey, CellTally> history;
  if (counts.history == nullptr) return history;
  for (const auto& [key, cell] : counts.history->cells) {
    CellKey own = key;
    if (key.part && !cells.contains({.place = key.place, .part = key.part})) own.part = others;
    history[own].add(bins, cell);
  }
  return history;
}

std::vector<HopPair> hop_pairs(const StayTable& table, const CellTally& cell) {
  std::vector<HopPair> pairs;
  for (const HopCount& pair : cell.hop_pairs.pairs()) {
    pairs.push_back({.from = table.channels[pair.from],
                     .to = table.channels[pair.to],
                     .forced = pair.forced,
                     .designed = pair.designed});
  }
  return pairs;
}

std::vector<FrictionRow> rows_by_place(const StayTable& table, const Tally& tally, const TimeBins& bins) {
  std::vector<FrictionRow> rows;
  for (std::size_t place = 0; place < table.places.size(); ++place) {
    const auto found = tally.cells.find({.place = static_cast<std::uint16_t>(place), .part = {}});
    const CellTally& cell = found == tally.cells.end() ? CellTally{} : found->second;
    rows.push_back(measure(&table.places[place], {}, cell, bins));
  }
  return rows;
}

}  // namespace

Result<Selection> selection_of(const StayTable& table, const FrictionQuery& query) {
  if (query.from && query.to && *query.from >= *query.to) {
    return fail(ErrorCode::bad_input, fmt::format("no time lies from {} to before {}",
                                                  format_instant(*query.from), format_instant(*query.to)));
  }
  Selection selection{.from = query.from, .to = query.to};
  if (query.by.empty()) return selection;
  if (query.by == "channel") {
    selection.cut = CutKind::channel;
    return selection;
  }
  if (query.by == "promise") {
    selection.cut = CutKind::promise;
    return selection;
  }
  const auto segment = table.find_segment(query.by);
  if (segment) {
    selection.cut = CutKind::segment;
    selection.segment = *segment;
    return selection;
  }
  std::vector<std::string_view> known = {"channel", "promise"};
  known.insert(known.end(), table.segments.begin(), table.segments.end());
  std::string list;
  for (const std::string_view one : known) list += fmt::format("{}{}", list.empty() ? "" : ", ", one);
  const std::string_view meant = nearest(query.by, known);
  return fail(
      ErrorCode::bad_input,
      fmt::format("`{}` is nothing that the report of `{}` can be cut by; there are: {}{}", query.by,
                  table.journey, list, meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
}

Result<FrictionReport> friction_report(const StayTable& table, const FrictionQuery& query, unsigned threads) {
  LOTSE_TRY(Selection selection, selection_of(table, query));
  std::vector<bool> keep;
  if (!query.where.empty()) {
    LOTSE_TRY(keep, stays_where(table, query.where, threads));
    selection.keep = &keep;
  }
  const Tally chosen = tally(table, selection, threads);
  FrictionCounts counts{.chosen = chosen};
  std::optional<Tally> before;
  if (has_history(query)) {
    Selection window = selection;
    window.from = *query.from - query.history;
    window.to = query.from;
    counts.history = &before.emplace(tally(table, window, threads));
  }
  std::optional<Tally> moves;
  if (selection.keep != nullptr) {
    selection.keep = nullptr;
    counts.moves = &moves.emplace(tally(table, selection, threads));
  }
  FrictionReport report = friction_report(table, counts, query);
  selection.keep = query.where.empty() ? nullptr : &keep;
  if (selection.cut != CutKind::none) set_explained_parts_apart(report, table, selection, threads);
  if (query.details) add_details(report, table, selection, threads);
  return report;
}

FrictionReport friction_report(const StayTable& table, const FrictionCounts& counted,
                               const FrictionQuery& query) {
  const Tally& tally = counted.chosen;
  const Tally& moves = counted.moves != nullptr ? *counted.moves : tally;
  FrictionReport report;
  report.journey = table.journey;
  report.title = table.title;
  report.as_of = table.as_of;
  report.from = query.from;
  report.to = query.to;
  if (counted.history != nullptr) report.history_from = *query.from - query.history;
  report.by = query.by;
  report.where = query.where;
  report.q = query.q;
  report.customers = tally.customers;
  report.instances = tally.instances;
  report.stays = tally.stays;
  report.achieved = tally.achieved;
  report.starts_without_key = static_cast<std::uint32_t>(tally.starts_without_key);
  report.unattributed_feedback = static_cast<std::uint32_t>(tally.unattributed_feedback);

  const TimeBins bins = bins_of(table);
  std::map<CellKey, CellTally> counts = fold_rare(tally, bins, report.parts_left_out);
  const std::map<CellKey, CellTally> history = history_cells(counted, bins, counts);
  add_up_overall(counts);
  for (std::size_t place = 0; place < table.places.size(); ++place) {
    counts[{.place = static_cast<std::uint16_t>(place),
            .part = {}}];  // a touchpoint that nobody reached has its row
  }
  std::vector<Cell> cells;
  for (const auto& [key, cell] : counts) {
    const Place* place = key.place == no_index ? nullptr : &table.places[key.place];
    const Scope scope = place == nullptr ? Scope::overall : key.part ? Scope::part : Scope::touchpoint;
    std::vector<FrictionRow>& rows = rows_of(report, scope);
    const auto before = history.find(key);
    cells.push_back({.scope = scope,
                     .row = static_cast<std::uint32_t>(rows.size()),
                     .place = place,
                     .place_index = key.place,
                     .counts = &cell,
                     .history = before == history.end() ? nullptr : &before->second,
                     .before = {}});
    if (before != history.end()) cells.back().before = measure(place, key.part, before->second, bins);
    rows.push_back(measure(place, key.part, cell, bins));
    rows.back().hops.pairs = hop_pairs(table, cell);
  }

  const SeenChain chain(table, moves, &moves == &tally ? report.rows : rows_by_place(table, moves, bins));
  report.achieved_predicted = chain.predicted();
  constexpr std::uint64_t enough_instances = 20;
  if (report.achieved_predicted && moves.old_instances >= enough_instances) {
    report.achieved_observed =
        static_cast<double>(moves.old_achieved) / static_cast<double>(moves.old_instances);
    const Interval seen =
        wilson({static_cast<double>(moves.old_achieved), static_cast<double>(moves.old_instances)});
    const double predicted = *report.achieved_predicted;
    report.history_matters = std::abs(*report.achieved_observed - predicted) > 0.02 &&
                             (predicted < seen.low || predicted > seen.high);
  }
  judge_signals(report, cells, table, chain, query);
  report.currencies = currencies_of(report);
  report.lost = lost_items(table, tally);

  const std::size_t places = table.places.size();
  for (std::uint32_t move = 0; move < tally.advanced.size(); ++move) {
    if (tally.advanced[move] + tally.went_back[move] == 0) continue;
    report.moves.push_back({.from = static_cast<std::uint32_t>(move / places),
                            .to = static_cast<std::uint32_t>(move % places),
                            .advanced = tally.advanced[move],
                            .went_back = tally.went_back[move],
                            .deviation = tally.deviated[move] + tally.went_back[move]});
  }
  const auto promise = [&](const std::string& name, bool task, const PromiseTally& own) {
    const Share share{static_cast<double>(own.broken), static_cast<double>(own.due)};
    report.promises.push_back({.name = name,
                               .task = task,
                               .made = own.made,
                               .broken = {.x = own.broken, .n = own.due, .interval = wilson(share)}});
  };
  for (std::size_t i = 0; i < tally.promises.size(); ++i)
    promise(table.promise_names[i], false, tally.promises[i]);
  for (std::size_t i = 0; i < tally.tasks.size(); ++i) promise(table.task_places[i], true, tally.tasks[i]);
  return report;
}

const FrictionRow& row_of(const FrictionReport& report, const Finding& finding) {
  switch (finding.scope) {
    case Scope::touchpoint:
      return report.rows[finding.row];
    case Scope::part:
      return report.parts[finding.row];
    case Scope::overall:
      return report.overall[finding.row];
  }
  LOTSE_ASSERT(false);
}

const Judgement& judgement_of(const FrictionReport& report, const Finding& finding) {
  const auto& judgement = row_of(report, finding).judged[static_cast<std::size_t>(finding.signal)];
  LOTSE_ASSERT(judgement.has_value());
  return *judgement;
}

std::string finding_id(const FrictionReport& report, const Finding& finding) {
  const FrictionRow& row = row_of(report, finding);
  std::string id = fmt::format("{}:{}", name(finding.signal), row.label);
  if (row.part) id += ":" + *row.part;
  return id;
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::confirmed:
      return "confirmed";
    case Verdict::suspected:
      return "suspected";
    case Verdict::inconclusive:
      return "inconclusive";
    case Verdict::fine:
      return "fine";
    case Verdict::none:
      return "none";
  }
  LOTSE_ASSERT(false);
}

std::string_view name(Signal signal) {
  switch (signal) {
    case Signal::drop_off:
      return "drop_off";
    case Signal::negative_feedback:
      return "negative_feedback";
    case Signal::broken_promise:
      return "broken_promise";
    case Signal::escalation:
      return "escalation";
    case Signal::forced_hop:
      return "forced_hop";
    case Signal::repeat:
      return "repeat";
    case Signal::lost_context:
      return "lost_context";
  }
  LOTSE_ASSERT(false);
}

std::string_view name(BaselineSource source) {
  switch (source) {
    case BaselineSource::none:
      return "none";
    case BaselineSource::target:
      return "target";
    case BaselineSource::history:
      return "history";
    case BaselineSource::peers:
      return "peers";
    case BaselineSource::pooled_peers:
      return "pooled_peers";
  }
  LOTSE_ASSERT(false);
}

std::string_view name(Cause cause) {
  switch (cause) {
    case Cause::open:
      return "open";
    case Cause::advanced:
      return "advanced";
    case Cause::hopped:
      return "hopped";
    case Cause::went_back:
      return "went_back";
    case Cause::dropped:
      return "dropped";
    case Cause::exited:
      return "exited";
    case Cause::achieved:
      return "achieved";
  }
  LOTSE_ASSERT(false);
}

std::string_view name(Scale scale) {
  switch (scale) {
    case Scale::nps:
      return "nps";
    case Scale::csat5:
      return "csat5";
    case Scale::ces7:
      return "ces7";
    case Scale::stars:
      return "stars";
    case Scale::sentiment:
      return "sentiment";
  }
  LOTSE_ASSERT(false);
}

}  // namespace lotse
