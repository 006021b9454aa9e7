#include "engine/friction/drivers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "engine/base/assert.hpp"
#include "engine/friction/cluster.hpp"
#include "engine/friction/durations.hpp"
#include "engine/friction/incidence.hpp"
#include "engine/friction/pieces.hpp"
#include "engine/friction/significance.hpp"

namespace lotse {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();

/// The places asked for, by place: their number among them; no_index: not asked for.
using Asked = std::vector<std::uint16_t>;

Asked asked_of(const StayTable& table, std::span<const std::uint16_t> places) {
  Asked asked(table.places.size(), no_index);
  for (std::size_t i = 0; i < places.size(); ++i) {
    LOTSE_ASSERT(asked[places[i]] == no_index);
    asked[places[i]] = static_cast<std::uint16_t>(i);
  }
  return asked;
}

std::int64_t lasted(const StayTable& table, std::uint32_t first, std::uint32_t end) {
  const Instant until = table.cause[end - 1] == Cause::open ? table.as_of : table.left[end - 1];
  return (until - table.entered[first]).count();
}

/// How long the stays of the places asked for last.
class DwellCounter {
 public:
  DwellCounter(const StayTable& table, const Selection& selection, const TimeBins& bins, const Asked& asked,
               std::size_t count)
      : table_(table), selection_(selection), bins_(bins), asked_(asked), durations_(count) {}

  void count(std::size_t first, std::size_t end) {
    const std::uint32_t last = first_stay_of(table_, end);
    for (std::uint32_t row = first_stay_of(table_, first); row < last;) {
      const std::uint32_t after = end_of_stay(table_, row);
      const std::uint16_t number = asked_[table_.place[row]];
      if (number != no_index && is_selected(table_, selection_, row)) {
        durations_[number].add(bins_, lasted(table_, row, after), table_.cause[after - 1]);
      }
      row = after;
    }
  }
  void close() {}
  void add(const DwellCounter& other) {
    for (std::size_t i = 0; i < durations_.size(); ++i) durations_[i].add(bins_, other.durations_[i]);
  }

  [[nodiscard]] std::optional<Duration> median(std::size_t number) const {
    const auto milliseconds = kaplan_meier_quantile(durations_[number].times(bins_), 0.5);
    if (!milliseconds) return std::nullopt;
    return Duration{std::llround(*milliseconds)};
  }

 private:
  const StayTable& table_;
  const Selection& selection_;
  const TimeBins& bins_;
  const Asked& asked_;
  std::vector<DurationCounts> durations_;
};

/// All E of a journey, by number: those without a touchpoint, then messages, then ids of places.
class Factors {
 public:
  explicit Factors(const StayTable& table) : messages_(table.message_places) {
    for (const Place& place : table.places) {
      const auto found = std::find(ids_.begin(), ids_.end(), place.id);
      id_of_place_.push_back(static_cast<std::uint32_t>(found - ids_.begin()));
      if (found == ids_.end()) ids_.push_back(place.id);
    }
  }

  [[nodiscard]] static std::uint32_t of(DriverKind kind) { return static_cast<std::uint32_t>(kind); }
  [[nodiscard]] static std::uint32_t of_message(std::uint32_t which) {
    return of(DriverKind::message) + which;
  }
  [[nodiscard]] std::uint32_t of_visit(std::uint16_t place) const {
    return first_visit() + id_of_place_[place];
  }
  [[nodiscard]] std::size_t count() const { return first_visit() + ids_.size(); }

  [[nodiscard]] Driver driver(std::uint32_t factor) const {
    Driver driver;
    if (factor < of(DriverKind::message)) {
      driver.kind = static_cast<DriverKind>(factor);
    } else if (factor < first_visit()) {
      driver.touchpoint = messages_[factor - of(DriverKind::message)];
    } else {
      driver.kind = DriverKind::visited;
      driver.touchpoint = ids_[factor - first_visit()];
    }
    return driver;
  }

  /// A visit of what leads there, in any version, tells only how the customer came.
  [[nodiscard]] bool is_structural(const StayTable& table, std::uint32_t factor, std::uint16_t place) const {
    if (factor < first_visit()) return false;
    const std::uint32_t id = factor - first_visit();
    if (id == id_of_place_[place]) return true;
    for (std::size_t from = 0; from < table.places.size(); ++from) {
      if (id_of_place_[from] == id && table.leads_to[from][place]) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] std::uint32_t first_visit() const {
    return of_message(static_cast<std::uint32_t>(messages_.size()));
  }

  const std::vector<std::string>& messages_;
  std::vector<std::string> ids_;
  std::vector<std::uint32_t> id_of_place_;
};

struct Count {
  std::uint64_t n = 0;
  std::uint64_t dropped = 0;
};

/// What is counted of one place.
struct PlaceCounts {
  std::array<std::int64_t, landmark_count> after{};  ///< milliseconds; for_ever: no landmark
  std::int64_t horizon = 0;
  Instant matured_by{};                                   ///< the last entry that is mature
  std::array<ClusterSums, landmark_count> there{};        ///< drop-offs of all, by customer
  std::vector<std::array<Count, landmark_count>> with{};  ///< by factor
  std::uint32_t customer = none;                          ///< the one being counted
  std::array<Count, landmark_count> of_customer{};

  void close_customer() {
    for (std::size_t l = 0; l < landmark_count; ++l) {
      there[l].add_customer(static_cast<std::int64_t>(of_customer[l].dropped),
                            static_cast<std::int64_t>(of_customer[l].n));
    }
    of_customer = {};
  }
};

/// Counts who had what by each landmark.
class LandmarkCounter {
 public:
  LandmarkCounter(const StayTable& table, const Selection& selection, const Factors& factors,
                  const Asked& asked, std::vector<PlaceCounts> places)
      : table_(table), selection_(selection), factors_(factors), asked_(asked), places_(std::move(places)) {}

  void count(std::size_t first, std::size_t end) {
    const std::uint32_t row = first_stay_of(table_, first);
    escalation_ = start(table_.escalations, row);
    feedback_ = start(table_.feedback, row);
    message_ = start(table_.messages, row);
    for (std::size_t instance = first; instance < end; ++instance) count_instance(instance);
  }
  void close() {
    for (PlaceCounts& place : places_) place.close_customer();
  }
  void add(const LandmarkCounter& other) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      for (std::size_t l = 0; l < landmark_count; ++l) {
        places_[i].there[l] += other.places_[i].there[l];
        for (std::size_t factor = 0; factor < places_[i].with.size(); ++factor) {
          places_[i].with[factor][l].n += other.places_[i].with[factor][l].n;
          places_[i].with[factor][l].dropped += other.places_[i].with[factor][l].dropped;
        }
      }
    }
  }
  [[nodiscard]] const PlaceCounts& place(std::size_t number) const { return places_[number]; }

 private:
  /// From when to when a stay has E, in milliseconds since its entry.
  struct Known {
    std::uint32_t factor;
    std::int64_t from;
    std::int64_t until;
  };

  template <class Row>
  static std::size_t start(const std::vector<Row>& rows, std::uint32_t stay) {
    const auto found = std::lower_bound(rows.begin(), rows.end(), stay,
                                        [](const Row& row, std::uint32_t value) { return row.stay < value; });
    return static_cast<std::size_t>(found - rows.begin());
  }
  /// Calls `use` with the rows of the stays in [first, end); what lies before them is passed over.
  template <class Row, class Use>
  static void each(const std::vector<Row>& rows, std::size_t& next, std::uint32_t first, std::uint32_t end,
                   Use use) {
    while (next < rows.size() && rows[next].stay < first) ++next;
    for (; next < rows.size() && rows[next].stay < end; ++next) use(rows[next]);
  }

  void count_instance(std::size_t instance) {
    visited_.clear();
    const std::uint32_t first = first_stay_of(table_, instance);
    const std::uint32_t end = first_stay_of(table_, instance + 1);
    for (std::uint32_t row = first; row < end;) {
      const std::uint32_t after = end_of_stay(table_, row);
      const std::uint16_t number = asked_[table_.place[row]];
      if (number != no_index && table_.entered[row] <= places_[number].matured_by &&
          is_selected(table_, selection_, row)) {
        count_stay(places_[number], row, after, row == first, table_.instances[instance].customer);
      }
      const std::uint32_t visit = factors_.of_visit(table_.place[row]);
      if (std::find(visited_.begin(), visited_.end(), visit) == visited_.end()) visited_.push_back(visit);
      row = after;
    }
  }

  void count_stay(PlaceCounts& place, std::uint32_t row, std::uint32_t after, bool is_first,
                  std::uint32_t customer) {
    const std::int64_t duration = lasted(table_, row, after);
    if (duration <= place.after[0]) return;
    if (place.customer != customer) {
      place.close_customer();
      place.customer = customer;
    }
    const bool dropped = table_.cause[after - 1] == Cause::dropped && duration <= place.horizon;
    const auto count = [&](Count& counted) {
      ++counted.n;
      counted.dropped += dropped ? 1U : 0U;
    };
    look_at(row, after, is_first);
    for (std::size_t l = 0; l < landmark_count && duration > place.after[l]; ++l) {
      count(place.of_customer[l]);
      for (const Known& known : known_) {
        const bool has = known.from <= place.after[l] && place.after[l] < known.until;
        if (has) count(place.with[known.factor][l]);
      }
    }
  }

  /// What the stay has, and from when on.
  void look_at(std::uint32_t row, std::uint32_t after, bool is_first) {
    known_.clear();
    const Instant entered = table_.entered[row];
    const auto since_entry = [&](Instant at) { return (at - entered).count(); };
    const auto at_entry = [&](std::uint32_t factor) {
      known_.push_back({.factor = factor, .from = 0, .until = for_ever});
    };
    const Entry entry = table_.entry[row];
    if (entry == Entry::went_back || entry == Entry::skipped || entry == Entry::elsewhere)
      at_entry(Factors::of(DriverKind::deviation));
    if (!is_first && (table_.flags[row - 1] & StayTable::hop_forced) != 0)
      at_entry(Factors::of(DriverKind::forced_hop));
    if (!is_first && table_.cause[row - 1] == Cause::dropped)
      at_entry(Factors::of(DriverKind::after_drop_off));
    for (const std::uint32_t visit : visited_) at_entry(visit);

    if (after > row + 1)
      has_from(Factors::of(DriverKind::channel_change), since_entry(table_.entered[row + 1]));
    each(table_.escalations, escalation_, row, after,
         [&](const StayTable::At& task) { has_from(Factors::of(DriverKind::task), since_entry(task.at)); });
    each(table_.messages, message_, row, after, [&](const StayTable::MessageRow& message) {
      const bool earlier = message.at < entered;  // handed out for what was derived before a late event came
      if (!earlier) has_from(Factors::of_message(message.which), since_entry(message.at));
    });
    std::int64_t negative = for_ever;
    std::int64_t any = for_ever;
    each(table_.feedback, feedback_, row, after, [&](const StayTable::FeedbackRow& answer) {
      any = std::min(any, since_entry(answer.at));
      if (is_negative_fixed(answer.scale, answer.score))
        negative = std::min(negative, since_entry(answer.at));
    });
    if (negative != for_ever) has_from(Factors::of(DriverKind::negative_feedback), negative);
    if (any < negative)
      known_.push_back({.factor = Factors::of(DriverKind::other_feedback), .from = any, .until = negative});
  }

  /// From the first time on.
  void has_from(std::uint32_t factor, std::int64_t from) {
    for (Known& known : known_) {
      if (known.factor != factor) continue;
      known.from = std::min(known.from, from);
      return;
    }
    known_.push_back({.factor = factor, .from = from, .until = for_ever});
  }

  const StayTable& table_;
  const Selection& selection_;
  const Factors& factors_;
  const Asked& asked_;
  std::vector<PlaceCounts> places_;
  std::vector<std::uint32_t> visited_;  ///< factors, of the instance so far
  std::vector<Known> known_;            ///< of the stay being counted
  std::size_t escalation_ = 0;          ///< the next row of each sparse column
  std::size_t feedback_ = 0;
  std::size_t message_ = 0;
};

/// When the landmark is, in milliseconds since entry.
std::int64_t landmark_after(Duration median, std::size_t landmark) {
  return std::llround(landmark_shares[landmark] * static_cast<double>(median.count()));
}

PlaceCounts empty_counts(const StayTable& table, std::uint16_t place, std::optional<Duration> median,
                         std::size_t factors) {
  PlaceCounts counts;
  counts.horizon = table.places[place].horizon.count();
  counts.matured_by = table.as_of - table.places[place].horizon;
  counts.with.resize(factors);
  for (std::size_t l = 0; l < landmark_count; ++l) {
    const std::int64_t after = median ? landmark_after(*median, l) : for_ever;
    counts.after[l] =
        after < counts.horizon ? after : for_ever;  // later ones have nothing to look forward to
  }
  return counts;
}

/// One E at one landmark; `p` not yet adjusted.
DriverAt compare(Count with, const Landmark& landmark) {
  DriverAt at{.with = with.n,
              .dropped_with = with.dropped,
              .without = landmark.there - with.n,
              .dropped_without = landmark.dropped - with.dropped};
  const auto sample = [&](std::uint64_t x, std::uint64_t n) {
    return Share{static_cast<double>(x) / landmark.design_effect,
                 static_cast<double>(n) / landmark.design_effect};
  };
  const Share of = sample(at.dropped_with, at.with);
  const Share against = sample(at.dropped_without, at.without);
  at.tested = std::min(whole(of).n, whole(against).n) >= driver_sample;
  if (!at.tested) return at;
  at.difference = of.rate() - against.rate();
  at.interval = newcombe_difference(of, against);
  at.p = two_sided_fisher_mid_p(of, against);
  return at;
}

bool changes_sign(const Driver& driver) {
  const auto any = [&](auto is) { return std::any_of(driver.at.begin(), driver.at.end(), is); };
  return any([](const DriverAt& at) { return at.tested && at.interval.low > 0; }) &&
         any([](const DriverAt& at) { return at.tested && at.interval.high < 0; });
}

double least_p(const Driver& driver) {
  return std::min_element(driver.at.begin(), driver.at.end(),
                          [](const DriverAt& a, const DriverAt& b) { return a.p < b.p; })
      ->p;
}

/// Adjusts over all that is tested, and returns how many that are.
std::uint32_t adjust(std::vector<Driver>& drivers) {
  std::vector<double*> tested;
  std::vector<double> raw;
  for (Driver& driver : drivers) {
    for (DriverAt& at : driver.at) {
      if (!at.tested) continue;
      tested.push_back(&at.p);
      raw.push_back(at.p);
    }
  }
  const std::vector<double> adjusted = benjamini_hochberg(raw);
  for (std::size_t i = 0; i < tested.size(); ++i) *tested[i] = adjusted[i];
  return static_cast<std::uint32_t>(tested.size());
}

Drivers judge(const StayTable& table, const Factors& factors, const PlaceCounts& counts, std::uint16_t place,
              std::optional<Duration> median) {
  Drivers result{.place = place, .median = median};
  for (std::size_t l = 0; l < landmark_count; ++l) {
    const ClusterSums& there = counts.there[l];
    if (median) result.landmarks[l].after = Duration{landmark_after(*median, l)};
    result.landmarks[l].there = static_cast<std::uint64_t>(there.n);
    result.landmarks[l].dropped = static_cast<std::uint64_t>(there.x);
    result.landmarks[l].design_effect = design_effect(there);
  }
  std::vector<Driver> drivers;
  for (std::uint32_t factor = 0; factor < factors.count(); ++factor) {
    if (factors.is_structural(table, factor, place)) continue;
    Driver& driver = drivers.emplace_back(factors.driver(factor));
    for (std::size_t l = 0; l < landmark_count; ++l)
      driver.at[l] = compare(counts.with[factor][l], result.landmarks[l]);
    driver.sign_changes = changes_sign(driver);
  }
  result.tested = adjust(drivers);
  std::erase_if(drivers, [](const Driver& driver) { return least_p(driver) > driver_q; });
  const auto order = [](const Driver& driver) {
    return std::tuple<double, DriverKind, const std::string&>(least_p(driver), driver.kind,
                                                              driver.touchpoint);
  };
  std::sort(drivers.begin(), drivers.end(),
            [&](const Driver& a, const Driver& b) { return order(a) < order(b); });
  result.found = std::move(drivers);
  return result;
}

}  // namespace

std::vector<Drivers> drivers_of(const StayTable& table, const Selection& selection,
                                std::span<const std::uint16_t> places, unsigned threads) {
  const TimeBins bins = bins_of(table);
  const Asked asked = asked_of(table, places);
  const Factors factors(table);
  const DwellCounter dwell =
      count_in_pieces(table, threads, DwellCounter(table, selection, bins, asked, places.size()));
  std::vector<std::optional<Duration>> medians;
  std::vector<PlaceCounts> empty;
  for (std::size_t i = 0; i < places.size(); ++i) {
    medians.push_back(dwell.median(i));
    empty.push_back(empty_counts(table, places[i], medians[i], factors.count()));
  }
  const LandmarkCounter counts =
      count_in_pieces(table, threads, LandmarkCounter(table, selection, factors, asked, std::move(empty)));
  std::vector<Drivers> result;
  for (std::size_t i = 0; i < places.size(); ++i) {
    result.push_back(judge(table, factors, counts.place(i), places[i], medians[i]));
  }
  return result;
}

std::string describe(const Driver& driver) {
  switch (driver.kind) {
    case DriverKind::task:
      return "had a task opened for them";
    case DriverKind::negative_feedback:
      return "gave negative feedback";
    case DriverKind::other_feedback:
      return "gave feedback, none of it negative";
    case DriverKind::channel_change:
      return "went on in another channel";
    case DriverKind::deviation:
      return "came off the path";
    case DriverKind::forced_hop:
      return "came by a forced hop";
    case DriverKind::after_drop_off:
      return "came back after a drop-off";
    case DriverKind::message:
      return fmt::format("were sent {}", driver.touchpoint);
    case DriverKind::visited:
      return fmt::format("had been at {} before", driver.touchpoint);
  }
  LOTSE_ASSERT(false);
}

}  // namespace lotse
