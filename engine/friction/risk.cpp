#include "engine/friction/risk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
const std::string no_channel = "(none)";

Duration window_of(const Place& place) { return std::get<Duration>(place.abandon_after); }

/// A stay with the parts that it hopped through, at a place where customers can drop off.
struct Unit {
  std::uint32_t first = 0;  ///< of its rows
  std::uint32_t last = 0;
  std::uint16_t place = 0;
  Instant entered{};
  Instant left{};
  Cause cause{};

  [[nodiscard]] bool has_left(Instant by) const { return cause != Cause::open && left <= by; }
};

template <class Visit>
void for_each_unit(const StayTable& table, const std::vector<bool>& counted, Visit&& visit) {
  const auto size = static_cast<std::uint32_t>(table.size());
  for (std::uint32_t row = 0; row < size;) {
    std::uint32_t last = row;
    while (table.cause[last] == Cause::hopped && last + 1 < size &&
           table.instance[last + 1] == table.instance[row]) {
      ++last;
    }
    if (counted[table.place[row]]) {
      visit(Unit{.first = row,
                 .last = last,
                 .place = table.place[row],
                 .entered = table.entered[row],
                 .left = table.left[last],
                 .cause = table.cause[last]});
    }
    row = last + 1;
  }
}

std::vector<bool> places_to_drop(const StayTable& table) {
  std::vector<bool> counted;
  for (const Place& place : table.places) counted.push_back(can_drop(place));
  return counted;
}

/// One cell while it is counted: stays come customer by customer.
struct Counting {
  RiskCounts counts;
  std::uint32_t customer = none;
  std::int64_t drops = 0;
  std::int64_t mature = 0;

  void add(const TimeBins& bins, const StayTable& table, const Unit& unit, Instant cut) {
    const std::uint32_t who = table.instances[table.instance[unit.first]].customer;
    if (who != customer) close();
    customer = who;
    const bool left = unit.has_left(cut);
    const Duration lasted = (left ? unit.left : cut) - unit.entered;
    const Duration horizon = table.places[unit.place].horizon;
    counts.durations.add(bins, lasted.count(), left ? unit.cause : Cause::open);
    counts.watched.add(bins, (cut - unit.entered).count(), Cause::open);
    if (unit.entered + horizon > cut) return;
    ++mature;
    drops += left && unit.cause == Cause::dropped && lasted <= horizon ? 1 : 0;
  }
  void close() {
    counts.mature_drops.add_customer(drops, mature);
    drops = mature = 0;
  }
};

/// x ln(x/n) + (n−x) ln(1−x/n)
double log_likelihood(double x, double n) {
  double sum = 0;
  if (x > 0) sum += x * std::log(x / n);
  if (x < n) sum += (n - x) * std::log(1 - x / n);
  return sum;
}

/// Drop-offs by the horizon among mature stays.
struct Drops {
  std::uint64_t x = 0;
  std::uint64_t n = 0;
};

/// Twice what the values of a segment tell beyond the whole, less what telling them apart costs: the
/// Bayesian information criterion (Schwarz 1978, Annals of Statistics 6).
double gain(const std::vector<Drops>& by_value) {
  Drops all;
  double apart = 0;
  double values = 0;
  for (const Drops& own : by_value) {
    if (own.n == 0) continue;
    all.x += own.x;
    all.n += own.n;
    apart += log_likelihood(static_cast<double>(own.x), static_cast<double>(own.n));
    ++values;
  }
  if (all.n == 0) return 0;
  const auto n = static_cast<double>(all.n);
  return 2 * (apart - log_likelihood(static_cast<double>(all.x), n)) - (values - 1) * std::log(n);
}

/// By place: the segment that tells most, if any tells more than it costs.
std::vector<std::optional<std::size_t>> choose_segments(const StayTable& table,
                                                        const std::vector<Instant>& cuts,
                                                        const std::vector<bool>& counted) {
  const std::size_t width = table.segments.size();
  std::vector<std::vector<std::vector<Drops>>> drops(table.places.size());
  for (auto& of_place : drops) {
    for (const auto& values : table.segment_values) of_place.emplace_back(values.size());
  }
  for_each_unit(table, counted, [&](const Unit& unit) {
    const Instant cut = cuts[unit.place];
    const Instant horizon = unit.entered + table.places[unit.place].horizon;
    if (horizon > cut) return;
    const bool dropped = unit.cause == Cause::dropped && unit.left <= horizon;
    const std::uint32_t set = table.segment_set[unit.first];
    for (std::size_t segment = 0; segment < width; ++segment) {
      Drops& own = drops[unit.place][segment][table.segment_sets[set * width + segment]];
      ++own.n;
      own.x += dropped ? 1U : 0U;
    }
  });
  std::vector<std::optional<std::size_t>> chosen(table.places.size());
  for (std::size_t place = 0; place < table.places.size(); ++place) {
    double best = 0;
    for (std::size_t segment = 0; segment < width; ++segment) {
      const double own = gain(drops[place][segment]);
      if (own > best) chosen[place] = segment;
      best = std::max(best, own);
    }
  }
  return chosen;
}

}  // namespace

bool can_drop(const Place& place) {
  const auto* window = std::get_if<Duration>(&place.abandon_after);
  return window != nullptr && *window > Duration{0} && place.turn == Turn::customer && !place.terminal;
}

/// By place, in [channel][value]; the last of each is the whole.
struct RiskModel::Rep {
  struct OfPlace {
    std::optional<std::size_t> segment;
    std::size_t values = 0;
    std::vector<std::optional<RiskCurve>> curves;
  };
  const StayTable& table;
  std::size_t channels;  ///< and one for none
  std::vector<OfPlace> places;

  explicit Rep(const StayTable& of) : table(of), channels(of.channels.size() + 1), places(of.places.size()) {}
  [[nodiscard]] std::size_t channel(std::uint16_t channel) const {
    return channel == no_index ? channels - 1 : channel;
  }
  [[nodiscard]] std::size_t value(const OfPlace& own, std::uint32_t set) const {
    return own.segment ? table.segment_sets[set * table.segments.size() + *own.segment] : own.values;
  }
  [[nodiscard]] static std::size_t cell(const OfPlace& own, std::size_t channel, std::size_t value) {
    return channel * (own.values + 1) + value;
  }
};

RiskModel::~RiskModel() = default;
RiskModel::RiskModel(RiskModel&&) noexcept = default;
RiskModel& RiskModel::operator=(RiskModel&&) noexcept = default;

RiskModel::RiskModel(const StayTable& table, const std::vector<Instant>& cuts)
    : rep_(std::make_unique<Rep>(table)) {
  LOTSE_ASSERT(cuts.size() == table.places.size());
  const std::vector<bool> counted = places_to_drop(table);
  const auto segments = choose_segments(table, cuts, counted);
  const TimeBins bins = bins_of(table);
  std::vector<std::vector<std::optional<Counting>>> counting(table.places.size());
  for (std::size_t place = 0; place < table.places.size(); ++place) {
    Rep::OfPlace& own = rep_->places[place];
    own.segment = segments[place];
    own.values = own.segment ? table.segment_values[*own.segment].size() : 0;
    counting[place].resize((rep_->channels + 1) * (own.values + 1));
  }
  for_each_unit(table, counted, [&](const Unit& unit) {
    const Instant cut = cuts[unit.place];
    if (unit.entered > cut) return;
    const Rep::OfPlace& own = rep_->places[unit.place];
    const std::size_t channel = rep_->channel(table.channel[unit.first]);
    const auto count = [&](std::size_t cell) {
      std::optional<Counting>& one = counting[unit.place][cell];
      if (!one) one.emplace();
      one->add(bins, table, unit, cut);
    };
    count(Rep::cell(own, rep_->channels, own.values));
    count(Rep::cell(own, channel, own.values));
    if (own.segment) count(Rep::cell(own, channel, rep_->value(own, table.segment_set[unit.first])));
  });
  for (std::size_t place = 0; place < table.places.size(); ++place) {
    for (std::optional<Counting>& one : counting[place]) {
      std::optional<RiskCurve>& curve = rep_->places[place].curves.emplace_back();
      if (!one) continue;
      one->close();
      curve.emplace(one->counts, bins, window_of(table.places[place]));
      one.reset();
    }
  }
}

std::optional<RiskModel::Answer> RiskModel::at(std::uint16_t place, std::uint16_t channel, std::uint32_t set,
                                               Duration age) const {
  const Rep::OfPlace& own = rep_->places[place];
  const StayTable& table = rep_->table;
  const auto look = [&](std::size_t cell, double least) -> std::optional<Answer> {
    if (!own.curves[cell]) return std::nullopt;
    const std::optional<RiskEstimate> found = own.curves[cell]->at(age);
    if (!found || found->mature < least_mature || found->sample.n < least) return std::nullopt;
    return Answer{.estimate = *found, .cell = {}, .number = static_cast<std::uint32_t>(cell)};
  };
  const std::size_t by = rep_->channel(channel);
  const std::string& channel_name = channel == no_index ? no_channel : table.channels[channel];
  if (own.segment) {
    if (auto answer = look(Rep::cell(own, by, rep_->value(own, set)), finer_sample)) {
      answer->cell = {.by_channel = true,
                      .channel = channel_name,
                      .segment = table.segments[*own.segment],
                      .value = table.segment_value(set, *own.segment)};
      return answer;
    }
  }
  if (auto answer = look(Rep::cell(own, by, own.values), finer_sample)) {
    answer->cell = {.by_channel = true, .channel = channel_name, .segment = {}, .value = {}};
    return answer;
  }
  return look(Rep::cell(own, rep_->channels, own.values), 0);
}

const std::string& RiskModel::segment(std::uint16_t place) const {
  static const std::string empty;
  const std::optional<std::size_t> segment = rep_->places[place].segment;
  return segment ? rep_->table.segments[*segment] : empty;
}

const RiskCurve* RiskModel::whole(std::uint16_t place) const {
  const Rep::OfPlace& own = rep_->places[place];
  const std::optional<RiskCurve>& curve = own.curves[Rep::cell(own, rep_->channels, own.values)];
  return curve ? &*curve : nullptr;
}

namespace {

/// One instance in flight, as little as sorting needs.
struct Candidate {
  double risk = 0;
  double at_stake = 0;
  Instant silent_at{};
  Instant entered{};
  std::uint32_t unit = 0;  ///< first row of its stay
  std::uint32_t last = 0;
  std::uint32_t row = 0;  ///< of InFlight
};

double sum_in_order(std::vector<double>& parts) {
  std::ranges::sort(parts);  // else the order of the customers would show in the last digit
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

Result<void> check_touchpoint(const StayTable& table, const std::string& wanted) {
  if (wanted.empty()) return {};
  std::vector<std::string_view> known;
  bool found = false;
  for (const Place& place : table.places) {
    if (can_drop(place)) known.push_back(place.id);
    found = found || place.id == wanted;
    if (can_drop(place) && place.id == wanted) return {};
  }
  if (found) {
    return fail(ErrorCode::bad_input,
                fmt::format("nobody drops off at `{}`: it ends the journey, silence never counts as leaving "
                            "there, or the turn is not the customer's",
                            wanted));
  }
  const std::string_view meant = nearest(wanted, known);
  return fail(ErrorCode::not_found,
              fmt::format("`{}` is no touchpoint of `{}` that customers stand at{}", wanted, table.journey,
                          meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
}

/// Each touchpoint is judged as of its own horizon ago: all that were in flight then have had their time.
std::vector<Instant> splits_of(const StayTable& table) {
  std::vector<Instant> splits;
  for (const Place& place : table.places) splits.push_back(table.as_of - place.horizon);
  return splits;
}

void judge_forecasts(const StayTable& table, RiskReport& report) {
  const std::vector<Instant> splits = splits_of(table);
  const RiskModel model(table, splits);
  std::vector<Forecast> forecasts;
  report.judged_from = never;
  report.judged_to = Instant::min();
  for_each_unit(table, places_to_drop(table), [&](const Unit& unit) {
    const Instant split = splits[unit.place];
    if (unit.entered > split || unit.has_left(split)) return;
    report.judged_from = std::min(report.judged_from, split);
    report.judged_to = std::max(report.judged_to, split);
    const auto answer =
        model.at(unit.place, table.channel[unit.first], table.segment_set[unit.first], split - unit.entered);
    if (!answer) {
      ++report.judged_untold;
      return;
    }
    const RiskEstimate& estimate = answer->estimate;
    const double risk = estimate.risk;
    forecasts.push_back({.probability = risk,
                         .happened = unit.cause == Cause::dropped && unit.left <= unit.entered + estimate.by,
                         .error = std::sqrt(risk * (1 - risk) / estimate.sample.n),
                         .group = std::uint64_t{unit.place} << 32U | answer->number});
  });
  if (report.judged_to == Instant::min()) report.judged_from = report.judged_to = table.as_of;
  report.quality = forecast_quality(std::move(forecasts));
}

std::optional<double> value_of(const StayTable& table, std::uint32_t row) {
  const std::int64_t value = table.instances[table.instance[row]].value;
  if (value == no_value) return std::nullopt;
  return static_cast<double>(value) / static_cast<double>(fixed_point);
}

/// What the counts of all touchpoints say of those that can be dropped off at; by place of the table.
std::vector<std::uint32_t> add_places(const StayTable& table, const RiskModel& model, unsigned threads,
                                      RiskReport& report) {
  const auto friction = friction_report(table, FrictionQuery{}, threads);
  LOTSE_ASSERT(friction.has_value());
  std::vector<std::uint32_t> number(table.places.size(), none);
  for (std::uint16_t place = 0; place < table.places.size(); ++place) {
    const Place& own = table.places[place];
    if (!can_drop(own)) continue;
    number[place] = static_cast<std::uint32_t>(report.places.size());
    const auto& judged = friction->rows[place].judged[static_cast<std::size_t>(Signal::drop_off)];
    report.places.push_back({.touchpoint = own.id,
                             .label = own.label,
                             .title = own.title,
                             .owner = own.owner,
                             .window = window_of(own),
                             .segment = model.segment(place),
                             .reach = judged ? judged->reach : 1});
  }
  return number;
}

}  // namespace

Result<RiskReport> risk_report(const StaysInFlight& stays, const RiskQuery& query, unsigned threads) {
  const StayTable& table = stays.table;
  LOTSE_CHECK(check_touchpoint(table, query.touchpoint));
  RiskReport report;
  report.journey = table.journey;
  report.title = table.title;
  report.as_of = table.as_of;
  report.touchpoint = query.touchpoint;
  report.limit = query.limit;
  report.least_risk = query.least_risk;
  const RiskModel model(table, std::vector<Instant>(table.places.size(), table.as_of));
  const std::vector<std::uint32_t> number = add_places(table, model, threads, report);

  std::vector<std::uint32_t> in_flight(table.instances.size(), none);
  std::uint32_t rows = 0;
  for (std::size_t instance = 0; instance < table.instances.size(); ++instance) {
    const std::size_t end =
        instance + 1 < table.instances.size() ? table.instances[instance + 1].first_stay : table.size();
    if (table.cause[end - 1] == Cause::open) in_flight[instance] = rows++;
  }
  LOTSE_ASSERT(rows == stays.in_flight.size());

  std::vector<Candidate> candidates;
  std::vector<std::vector<double>> risks(report.places.size());
  std::vector<std::vector<double>> stakes(report.places.size());
  for_each_unit(table, places_to_drop(table), [&](const Unit& unit) {
    if (unit.cause != Cause::open) return;
    RiskPlace& place = report.places[number[unit.place]];
    ++place.in_flight;
    const auto answer = model.at(unit.place, table.channel[unit.first], table.segment_set[unit.first],
                                 table.as_of - unit.entered);
    if (!answer) {
      ++place.untold;
      return;
    }
    Candidate candidate{.risk = answer->estimate.risk,
                        .at_stake = 0,
                        .silent_at = {},
                        .entered = unit.entered,
                        .unit = unit.first,
                        .last = unit.last,
                        .row = in_flight[table.instance[unit.first]]};
    risks[number[unit.place]].push_back(candidate.risk);
    if (const auto value = value_of(table, unit.first)) {
      candidate.at_stake = candidate.risk * *value * place.reach;
      stakes[number[unit.place]].push_back(candidate.at_stake);
    }
    candidate.silent_at = stays.in_flight.silent_at(candidate.row);
    const bool wanted = query.touchpoint.empty() || query.touchpoint == place.touchpoint;
    const bool known = !stays.in_flight.customer(candidate.row).empty();
    if (wanted && known && candidate.risk >= query.least_risk) candidates.push_back(candidate);
  });
  for (std::size_t place = 0; place < report.places.size(); ++place) {
    report.places[place].expected = sum_in_order(risks[place]);
    if (!stakes[place].empty()) report.places[place].at_stake = sum_in_order(stakes[place]);
  }

  report.matching = candidates.size();
  const auto order = [&](const Candidate& candidate) {
    return std::tuple(-candidate.risk, -candidate.at_stake, candidate.silent_at,
                      stays.in_flight.customer(candidate.row), candidate.entered, candidate.row);
  };
  const std::size_t listed = std::min(query.limit, candidates.size());
  std::ranges::partial_sort(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(listed), {}, order);
  candidates.resize(listed);
  for (const Candidate& candidate : candidates) {
    const std::uint16_t place = table.place[candidate.unit];
    const std::uint16_t channel = table.channel[candidate.last];
    const Duration age = table.as_of - candidate.entered;
    auto answer =
        model.at(place, table.channel[candidate.unit], table.segment_set[candidate.unit], age).value();
    RiskRow& row = report.rows.emplace_back();
    row.customer = stays.in_flight.customer(candidate.row);
    row.place = number[place];
    if (channel != no_index) row.channel = table.channels[channel];
    row.entered = candidate.entered;
    row.age = age;
    for (std::uint32_t part = candidate.unit; part <= candidate.last; ++part) {
      row.repeated = row.repeated || table.repeats[part] > 0;
    }
    row.estimate = answer.estimate;
    row.cell = std::move(answer.cell);
    row.by = candidate.entered + row.estimate.by;
    if (candidate.silent_at != never) row.silent_at = candidate.silent_at;
    row.value = value_of(table, candidate.unit);
    if (row.value) row.at_stake = candidate.at_stake;
  }
  judge_forecasts(table, report);
  return report;
}

std::vector<RiskSteps> risk_steps(const StayTable& table) {
  const RiskModel model(table, std::vector<Instant>(table.places.size(), table.as_of));
  std::vector<RiskSteps> curves;
  for (std::uint16_t place = 0; place < table.places.size(); ++place) {
    const RiskCurve* curve = model.whole(place);
    if (curve == nullptr) continue;
    RiskSteps own;
    own.touchpoint = table.places[place].id;
    for (const Duration age : curve->steps()) {
      const std::optional<RiskEstimate> estimate = curve->at(age);
      RiskSteps::Step step{.from = age, .percent = {}};
      if (estimate && estimate->mature >= RiskModel::least_mature)
        step.percent = static_cast<std::uint8_t>(std::lround(100 * estimate->risk));
      if (own.steps.empty() || own.steps.back().percent != step.percent) own.steps.push_back(step);
    }
    for (const std::uint32_t version : table.places[place].versions) {
      own.version = version;
      curves.push_back(own);
    }
  }
  return curves;
}

bool reads_risk(const JourneyVersions& versions) {
  for (std::size_t version = 0; version < versions.versions.size(); ++version) {
    if (versions.versions[version]->reads_risk && versions.stopped_at(version) == Instant::max()) return true;
  }
  return false;
}

void hide_customers(RiskReport& report) {
  report.customers_hidden = true;
  report.rows.clear();
}

}  // namespace lotse
