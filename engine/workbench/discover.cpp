#include "engine/workbench/discover.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "engine/workbench/proposal.hpp"

namespace lotse {
namespace {

using Records = std::vector<CaseLog::Record>;
constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Calls `visit` with the begin and end of each case.
template <class Visit>
void for_each_case(const Records& records, Visit&& visit) {
  for (std::size_t begin = 0; begin < records.size();) {
    std::size_t end = begin;
    while (end < records.size() && records[end].who == records[begin].who) ++end;
    visit(begin, end);
    begin = end;
  }
}

class Miner {
 public:
  Miner(CaseLog& log, const DiscoverOptions& options)
      : log_(log), records_(log.take_sorted(options.threads)) {
    found_.options = options;
    found_.own_events = log.own_events();
    found_.events = records_.size();
  }

  Discovery mine() {
    choose_touchpoints();
    if (found_.touchpoints.empty()) return std::move(found_);
    count();
    keep_transitions();
    choose_starts();
    connect();
    measure_waits();
    if (choose_ends()) measure_waits();
    number_stages();
    measure_fitness();
    return std::move(found_);
  }

 private:
  struct Pair {
    std::uint64_t count = 0;  ///< |a > b|
    std::uint64_t loops = 0;  ///< |a b a|
    bool kept = false;
    TransitionGuess guess = TransitionGuess::then;
  };

  [[nodiscard]] std::size_t size() const { return found_.touchpoints.size(); }
  Pair& pair(std::size_t from, std::size_t to) { return pairs_[from * size() + to]; }
  [[nodiscard]] const Pair& pair(std::size_t from, std::size_t to) const {
    return pairs_[from * size() + to];
  }

  [[nodiscard]] double dependency(std::size_t from, std::size_t to) const {
    const auto there = static_cast<double>(pair(from, to).count);
    if (from == to) return there / (there + 1);
    const auto back = static_cast<double>(pair(to, from).count);
    return (there - back) / (there + back + 1);
  }
  [[nodiscard]] double loop_of_two(std::size_t from, std::size_t to) const {
    const auto loops = static_cast<double>(pair(from, to).loops + pair(to, from).loops);
    return loops / (loops + 1);
  }

  void choose_touchpoints() {
    const std::vector<std::string>& types = log_.types();
    std::vector<std::uint64_t> cases(types.size()), events(types.size());
    std::vector<double> places(types.size());
    std::vector<std::uint32_t> seen_in(types.size(), none);
    for_each_case(records_, [&](std::size_t begin, std::size_t end) {
      ++found_.cases;
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t type = log_.kinds()[records_[i].kind].type;
        ++events[type];
        if (seen_in[type] == records_[i].who) continue;
        seen_in[type] = records_[i].who;
        ++cases[type];
      }
    });
    if (records_.empty()) return;
    const auto [first, last] = std::ranges::minmax(records_, {}, &CaseLog::Record::time);
    found_.first_event = first.time;
    found_.last_event = last.time;

    // The most frequent first; equally frequent ones by name, so that the order of the log does not matter.
    std::vector<std::uint32_t> order(types.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
      return std::tie(cases[b], types[a]) < std::tie(cases[a], types[b]);
    });
    std::vector<std::uint32_t> touchpoint_of(types.size(), none);
    std::vector<std::uint32_t> chosen;
    for (const std::uint32_t type : order) {
      if (cases[type] == 0) continue;
      const bool frequent = ratio(cases[type], found_.cases) >= found_.options.noise || chosen.empty();
      if (frequent && chosen.size() < found_.options.touchpoints_max && proposal::can_be_named(types[type])) {
        touchpoint_of[type] = static_cast<std::uint32_t>(chosen.size());
        chosen.push_back(type);
      } else {
        found_.left_out.push_back({.type = types[type], .cases = cases[type]});
      }
    }
    keep_touchpoints(touchpoint_of);
    const std::vector<double> place = mean_places(chosen.size());
    std::vector<std::uint32_t> by_place(chosen.size());
    std::iota(by_place.begin(), by_place.end(), 0U);
    std::ranges::stable_sort(by_place, {}, [&](std::uint32_t index) { return place[index]; });
    std::set<std::string> taken;
    for (std::uint32_t index = 0; index < by_place.size(); ++index) {
      const std::uint32_t type = chosen[by_place[index]];
      touchpoint_of[type] = index;
      DiscoveredTouchpoint touchpoint;
      touchpoint.id = proposal::id_of(types[type], taken);
      touchpoint.type = types[type];
      touchpoint.events = events[type];
      touchpoint.cases = cases[type];
      touchpoint.place = place[by_place[index]];
      found_.touchpoints.push_back(std::move(touchpoint));
    }
    keep_touchpoints(touchpoint_of);
  }

  /// Drops the records of types that are no touchpoint (`none`); the others know theirs from now on.
  void keep_touchpoints(const std::vector<std::uint32_t>& touchpoint_of_type) {
    touchpoint_of_.clear();
    for (const CaseLog::Kind& kind : log_.kinds()) touchpoint_of_.push_back(touchpoint_of_type[kind.type]);
    std::erase_if(records_,
                  [&](const CaseLog::Record& record) { return touchpoint_of_[record.kind] == none; });
  }
  [[nodiscard]] std::uint32_t touchpoint_at(std::size_t record) const {
    return touchpoint_of_[records_[record].kind];
  }

  /// The mean place of the first event of each touchpoint among those of its case. Summed in whole numbers,
  /// so that the order of the cases does not matter.
  [[nodiscard]] std::vector<double> mean_places(std::size_t touchpoints) const {
    constexpr std::uint64_t whole = std::uint64_t{1} << 32U;
    std::vector<std::uint64_t> sum(touchpoints), count(touchpoints);
    std::vector<std::uint32_t> order;
    for_each_case(records_, [&](std::size_t begin, std::size_t end) {
      order.clear();
      for (std::size_t i = begin; i < end; ++i) {
        if (std::ranges::find(order, touchpoint_at(i)) == order.end()) order.push_back(touchpoint_at(i));
      }
      if (order.size() < 2) return;  // tells nothing of order
      for (std::size_t rank = 0; rank < order.size(); ++rank) {
        sum[order[rank]] += whole * rank / (order.size() - 1);
        ++count[order[rank]];
      }
    });
    std::vector<double> places(touchpoints);
    for (std::size_t i = 0; i < touchpoints; ++i) places[i] = ratio(sum[i], count[i]) / double{whole};
    return places;
  }

  void count() {
    pairs_.assign(size() * size(), {});
    std::vector<std::uint64_t> events(log_.kinds().size());
    for_each_case(records_, [&](std::size_t begin, std::size_t end) {
      ++found_.touchpoints[touchpoint_at(begin)].first;
      ++found_.touchpoints[touchpoint_at(end - 1)].last;
      for (std::size_t i = begin; i < end; ++i) {
        ++events[records_[i].kind];
        if (i + 1 == end) break;
        const std::uint32_t here = touchpoint_at(i);
        const std::uint32_t next = touchpoint_at(i + 1);
        ++pair(here, next).count;
        const bool returns = next != here && i + 2 < end && touchpoint_at(i + 2) == here;
        if (returns) ++pair(here, next).loops;
      }
    });
    list_channels(events);
  }

  void list_channels(const std::vector<std::uint64_t>& events_of_kind) {
    std::vector<std::map<std::string_view, std::uint64_t>> channels(size());
    for (std::size_t kind = 0; kind < events_of_kind.size(); ++kind) {
      if (events_of_kind[kind] == 0) continue;
      channels[touchpoint_of_[kind]][log_.channels()[log_.kinds()[kind].channel]] += events_of_kind[kind];
    }
    for (std::size_t i = 0; i < size(); ++i) {
      auto& named = found_.touchpoints[i].channels;
      named.assign(channels[i].begin(), channels[i].end());
      std::ranges::stable_sort(named, std::greater{}, [](const auto& channel) { return channel.second; });
    }
  }

  void keep_transitions() {
    constexpr std::uint64_t count_min = 2;  // what happened once is no path
    const double threshold = found_.options.dependency;
    for (std::size_t from = 0; from < size(); ++from) {
      for (std::size_t to = 0; to < size(); ++to) {
        Pair& way = pair(from, to);
        const bool frequent = way.count >= count_min &&
                              ratio(way.count, found_.touchpoints[from].events) >= found_.options.noise;
        if (!frequent) continue;
        const double measure = dependency(from, to);
        way.kept = true;
        if (from == to) {
          way.guess = TransitionGuess::again;
          way.kept = measure >= threshold;
        } else if (measure >= threshold) {
          way.guess = TransitionGuess::then;
        } else if (loop_of_two(from, to) >= threshold) {
          way.guess = measure < 0 ? TransitionGuess::back : TransitionGuess::then;
        } else if (measure > -threshold) {
          way.guess = pair(to, from).count == 0 ? TransitionGuess::then : TransitionGuess::either_order;
        } else {
          way.kept = false;  // nearly always the other way round, and no loop
        }
      }
    }
  }

  void choose_starts() {
    std::size_t most = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      DiscoveredTouchpoint& touchpoint = found_.touchpoints[i];
      touchpoint.start =
          touchpoint.first > 0 && ratio(touchpoint.first, found_.cases) >= found_.options.noise;
      if (touchpoint.first > found_.touchpoints[most].first) most = i;
    }
    found_.touchpoints[most].start = true;
  }

  [[nodiscard]] std::vector<bool> reached() const {
    std::vector<bool> seen(size());
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < size(); ++i) {
      if (found_.touchpoints[i].start) open.push_back(i);
    }
    for (const std::size_t start : open) seen[start] = true;
    while (!open.empty()) {  // each touchpoint enters once
      const std::size_t from = open.back();
      open.pop_back();
      for (std::size_t to = 0; to < size(); ++to) {
        if (!pair(from, to).kept || seen[to]) continue;
        seen[to] = true;
        open.push_back(to);
      }
    }
    return seen;
  }

  /// The most frequent way from one of `from` to one of `to`; nothing where no case went any.
  template <class From, class To>
  Pair* best(From&& from, To&& to) {
    Pair* found = nullptr;
    for (std::size_t a = 0; a < size(); ++a) {
      if (!from(a)) continue;
      for (std::size_t b = 0; b < size(); ++b) {
        if (a == b || !to(b) || pair(a, b).count == 0) continue;
        if (found == nullptr || pair(a, b).count > found->count) found = &pair(a, b);
      }
    }
    return found;
  }

  /// The "all activities connected" heuristic of the Heuristics Miner: who is reached by no kept way is
  /// reached by the most frequent one.
  void connect() {
    for (std::vector<bool> seen = reached(); std::ranges::find(seen, false) != seen.end(); seen = reached()) {
      Pair* way = best([&](std::size_t a) { return seen[a]; }, [&](std::size_t b) { return !seen[b]; });
      if (way != nullptr) {
        way->kept = true;
        way->guess = TransitionGuess::connecting;
        continue;
      }
      // Nobody ever came from there to the others, so some cases begin with one of these.
      std::size_t most = size();
      for (std::size_t i = 0; i < size(); ++i) {
        if (!seen[i] && (most == size() || found_.touchpoints[i].first > found_.touchpoints[most].first))
          most = i;
      }
      found_.touchpoints[most].start = true;
    }
  }

  [[nodiscard]] bool has_way_on(std::size_t from) const {
    for (std::size_t to = 0; to < size(); ++to) {
      if (to != from && pair(from, to).kept) return true;
    }
    return false;
  }

  /// Waits along kept ways, the windows made of them, and who stopped for good.
  void measure_waits() {
    constexpr std::size_t waits_min = 20;  // fewer tell no 99th percentile worth a setting of its own
    constexpr double long_enough = 0.99;
    std::vector<std::vector<Duration>> waits(size());
    for_each_case(records_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i + 1 < end; ++i) {
        const std::uint32_t from = touchpoint_at(i);
        const std::uint32_t to = touchpoint_at(i + 1);
        if (from == to || pair(from, to).kept) waits[from].push_back(records_[i + 1].time - records_[i].time);
      }
    });
    std::vector<Duration> all;
    for (const auto& own : waits) all.insert(all.end(), own.begin(), own.end());
    found_.waits = all.size();
    found_.wait_p99 = all.empty() ? Duration{0} : proposal::quantile(all, long_enough);
    found_.abandon_after =
        all.empty() ? Duration(std::chrono::days(30)) : proposal::window_of(found_.wait_p99);
    for (std::size_t i = 0; i < size(); ++i) {
      DiscoveredTouchpoint& touchpoint = found_.touchpoints[i];
      touchpoint.waits = waits[i].size();
      touchpoint.abandon_after.reset();
      if (waits[i].empty()) continue;
      touchpoint.wait_median = proposal::quantile(waits[i], 0.5);
      touchpoint.wait_p99 = proposal::quantile(waits[i], long_enough);
      const Duration window = proposal::window_of(touchpoint.wait_p99);
      if (waits[i].size() >= waits_min && window != found_.abandon_after) touchpoint.abandon_after = window;
    }
    for (DiscoveredTouchpoint& touchpoint : found_.touchpoints) touchpoint.open = 0;
    for_each_case(records_, [&](std::size_t, std::size_t end) {
      const std::uint32_t last = touchpoint_at(end - 1);
      if (records_[end - 1].time + window_at(last) > found_.last_event) ++found_.touchpoints[last].open;
    });
    for (DiscoveredTouchpoint& touchpoint : found_.touchpoints) {
      const std::uint64_t decided = touchpoint.events - touchpoint.open;
      touchpoint.stops = decided == 0 ? ratio(touchpoint.last, touchpoint.events)
                                      : ratio(touchpoint.last - touchpoint.open, decided);
    }
  }

  /// Goals are where most stays are the last and as many cases end as anywhere, within a factor of two; other
  /// places with no way on are ends. True if ways have changed.
  bool choose_ends() {
    constexpr double most = 0.5;
    std::uint64_t last_max = 0;
    for (const auto& touchpoint : found_.touchpoints) {
      if (touchpoint.stops >= most) last_max = std::max(last_max, touchpoint.last);
    }
    const bool any_final = last_max > 0;
    for (const auto& touchpoint : found_.touchpoints) {
      if (!any_final) last_max = std::max(last_max, touchpoint.last);
    }
    for (auto& touchpoint : found_.touchpoints) {
      touchpoint.goal = any_final ? touchpoint.stops >= most && 2 * touchpoint.last >= last_max
                                  : touchpoint.last == last_max;
    }
    bool changed = false;
    for (std::size_t i = 0; i < size(); ++i) {
      DiscoveredTouchpoint& touchpoint = found_.touchpoints[i];
      if (touchpoint.goal || has_way_on(i)) continue;
      changed = true;
      Pair* way = touchpoint.stops >= most
                      ? nullptr
                      : best([&](std::size_t a) { return a == i; }, [](std::size_t) { return true; });
      if (way != nullptr) {
        way->kept = true;
        way->guess = TransitionGuess::connecting;
      } else {
        touchpoint.ends = true;
        pair(i, i).kept = false;  // nothing comes after an end
      }
    }
    return changed;
  }

  /// Cuts the order of places at its widest gaps.
  void number_stages() {
    const std::size_t count = size() <= 2 ? 1 : size() <= 5 ? 2 : size() <= 9 ? 3 : 4;
    std::vector<std::size_t> cuts(size() - 1);
    std::iota(cuts.begin(), cuts.end(), std::size_t{1});
    std::ranges::stable_sort(cuts, std::greater{}, [&](std::size_t i) {
      return found_.touchpoints[i].place - found_.touchpoints[i - 1].place;
    });
    cuts.resize(count - 1);
    found_.stages = {0};
    for (std::uint32_t i = 0; i < size(); ++i) {
      if (std::ranges::find(cuts, std::size_t{i}) != cuts.end()) found_.stages.push_back(i);
      found_.touchpoints[i].stage = static_cast<std::uint32_t>(found_.stages.size() - 1);
    }
  }

  /// Replays every case as the tracker moves an instance (docs/tracking.md).
  void measure_fitness() {
    std::vector<bool> closed;
    for (std::size_t i = 0; i < size(); ++i) closed.push_back(is_closed(i));
    for_each_case(records_, [&](std::size_t begin, std::size_t end) {
      std::uint32_t position = none;
      Instant since{};
      for (std::size_t i = begin; i < end; ++i) {
        const CaseLog::Record& record = records_[i];
        const std::uint32_t to = touchpoint_at(i);
        const bool start = found_.touchpoints[to].start;
        if (position == none || closed[position]) {
          if (!start) continue;  // no instance that it could move
          ++found_.events_following;
        } else {
          const bool opens_anew = start && record.time - since > window_at(position);
          if (position == to || pair(position, to).kept || opens_anew) ++found_.events_following;
        }
        position = to;
        since = record.time;
      }
    });
    list_transitions();
  }

  void list_transitions() {
    for (std::size_t from = 0; from < size(); ++from) {
      DiscoveredTouchpoint& touchpoint = found_.touchpoints[from];
      for (std::uint32_t to = 0; to < size(); ++to) {
        const Pair& way = pair(from, to);
        if (from != to) found_.moves += way.count;
        if (from != to && !way.kept) found_.moves_left_out += way.count;
        if (!way.kept) continue;
        touchpoint.next.push_back({.to = to,
                                   .count = way.count,
                                   .share = ratio(way.count, touchpoint.events),
                                   .dependency = dependency(from, to),
                                   .guess = way.guess});
      }
      std::ranges::stable_sort(touchpoint.next, std::greater{}, &DiscoveredTransition::count);
    }
  }
  /// Nothing comes after it in the same instance.
  [[nodiscard]] bool is_closed(std::size_t at) const {
    const DiscoveredTouchpoint& touchpoint = found_.touchpoints[at];
    bool any_next = false;
    for (std::size_t to = 0; to < size(); ++to) any_next |= pair(at, to).kept;
    return touchpoint.ends || (touchpoint.goal && !any_next);
  }
  [[nodiscard]] Duration window_at(std::uint32_t at) const {
    return found_.touchpoints[at].abandon_after.value_or(found_.abandon_after);
  }

  CaseLog& log_;
  Records records_;
  Discovery found_;
  std::vector<std::uint32_t> touchpoint_of_;  ///< by the log's kinds; `none`: left out
  std::vector<Pair> pairs_;                   ///< [from * size() + to]
};

}  // namespace

double Discovery::fitness() const { return ratio(events_following, events); }

Discovery discover(CaseLog& log, const DiscoverOptions& options) { return Miner(log, options).mine(); }

}  // namespace lotse
