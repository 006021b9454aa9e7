#include "engine/friction/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/friction/cluster.hpp"
#include "engine/friction/compared_rates.hpp"
#include "engine/friction/incidence.hpp"
#include "engine/friction/measure.hpp"
#include "engine/friction/significance.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {
namespace {

constexpr std::array signals = {Signal::drop_off, Signal::negative_feedback, Signal::broken_promise};
constexpr Duration default_period = std::chrono::days(28);
constexpr std::size_t most_parts = 60;  ///< values of a cut that are parts of their own
const std::string others = "(other)";

using CellMap = std::map<CellKey, CellTally>;

struct Sides {
  ComparedSide before;
  ComparedSide now;
};

std::string period_text(Instant from, Instant to) {
  return fmt::format("{} to before {}", format_instant(from), format_instant(to));
}

Result<void> check_period(Instant from, Instant to) {
  if (from < to) return {};
  return fail(ErrorCode::bad_input, fmt::format("no time lies from {}", period_text(from, to)));
}

Result<Sides> periods_of(const StayTable& table, const ComparisonQuery& query) {
  const Instant to = query.to.value_or(table.as_of);
  const Instant from = query.from.value_or(to - default_period);
  LOTSE_CHECK(check_period(from, to));
  if (from >= table.as_of) {
    return fail(ErrorCode::bad_input,
                fmt::format("the period from {} begins when nothing is known yet: the comparison is as of {}",
                            format_instant(from), format_instant(table.as_of)));
  }
  const Duration length = to - from;
  const Instant otherwise = query.against_from ? *query.against_from + length : from;
  const Instant against_to = query.against_to.value_or(otherwise);
  const Instant against_from = query.against_from.value_or(against_to - length);
  LOTSE_CHECK(check_period(against_from, against_to));
  if (against_from >= to) {
    return fail(ErrorCode::bad_input,
                fmt::format("the period before ({}) lies after the one now ({}): exchange them",
                            period_text(against_from, against_to), period_text(from, to)));
  }
  if (against_to > from) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("the periods overlap: before is {}, now is {}; let before end by {}",
                    period_text(against_from, against_to), period_text(from, to), format_instant(from)));
  }
  Sides sides;
  sides.before.from = against_from;
  sides.before.to = against_to;
  sides.now.from = from;
  sides.now.to = to;
  return sides;
}

Result<Sides> versions_of(const StayTable& table, const ComparisonQuery& query) {
  std::set<std::uint32_t> known;
  for (const Place& place : table.places) known.insert(place.versions.begin(), place.versions.end());
  for (const std::uint32_t version : {query.versions->before, query.versions->now}) {
    if (known.contains(version)) continue;
    return fail(ErrorCode::not_found, fmt::format("`{}` has no version {}; there are: {}", table.journey,
                                                  version, fmt::join(known, ", ")));
  }
  if (query.versions->before == query.versions->now) {
    return fail(ErrorCode::bad_input,
                fmt::format("version {} cannot be compared with itself", query.versions->now));
  }
  if (query.from && query.to) LOTSE_CHECK(check_period(*query.from, *query.to));
  Sides sides;
  sides.before.version = query.versions->before;
  sides.now.version = query.versions->now;
  sides.before.from = sides.now.from = query.from;
  sides.before.to = sides.now.to = query.to;
  return sides;
}

/// One side, counted as a whole and by each cut.
struct Counts {
  Tally whole;
  std::vector<CellMap> cuts;
};

/// Counts the stays of one side.
class SideCounter {
 public:
  SideCounter(const StayTable& table, const ComparedSide& side, unsigned threads)
      : table_(table), threads_(threads), selection_{.from = side.from, .to = side.to} {
    if (!side.version) return;
    for (const std::uint32_t instance : table.instance)
      keep_.push_back(table.instances[instance].version == *side.version);
    selection_.keep = &keep_;
  }
  SideCounter(const SideCounter&) = delete;
  SideCounter& operator=(const SideCounter&) = delete;

  [[nodiscard]] Tally count(CutKind cut, std::size_t segment = 0) const {
    Selection selection = selection_;
    selection.cut = cut;
    selection.segment = segment;
    return tally(table_, selection, threads_);
  }

 private:
  const StayTable& table_;
  unsigned threads_;
  std::vector<bool> keep_;
  Selection selection_;
};

Counts count_whole(const SideCounter& counter, ComparedSide& side) {
  Counts counts{.whole = counter.count(CutKind::none), .cuts = {}};
  side.customers = counts.whole.customers;
  side.instances = counts.whole.instances;
  side.stays = counts.whole.stays;
  return counts;
}

/// Both sides' parts beyond the most frequent of the two together, as one.
void fold_rare(CellMap& before, CellMap& now, const TimeBins& bins) {
  std::map<std::string, std::uint64_t> entered;
  for (const CellMap* cells : {&before, &now}) {
    for (const auto& [key, cell] : *cells) {
      if (key.part && key.place != no_index) entered[*key.part] += cell.entered;
    }
  }
  if (entered.size() <= most_parts) return;
  std::vector<std::pair<std::uint64_t, std::string>> ranked;
  for (const auto& [part, count] : entered) ranked.emplace_back(count, part);
  std::ranges::sort(ranked, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::set<std::string> kept;
  for (std::size_t i = 0; i < most_parts; ++i) kept.insert(ranked[i].second);
  for (CellMap* cells : {&before, &now}) {
    CellMap folded;
    for (const auto& [key, cell] : *cells) {
      CellKey own = key;
      if (own.part && !kept.contains(*own.part)) own.part = others;
      folded[own].add(bins, cell);
    }
    *cells = std::move(folded);
  }
}

const CellTally* find(const CellMap& cells, std::uint16_t place,
                      const std::optional<std::string>& part = {}) {
  const auto found = cells.find({.place = place, .part = part});
  return found == cells.end() ? nullptr : &found->second;
}

bool says_anything(const CellTally* cell) {
  return cell != nullptr && (cell->entered > 0 || cell->due > 0 || cell->negative.n > 0);
}

struct BothRates {
  std::optional<ComparedRate> before;
  std::optional<ComparedRate> now;
};

/// Nothing where a side has none of it, or all is of one part.
std::optional<Decomposition> decompose(const std::string& cut, const std::map<std::string, BothRates>& rates,
                                       double before, double now) {
  Decomposition result{.cut = cut, .before = before, .now = now, .parts = {}};
  double all_before = 0;
  double all_now = 0;
  for (const auto& [part, both] : rates) {
    if (!both.before && !both.now) continue;
    PartChange& own = result.parts.emplace_back();
    own.part = part;
    own.before = both.before;
    own.now = both.now;
    own.large = both.before && both.now && is_large(*both.before) && is_large(*both.now);
    if (both.before) all_before += static_cast<double>(both.before->n);
    if (both.now) all_now += static_cast<double>(both.now->n);
  }
  if (result.parts.size() < 2 || !(all_before > 0) || !(all_now > 0)) return std::nullopt;

  std::vector<MixPart> mixed;
  std::vector<double> moves;
  for (PartChange& part : result.parts) {
    MixPart& own = mixed.emplace_back();
    if (part.before) {
      own.rate_before = part.before->rate;
      own.share_before = part.share_before = static_cast<double>(part.before->n) / all_before;
    }
    if (part.now) {
      own.rate_now = part.now->rate;
      own.share_now = part.share_now = static_cast<double>(part.now->n) / all_now;
    }
    if (part.large) moves.push_back(part.now->rate - part.before->rate);
  }
  const std::vector<MixAndRate> effects = mix_and_rate(mixed);
  for (std::size_t i = 0; i < effects.size(); ++i) {
    result.parts[i].effect = effects[i];
    result.mix += effects[i].mix;
    result.rate += effects[i].rate;
  }
  constexpr double rounding = 1e-12;
  const double residual = result.difference() - result.mix - result.rate;
  result.residual = std::abs(residual) < rounding ? 0 : residual;
  // Where what happens in the parts moves the whole its own way, the small parts do it, and no mix.
  result.reversal = is_reversal(result.difference(), moves) && result.rate * result.difference() < 0;
  return result;
}

/// Compares the two sides touchpoint by touchpoint.
class Comparer {
 public:
  Comparer(const StayTable& table, Counts before, Counts now)
      : table_(table), bins_(bins_of(table)), before_(std::move(before)), now_(std::move(now)) {
    cuts_.emplace_back("channel");
    cuts_.insert(cuts_.end(), table.segments.begin(), table.segments.end());
  }

  void fill(ComparisonReport& report) const {
    std::map<std::string, BothRates> drop_offs;
    std::set<std::string> seen;
    for (const Place& place : table_.places) {
      if (!seen.insert(place.id).second) continue;
      const std::vector<std::uint16_t> same = places_with_id(place.id);
      for (const Pair& pair : pairs_of(same)) report.touchpoints.push_back(compare(pair));
      drop_offs[place.id] = drop_off_of(same, report);
    }
    const auto overall = [&](auto side) {
      double lost = 0;
      double all = 0;
      for (const auto& [id, both] : drop_offs) {
        const std::optional<ComparedRate>& rate = both.*side;
        if (!rate) continue;
        lost += rate->rate * static_cast<double>(rate->n);
        all += static_cast<double>(rate->n);
      }
      return all > 0 ? lost / all : 0;
    };
    report.journey_drop_off =
        decompose("touchpoint", drop_offs, overall(&BothRates::before), overall(&BothRates::now));
    fill_scores(report);
  }

 private:
  struct Pair {
    std::uint16_t before;
    std::uint16_t now;
  };
  [[nodiscard]] std::vector<std::uint16_t> places_with_id(const std::string& id) const {
    std::vector<std::uint16_t> same;
    for (std::size_t place = 0; place < table_.places.size(); ++place) {
      if (table_.places[place].id == id) same.push_back(static_cast<std::uint16_t>(place));
    }
    return same;
  }

  /// The place with the most stays on a side; no_index where there is nothing.
  static std::uint16_t largest(const std::vector<std::uint16_t>& places, const Counts& counts) {
    std::uint16_t best = no_index;
    std::uint64_t most = 0;
    for (const std::uint16_t place : places) {
      const CellTally* const cell = find(counts.whole.cells, place);
      if (!says_anything(cell) || (best != no_index && cell->entered <= most)) continue;
      best = place;
      most = cell->entered;
    }
    return best;
  }
  [[nodiscard]] Pair main_pair(const std::vector<std::uint16_t>& places) const {
    Pair main{largest(places, before_), largest(places, now_)};
    if (main.before == no_index) main.before = main.now;
    if (main.now == no_index) main.now = main.before;
    return main;
  }

  /// What replaced what, where most customers met something else; and each place with itself.
  [[nodiscard]] std::vector<Pair> pairs_of(const std::vector<std::uint16_t>& places) const {
    std::vector<Pair> pairs;
    const Pair main = main_pair(places);
    const bool replaced = main.before != main.now;
    if (replaced) pairs.push_back(main);
    for (const std::uint16_t place : places) {
      const bool before = says_anything(find(before_.whole.cells, place));
      const bool now = says_anything(find(now_.whole.cells, place));
      const bool said = replaced && (place == main.before || place == main.now) && before != now;
      if ((before || now) && !said) pairs.push_back({place, place});
    }
    return pairs;
  }

  [[nodiscard]] ComparedReading reading_of(const Pair& pair) const {
    return lotse::reading_of(table_.places[pair.before], find(before_.whole.cells, pair.before),
                             table_.places[pair.now], find(now_.whole.cells, pair.now), bins_);
  }

  [[nodiscard]] ComparedRates rates_of(std::uint16_t place, const CellTally* cell, Duration within) const {
    return lotse::rates_of(&table_.places[place], cell, within, bins_);
  }

  [[nodiscard]] TouchpointChange compare(const Pair& pair) const {
    const Place& of_before = table_.places[pair.before];
    const Place& of_now = table_.places[pair.now];
    const CellTally* const before = find(before_.whole.cells, pair.before);
    const CellTally* const now = find(now_.whole.cells, pair.now);
    const ComparedReading reading = reading_of(pair);
    TouchpointChange change;
    change.touchpoint = of_now.id;
    change.label_before = of_before.label;
    change.label_now = of_now.label;
    change.changed = pair.before != pair.now;
    change.title = of_now.title;
    change.stage = of_now.stage;
    change.owner = of_now.owner;
    if (before != nullptr) {
      change.entered_before = before->entered;
      change.mature_before = before->mature;
    }
    if (now != nullptr) {
      change.entered_now = now->entered;
      change.mature_now = now->mature;
    }
    change.dwell = dwell_of(pair, before, now);

    const ComparedRates rates_before = rates_of(pair.before, before, reading.before);
    const ComparedRates rates_now = rates_of(pair.now, now, reading.now);
    const auto splits = splits_of(pair, reading);
    for (const Signal signal : signals) {
      const auto index = static_cast<std::size_t>(signal);
      SignalChange own = compare_rates(signal, rates_before[index], rates_now[index], reading);
      if (!own.before && !own.now) continue;
      if (own.before && own.now) {
        for (std::size_t cut = 0; cut < cuts_.size(); ++cut) {
          auto split = decompose(cuts_[cut], splits[cut][index], own.before->rate, own.now->rate);
          if (split) own.splits.push_back(*std::move(split));
        }
      }
      change.signals.push_back(std::move(own));
    }
    return change;
  }

  [[nodiscard]] std::optional<DwellChange> dwell_of(const Pair& pair, const CellTally* before,
                                                    const CellTally* now) const {
    if (before == nullptr || now == nullptr || before->entered == 0 || now->entered == 0) return std::nullopt;
    constexpr double hour_ms = 3'600'000;
    const std::vector<LeavingTime> times_before = before->durations.times(bins_);
    const std::vector<LeavingTime> times_now = now->durations.times(bins_);
    const Duration within = std::min({table_.places[pair.before].horizon, table_.places[pair.now].horizon,
                                      watched(times_before), watched(times_now)});
    return DwellChange{.within = within,
                       .before_hours = restricted_mean(times_before, within.count()) / hour_ms,
                       .now_hours = restricted_mean(times_now, within.count()) / hour_ms};
  }

  /// By cut and signal: the shares of each part.
  using Splits = std::vector<std::array<std::map<std::string, BothRates>, signal_count>>;
  [[nodiscard]] Splits splits_of(const Pair& pair, const ComparedReading& reading) const {
    Splits splits(cuts_.size());
    const auto add = [&](std::size_t cut, const CellMap& cells, std::uint16_t place, Duration within,
                         std::optional<ComparedRate> BothRates::* side) {
      for (auto cell = cells.lower_bound({.place = place, .part = {}});
           cell != cells.end() && cell->first.place == place; ++cell) {
        if (!cell->first.part) continue;
        const ComparedRates rates = rates_of(place, &cell->second, within);
        for (std::size_t signal = 0; signal < signal_count; ++signal)
          splits[cut][signal][*cell->first.part].*side = rates[signal];
      }
    };
    for (std::size_t cut = 0; cut < cuts_.size(); ++cut) {
      add(cut, before_.cuts[cut], pair.before, reading.before, &BothRates::before);
      add(cut, now_.cuts[cut], pair.now, reading.now, &BothRates::now);
    }
    return splits;
  }

  /// A touchpoint's drop-off whatever its versions were; adds to what is at risk on each side.
  BothRates drop_off_of(const std::vector<std::uint16_t>& places, ComparisonReport& report) const {
    const Pair main = main_pair(places);
    if (main.before == no_index) return {};
    const ComparedReading reading = reading_of(main);
    const auto of = [&](const Counts& counts, Duration within, ComparedSide& side) {
      std::optional<ComparedRate> sum;
      double lost = 0;
      for (const std::uint16_t place : places) {
        const CellTally* const cell = find(counts.whole.cells, place);
        const Duration own = std::min(within, table_.places[place].horizon);
        const std::optional<ComparedRate> rate =
            rates_of(place, cell, own)[static_cast<std::size_t>(Signal::drop_off)];
        if (!rate) continue;
        side.at_risk += cell->entered;
        side.mature += cell->mature;
        if (!sum) sum.emplace();
        lost += rate->rate * static_cast<double>(rate->n);
        sum->n += rate->n;
        sum->sample.x += rate->sample.x;
        sum->sample.n += rate->sample.n;
      }
      if (sum) sum->rate = lost / static_cast<double>(sum->n);
      return sum;
    };
    BothRates both;
    both.before = of(before_, reading.before, report.before);
    both.now = of(now_, reading.now, report.now);
    return both;
  }

  void fill_scores(ComparisonReport& report) const {
    const auto scales = [&](const Counts& counts) {
      const CellTally* const cell = find(counts.whole.cells, no_index);
      return cell == nullptr ? std::vector<ScaleSummary>()
                             : measure(nullptr, {}, *cell, bins_).feedback.scales;
    };
    std::map<Scale, ScoreChange> changes;
    for (const ScaleSummary& scale : scales(before_)) changes[scale.scale].before = scale;
    for (const ScaleSummary& scale : scales(now_)) changes[scale.scale].now = scale;
    for (auto& [scale, change] : changes) {
      change.scale = scale;
      report.scores.push_back(change);
    }
  }

  const StayTable& table_;
  TimeBins bins_;
  Counts before_;
  Counts now_;
  std::vector<std::string> cuts_;
};

void judge(ComparisonReport& report) {
  for (const Signal signal : signals) {
    std::vector<SignalChange*> tested;
    std::vector<double> p_values;
    for (TouchpointChange& touchpoint : report.touchpoints) {
      for (SignalChange& change : touchpoint.signals) {
        if (change.signal != signal || !change.tested) continue;
        tested.push_back(&change);
        p_values.push_back(change.p);
      }
    }
    const std::vector<double> adjusted = benjamini_hochberg(p_values);
    SignalTests tests{.signal = signal, .tested = tested.size()};
    for (std::size_t i = 0; i < tested.size(); ++i) {
      SignalChange& change = *tested[i];
      change.p_adjusted = adjusted[i];
      tests.beyond_chance += adjusted[i] <= report.q ? 1U : 0U;
      change.verdict = verdict_of(change, report.q);
    }
    tests.expected_false = report.q * static_cast<double>(tests.beyond_chance);
    report.tests.push_back(tests);
  }
}

bool belongs(const StayTable::InstanceRow& instance, const ComparedSide& side) {
  if (side.version && instance.version != *side.version) return false;
  return (!side.from || instance.opened >= *side.from) && (!side.to || instance.opened < *side.to);
}

/// From opening to the goal, or to an end without it; those that may still reach it are open.
std::vector<LeavingTime> times_to_goal(const StayTable& table, const ComparedSide& side) {
  std::map<std::int64_t, LeavingTime> by_time;
  for (const StayTable::InstanceRow& instance : table.instances) {
    if (!belongs(instance, side)) continue;
    const bool achieved = instance.achieved != never;
    const bool ended = instance.ended != never;
    const Instant until = achieved ? instance.achieved : ended ? instance.ended : table.as_of;
    const std::int64_t lasted = (until - instance.opened).count();
    LeavingTime& time = by_time[lasted];
    time.at = time.from = lasted;
    const Cause cause = achieved ? Cause::achieved : ended ? Cause::exited : Cause::open;
    ++time.count[static_cast<std::size_t>(cause)];
  }
  std::vector<LeavingTime> times;
  for (const auto& [at, time] : by_time) times.push_back(time);
  return times;
}

ComparedRate achieved_rate(const StayTable& table, const ComparedSide& side,
                           const std::vector<LeavingTime>& times, Duration within) {
  ClusterSums mature;
  std::int64_t of_customer = 0;
  std::int64_t achieved = 0;
  std::uint32_t customer = std::numeric_limits<std::uint32_t>::max();
  const auto close = [&] {
    mature.add_customer(achieved, of_customer);
    achieved = of_customer = 0;
  };
  std::uint64_t opened = 0;
  for (const StayTable::InstanceRow& instance : table.instances) {
    if (!belongs(instance, side)) continue;
    ++opened;
    if (instance.opened > table.as_of - within) continue;
    if (instance.customer != customer) close();
    customer = instance.customer;
    ++of_customer;
    achieved += instance.achieved != never && instance.achieved - instance.opened <= within ? 1 : 0;
  }
  close();
  const Incidence incidence = aalen_johansen(times, within.count());
  constexpr auto goal = static_cast<std::size_t>(Cause::achieved);
  const double rate = incidence.share[goal];
  return {.rate = rate,
          .sample = effective_sample(rate, incidence.variance[goal], static_cast<double>(opened),
                                     static_cast<double>(mature.n), design_effect(mature)),
          .n = opened};
}

std::optional<AchievedChange> achieved_of(const StayTable& table, const ComparisonReport& report) {
  if (std::ranges::none_of(table.places, [](const Place& place) { return place.goal; })) return std::nullopt;
  const std::vector<LeavingTime> before = times_to_goal(table, report.before);
  const std::vector<LeavingTime> now = times_to_goal(table, report.now);
  if (before.empty() || now.empty()) return std::nullopt;
  const Duration longest{std::max(before.back().at, now.back().at)};
  AchievedChange change;
  change.within = std::min({longest, watched(before), watched(now)});
  change.before = achieved_rate(table, report.before, before, change.within);
  change.now = achieved_rate(table, report.now, now, change.within);
  change.interval = newcombe_difference(change.now.sample, change.before.sample);
  return change;
}

}  // namespace

std::optional<double> SignalChange::difference() const {
  if (!before || !now) return std::nullopt;
  return now->rate - before->rate;
}

Result<ComparisonReport> comparison_report(const StayTable& table, const ComparisonQuery& query,
                                           unsigned threads) {
  LOTSE_TRY(Sides sides, query.versions ? versions_of(table, query) : periods_of(table, query));
  ComparisonReport report;
  report.journey = table.journey;
  report.title = table.title;
  report.as_of = table.as_of;
  report.q = query.q;
  report.before = sides.before;
  report.now = sides.now;
  const SideCounter count_before(table, report.before, threads);
  const SideCounter count_now(table, report.now, threads);
  Counts before = count_whole(count_before, report.before);
  Counts now = count_whole(count_now, report.now);
  const TimeBins bins = bins_of(table);
  const auto cut = [&](CutKind kind, std::size_t segment) {  // one at a time: a cut may have many parts
    before.cuts.push_back(count_before.count(kind, segment).cells);
    now.cuts.push_back(count_now.count(kind, segment).cells);
    fold_rare(before.cuts.back(), now.cuts.back(), bins);
  };
  cut(CutKind::channel, 0);
  for (std::size_t segment = 0; segment < table.segments.size(); ++segment) cut(CutKind::segment, segment);
  Comparer(table, std::move(before), std::move(now)).fill(report);
  judge(report);
  report.achieved = achieved_of(table, report);
  return report;
}

std::string_view name(ChangeVerdict verdict) {
  switch (verdict) {
    case ChangeVerdict::worse:
      return "worse";
    case ChangeVerdict::better:
      return "better";
    case ChangeVerdict::no_change_seen:
      return "no_change_seen";
    case ChangeVerdict::too_few:
      return "too_few";
  }
  LOTSE_ASSERT(false);
}

}  // namespace lotse
