#include "engine/workbench/backtest.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/report/customer_words.hpp"
#include "engine/workbench/replay.hpp"

namespace lotse::backtest {
namespace {

std::size_t index(End end) { return static_cast<std::size_t>(end); }

End end_of(const Instance& instance) {
  switch (instance.status()) {
    case Status::active:
      return End::active;
    case Status::achieved:
      return End::achieved;
    case Status::exited:
      return End::exited;
    case Status::dropped:
      return End::dropped;
  }
  LOTSE_ASSERT(false);
}

const std::string& place_of(const Journey& journey, const Instance& instance) {
  return at(journey.touchpoints, instance.stays.back().at).id;
}

std::string outcome_of(const Journey& journey, const Instance& instance) {
  return instance.outcome ? at(journey.outcomes, *instance.outcome) : std::string();
}

/// Whose promise, and what became of it.
struct PromiseFate {
  std::string_view subject;
  PromiseStatus status{};
};

/// The promise of a touchpoint is made where it is awaited (docs/decisions/0003) and counts once, however
/// often the same is awaited by the same time. As the friction report counts it.
std::optional<PromiseFate> awaited(const Journey& journey, const Instance& instance, std::size_t stay,
                                   Instant now) {
  const std::vector<Stay>& stays = instance.stays;
  const Stay& own = stays[stay];
  if (!own.awaits || !own.deadline) return std::nullopt;
  const auto same = [&](std::size_t other) {
    return stays[other].awaits == own.awaits && stays[other].deadline == own.deadline;
  };
  if (stay > 0 && same(stay - 1)) return std::nullopt;
  std::size_t after = stay + 1;
  while (after < stays.size() && same(after)) ++after;
  PromiseFate fate{.subject = at(journey.touchpoints, *own.awaits).id, .status = PromiseStatus::released};
  bool reached = after < stays.size() && stays[after].at == *own.awaits;
  if (!reached) {
    const Stay& last = stays[after - 1];
    const bool waits_on = last.cause == Cause::open || last.cause == Cause::dropped;
    if (!waits_on &&
        (last.left < *own.deadline || (last.left == *own.deadline && last.cause != Cause::exited)))
      return fate;
    while (waits_on && after < stays.size() && stays[after].at != *own.awaits) ++after;
    reached = waits_on && after < stays.size();
    if (!reached && instance.status() == Status::exited && instance.ended_at < *own.deadline) return fate;
  }
  if (reached) {
    fate.status = stays[after].entered <= *own.deadline ? PromiseStatus::kept : PromiseStatus::broken;
  } else {
    fate.status = *own.deadline > now ? PromiseStatus::open : PromiseStatus::broken;
  }
  return fate;
}

/// In the order in which they were made, those of touchpoints first.
std::vector<PromiseFate> promises_of(const Journey& journey, const Instance& instance, Instant now) {
  std::vector<PromiseFate> fates;
  for (std::size_t stay = 0; stay < instance.stays.size(); ++stay) {
    if (const auto fate = awaited(journey, instance, stay, now)) fates.push_back(*fate);
  }
  for (const PromiseRecord& promise : instance.promises) {
    fates.push_back(
        {.subject = journey.promises[promise.promise].name, .status = instance.status(promise, now)});
  }
  return fates;
}

void count(PromiseCount& count, PromiseStatus status) {
  switch (status) {
    case PromiseStatus::open:
      ++count.open;
      return;
    case PromiseStatus::kept:
      ++count.kept;
      return;
    case PromiseStatus::broken:
      ++count.broken;
      return;
    case PromiseStatus::released:
      ++count.released;
      return;
  }
}

Totals empty_totals(const Journey& journey) {
  Totals totals;
  for (const Touchpoint& touchpoint : journey.touchpoints)
    totals.touchpoints.push_back({.id = touchpoint.id, .kind = touchpoint.kind});
  return totals;
}

void add(Totals& totals, const Journey& journey, const JourneyState& state, Instant now) {
  totals.customers += state.instances.empty() ? 0U : 1U;
  totals.instances += state.instances.size();
  for (const Instance& instance : state.instances) {
    const End end = end_of(instance);
    ++totals.ends[index(end)];
    if (end == End::exited) ++totals.outcomes[outcome_of(journey, instance)];
    TouchpointCount& place = totals.touchpoints[instance.stays.back().at.value()];
    place.standing += end == End::active ? 1U : 0U;
    place.dropped += end == End::dropped ? 1U : 0U;
    for (const Stay& stay : instance.stays)
      totals.touchpoints[stay.at.value()].reached += stay.entry == Entry::hop ? 0U : 1U;
    for (const PromiseFate& fate : promises_of(journey, instance, now)) {
      const auto known = totals.promises.find(fate.subject);
      count(known != totals.promises.end() ? known->second : totals.promises[std::string(fate.subject)],
            fate.status);
    }
  }
  for (const Effect& effect : state.effects) ++totals.touchpoints[effect.touchpoint.value()].reached;
}

void append(Totals& totals, const Totals& more) {
  totals.customers += more.customers;
  totals.instances += more.instances;
  for (std::size_t i = 0; i < end_count; ++i) totals.ends[i] += more.ends[i];
  for (const auto& [outcome, number] : more.outcomes) totals.outcomes[outcome] += number;
  for (std::size_t i = 0; i < totals.touchpoints.size(); ++i) {
    totals.touchpoints[i].reached += more.touchpoints[i].reached;
    totals.touchpoints[i].standing += more.touchpoints[i].standing;
    totals.touchpoints[i].dropped += more.touchpoints[i].dropped;
  }
  for (const auto& [name, number] : more.promises) {
    PromiseCount& own = totals.promises[name];
    own.kept += number.kept;
    own.broken += number.broken;
    own.open += number.open;
    own.released += number.released;
  }
}

/// One customer under one version.
struct Side {
  const Journey* journey;
  const JourneyState* state;
};

/// An instance of either version, or of both.
struct Pair {
  std::string key;
  std::size_t ordinal = 0;                     ///< of its key
  std::array<const Instance*, 2> instances{};  ///< before, after
};

std::vector<Pair> pairs_of(const JourneyState& before, const JourneyState& after) {
  std::vector<Pair> pairs;
  const std::array<const JourneyState*, 2> states{&before, &after};
  for (std::size_t side = 0; side < 2; ++side) {
    const std::size_t known = pairs.size();
    for (const Instance& instance : states[side]->instances) {
      pairs.push_back({.key = instance.key ? customer::plain(*instance.key) : std::string(),
                       .ordinal = 0,
                       .instances = {}});
      pairs.back().instances[side] = &instance;
    }
    // Those of one key keep the order of their opening.
    const auto own = pairs.begin() + static_cast<std::ptrdiff_t>(known);
    std::stable_sort(own, pairs.end(), [](const Pair& a, const Pair& b) { return a.key < b.key; });
    for (auto at = own; at != pairs.end(); ++at) {
      if (at != own && at->key == (at - 1)->key) at->ordinal = (at - 1)->ordinal + 1;
    }
  }
  const auto name = [](const Pair& pair) { return std::tie(pair.key, pair.ordinal); };
  std::ranges::stable_sort(pairs, {}, name);
  std::vector<Pair> joined;
  for (Pair& pair : pairs) {
    if (!joined.empty() && name(joined.back()) == name(pair)) {
      joined.back().instances[1] = pair.instances[1];
    } else {
      joined.push_back(std::move(pair));
    }
  }
  return joined;
}

/// By when each message or task of an instance was due, by touchpoint.
std::map<std::string_view, std::vector<Instant>> effects_of(const Side& side, const Instance* instance) {
  std::map<std::string_view, std::vector<Instant>> due;
  if (instance == nullptr) return due;
  const auto number = InstanceIndex(static_cast<std::uint32_t>(instance - side.state->instances.data()));
  for (const Effect& effect : side.state->effects) {
    if (effect.instance == number)
      due[at(side.journey->touchpoints, effect.touchpoint).id].push_back(effect.due);
  }
  return due;
}

/// How many messages one version has more, and how many both have at different times.
struct Difference {
  std::uint64_t less = 0;
  std::uint64_t more = 0;
  std::uint64_t moved = 0;
};
Difference difference(std::vector<Instant> before, std::vector<Instant> after) {
  std::ranges::sort(before);
  std::ranges::sort(after);
  std::vector<Instant> same;
  std::ranges::set_intersection(before, after, std::back_inserter(same));
  const std::uint64_t only_before = before.size() - same.size();
  const std::uint64_t only_after = after.size() - same.size();
  const std::uint64_t moved = std::min(only_before, only_after);
  return {.less = only_before - moved, .more = only_after - moved, .moved = moved};
}

/// The touchpoints it stood at, and at which of them it was given up for a while.
std::vector<std::pair<std::string_view, bool>> way_of(const Journey& journey, const Instance& instance) {
  std::vector<std::pair<std::string_view, bool>> way;
  for (const Stay& stay : instance.stays) {
    if (stay.entry != Entry::hop || stay.cause == Cause::dropped)
      way.emplace_back(at(journey.touchpoints, stay.at).id, stay.cause == Cause::dropped);
  }
  return way;
}

/// The differences of one instance, each with how often it is there.
class Differences {
 public:
  Differences(const std::array<Side, 2>& sides, const Pair& pair, Instant now)
      : sides_(sides), pair_(pair), now_(now) {
    compare_ends();
    compare_messages();
    compare_promises();
  }
  [[nodiscard]] const std::map<Change, std::uint64_t>& found() const { return found_; }
  [[nodiscard]] End end(std::size_t side) const {
    return pair_.instances[side] == nullptr ? End::absent : end_of(*pair_.instances[side]);
  }

 private:
  void add(ChangeKind kind, std::string subject, std::string before, std::string after,
           std::uint64_t times = 1) {
    if (times > 0) {
      found_[{.kind = kind,
              .subject = std::move(subject),
              .before = std::move(before),
              .after = std::move(after)}] += times;
    }
  }

  void compare_ends() {
    const End before = end(0);
    const End after = end(1);
    if (before != after) return add(ChangeKind::end, {}, std::string(word(before)), std::string(word(after)));
    const Instance& was = *pair_.instances[0];
    const Instance& is = *pair_.instances[1];
    const std::string& from = place_of(*sides_[0].journey, was);
    const std::string& to = place_of(*sides_[1].journey, is);
    bool same = true;
    if (after == End::exited) {
      std::string outcome_before = outcome_of(*sides_[0].journey, was);
      std::string outcome_after = outcome_of(*sides_[1].journey, is);
      if (outcome_before != outcome_after) {
        add(ChangeKind::outcome, {}, std::move(outcome_before), std::move(outcome_after));
        same = false;
      }
    }
    if (from != to) {
      add(ChangeKind::place, std::string(word(after)), from, to);
      same = false;
    }
    if (same && way_of(*sides_[0].journey, was) != way_of(*sides_[1].journey, is))
      add(ChangeKind::way, {}, {}, {});
  }

  void compare_messages() {
    auto before = effects_of(sides_[0], pair_.instances[0]);
    auto after = effects_of(sides_[1], pair_.instances[1]);
    for (auto& [touchpoint, due] : before) compare_messages(touchpoint, due, after[touchpoint]);
    for (auto& [touchpoint, due] : after) {
      if (!before.contains(touchpoint)) compare_messages(touchpoint, {}, due);
    }
  }
  void compare_messages(std::string_view touchpoint, const std::vector<Instant>& before,
                        const std::vector<Instant>& after) {
    const Difference found = difference(before, after);
    add(ChangeKind::message_more, std::string(touchpoint), {}, {}, found.more);
    add(ChangeKind::message_less, std::string(touchpoint), {}, {}, found.less);
    add(ChangeKind::message_at_other_time, std::string(touchpoint), {}, {}, found.moved);
  }

  /// The first of each name with the first, the second with the second …
  void compare_promises() {
    std::map<std::string_view, std::array<std::vector<PromiseStatus>, 2>> by_name;
    for (std::size_t side = 0; side < 2; ++side) {
      if (pair_.instances[side] == nullptr) continue;
      for (const PromiseFate& fate : promises_of(*sides_[side].journey, *pair_.instances[side], now_))
        by_name[fate.subject][side].push_back(fate.status);
    }
    const auto status = [](const std::vector<PromiseStatus>& fates, std::size_t i) {
      return i < fates.size() ? std::string(customer::word(fates[i])) : std::string("not made");
    };
    for (const auto& [name, fates] : by_name) {
      for (std::size_t i = 0; i < std::max(fates[0].size(), fates[1].size()); ++i) {
        std::string before = status(fates[0], i);
        std::string after = status(fates[1], i);
        if (before != after) add(ChangeKind::promise, std::string(name), std::move(before), std::move(after));
      }
    }
  }

  const std::array<Side, 2>& sides_;
  const Pair& pair_;
  Instant now_;
  std::map<Change, std::uint64_t> found_;
};

/// The differences of many customers.
class ComparisonTally {
 public:
  ComparisonTally(const Journey& before, const Journey& after, Instant now, std::size_t examples)
      : before_(&before), after_(&after), now_(now), examples_(examples) {}

  void add(const std::string& customer, const JourneyState& before, const JourneyState& after) {
    const std::array<Side, 2> sides{Side{before_, &before}, Side{after_, &after}};
    bool any = false;
    for (const Pair& pair : pairs_of(before, after)) {
      const Differences differences(sides, pair, now_);
      const bool changed = !differences.found().empty();
      any = any || changed;
      ++sum_.instances;
      sum_.changed += changed ? 1U : 0U;
      ++sum_.ends[index(differences.end(0))][index(differences.end(1))];
      for (const auto& [change, times] : differences.found()) note(customer, pair, change, times);
      count_segments(sides, pair, changed);
    }
    sum_.customers_changed += any ? 1U : 0U;
  }

  /// Of the customers that come after mine.
  void append(const ComparisonTally& more) {
    sum_.instances += more.sum_.instances;
    sum_.changed += more.sum_.changed;
    sum_.customers_changed += more.sum_.customers_changed;
    for (std::size_t i = 0; i < end_count; ++i) {
      for (std::size_t k = 0; k < end_count; ++k) sum_.ends[i][k] += more.sum_.ends[i][k];
    }
    for (const auto& [change, theirs] : more.changes_) {
      ChangeCount& own = changes_[change];
      own.instances += theirs.instances;
      own.times += theirs.times;
      for (const Example& example : theirs.examples) {
        if (own.examples.size() < examples_) own.examples.push_back(example);
      }
    }
    for (const auto& [segment, theirs] : more.segments_) {
      Share& own = segments_[segment];
      own.instances += theirs.instances;
      own.changed += theirs.changed;
    }
  }

  [[nodiscard]] Comparison finish() && {
    for (auto& [change, count] : changes_) {
      count.change = change;
      sum_.changes.push_back(std::move(count));
    }
    std::ranges::sort(sum_.changes, [](const ChangeCount& a, const ChangeCount& b) {
      return std::tie(a.change.kind, b.instances, a.change) < std::tie(b.change.kind, a.instances, b.change);
    });
    for (std::size_t segment = 0; segment < after_->segments.size(); ++segment) {
      const std::size_t first = sum_.segments.size();
      for (const auto& [name, share] : segments_) {
        if (name.first != segment) continue;
        sum_.segments.push_back({.segment = after_->segments[segment].name,
                                 .value = name.second,
                                 .instances = share.instances,
                                 .changed = share.changed});
      }
      std::stable_sort(
          sum_.segments.begin() + static_cast<std::ptrdiff_t>(first), sum_.segments.end(),
          [](const SegmentCount& a, const SegmentCount& b) { return a.instances > b.instances; });
    }
    return std::move(sum_);
  }

 private:
  struct Share {
    std::uint64_t instances = 0;
    std::uint64_t changed = 0;
  };

  void note(const std::string& customer, const Pair& pair, const Change& change, std::uint64_t times) {
    ChangeCount& count = changes_[change];
    ++count.instances;
    count.times += times;
    if (count.examples.size() >= examples_) return;
    const Instance& shown = pair.instances[1] != nullptr ? *pair.instances[1] : *pair.instances[0];
    count.examples.push_back({.customer = customer, .key = pair.key, .opened = shown.opened});
  }

  /// By the segments of the journey in question; of an instance that only the other version has, by what
  /// that one says under the same name.
  void count_segments(const std::array<Side, 2>& sides, const Pair& pair, bool changed) {
    const std::size_t side = pair.instances[1] != nullptr ? 1 : 0;
    for (std::size_t segment = 0; segment < after_->segments.size(); ++segment) {
      Share& share = segments_[{segment, segment_value(*sides[side].journey, *pair.instances[side],
                                                       after_->segments[segment].name)}];
      ++share.instances;
      share.changed += changed ? 1U : 0U;
    }
  }
  static std::string segment_value(const Journey& journey, const Instance& instance,
                                   const std::string& name) {
    const auto own = std::ranges::find(journey.segments, name, &Segment::name);
    const std::uint32_t set = instance.stays.back().segments;
    if (own == journey.segments.end() || set >= instance.segment_sets.size()) return "(none)";
    const Value& value = instance.segment_sets[set][static_cast<std::size_t>(own - journey.segments.begin())];
    return value.is_null() ? "(none)" : customer::plain(value);
  }

  const Journey* before_;
  const Journey* after_;
  Instant now_;
  std::size_t examples_;
  Comparison sum_;
  std::map<Change, ChangeCount> changes_;
  std::map<std::pair<std::size_t, std::string>, Share> segments_;
};

const Journey& journey_of(const Tracker& tracker) { return *tracker.journeys().front().versions.front(); }

/// One version under one thread.
struct VersionTally {
  VersionTally(const Tracker& its_tracker, const Channels& channels, Instant now)
      : tracker(&its_tracker),
        totals(empty_totals(journey_of(its_tracker))),
        stays(its_tracker.journeys().front(), channels, now) {}

  CustomerState add(const std::string& customer, std::vector<Event>& events, Instant now) {
    const std::size_t recorded = events.size();
    CustomerState state = replay_in_order(*tracker, customer, events, now);
    events.resize(recorded);
    backtest::add(totals, journey_of(*tracker), state.journeys.front(), now);
    stays.add(state.journeys.front(), &state);
    return state;
  }

  const Tracker* tracker;
  Totals totals;
  StayTableBuilder stays;
};

struct Tally {
  VersionTally after;
  std::optional<VersionTally> before;
  std::optional<ComparisonTally> comparison;
};

Result<Version> finished(VersionTally&& tally, std::uint32_t threads) {
  const Journey& journey = journey_of(*tally.tracker);
  LOTSE_TRY(FrictionReport friction,
            friction_report(std::move(tally.stays).finish(), FrictionQuery{}, threads));
  return Version{.file = journey.file,
                 .number = journey.version,
                 .totals = std::move(tally.totals),
                 .friction = std::move(friction)};
}

}  // namespace

std::string_view word(End end) {
  switch (end) {
    case End::active:
      return customer::word(Status::active);
    case End::achieved:
      return customer::word(Status::achieved);
    case End::exited:
      return customer::word(Status::exited);
    case End::dropped:
      return customer::word(Status::dropped);
    case End::absent:
      return "not entered";
  }
  LOTSE_ASSERT(false);
}

Tracker tracker_of(std::shared_ptr<const Journey> journey, const WorkspaceSettings& settings) {
  return Tracker({JourneyVersions{.versions = {std::move(journey)}, .in_force = {Instant::min()}}}, settings);
}

Result<Report> run(const History& history, const Tracker& after, const Tracker* before,
                   const Channels& channels, const Options& options) {
  LOTSE_ASSERT(history.last_event_time());
  const Instant now = *history.last_event_time();
  std::vector<Tally> tallies;
  for (std::uint32_t thread = 0; thread < options.threads; ++thread) {
    Tally& tally = tallies.emplace_back(Tally{
        .after = VersionTally(after, channels, now), .before = std::nullopt, .comparison = std::nullopt});
    if (before == nullptr) continue;
    tally.before.emplace(*before, channels, now);
    tally.comparison.emplace(journey_of(*before), journey_of(after), now, options.examples);
  }
  history.for_each_customer(
      options.threads,
      [&](std::uint32_t thread, const std::string& customer, std::vector<Event>& events) {
        Tally& tally = tallies[thread];
        const CustomerState state = tally.after.add(customer, events, now);
        if (!tally.before) return;
        const CustomerState other = tally.before->add(customer, events, now);
        tally.comparison->add(customer, other.journeys.front(), state.journeys.front());
      },
      options.on_progress);
  Tally& sum = tallies.front();
  for (std::size_t thread = 1; thread < tallies.size(); ++thread) {
    append(sum.after.totals, tallies[thread].after.totals);
    sum.after.stays.append(std::move(tallies[thread].after.stays));
    if (!sum.before) continue;
    append(sum.before->totals, tallies[thread].before->totals);
    sum.before->stays.append(std::move(tallies[thread].before->stays));
    sum.comparison->append(*tallies[thread].comparison);
  }
  Report report{.journey = journey_of(after).id,
                .title = journey_of(after).title,
                .events = history.events(),
                .customers = history.customers(),
                .first = *history.first_event_time(),
                .as_of = now,
                .after = {},
                .before = std::nullopt,
                .against = std::nullopt};
  LOTSE_TRY(report.after, finished(std::move(sum.after), options.threads));
  if (sum.before) {
    LOTSE_TRY(report.before, finished(*std::move(sum.before), options.threads));
    report.against = std::move(*sum.comparison).finish();
  }
  return report;
}

}  // namespace lotse::backtest
