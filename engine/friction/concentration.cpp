#include "engine/friction/concentration.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <thread>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/friction/cluster.hpp"
#include "engine/friction/key_index.hpp"
#include "engine/friction/pieces.hpp"
#include "engine/friction/promises.hpp"
#include "engine/friction/scan.hpp"

namespace lotse {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t most_values = 60;

/// The joint values of all attributes as one number and back: segment set, channel, promise, hop, visit.
struct JointKey {
  std::uint64_t channels;  ///< and one more: no channel

  [[nodiscard]] std::uint64_t of(std::uint32_t set, std::uint32_t channel, PromiseMoments::Standing promise,
                                 bool forced_hop, bool repeat) const {
    return (((set * (channels + 1) + channel) * 3 + promise) * 2 + (forced_hop ? 1 : 0)) * 2 +
           (repeat ? 1 : 0);
  }
  [[nodiscard]] std::uint32_t visit(std::uint64_t key) const { return static_cast<std::uint32_t>(key % 2); }
  [[nodiscard]] std::uint32_t forced_hop(std::uint64_t key) const {
    return static_cast<std::uint32_t>(key / 2 % 2);
  }
  [[nodiscard]] std::uint32_t promise(std::uint64_t key) const {
    return static_cast<std::uint32_t>(key / 4 % 3);
  }
  [[nodiscard]] std::uint32_t channel(std::uint64_t key) const {
    return static_cast<std::uint32_t>(key / 12 % (channels + 1));
  }
  [[nodiscard]] std::uint32_t set(std::uint64_t key) const {
    return static_cast<std::uint32_t>(key / 12 / (channels + 1));
  }
};

/// The counts of a query by joint key, and by customer.
struct Counts {
  KeyIndex index;
  std::vector<std::uint32_t> n;  ///< by the key's number
  std::vector<std::uint32_t> x;
  ClusterSums by_customer;
  std::uint32_t customer = none;  ///< whose stays come now
  std::uint32_t customer_n = 0;
  std::uint32_t customer_x = 0;

  void add(std::uint64_t key, std::uint32_t n_more, std::uint32_t x_more) {
    const std::uint32_t number = index.of(key);
    if (number == n.size()) {
      n.push_back(0);
      x.push_back(0);
    }
    n[number] += n_more;
    x[number] += x_more;
  }
  void add_one(std::uint64_t key, bool has_signal, std::uint32_t whose) {
    add(key, 1, has_signal ? 1 : 0);
    if (customer != whose) {
      close();
      customer = whose;
    }
    ++customer_n;
    customer_x += has_signal ? 1U : 0U;
  }
  void close() {
    by_customer.add_customer(customer_x, customer_n);
    customer_n = customer_x = 0;
  }
  void add(const Counts& other) {
    for (std::size_t i = 0; i < other.n.size(); ++i) add(other.index.keys()[i], other.n[i], other.x[i]);
    by_customer += other.by_customer;
  }
};

/// Counts ranges of instances, each with all instances of its customers. Units are those of tally().
class Collector {
 public:
  Collector(const StayTable& table, const Selection& selection, std::span<const ConcentrationQuery> queries)
      : table_(table),
        selection_(selection),
        key_{table.channels.size()},
        from_(selection.from.value_or(Instant::min())),
        to_(selection.to.value_or(never)),
        asked_(table.places.size() + 1),
        counts_(queries.size()) {
    for (std::uint32_t i = 0; i < queries.size(); ++i) {
      const std::size_t place = queries[i].place == no_index ? table.places.size() : queries[i].place;
      LOTSE_ASSERT(place < asked_.size());
      asked_[place][static_cast<std::size_t>(queries[i].signal)].push_back(i);
    }
    last_visit_.assign(table.places.size(), none);
  }

  void count(std::size_t first, std::size_t end) {
    const auto start = [](const auto& rows, std::uint32_t from, auto number) {
      return static_cast<std::size_t>(std::ranges::lower_bound(rows, from, std::ranges::less{}, number) -
                                      rows.begin());
    };
    const std::uint32_t row = first < table_.instances.size() ? table_.instances[first].first_stay : 0;
    feedback_ = start(table_.feedback, row, &StayTable::FeedbackRow::stay);
    promise_ = start(table_.promises, static_cast<std::uint32_t>(first), &StayTable::PromiseRow::instance);
    task_ = start(table_.tasks, static_cast<std::uint32_t>(first), &StayTable::PromiseRow::instance);
    for (std::size_t instance = first; instance < end; ++instance) {
      count_instance(static_cast<std::uint32_t>(instance));
    }
  }

  std::vector<Counts> finish() {
    for (Counts& counts : counts_) counts.close();
    return std::move(counts_);
  }

 private:
  using Numbers = std::vector<std::uint32_t>;  ///< of queries

  [[nodiscard]] const Numbers& asked(std::size_t place, Signal signal) const {
    return asked_[place][static_cast<std::size_t>(signal)];
  }

  [[nodiscard]] bool selected(std::uint32_t row) const {
    const Instant entered = table_.entered[row];
    return entered >= from_ && entered < to_ && (selection_.keep == nullptr || (*selection_.keep)[row]);
  }

  void count_instance(std::uint32_t instance) {
    first_ = table_.instances[instance].first_stay;
    end_ = instance + 1 < table_.instances.size() ? table_.instances[instance + 1].first_stay
                                                  : static_cast<std::uint32_t>(table_.size());
    customer_ = table_.instances[instance].customer;
    promises_ = promise_;
    while (promise_ < table_.promises.size() && table_.promises[promise_].instance == instance) ++promise_;
    tasks_ = task_;
    while (task_ < table_.tasks.size() && table_.tasks[task_].instance == instance) ++task_;
    moments_known_ = false;
    note_visits(instance);
    for (std::uint32_t row = first_; row < end_;) {
      std::uint32_t after = row + 1;
      while (table_.cause[after - 1] == Cause::hopped && after < end_) ++after;
      count_stay(row, after);
      row = after;
    }
    for (std::uint32_t row = first_; row < end_; ++row) count_promise(row);
    for (; feedback_ < table_.feedback.size() && table_.feedback[feedback_].stay < end_; ++feedback_) {
      count_answer(table_.feedback[feedback_]);
    }
  }

  /// Which rows are of stays at a touchpoint where the instance had been before; one that hops is one stay.
  void note_visits(std::uint32_t instance) {
    repeat_.assign(end_ - first_, 0);
    for (std::uint32_t row = first_; row < end_; ++row) {
      const bool goes_on = row > first_ && table_.cause[row - 1] == Cause::hopped;
      std::uint32_t& last = last_visit_[table_.place[row]];
      repeat_[row - first_] = goes_on ? repeat_[row - first_ - 1] : last == instance ? 1 : 0;
      last = instance;
    }
  }

  /// Of the stay in `row`, with what was known at `when`.
  [[nodiscard]] std::uint64_t key_of(std::uint32_t row, std::uint32_t segment_set, Instant when) {
    if (!moments_known_) {
      moments_known_ = true;
      moments_ = promise_moments(table_, first_, end_,
                                 std::span(table_.promises).subspan(promises_, promise_ - promises_),
                                 std::span(table_.tasks).subspan(tasks_, task_ - tasks_));
    }
    const auto no_channel = static_cast<std::uint32_t>(table_.channels.size());
    const std::uint32_t channel = table_.channel[row] == no_index ? no_channel : table_.channel[row];
    const bool forced = row > first_ && (table_.flags[row - 1] & StayTable::hop_forced) != 0;
    return key_.of(segment_set, channel, moments_.at(when), forced, repeat_[row - first_] != 0);
  }
  [[nodiscard]] std::uint64_t key_at_entry(std::uint32_t row) {
    return key_of(row, table_.segment_set[row], table_.entered[row]);
  }

  void add(const Numbers& queries, std::uint64_t key, bool has_signal) {
    for (const std::uint32_t query : queries) counts_[query].add_one(key, has_signal, customer_);
  }

  void count_stay(std::uint32_t row, std::uint32_t after) {
    const std::uint16_t place = table_.place[row];
    const Numbers& queries = asked(place, Signal::drop_off);
    const Duration horizon = table_.places[place].horizon;
    const Instant entered = table_.entered[row];
    if (queries.empty() || entered > table_.as_of - horizon || !selected(row)) return;
    const bool lost =
        table_.cause[after - 1] == Cause::dropped && table_.left[after - 1] - entered <= horizon;
    add(queries, key_at_entry(row), lost);
  }

  void count_promise(std::uint32_t row) {
    if (table_.awaits[row] == no_index || table_.deadline[row] > table_.as_of) return;
    const Numbers& queries = asked(table_.awaits[row], Signal::broken_promise);
    if (queries.empty() || !selected(row)) return;
    const std::optional<Duration> late = promise_late_by(table_, row, first_, end_);
    if (late) add(queries, key_at_entry(row), *late > Duration{0});
  }

  void count_answer(const StayTable::FeedbackRow& answer) {
    std::uint32_t first = answer.stay;
    while (table_.entry[first] == Entry::hop && first > 0 && table_.cause[first - 1] == Cause::hopped)
      --first;
    const Numbers& here = asked(table_.place[first], Signal::negative_feedback);
    const Numbers& everywhere = asked(table_.places.size(), Signal::negative_feedback);
    if ((here.empty() && everywhere.empty()) || !selected(first)) return;
    const std::uint64_t key = key_of(answer.stay, answer.segments, answer.at);
    const bool negative = is_negative_fixed(answer.scale, answer.score);
    add(here, key, negative);
    add(everywhere, key, negative);
  }

  const StayTable& table_;
  const Selection& selection_;
  JointKey key_;
  Instant from_;
  Instant to_;
  std::vector<std::array<Numbers, signal_count>>
      asked_;                   ///< by place, then Signal; last: all places together
  std::vector<Counts> counts_;  ///< by query
  std::size_t feedback_ = 0;    ///< the next row of each sparse column
  std::size_t promise_ = 0;
  std::size_t promises_ = 0;  ///< the first of the instance, which `promise_` ends
  std::size_t task_ = 0;
  std::size_t tasks_ = 0;    ///< likewise
  std::uint32_t first_ = 0;  ///< of the instance's stays
  std::uint32_t end_ = 0;
  std::uint32_t customer_ = none;
  PromiseMoments moments_;  ///< of the instance, once asked for
  bool moments_known_ = false;
  std::vector<std::uint8_t> repeat_;       ///< by the instance's row
  std::vector<std::uint32_t> last_visit_;  ///< by place: the last instance that was there
};

struct Attribute {
  AttributeKind kind{};
  std::string name;
  std::vector<std::string> values;                      ///< texts by raw code
  std::function<std::uint32_t(std::uint64_t)> code_of;  ///< of a joint key
};

/// All attributes, in the order in which equals are preferred.
std::vector<Attribute> attributes_of(const StayTable& table) {
  const JointKey key{table.channels.size()};
  std::vector<Attribute> attributes;
  for (std::size_t segment = 0; segment < table.segments.size(); ++segment) {
    attributes.push_back({AttributeKind::segment, table.segments[segment], table.segment_values[segment],
                          [&table, key, segment](std::uint64_t joint) {
                            return table.segment_sets[key.set(joint) * table.segments.size() + segment];
                          }});
  }
  std::vector<std::string> channels = table.channels;
  channels.emplace_back("(none)");
  attributes.push_back({AttributeKind::channel, "channel", std::move(channels),
                        [key](std::uint64_t joint) { return key.channel(joint); }});
  attributes.push_back({AttributeKind::promise,
                        "promise",
                        {promise_state::kept, promise_state::broken, promise_state::not_due},
                        [key](std::uint64_t joint) { return key.promise(joint); }});
  attributes.push_back({AttributeKind::forced_hop, "forced_hop", {"no", "yes"}, [key](std::uint64_t joint) {
                          return key.forced_hop(joint);
                        }});
  attributes.push_back({AttributeKind::visit, "visit", {"first", "repeat"}, [key](std::uint64_t joint) {
                          return key.visit(joint);
                        }});
  return attributes;
}

/// A raw code's place among an attribute's values: the most frequent, in the order of their codes.
struct Folded {
  std::vector<std::uint32_t> raw;     ///< codes that are kept, ascending
  std::vector<std::uint8_t> code_of;  ///< by raw code; raw.size(): folded
};

Folded fold(const std::vector<std::uint64_t>& frequency) {
  Folded folded;
  for (std::uint32_t code = 0; code < frequency.size(); ++code) {
    if (frequency[code] > 0) folded.raw.push_back(code);
  }
  std::stable_sort(folded.raw.begin(), folded.raw.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return frequency[a] > frequency[b]; });
  folded.raw.resize(std::min(folded.raw.size(), most_values));
  std::sort(folded.raw.begin(), folded.raw.end());
  folded.code_of.assign(frequency.size(), static_cast<std::uint8_t>(folded.raw.size()));
  for (std::size_t i = 0; i < folded.raw.size(); ++i) {
    folded.code_of[folded.raw[i]] = static_cast<std::uint8_t>(i);
  }
  return folded;
}

/// The counts by the attributes that tell any of them apart.
struct Joint {
  ScanTable table;
  std::vector<const Attribute*> attributes;  ///< by the table's attribute
  std::vector<Folded> folded;

  Joint(const std::vector<Attribute>& all, const Counts& counts) {
    const std::vector<std::uint64_t>& keys = counts.index.keys();
    std::vector<std::uint64_t> frequency;
    for (const Attribute& attribute : all) {
      frequency.assign(attribute.values.size(), 0);
      for (std::size_t i = 0; i < keys.size(); ++i) frequency[attribute.code_of(keys[i])] += counts.n[i];
      Folded values = fold(frequency);
      if (values.raw.size() < 2) continue;
      table.values.push_back(static_cast<std::uint8_t>(values.raw.size()));
      attributes.push_back(&attribute);
      folded.push_back(std::move(values));
    }
    std::vector<std::uint8_t> codes(attributes.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      for (std::size_t a = 0; a < codes.size(); ++a) {
        codes[a] = folded[a].code_of[attributes[a]->code_of(keys[i])];
      }
      table.add(codes, counts.n[i], counts.x[i]);
    }
  }
};

/// What a hotspot is compared by: of the cells not inside of an earlier one.
class Comparison {
 public:
  Comparison(const Joint& joint, std::span<const Hotspot> earlier, const Hotspot& hotspot,
             double design_effect)
      : joint_(joint), hotspot_(hotspot), design_effect_(design_effect) {
    for (std::size_t cell = 0; cell < joint.table.size(); ++cell) {
      const bool taken = std::ranges::any_of(
          earlier, [&](const Hotspot& other) { return inside(joint.table, cell, other.conditions); });
      if (!taken) cells_.push_back({cell, inside(joint.table, cell, hotspot.conditions)});
    }
  }

  [[nodiscard]] std::optional<OddsRatio> crude() const {
    FourFold all;
    for (const Cell& cell : cells_) add(all, cell);
    return mantel_haenszel({&all, 1}, design_effect_);
  }

  [[nodiscard]] std::optional<OddsRatio> adjusted_for(std::size_t attribute) const {
    std::vector<FourFold> strata(joint_.table.values[attribute] + 1U);
    for (const Cell& cell : cells_) add(strata[joint_.table.code(cell.number, attribute)], cell);
    return mantel_haenszel(strata, design_effect_);
  }

  [[nodiscard]] bool about(std::size_t attribute) const {
    return std::ranges::any_of(hotspot_.conditions,
                               [&](const Condition& condition) { return condition.attribute == attribute; });
  }

 private:
  struct Cell {
    std::size_t number;
    bool exposed;
  };
  void add(FourFold& to, const Cell& cell) const {
    const std::uint32_t x = joint_.table.x[cell.number];
    const std::uint32_t rest = joint_.table.n[cell.number] - x;
    (cell.exposed ? to.exposed_x : to.other_x) += x;
    (cell.exposed ? to.exposed_rest : to.other_rest) += rest;
  }

  const Joint& joint_;
  const Hotspot& hotspot_;
  double design_effect_;
  std::vector<Cell> cells_;
};

/// Which attributes may be held fixed.
enum class Fixed : std::uint8_t { any, segments };

/// What is left of a crude odds ratio when an attribute is held fixed; nothing where that says nothing of it.
std::optional<bool> explains(const OddsRatio& crude, const OddsRatio& adjusted, Fixed fixed) {
  if (fixed == Fixed::segments) {  // of a finding that would be taken back: only what is sure
    const bool sure = adjusted.interval.low <= 1 && adjusted.interval.high < crude.ratio;
    return sure ? std::optional(true) : std::nullopt;
  }
  const bool enough = z95 * adjusted.log_error <= crude.log;
  return enough ? std::optional(adjusted.log < crude.log / 2) : std::nullopt;
}

/// Chooses the attribute to hold fixed: one that explains the odds ratio away before one that does not, then
/// the one that leaves least of it, or moves it most.
void adjust(Concentration& result, const Joint& joint, const Comparison& comparison, Fixed fixed) {
  result.odds = comparison.crude();
  if (!result.odds) return;
  const double crude = result.odds->log;
  for (std::size_t attribute = 0; attribute < joint.attributes.size(); ++attribute) {
    const bool may = fixed == Fixed::any || joint.attributes[attribute]->kind == AttributeKind::segment;
    if (!may || comparison.about(attribute)) continue;
    const std::optional<OddsRatio> odds = comparison.adjusted_for(attribute);
    const std::optional<bool> proxy = odds ? explains(*result.odds, *odds, fixed) : std::nullopt;
    if (!proxy) continue;
    const auto moved = [&](const OddsRatio& by) { return std::abs(by.log - crude); };
    const bool better = !result.adjusted || (*proxy != result.proxy ? *proxy
                                             : *proxy               ? odds->log < result.adjusted->odds.log
                                                      : moved(*odds) > moved(result.adjusted->odds));
    if (!better) continue;
    result.proxy = *proxy;
    result.adjusted = {joint.attributes[attribute]->kind, joint.attributes[attribute]->name, *odds};
  }
}

Concentration describe(const Joint& joint, const Concentrations& all, std::span<const Hotspot> earlier,
                       const Hotspot& hotspot, Fixed fixed) {
  Concentration result;
  for (const Condition& condition : hotspot.conditions) {
    const Attribute& attribute = *joint.attributes[condition.attribute];
    const std::uint32_t raw = joint.folded[condition.attribute].raw[condition.value];
    result.conditions.push_back({attribute.kind, attribute.name, attribute.values[raw]});
  }
  const auto share = [&](std::uint64_t x, std::uint64_t n) {
    return Share{static_cast<double>(x) / all.design_effect, static_cast<double>(n) / all.design_effect};
  };
  result.n = hotspot.n;
  result.x = hotspot.x;
  result.n_share = static_cast<double>(hotspot.n) / static_cast<double>(all.n);
  result.x_share = static_cast<double>(hotspot.x) / static_cast<double>(all.x);
  result.n_outside = hotspot.n_outside;
  result.x_outside = hotspot.x_outside;
  result.inside = wilson(share(hotspot.x, hotspot.n));
  result.outside = wilson(share(hotspot.x_outside, hotspot.n_outside));
  result.excess = static_cast<double>(hotspot.x) - static_cast<double>(hotspot.n) * result.rate_outside();
  result.log_likelihood_ratio = hotspot.log_likelihood_ratio;
  result.p = hotspot.p;
  adjust(result, joint, Comparison(joint, earlier, hotspot, all.design_effect), fixed);
  return result;
}

/// The condition as if it had been found; nothing where it does not tell any stays apart.
std::optional<Hotspot> hotspot_of(const Joint& joint, const Concentrations& all,
                                  const NamedCondition& given) {
  for (std::uint8_t a = 0; a < joint.attributes.size(); ++a) {
    const Attribute& attribute = *joint.attributes[a];
    if (attribute.kind != given.kind || attribute.name != given.attribute) continue;
    for (std::uint8_t value = 0; value < joint.folded[a].raw.size(); ++value) {
      if (attribute.values[joint.folded[a].raw[value]] != given.value) continue;
      Hotspot hotspot{.conditions = {{.attribute = a, .value = value}}};
      for (std::size_t cell = 0; cell < joint.table.size(); ++cell) {
        if (joint.table.code(cell, a) != value) continue;
        hotspot.n += joint.table.n[cell];
        hotspot.x += joint.table.x[cell];
      }
      hotspot.n_outside = all.n - hotspot.n;
      hotspot.x_outside = all.x - hotspot.x;
      hotspot.log_likelihood_ratio =
          bernoulli_log_likelihood_ratio(hotspot.x, hotspot.n, all.x, all.n) / all.design_effect;
      return hotspot;
    }
  }
  return std::nullopt;
}

Concentrations concentrations_of(const std::vector<Attribute>& attributes, const Counts& counts,
                                 const std::optional<NamedCondition>& given) {
  Concentrations result;
  result.n = std::accumulate(counts.n.begin(), counts.n.end(), std::uint64_t{0});
  result.x = std::accumulate(counts.x.begin(), counts.x.end(), std::uint64_t{0});
  result.design_effect = design_effect(counts.by_customer);
  const Joint joint(attributes, counts);
  if (given) {
    if (const auto hotspot = hotspot_of(joint, result, *given))
      result.found.push_back(describe(joint, result, {}, *hotspot, Fixed::segments));
    return result;
  }
  ScanOptions options;
  options.design_effect = result.design_effect;
  const Hotspots hotspots = scan(joint.table, options);
  result.tried = hotspots.tried;
  for (std::size_t i = 0; i < hotspots.found.size(); ++i) {
    const std::span<const Hotspot> earlier(hotspots.found.data(), i);
    result.found.push_back(describe(joint, result, earlier, hotspots.found[i], Fixed::any));
  }
  return result;
}

/// Runs `work(thread)` on each of `threads` threads, this one among them.
template <class Work>
void on_threads(unsigned threads, const Work& work) {
  std::vector<std::thread> workers;
  for (unsigned thread = 1; thread < threads; ++thread) workers.emplace_back(work, thread);
  work(0);
  for (std::thread& worker : workers) worker.join();
}

}  // namespace

std::vector<Concentrations> concentrate(const StayTable& table, const Selection& selection,
                                        std::span<const ConcentrationQuery> queries, unsigned threads) {
  threads = std::max(1U, threads);
  const std::vector<std::size_t> bounds = cut_in_pieces(table, threads);
  std::vector<std::vector<Counts>> counts(threads);
  std::atomic<std::size_t> next = 0;
  // Which thread counts a piece is chance; that the counts add up to the same is not.
  on_threads(threads, [&](unsigned thread) {
    Collector collector(table, selection, queries);
    for (std::size_t piece = next++; piece + 1 < bounds.size(); piece = next++) {
      collector.count(bounds[piece], bounds[piece + 1]);
    }
    counts[thread] = collector.finish();
  });
  std::vector<Concentrations> result(queries.size());
  const std::vector<Attribute> attributes = attributes_of(table);
  next = 0;
  on_threads(threads, [&](unsigned) {
    for (std::size_t query = next++; query < queries.size(); query = next++) {
      for (unsigned thread = 1; thread < threads; ++thread) counts[0][query].add(counts[thread][query]);
      result[query] = concentrations_of(attributes, counts[0][query], queries[query].given);
    }
  });
  return result;
}

}  // namespace lotse
