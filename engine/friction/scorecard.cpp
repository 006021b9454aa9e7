#include "engine/friction/scorecard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>

#include "engine/base/assert.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/friction/cluster.hpp"
#include "engine/friction/followed.hpp"
#include "engine/friction/groups.hpp"
#include "engine/friction/lives.hpp"
#include "engine/friction/promises.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {
namespace {

constexpr std::size_t most_parts = 60;  ///< values of a segment that get rows of their own
constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr Duration churn_horizon = std::chrono::days(90);

/// How a journey came to be over; competing causes, 0 being censored.
enum Fate : std::size_t { still_open, achieved, dropped, dropped_later, ended };

/// One journey as the whole or one stage sees it. Times are milliseconds since the origin: the opening, or
/// when it first came to the stage.
struct Observed {
  struct Span {
    std::int64_t begin;
    std::int64_t end;
  };
  std::uint32_t customer = 0;
  Fate fate = still_open;
  std::int64_t age = 0;  ///< when it was over, or is last seen open
  std::vector<Span> there;
  std::vector<Span> waiting;
  bool promised = false;
  bool broken = false;
  std::uint64_t handovers = 0;
  std::uint64_t without_cost = 0;
  std::int64_t cost = 0;
  std::uint64_t repeats = 0;
  std::uint64_t returns = 0;
  std::int64_t wasted = 0;
  std::int64_t value = no_value;
};

Instant over_at(const StayTable::InstanceRow& own, Instant as_of) {
  return own.achieved != never ? own.achieved : own.ended != never ? own.ended : as_of;
}

/// The rows of one instance in each column of the table.
struct InstanceRows {
  std::uint32_t instance;
  std::uint32_t first;  ///< stays [first, end)
  std::uint32_t end;
  std::span<const StayTable::PromiseRow> promises;
  std::span<const StayTable::PromiseRow> tasks;
};

/// Calls `visit(rows)` for each instance, in the order of the table.
template <class Visit>
void each_instance(const StayTable& table, Visit visit) {
  std::size_t promise = 0;
  std::size_t task = 0;
  const auto of_instance = [](const std::vector<StayTable::PromiseRow>& all, std::size_t& next,
                              std::uint32_t instance) {
    const std::size_t begin = next;
    while (next < all.size() && all[next].instance == instance) ++next;
    return std::span(all).subspan(begin, next - begin);
  };
  for (std::uint32_t instance = 0; instance < table.instances.size(); ++instance) {
    const bool last = instance + 1 == table.instances.size();
    visit(InstanceRows{
        .instance = instance,
        .first = table.instances[instance].first_stay,
        .end = last ? static_cast<std::uint32_t>(table.size()) : table.instances[instance + 1].first_stay,
        .promises = of_instance(table.promises, promise, instance),
        .tasks = of_instance(table.tasks, task, instance)});
  }
}

class Observer {
 public:
  static constexpr std::uint32_t whole = none;  ///< instead of a stage

  Observer(const StayTable& table, const HandoverCosts& costs, const std::vector<std::string>& stages)
      : table_(table), costs_(costs) {
    for (const Place& place : table.places) {
      const auto found = std::find(stages.begin(), stages.end(), place.stage);
      stage_of_place_.push_back(found == stages.end() ? none
                                                      : static_cast<std::uint32_t>(found - stages.begin()));
    }
  }

  [[nodiscard]] std::uint32_t stage_of(std::uint32_t row) const { return stage_of_place_[table_.place[row]]; }

  /// `stage`: one that the instance came to, or `whole`.
  [[nodiscard]] const Observed& observe(const InstanceRows& rows, std::uint32_t stage) {
    const StayTable::InstanceRow& own = table_.instances[rows.instance];
    stage_ = stage;
    seen_.there.clear();
    seen_.waiting.clear();
    seen_ = {.customer = own.customer,
             .there = std::move(seen_.there),
             .waiting = std::move(seen_.waiting),
             .value = own.value};
    std::uint32_t first = rows.first;
    while (!in_scope(first)) ++first;
    origin_ = table_.entered[first];
    seen_.age = std::max(Duration{0}, over_at(own, table_.as_of) - origin_).count();
    seen_.fate = fate_of(own.status, in_scope(rows.end - 1));
    look_at_tasks(rows, own.version);
    for (std::uint32_t row = first; row < rows.end; ++row) {
      if (in_scope(row)) look_at_stay(row);
    }
    each_promise_moment(table_, rows.first, rows.end, rows.promises, rows.tasks,
                        [&](Instant at, bool broken) {
                          if (!in_scope(row_at(rows, at))) return;
                          seen_.promised = true;
                          seen_.broken = seen_.broken || broken;
                        });
    return seen_;
  }

 private:
  [[nodiscard]] bool in_scope(std::uint32_t row) const { return stage_ == whole || stage_of(row) == stage_; }

  static Fate fate_of(Status status, bool ended_here) {
    switch (status) {
      case Status::active:
        return still_open;
      case Status::achieved:
        return achieved;
      case Status::exited:
        return ended;
      case Status::dropped:
        return ended_here ? dropped : dropped_later;
    }
    LOTSE_ASSERT(false);
  }

  /// The stay in which a moment lies; of moments between two, the earlier one.
  [[nodiscard]] std::uint32_t row_at(const InstanceRows& rows, Instant at) const {
    const auto begin = table_.entered.begin();
    const auto after = std::upper_bound(begin + rows.first, begin + rows.end, at);
    return std::max(rows.first + 1, static_cast<std::uint32_t>(after - begin)) - 1;
  }

  [[nodiscard]] Instant until(std::uint32_t row) const {
    return table_.cause[row] == Cause::open ? table_.as_of : table_.left[row];
  }

  void look_at_tasks(const InstanceRows& rows, std::uint32_t version) {
    tasks_.clear();
    for (const StayTable::PromiseRow& task : rows.tasks) {
      const std::uint32_t row = row_at(rows, task.made);
      tasks_.push_back({task.made, task.met != never ? task.met : until(row)});
      if (!in_scope(row)) continue;
      ++seen_.handovers;
      const auto cost = costs_.of.find({version, task.which});
      if (cost != costs_.of.end()) {
        seen_.cost += cost->second;
      } else {
        ++seen_.without_cost;
      }
    }
    std::sort(tasks_.begin(), tasks_.end());
  }

  void look_at_stay(std::uint32_t row) {
    seen_.repeats += table_.repeats[row];
    if (table_.entry[row] == Entry::went_back || table_.entry[row] == Entry::hop) {
      ++seen_.returns;
      seen_.wasted += (until(row) - table_.entered[row]).count();
    }
    keep(seen_.there, table_.entered[row], until(row));
    if (table_.places[table_.place[row]].turn != Turn::customer) {
      keep(seen_.waiting, table_.entered[row], until(row));
      return;
    }
    Instant from = table_.entered[row];  // up to here the open tasks are counted already
    for (const auto& [made, done] : tasks_) {
      keep(seen_.waiting, std::max(from, made), std::min(done, until(row)));
      from = std::max(from, done);
    }
  }

  /// What of [begin, end) lies before the journey is over.
  void keep(std::vector<Observed::Span>& spans, Instant begin, Instant end) const {
    const std::int64_t from = std::max<std::int64_t>(0, (begin - origin_).count());
    const std::int64_t to = std::min((end - origin_).count(), seen_.age);
    if (from < to) spans.push_back({from, to});
  }

  const StayTable& table_;
  const HandoverCosts& costs_;
  std::vector<std::uint32_t> stage_of_place_;
  std::uint32_t stage_ = whole;
  Instant origin_{};
  std::vector<std::pair<Instant, Instant>> tasks_;  ///< open from, to
  Observed seen_;
};

/// What adds up over the journeys of one row; they come customer by customer.
class RowSums {
 public:
  void add(const Observed& seen) {
    if (seen.customer != customer_) close();
    customer_ = seen.customer;
    followed_.add(seen.age, seen.fate);
    for (const Observed::Span& span : seen.there) there_.add(span.begin, span.end);
    for (const Observed::Span& span : seen.waiting) waiting_.add(span.begin, span.end);
    ++counts_[seen.fate];
    over_ += seen.fate != still_open ? 1 : 0;
    achieved_ += seen.fate == Fate::achieved ? 1 : 0;
    dropped_ += seen.fate == Fate::dropped ? 1 : 0;
    promised_ += seen.promised ? 1 : 0;
    broken_ += seen.broken ? 1 : 0;
    handovers_ += seen.handovers;
    without_cost_ += seen.without_cost;
    cost_ += seen.cost;
    repeats_ += seen.repeats;
    returns_ += seen.returns;
    wasted_ += seen.wasted;
    if (seen.value == no_value) return;
    valued_ = true;
    value_achieved_ += seen.fate == Fate::achieved ? seen.value : 0;
    value_lost_ += seen.fate == Fate::dropped ? seen.value : 0;
  }

  [[nodiscard]] bool empty() const { return followed_.size() == 0; }

  void finish(ScorecardRow& row, bool costs_declared) {
    close();
    row.customers = customers_;
    row.journeys = followed_.size();
    row.achieved = counts_[Fate::achieved];
    row.dropped = counts_[Fate::dropped];
    row.dropped_later = counts_[Fate::dropped_later];
    row.ended = counts_[Fate::ended];
    row.open = counts_[Fate::still_open];
    row.promised = static_cast<std::uint64_t>(by_promised_.n);
    row.broken = static_cast<std::uint64_t>(by_promised_.x);
    row.handovers = handovers_;
    row.handovers_without_cost = without_cost_;
    row.repeats = repeats_;
    row.returns = returns_;
    row.wasted = Duration{wasted_};
    if (row.promised > 0) row.broken_share = estimated(effective_sample(by_promised_));
    if (valued_) {
      row.value_achieved = money(value_achieved_);
      row.value_lost = money(value_lost_);
    }
    if (costs_declared && (handovers_ == 0 || without_cost_ < handovers_)) row.handover_cost = money(cost_);
    if (empty()) return;
    const std::vector<LeavingTime> times = followed_.times();
    const std::int64_t horizon = times.back().at;
    row.achieved_share = estimated(share_of(times, Fate::achieved, horizon, design_effect(by_achieved_)));
    row.dropped_share = estimated(share_of(times, Fate::dropped, horizon, design_effect(by_dropped_)));
    row.time = there_.mean(times);
    row.waiting = waiting_.mean(times);
  }

 private:
  static EstimatedShare estimated(Share share) {
    return {.rate = share.rate(), .n_eff = share.n, .interval = wilson(share)};
  }
  static double money(std::int64_t fixed) {
    return static_cast<double>(fixed) / static_cast<double>(fixed_point);
  }
  void close() {
    if (customer_ == none) return;
    ++customers_;
    by_achieved_.add_customer(achieved_, over_);
    by_dropped_.add_customer(dropped_, over_);
    by_promised_.add_customer(broken_, promised_);
    over_ = achieved_ = dropped_ = promised_ = broken_ = 0;
    customer_ = none;
  }

  std::uint32_t customer_ = none;
  std::int64_t over_ = 0;  ///< of this customer
  std::int64_t achieved_ = 0;
  std::int64_t dropped_ = 0;
  std::int64_t promised_ = 0;
  std::int64_t broken_ = 0;

  std::uint64_t customers_ = 0;
  std::array<std::uint64_t, 5> counts_{};
  Followed followed_;
  TimeInState there_;
  TimeInState waiting_;
  ClusterSums by_achieved_;
  ClusterSums by_dropped_;
  ClusterSums by_promised_;
  std::uint64_t handovers_ = 0;
  std::uint64_t without_cost_ = 0;
  std::int64_t cost_ = 0;
  std::uint64_t repeats_ = 0;
  std::uint64_t returns_ = 0;
  std::int64_t wasted_ = 0;
  bool valued_ = false;
  std::int64_t value_achieved_ = 0;
  std::int64_t value_lost_ = 0;
};

/// A customer's part in one comparison.
struct Compared {
  std::uint32_t instance = none;  ///< none: not in it
  Instant landmark{};
  bool with = false;
};

/// One side of a comparison.
struct Side {
  std::uint64_t customers = 0;
  Followed journeys;         ///< since the landmark, until over
  Followed customers_here;   ///< since the landmark, until gone silent
  std::int64_t watched = 0;  ///< longest
};

std::optional<ShareDifference> difference(const Followed& with, const Followed& without, std::size_t cause,
                                          std::int64_t horizon) {
  if (with.size() < least_compared || without.size() < least_compared) return std::nullopt;
  const Share first = share_of(with.times(), cause, horizon);
  const Share second = share_of(without.times(), cause, horizon);
  return ShareDifference{.n_with = with.size(),
                         .n_without = without.size(),
                         .with = first.rate(),
                         .without = second.rate(),
                         .interval = newcombe_difference(first, second),
                         .within = Duration{horizon}};
}

/// `compared` by customer.
void compare(const StayTable& table, const std::vector<Life>& lives, const std::vector<Compared>& compared,
             std::optional<Duration> churn_after, LandmarkComparison& comparison) {
  std::array<Side, 2> sides;
  for (std::uint32_t customer = 0; customer < compared.size(); ++customer) {
    const Compared& own = compared[customer];
    if (own.instance == none) continue;
    const StayTable::InstanceRow& instance = table.instances[own.instance];
    Side& side = sides[own.with ? 0 : 1];
    ++side.customers;
    const Fate fate = instance.status == Status::active     ? still_open
                      : instance.status == Status::achieved ? achieved
                                                            : ended;
    side.journeys.add((over_at(instance, table.as_of) - own.landmark).count(), fate);
    side.watched = std::max(side.watched, (table.as_of - own.landmark).count());
    if (!churn_after) continue;
    const Instant silent = lives[customer].last + *churn_after;
    if (silent <= own.landmark) continue;  // gone before
    const bool gone = silent <= table.as_of;
    side.customers_here.add(((gone ? silent : table.as_of) - own.landmark).count(), gone ? 1 : 0);
  }
  comparison.with = sides[0].customers;
  comparison.without = sides[1].customers;
  const std::int64_t watched = std::min(sides[0].watched, sides[1].watched);
  comparison.achieved = difference(sides[0].journeys, sides[1].journeys, achieved, watched);
  const bool can_churn = churn_after && *churn_after < churn_horizon && watched >= churn_horizon.count();
  if (can_churn) {
    comparison.churned =
        difference(sides[0].customers_here, sides[1].customers_here, 1, churn_horizon.count());
  }
}

/// Each customer's first answer that was given in the period and before the journey that it is about was
/// over; of several at the same instant, negative if one of them is.
std::vector<Compared> by_first_answer(const StayTable& table, Instant from, Instant to) {
  std::vector<Compared> first(table.customers);
  for (const StayTable::FeedbackRow& row : table.feedback) {
    const std::uint32_t instance = table.instance[row.stay];
    const StayTable::InstanceRow& own = table.instances[instance];
    const bool over = own.status != Status::active && over_at(own, table.as_of) <= row.at;
    if (over || row.at < from || row.at >= to) continue;
    Compared& mine = first[own.customer];
    const bool negative = is_negative_fixed(row.scale, row.score);
    if (mine.instance == none || row.at < mine.landmark) {
      mine = {.instance = instance, .landmark = row.at, .with = negative};
    } else if (row.at == mine.landmark) {
      mine.with = mine.with || negative;
    }
  }
  return first;
}

/// When the customer first met friction in this journey; never: not yet. A repeat has no time of its own: it
/// is known by the end of its stay.
Instant first_friction(const StayTable& table, const InstanceRows& rows) {
  Instant first = never;
  each_promise_moment(table, rows.first, rows.end, rows.promises, rows.tasks, [&](Instant at, bool broken) {
    if (broken) first = std::min(first, at);
  });
  for (std::uint32_t row = rows.first; row < rows.end; ++row) {
    if (table.entry[row] == Entry::went_back) first = std::min(first, table.entered[row]);
    if ((table.flags[row] & StayTable::hop_forced) != 0) first = std::min(first, table.left[row]);
    const bool is_open = table.cause[row] == Cause::open;
    if (table.repeats[row] > 0) first = std::min(first, is_open ? table.as_of : table.left[row]);
  }
  return first;
}

/// Each customer's first journey of the period.
struct FirstJourney {
  std::uint32_t instance = none;
  Instant friction = never;
};

std::vector<Compared> at_landmark(const StayTable& table, const std::vector<FirstJourney>& journeys,
                                  Duration landmark) {
  std::vector<Compared> compared(journeys.size());
  for (std::size_t customer = 0; customer < journeys.size(); ++customer) {
    if (journeys[customer].instance == none) continue;
    const StayTable::InstanceRow& own = table.instances[journeys[customer].instance];
    const Instant at = own.opened + landmark;
    if (over_at(own, table.as_of) <= at) continue;
    compared[customer] = {
        .instance = journeys[customer].instance, .landmark = at, .with = journeys[customer].friction <= at};
  }
  return compared;
}

void compare_all(const StayTable& table, Instant from, Instant to, Scorecard& card) {
  const std::vector<Life> lives = lives_of(table);
  LandmarkComparison& answer = card.comparisons.emplace_back();
  compare(table, lives, by_first_answer(table, from, to), card.churn_after, answer);

  std::vector<FirstJourney> journeys(table.customers);
  each_instance(table, [&](const InstanceRows& rows) {
    const StayTable::InstanceRow& own = table.instances[rows.instance];
    FirstJourney& first = journeys[own.customer];
    if (own.opened < from || own.opened >= to) return;
    if (first.instance != none && table.instances[first.instance].opened <= own.opened) return;
    first = {.instance = rows.instance, .friction = first_friction(table, rows)};
  });
  Followed followed;
  for (const FirstJourney& journey : journeys) {
    if (journey.instance == none) continue;
    const StayTable::InstanceRow& own = table.instances[journey.instance];
    followed.add((over_at(own, table.as_of) - own.opened).count(), own.status == Status::active ? 0 : 1);
  }
  const auto median = kaplan_meier_quantile(followed.times(), 0.5);
  if (!median) return;
  card.median = Duration{std::llround(*median)};
  for (const double quarter : {0.25, 0.5, 0.75}) {
    LandmarkComparison& comparison = card.comparisons.emplace_back();
    comparison.contrast = LandmarkContrast::friction;
    comparison.quarter = quarter;
    comparison.landmark = Duration{std::llround(*median * quarter)};
    compare(table, lives, at_landmark(table, journeys, comparison.landmark), card.churn_after, comparison);
  }
}

Result<std::vector<std::size_t>> segments_of(const StayTable& table, const std::string& by) {
  std::vector<std::size_t> all(table.segments.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  if (by.empty()) return all;
  if (const auto segment = table.find_segment(by)) return std::vector{*segment};
  if (table.segments.empty()) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` is no segment of `{}`, which declares none", by, table.journey));
  }
  std::string list;
  for (const std::string& one : table.segments) list += fmt::format("{}{}", list.empty() ? "" : ", ", one);
  const std::vector<std::string_view> known(table.segments.begin(), table.segments.end());
  const std::string_view meant = nearest(by, known);
  return fail(ErrorCode::bad_input,
              fmt::format("`{}` is no segment of `{}`; there are: {}{}", by, table.journey, list,
                          meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
}

/// The segments' values by how many journeys were opened with them in the period.
std::vector<SegmentGroups> groups_of(const StayTable& table, const std::vector<std::size_t>& segments,
                                     Instant from, Instant to) {
  std::vector<SegmentGroups> all;
  for (const std::size_t segment : segments) {
    std::vector<std::uint64_t> counts(table.segment_values[segment].size(), 0);
    for (const StayTable::InstanceRow& own : table.instances) {
      if (own.opened < from || own.opened >= to) continue;
      const std::uint32_t set = table.segment_set[own.first_stay];
      ++counts[table.segment_sets[set * table.segments.size() + segment]];
    }
    all.push_back(most_frequent(table, segment, counts, most_parts));
  }
  return all;
}

std::optional<Scale> headline_scale(const KpiRow& whole) {
  for (const Scale scale : {Scale::nps, Scale::csat5, Scale::ces7, Scale::stars, Scale::sentiment}) {
    for (const Score& score : whole.scores) {
      if (score.scale == scale) return scale;
    }
  }
  return std::nullopt;
}

/// What the KPI report has of a row.
void take(const KpiRow& kpi, const std::optional<Scale>& scale, ScorecardRow& row) {
  for (const Score& score : kpi.scores) {
    if (score.scale == scale) row.score = score;
  }
  row.answers = kpi.answers;
  row.negative = kpi.negative;
  if (kpi.churn) row.churn_by_90_days = kpi.churn->by_90_days;
  if (kpi.lifetime_value) row.lifetime_value = kpi.lifetime_value->value;
}

}  // namespace

HandoverCosts handover_costs(const StayTable& table, const JourneyVersions& versions,
                             const Channels& channels) {
  HandoverCosts costs;
  for (const auto& journey : versions.versions) {
    for (const Touchpoint& touchpoint : journey->touchpoints) {
      if (!touchpoint.handover) continue;
      const auto team = std::find_if(channels.teams.begin(), channels.teams.end(),
                                     [&](const Team& one) { return one.id == touchpoint.handover->team; });
      if (team == channels.teams.end() || !team->cost) {
        costs.undeclared.push_back(touchpoint.handover->team);
        continue;
      }
      const auto place = std::find(table.task_places.begin(), table.task_places.end(), touchpoint.id);
      LOTSE_ASSERT(place != table.task_places.end());
      costs.of[{journey->version, static_cast<std::uint32_t>(place - table.task_places.begin())}] =
          std::llround(*team->cost * static_cast<double>(fixed_point));
    }
  }
  std::sort(costs.undeclared.begin(), costs.undeclared.end());
  costs.undeclared.erase(std::unique(costs.undeclared.begin(), costs.undeclared.end()),
                         costs.undeclared.end());
  return costs;
}

Result<Scorecard> scorecard(const StayTable& table, const HandoverCosts& costs, const ScorecardQuery& query) {
  LOTSE_TRY(const std::vector<std::size_t> segments, segments_of(table, query.by));
  const Instant to = query.to.value_or(table.as_of + Duration{1});
  Instant first = to - Duration{1};
  for (const StayTable::InstanceRow& own : table.instances) first = std::min(first, own.opened);
  const Instant from = query.from.value_or(first);
  const std::vector<SegmentGroups> groups = groups_of(table, segments, from, to);
  LOTSE_TRY(const KpiReport kpis,
            kpi_report(table, {.from = from, .to = to, .churn_after = query.churn_after}, groups));

  Scorecard card;
  card.journey = table.journey;
  card.title = table.title;
  card.as_of = table.as_of;
  card.from = query.from;
  card.to = query.to;
  card.by = query.by;
  card.churn_after = kpis.churn_after;
  card.scale = headline_scale(kpis.rows.front());
  card.teams_without_cost = costs.undeclared;
  card.unattributed_feedback = table.unattributed_feedback;

  const std::vector<std::string> stages = stages_of(table);
  RowSums whole;
  std::vector<RowSums> by_stage(stages.size());
  std::vector<std::vector<RowSums>> by_segment;
  for (const SegmentGroups& own : groups) {
    by_segment.emplace_back(own.names.size());
    card.folded += own.folded;
  }
  Observer observer(table, costs, stages);
  std::vector<bool> came(stages.size());
  each_instance(table, [&](const InstanceRows& rows) {
    const StayTable::InstanceRow& own = table.instances[rows.instance];
    if (own.opened < from || own.opened >= to) return;
    const Observed& seen = observer.observe(rows, Observer::whole);
    whole.add(seen);
    const std::uint32_t set = table.segment_set[own.first_stay];
    for (std::size_t s = 0; s < groups.size(); ++s) by_segment[s][groups[s].of(table, set)].add(seen);
    came.assign(stages.size(), false);
    for (std::uint32_t row = rows.first; row < rows.end; ++row) {
      const std::uint32_t stage = observer.stage_of(row);
      if (stage != none) came[stage] = true;
    }
    for (std::uint32_t stage = 0; stage < stages.size(); ++stage) {
      if (came[stage]) by_stage[stage].add(observer.observe(rows, stage));
    }
  });

  std::map<std::tuple<KpiLevel, std::string, std::string>, const KpiRow*> kpi_of;
  for (const KpiRow& row : kpis.rows) kpi_of[{row.level, row.name, row.part}] = &row;
  const auto finish = [&](RowSums& sums, KpiLevel level, const std::string& name, const std::string& part) {
    ScorecardRow row;
    row.level = level;
    row.name = name;
    row.part = part;
    sums.finish(row, !costs.of.empty());
    const auto kpi = kpi_of.find({level, name, part});
    if (kpi != kpi_of.end()) take(*kpi->second, card.scale, row);
    if (level == KpiLevel::segment && row.journeys == 0 && row.answers == 0) return;
    card.rows.push_back(std::move(row));
  };
  finish(whole, KpiLevel::journey, "", "");
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    finish(by_stage[stage], KpiLevel::stage, stages[stage], "");
  }
  for (std::size_t s = 0; s < groups.size(); ++s) {
    const std::string& segment = table.segments[groups[s].segment];
    for (std::size_t value = 0; value < groups[s].names.size(); ++value) {
      finish(by_segment[s][value], KpiLevel::segment, segment, groups[s].names[value]);
    }
  }
  compare_all(table, from, to, card);
  return card;
}

std::string_view name(LandmarkContrast contrast) {
  switch (contrast) {
    case LandmarkContrast::negative_answer:
      return "negative_answer";
    case LandmarkContrast::friction:
      return "friction";
  }
  LOTSE_ASSERT(false);
}

}  // namespace lotse
