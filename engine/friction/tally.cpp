#include "engine/friction/tally.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "engine/base/assert.hpp"
#include "engine/friction/pieces.hpp"
#include "engine/friction/promises.hpp"

namespace lotse {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr Duration recent_window = std::chrono::days(28);

/// A stay as a row counts it: one, or the parts of one that hopped from channel to channel.
struct Unit {
  std::uint32_t first;
  std::uint32_t end;  ///< of its rows
  Cause cause;
  bool mature;
  bool dropped;   ///< by the horizon
  bool deviates;  ///< left forward, off the path
  bool forced;    ///< left by a forced hop
  bool repeated;  ///< came back against the graph, or went on in another channel
  bool lost;      ///< the customer was asked again, or something was missing
  std::int64_t duration;
  Instant left;
  Instant escalated;  ///< first; never: not
};

/// The values that cells are cut by, as numbers.
struct Parts {
  std::vector<std::string> names;
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(names.size()); }
};

Parts parts_of(const StayTable& table, const Selection& selection) {
  switch (selection.cut) {
    case CutKind::none:
      return {};
    case CutKind::channel: {
      Parts parts{table.channels};
      parts.names.emplace_back("(none)");
      return parts;
    }
    case CutKind::segment:
      return {table.segment_values[selection.segment]};
    case CutKind::promise:
      return {{promise_state::kept, promise_state::broken, promise_state::not_due}};  // by Standing
    case CutKind::period: {
      Parts parts;
      for (const Instant begin : selection.periods) parts.names.push_back(format_instant(begin));
      return parts;
    }
  }
  LOTSE_ASSERT(false);
}

/// One customer's stays, promises and answers in a cell, until the next customer comes.
struct RunningStays {
  std::uint32_t customer = none;
  std::uint32_t mature = 0;
  std::uint32_t drops = 0;
  std::uint32_t entered = 0;
  std::uint32_t forced = 0;
  std::uint32_t repeated = 0;
  std::uint32_t lost = 0;
};
struct RunningPromises {
  std::uint32_t customer = none;
  std::uint32_t due = 0;
  std::uint32_t past = 0;
};
struct RunningFeedback {
  std::uint32_t customer = none;
  std::uint32_t answers = 0;
  std::uint32_t negative = 0;
  std::int32_t promoters = 0;
  std::array<std::uint32_t, scale_count> of_scale{};
  std::array<std::int64_t, scale_count> score{};
};

/// How many customers have x of n: nearly all are one of a few pairs, and add to sums of squares at the end.
struct SmallCustomers {
  static constexpr std::uint32_t few = 4;
  std::array<std::uint32_t, few * few> count{};

  void add(std::uint32_t x, std::uint32_t n, ClusterSums& sums) {
    if (n < few) {
      ++count[n * few + x];
    } else {
      sums.add_customer(x, n);
    }
  }
  void finish(ClusterSums& sums) const {
    for (std::uint32_t n = 1; n < few; ++n) {
      for (std::uint32_t x = 0; x <= n; ++x) sums.add_customers(x, n, count[n * few + x]);
    }
  }
};

struct Cell {
  StayCounts shared;  ///< of a part: stays that the whole counts just so, and takes from here at the end
  CellTally tally;    ///< all else
  RunningStays stays;
  RunningPromises promises;
  RunningFeedback feedback;
  SmallCustomers by_mature;
  SmallCustomers by_due;
  SmallCustomers by_forced;
  SmallCustomers by_repeated;
  SmallCustomers by_lost;

  /// `late`: by how much the promise is broken; 0: it was kept.
  void add_promise(std::uint32_t customer, Duration late) {
    const bool past = late > Duration{0};
    if (promises.customer != customer) {
      close_promises();
      promises = {.customer = customer};
    }
    ++tally.due;
    ++promises.due;
    tally.past += past ? 1U : 0U;
    promises.past += past ? 1U : 0U;
    tally.late_ms += late.count();
  }
  void close_stays() {
    by_mature.add(stays.drops, stays.mature, tally.mature_drops);
    by_forced.add(stays.forced, stays.entered, tally.forced_by_customer);
    by_repeated.add(stays.repeated, stays.entered, tally.repeated_by_customer);
    by_lost.add(stays.lost, stays.entered, tally.lost_by_customer);
  }
  void close_promises() { by_due.add(promises.past, promises.due, tally.past_by_customer); }
  void close_feedback() {
    if (feedback.answers == 0) return;
    tally.negative.add_customer(feedback.negative, feedback.answers);
    for (std::size_t scale = 0; scale < scale_count; ++scale) {
      tally.scales[scale].score.add_customer(feedback.score[scale], feedback.of_scale[scale]);
    }
    constexpr auto nps = static_cast<std::size_t>(Scale::nps);
    tally.scales[nps].promoters.add_customer(feedback.promoters, feedback.of_scale[nps]);
  }
};

/// Cells by (place, part), made when first met. Where there is a part there is its whole.
class Cells {
 public:
  Cells(std::size_t places, std::uint32_t parts) : width_(parts + 1), cells_((places + 1) * width_) {}

  /// `place` == number of places: all together; `part` == none: the whole.
  Cell& at(std::size_t place, std::uint32_t part) {
    std::unique_ptr<Cell>& cell = cells_[place * width_ + (part == none ? width_ - 1 : part)];
    if (cell == nullptr) cell = std::make_unique<Cell>();
    return *cell;
  }

  std::map<CellKey, CellTally> finish(const Parts& parts, const TimeBins& bins) {
    std::map<CellKey, CellTally> result;
    const std::size_t places = cells_.size() / width_ - 1;
    for (std::size_t place = 0; place <= places; ++place) {
      StayCounts shared;
      for (std::size_t part = 0; part < width_; ++part) {
        Cell* const cell = cells_[place * width_ + part].get();
        if (cell == nullptr) continue;
        cell->close_stays();
        cell->close_promises();
        cell->close_feedback();
        cell->by_mature.finish(cell->tally.mature_drops);
        cell->by_due.finish(cell->tally.past_by_customer);
        cell->by_forced.finish(cell->tally.forced_by_customer);
        cell->by_repeated.finish(cell->tally.repeated_by_customer);
        cell->by_lost.finish(cell->tally.lost_by_customer);
        const bool whole = part + 1 == width_;
        if (!whole) shared.add(bins, cell->shared);
        static_cast<StayCounts&>(cell->tally).add(bins, whole ? shared : cell->shared);
        CellKey key;
        if (place < places) key.place = static_cast<std::uint16_t>(place);
        if (!whole) key.part = parts.names[part];
        result.emplace(std::move(key), std::move(cell->tally));
      }
    }
    return result;
  }

 private:
  std::size_t width_;
  std::vector<std::unique_ptr<Cell>> cells_;
};

/// A table's columns, one step nearer than through its vectors.
struct Columns {
  explicit Columns(const StayTable& table)
      : entered(table.entered.data()),
        left(table.left.data()),
        deadline(table.deadline.data()),
        segment_set(table.segment_set.data()),
        place(table.place.data()),
        to(table.to.data()),
        awaits(table.awaits.data()),
        channel(table.channel.data()),
        repeats(table.repeats.data()),
        cause(table.cause.data()),
        entry(table.entry.data()),
        flags(table.flags.data()),
        instances(table.instances),
        escalations(table.escalations),
        feedback(table.feedback),
        promises(table.promises),
        tasks(table.tasks),
        lost(table.lost),
        places(table.places),
        segment_sets(table.segment_sets.data()),
        segments(table.segments.size()),
        size(static_cast<std::uint32_t>(table.size())),
        as_of(table.as_of) {}

  const Instant* entered;
  const Instant* left;
  const Instant* deadline;
  const std::uint32_t* segment_set;
  const std::uint16_t* place;
  const std::uint16_t* to;
  const std::uint16_t* awaits;
  const std::uint16_t* channel;
  const std::uint16_t* repeats;
  const Cause* cause;
  const Entry* entry;
  const std::uint8_t* flags;
  std::span<const StayTable::InstanceRow> instances;
  std::span<const StayTable::At> escalations;
  std::span<const StayTable::FeedbackRow> feedback;
  std::span<const StayTable::PromiseRow> promises;
  std::span<const StayTable::PromiseRow> tasks;
  std::span<const StayTable::LostRow> lost;
  std::span<const Place> places;
  const std::uint32_t* segment_sets;
  std::size_t segments;
  std::uint32_t size;
  Instant as_of;
};

/// Counts ranges of instances, each with all instances of its customers. `every`: all stays are selected.
template <CutKind cut, bool every>
class Counter {
 public:
  Counter(const StayTable& table, const Selection& selection, const TimeBins& bins, const Parts& parts)
      : whole_(table),
        table_(table),
        selection_(selection),
        bins_(bins),
        parts_(parts),
        from_(selection.from.value_or(Instant::min())),
        to_(selection.to.value_or(never)),
        cells_(table.places.size(), parts.count()) {
    const std::size_t places = table.places.size();
    tally_.advanced.assign(places * places, 0);
    tally_.went_back.assign(places * places, 0);
    tally_.deviated.assign(places * places, 0);
    tally_.starts.assign(places, 0);
    tally_.promises.resize(table.promise_names.size());
    tally_.tasks.resize(table.task_places.size());
    tally_.lost.resize(table.wanted.size());
    for (std::size_t place = 0; place < places; ++place) {
      const Duration horizon = table.places[place].horizon;
      horizons_.push_back({.matured_by = table.as_of - horizon, .horizon = horizon.count()});
      old_by_ = std::min(old_by_, table.as_of - 2 * table.places[place].horizon);
    }
  }

  void count(std::size_t first, std::size_t end) {
    const std::uint32_t row = first < table_.instances.size() ? table_.instances[first].first_stay : 0;
    escalation_ = start(table_.escalations, row, &StayTable::At::stay);
    lost_ = start(table_.lost, row, &StayTable::LostRow::stay);
    feedback_ = start(table_.feedback, row, &StayTable::FeedbackRow::stay);
    const auto number = static_cast<std::uint32_t>(first);
    promise_ = start(table_.promises, number, &StayTable::PromiseRow::instance);
    task_ = start(table_.tasks, number, &StayTable::PromiseRow::instance);
    for (std::size_t instance = first; instance < end; ++instance) {
      count_instance(static_cast<std::uint32_t>(instance));
    }
  }

  /// Keeps the cases of one signal in one cell.
  void watch(std::size_t place, std::uint32_t part, Signal signal) {
    watched_ = &cells_.at(place, part);
    signal_ = signal;
  }
  std::vector<Case> cases() && { return std::move(cases_); }

  Tally finish() {
    tally_.cells = cells_.finish(parts_, bins_);
    return std::move(tally_);
  }

 private:
  template <class Row>
  static std::size_t start(std::span<const Row> rows, std::uint32_t from, std::uint32_t Row::* number) {
    const auto found =
        std::lower_bound(rows.begin(), rows.end(), from,
                         [&](const Row& row, std::uint32_t value) { return row.*number < value; });
    return static_cast<std::size_t>(found - rows.begin());
  }

  bool kept(std::uint32_t row) const {
    return every || selection_.keep == nullptr || (*selection_.keep)[row];
  }
  bool selected(std::uint32_t row) const {
    if constexpr (every) return true;
    const Instant entered = table_.entered[row];
    return entered >= from_ && entered < to_ && kept(row);
  }

  void count_instance(std::uint32_t instance) {
    const StayTable::InstanceRow& own = table_.instances[instance];
    const std::uint32_t first = own.first_stay;
    const std::uint32_t end =
        instance + 1 < table_.instances.size() ? table_.instances[instance + 1].first_stay : table_.size;
    const std::size_t promises = promise_;
    while (promise_ < table_.promises.size() && table_.promises[promise_].instance == instance) ++promise_;
    const std::size_t tasks = task_;
    while (task_ < table_.tasks.size() && table_.tasks[task_].instance == instance) ++task_;
    if (cut == CutKind::promise) {
      moments_ = promise_moments(whole_, first, end,
                                 std::span(whole_.promises).subspan(promises, promise_ - promises),
                                 std::span(whole_.tasks).subspan(tasks, task_ - tasks));
    }

    for (std::uint32_t row = first; row < end; ++row) {
      const bool due = table_.awaits[row] != no_index && table_.deadline[row] <= table_.as_of;
      if (due) count_awaited(row, first, end, own);
    }
    bool any = false;
    for (std::uint32_t row = first; row < end;) {
      std::uint32_t after = row + 1;
      while (table_.cause[after - 1] == Cause::hopped && after < end) ++after;
      any = count_stay(row, after, end, own) || any;
      row = after;
    }
    count_feedback(end, own.customer);

    if (!any) return;
    ++tally_.instances;
    ++tally_.starts[table_.place[first]];
    tally_.achieved += own.achieved != never ? 1U : 0U;
    const bool begun_inside = every || (own.opened >= from_ && own.opened < to_);
    if (begun_inside && own.opened <= old_by_) {
      ++tally_.old_instances;
      tally_.old_achieved += own.achieved != never ? 1U : 0U;
    }
    if (customer_ != own.customer) ++tally_.customers;
    customer_ = own.customer;
    for (std::size_t p = promises; p < promise_; ++p) count_promise(tally_.promises, table_.promises[p]);
    for (std::size_t t = tasks; t < task_; ++t) count_promise(tally_.tasks, table_.tasks[t]);
  }

  /// The rows of one stay: one, or as many as it hopped through. Whether it is selected.
  bool count_stay(std::uint32_t row, std::uint32_t after, std::uint32_t end,
                  const StayTable::InstanceRow& own) {
    const std::size_t escalation = escalation_;
    Cell& whole = cells_.at(table_.place[row], none);
    if (!kept(row) && (cut != CutKind::channel || after == row + 1)) {
      if (cut != CutKind::none)
        (void)cells_.at(table_.place[row], part_at_entry(row));  // has its row all the same
      while (escalation_ < table_.escalations.size() && table_.escalations[escalation_].stay < after)
        ++escalation_;
      while (lost_ < table_.lost.size() && table_.lost[lost_].stay < after) ++lost_;
      return false;
    }
    const std::size_t lost = lost_;
    const Unit unit = unit_of(row, after, end);
    const bool chosen = selected(row);
    if (chosen) {
      count_customer(whole, unit, own);
      count_move(unit);
      for (std::size_t i = lost; i < lost_; ++i) ++tally_.lost[table_.lost[i].which];
      ++tally_.stays;
    }
    if (cut == CutKind::none) {
      count_unit(whole.tally, unit, own, chosen);
      return chosen;
    }
    if (cut != CutKind::channel || after == row + 1) {
      Cell& part = cells_.at(table_.place[row], part_at_entry(row));
      count_unit(part.shared, unit, own, chosen);
      if (chosen) count_customer(part, unit, own);
      return chosen;
    }
    count_unit(whole.tally, unit, own, chosen);
    escalation_ = escalation;
    lost_ = lost;
    for (std::uint32_t each = row; each < after; ++each) {
      Cell& part = cells_.at(table_.place[each], part_at_entry(each));
      const Unit hop = unit_of(each, each + 1, end);
      const bool hop_chosen = selected(each);
      count_unit(part.tally, hop, own, hop_chosen);
      if (hop_chosen) count_customer(part, hop, own);
    }
    return chosen;
  }

  /// `end`: of the instance's rows.
  Unit unit_of(std::uint32_t row, std::uint32_t after, std::uint32_t end) {
    const std::uint32_t last = after - 1;
    const Instant entered = table_.entered[row];
    Unit unit{.first = row,
              .end = after,
              .cause = table_.cause[last],
              .mature = false,
              .dropped = false,
              .deviates = false,
              .forced = false,
              .repeated = false,
              .lost = false,
              .duration = 0,
              .left = table_.left[last],
              .escalated = never};
    unit.duration = ((unit.cause == Cause::open ? table_.as_of : unit.left) - entered).count();
    const Horizon& horizon = horizons_[table_.place[row]];
    unit.mature = entered <= horizon.matured_by;
    unit.dropped = unit.cause == Cause::dropped && unit.duration <= horizon.horizon;
    if (unit.cause == Cause::advanced && after < end) {
      unit.deviates = table_.entry[after] == Entry::skipped || table_.entry[after] == Entry::elsewhere;
    }
    for (std::uint32_t part = row; part < after; ++part) {
      unit.forced = unit.forced || (table_.flags[part] & StayTable::hop_forced) != 0;
    }
    const Entry entry = table_.entry[row];
    unit.repeated = after > row + 1 || entry == Entry::went_back || entry == Entry::hop;
    for (; lost_ < table_.lost.size() && table_.lost[lost_].stay <= last; ++lost_) unit.lost = true;
    while (escalation_ < table_.escalations.size() && table_.escalations[escalation_].stay <= last) {
      if (unit.escalated == never) unit.escalated = table_.escalations[escalation_].at;
      ++escalation_;
    }
    return unit;
  }

  void keep(const Cell& cell, Signal signal, const Case& found) {
    if (&cell == watched_ && signal == signal_) cases_.push_back(found);
  }
  void keep_cases(const Cell& cell, const Unit& unit, std::uint32_t customer) {
    const Instant entered = table_.entered[unit.first];
    const auto keep_if = [&](bool is_case, Signal signal, Instant at) {
      if (is_case) keep(cell, signal, {.customer = customer, .stay = unit.first, .at = at});
    };
    keep_if(unit.dropped, Signal::drop_off, unit.left);
    keep_if(unit.escalated != never, Signal::escalation, unit.escalated);
    keep_if(unit.forced, Signal::forced_hop, unit.left);
    keep_if(unit.repeated, Signal::repeat, entered);
    keep_if(unit.lost, Signal::lost_context, entered);
  }

  void count_customer(Cell& cell, const Unit& unit, const StayTable::InstanceRow& own) {
    if (&cell == watched_) keep_cases(cell, unit, own.customer);
    if (cell.stays.customer != own.customer) {
      cell.close_stays();
      cell.stays = {.customer = own.customer};
      ++cell.tally.customers;
    }
    cell.stays.mature += unit.mature ? 1U : 0U;
    cell.stays.drops += unit.mature && unit.dropped ? 1U : 0U;
    ++cell.stays.entered;
    cell.stays.forced += unit.forced ? 1U : 0U;
    cell.stays.repeated += unit.repeated ? 1U : 0U;
    cell.stays.lost += unit.lost ? 1U : 0U;
  }

  void count_unit(StayCounts& counts, const Unit& unit, const StayTable::InstanceRow& own,
                  bool chosen) const {
    const std::uint32_t row = unit.first;
    const Instant entered = table_.entered[row];
    counts.recent += kept(row) && entered > table_.as_of - recent_window ? 1U : 0U;  // whatever the dates are
    if (!chosen) return;

    ++counts.entered;
    ++counts.causes[static_cast<std::size_t>(unit.cause)];
    counts.durations.add(bins_, unit.duration, unit.cause);
    counts.mature += unit.mature ? 1U : 0U;
    counts.deviations += unit.deviates ? 1U : 0U;
    const auto has = [](std::uint8_t flags, StayTable::Flag flag) -> std::uint64_t {
      return (flags & flag) != 0 ? 1 : 0;
    };
    counts.after_goal += has(table_.flags[row], StayTable::after_goal);
    for (std::uint32_t part = row; part < unit.end; ++part) {
      const std::uint8_t flags = table_.flags[part];
      counts.repeats += table_.repeats[part];
      counts.designed += has(flags, StayTable::hop_designed);
      counts.forced += has(flags, StayTable::hop_forced);
      counts.assist_pull += has(flags, StayTable::assist_pull);
      if ((flags & (StayTable::hop_designed | StayTable::hop_forced)) != 0) {  // then there is a next stay
        counts.hop_pairs.add({.from = table_.channel[part],
                              .to = table_.channel[part + 1],
                              .forced = has(flags, StayTable::hop_forced),
                              .designed = has(flags, StayTable::hop_designed)});
      }
    }
    count_waste(counts, unit);
    if (unit.escalated != never) {
      counts.escalated_at.add(bins_, (unit.escalated - entered).count(), Cause::advanced);
      counts.escalated_left.add(bins_, unit.duration, unit.cause);
    }
    if (own.value != no_value) {
      ++counts.valued;
      counts.value += own.value;
      counts.value_dropped += unit.cause == Cause::dropped ? own.value : 0;
    }
  }

  void count_awaited(std::uint32_t row, std::uint32_t first, std::uint32_t end,
                     const StayTable::InstanceRow& own) {
    if (!selected(row)) return;
    const std::optional<Duration> late = promise_late_by(whole_, row, first, end);
    if (!late) return;
    const std::uint16_t place = table_.awaits[row];
    const auto add = [&](Cell& cell) {
      cell.add_promise(own.customer, *late);
      if (*late > Duration{0}) {
        keep(cell, Signal::broken_promise,
             {.customer = own.customer, .stay = row, .at = table_.deadline[row]});
      }
    };
    add(cells_.at(place, none));
    if (cut != CutKind::none) add(cells_.at(place, part_at_entry(row)));
  }

  void count_waste(StayCounts& counts, const Unit& unit) const {
    const Entry entry = table_.entry[unit.first];
    const std::uint32_t hops = unit.end - unit.first - 1;
    if (entry != Entry::hop && entry != Entry::went_back && hops == 0) return;  // nearly all
    counts.hops_in += hops + (entry == Entry::hop ? 1U : 0U);
    counts.returns += entry == Entry::went_back ? 1U : 0U;
    if (entry == Entry::went_back || entry == Entry::hop) {
      counts.waste_ms += unit.duration;
    } else if (hops > 0) {
      const Instant until = unit.cause == Cause::open ? table_.as_of : unit.left;
      counts.waste_ms += (until - table_.entered[unit.first + 1]).count();
    }
  }

  void count_move(const Unit& unit) {
    const std::uint16_t to = table_.to[unit.end - 1];
    if (to == no_index) return;
    const std::size_t move = table_.place[unit.first] * table_.places.size() + to;
    tally_.advanced[move] += unit.cause == Cause::advanced ? 1U : 0U;
    tally_.went_back[move] += unit.cause == Cause::went_back ? 1U : 0U;
    tally_.deviated[move] += unit.deviates ? 1U : 0U;
  }

  void count_feedback(std::uint32_t end, std::uint32_t customer) {
    std::uint32_t answered = none;
    for (; feedback_ < table_.feedback.size() && table_.feedback[feedback_].stay < end; ++feedback_) {
      const StayTable::FeedbackRow& row = table_.feedback[feedback_];
      std::uint32_t first = row.stay;
      const bool joined = cut != CutKind::channel;
      while (table_.entry[first] == Entry::hop && first > 0 && table_.cause[first - 1] == Cause::hopped)
        --first;
      if (!selected(first)) continue;
      const std::uint16_t place = table_.place[first];
      const bool negative = is_negative_fixed(row.scale, row.score);
      add_answer(cells_.at(place, none), row, negative, customer);
      add_answer(cells_.at(table_.places.size(), none), row, negative, customer);
      const std::uint32_t unit = joined ? first : row.stay;
      if (first != answered) {
        ++cells_.at(place, none).tally.answered;
        ++cells_.at(table_.places.size(), none).tally.answered;
      }
      if (cut != CutKind::none) {
        const std::uint32_t part = part_of_answer(row, unit);
        add_answer(cells_.at(place, part), row, negative, customer);
        add_answer(cells_.at(table_.places.size(), part), row, negative, customer);
        if (unit != answered_part_) {
          ++cells_.at(place, part_at_entry(unit)).tally.answered;
          ++cells_.at(table_.places.size(), part_at_entry(unit)).tally.answered;
        }
        answered_part_ = unit;
      }
      answered = first;
    }
  }

  void add_answer(Cell& cell, const StayTable::FeedbackRow& row, bool negative, std::uint32_t customer) {
    if (negative)
      keep(cell, Signal::negative_feedback, {.customer = customer, .stay = row.stay, .at = row.at});
    if (cell.feedback.customer != customer) {
      cell.close_feedback();
      cell.feedback = {.customer = customer};
    }
    const auto scale = static_cast<std::size_t>(row.scale);
    ++cell.feedback.answers;
    ++cell.feedback.of_scale[scale];
    cell.feedback.score[scale] += row.score;
    cell.feedback.negative += negative ? 1U : 0U;
    cell.tally.scales[scale].negative += negative ? 1U : 0U;
    if (row.scale == Scale::nps) {
      cell.feedback.promoters += row.score >= 9 * fixed_point ? 1 : negative ? -1 : 0;
    }
  }

  void count_promise(std::vector<PromiseTally>& tallies, const StayTable::PromiseRow& row) const {
    PromiseTally& tally = tallies[row.which];
    ++tally.made;
    if (row.deadline > table_.as_of) return;
    ++tally.due;
    tally.broken += row.met > row.deadline ? 1U : 0U;
  }

  std::uint32_t segment_part(std::uint32_t set) const {
    return table_.segment_sets[set * table_.segments + selection_.segment];
  }
  std::uint32_t channel_part(std::uint32_t row) const {
    return table_.channel[row] == no_index ? parts_.count() - 1 : table_.channel[row];
  }

  /// Stays entered outside of all periods are not selected: whatever is said of them is not counted.
  std::uint32_t period_part(Instant entered) const {
    const auto after = std::ranges::upper_bound(selection_.periods, entered);
    return static_cast<std::uint32_t>(std::max<std::ptrdiff_t>(after - selection_.periods.begin(), 1) - 1);
  }

  std::uint32_t part_at_entry(std::uint32_t row) const {
    switch (cut) {
      case CutKind::channel:
        return channel_part(row);
      case CutKind::segment:
        return segment_part(table_.segment_set[row]);
      case CutKind::promise:
        return moments_.at(table_.entered[row]);
      case CutKind::period:
        return period_part(table_.entered[row]);
      case CutKind::none:
        break;
    }
    return none;
  }
  /// `unit`: the first row of the stay that the answer is about.
  std::uint32_t part_of_answer(const StayTable::FeedbackRow& row, std::uint32_t unit) const {
    switch (cut) {
      case CutKind::channel:
        return channel_part(row.stay);
      case CutKind::segment:
        return segment_part(row.segments);
      case CutKind::promise:
        return moments_.at(row.at);
      case CutKind::period:
        return period_part(table_.entered[unit]);
      case CutKind::none:
        break;
    }
    return none;
  }

  const StayTable& whole_;
  const Columns table_;
  const Selection& selection_;
  const TimeBins& bins_;
  const Parts& parts_;
  Instant from_;
  Instant to_;
  Cells cells_;
  struct Horizon {
    Instant matured_by;  ///< the last entry that is mature
    std::int64_t horizon;
  };
  std::vector<Horizon> horizons_;  ///< by place
  Instant old_by_ = never;         ///< opened by then: had time for two of the longest stays
  Tally tally_;
  std::size_t escalation_ = 0;  ///< the next row of each sparse column
  std::size_t lost_ = 0;
  std::size_t feedback_ = 0;
  std::size_t promise_ = 0;
  std::size_t task_ = 0;
  std::uint32_t customer_ = none;
  std::uint32_t answered_part_ = none;
  const Cell* watched_ = nullptr;
  Signal signal_ = Signal::drop_off;
  std::vector<Case> cases_;
  PromiseMoments moments_;  ///< of the instance that is counted, where parts need them
};

template <CutKind cut, bool every>
Tally count_all(const StayTable& table, const Selection& selection, unsigned threads) {
  const TimeBins bins = bins_of(table);
  const Parts parts = parts_of(table, selection);
  const std::vector<std::size_t> bounds = cut_in_pieces(table, threads);
  std::vector<Tally> tallies(threads);
  std::atomic<std::size_t> next = 0;
  // Which thread counts a piece is chance; that the tallies add up to the same is not.
  const auto count = [&](Tally& result) {
    Counter<cut, every> counter(table, selection, bins, parts);
    for (std::size_t piece = next++; piece + 1 < bounds.size(); piece = next++) {
      counter.count(bounds[piece], bounds[piece + 1]);
    }
    result = counter.finish();
  };
  std::vector<std::thread> workers;
  for (std::size_t worker = 1; worker < tallies.size(); ++worker) {
    workers.emplace_back(count, std::ref(tallies[worker]));
  }
  count(tallies[0]);
  for (std::thread& worker : workers) worker.join();
  for (std::size_t worker = 1; worker < tallies.size(); ++worker) tallies[0].add(bins, tallies[worker]);
  tallies[0].starts_without_key = table.starts_without_key;
  tallies[0].unattributed_feedback = table.unattributed_feedback;
  return std::move(tallies[0]);
}

template <CutKind cut>
std::vector<Case> cases_by(const StayTable& table, const Selection& selection, const CellKey& cell,
                           Signal signal) {
  const TimeBins bins = bins_of(table);
  const Parts parts = parts_of(table, selection);
  const auto part = std::find(parts.names.begin(), parts.names.end(), cell.part.value_or(""));
  if (cell.part && part == parts.names.end()) return {};
  Counter<cut, false> counter(table, selection, bins, parts);
  counter.watch(cell.place == no_index ? table.places.size() : cell.place,
                cell.part ? static_cast<std::uint32_t>(part - parts.names.begin()) : none, signal);
  counter.count(0, table.instances.size());
  return std::move(counter).cases();
}

template <CutKind cut>
Tally count_cut(const StayTable& table, const Selection& selection, unsigned threads) {
  const bool every = !selection.from && !selection.to && selection.keep == nullptr;
  return every ? count_all<cut, true>(table, selection, threads)
               : count_all<cut, false>(table, selection, threads);
}

}  // namespace

TimeBins bins_of(const StayTable& table) { return TimeBins(table.edges); }

Tally tally(const StayTable& table, const Selection& selection, unsigned threads) {
  threads = std::max(1U, threads);
  switch (selection.cut) {
    case CutKind::none:
      return count_cut<CutKind::none>(table, selection, threads);
    case CutKind::channel:
      return count_cut<CutKind::channel>(table, selection, threads);
    case CutKind::segment:
      return count_cut<CutKind::segment>(table, selection, threads);
    case CutKind::promise:
      return count_cut<CutKind::promise>(table, selection, threads);
    case CutKind::period:
      return count_cut<CutKind::period>(table, selection, threads);
  }
  LOTSE_ASSERT(false);
}

std::vector<Case> cases_of(const StayTable& table, const Selection& selection, const CellKey& cell,
                           Signal signal) {
  switch (selection.cut) {
    case CutKind::none:
      return cases_by<CutKind::none>(table, selection, cell, signal);
    case CutKind::channel:
      return cases_by<CutKind::channel>(table, selection, cell, signal);
    case CutKind::segment:
      return cases_by<CutKind::segment>(table, selection, cell, signal);
    case CutKind::promise:
      return cases_by<CutKind::promise>(table, selection, cell, signal);
    case CutKind::period:
      return cases_by<CutKind::period>(table, selection, cell, signal);
  }
  LOTSE_ASSERT(false);
}

bool is_negative_fixed(Scale scale, std::int64_t score) {
  return is_negative(scale, static_cast<double>(score) / static_cast<double>(fixed_point));
}

}  // namespace lotse
