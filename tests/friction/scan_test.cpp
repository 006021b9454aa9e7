#include "engine/friction/scan.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <limits>
#include <numeric>
#include <random>

#include "engine/friction/cluster.hpp"
#include "engine/friction/key_index.hpp"
#include "tests/support/dice.hpp"

namespace lotse::test {
namespace {

using Codes = std::vector<std::uint8_t>;

/// Uniform in [0, 1) from raw draws: the std distributions differ between libraries.
double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

/// Attributes as journeys have them: three segments, the channel, the promise, a forced hop, first stay or
/// repeat.
enum Attribute : std::uint8_t { plan, region, age, channel, promise, forced_hop, visit };
const std::vector<std::vector<double>> shares = {{0.4, 0.3, 0.2, 0.1}, {0.3, 0.25, 0.2, 0.15, 0.1},
                                                 {0.5, 0.3, 0.2},      {0.45, 0.3, 0.15, 0.1},
                                                 {0.2, 0.1, 0.7},      {0.9, 0.1},
                                                 {0.85, 0.15}};

std::uint8_t draw_value(std::size_t attribute, std::mt19937_64& dice) {
  double u = uniform(dice);
  std::uint8_t value = 0;
  for (; value + 1U < shares[attribute].size() && u >= shares[attribute][value]; ++value)
    u -= shares[attribute][value];
  return value;
}

Codes draw_codes(std::mt19937_64& dice) {
  Codes codes;
  for (std::size_t a = 0; a < shares.size(); ++a) codes.push_back(draw_value(a, dice));
  return codes;
}

/// Collects single observations into a table.
class Observations {
 public:
  Observations() {
    for (const auto& values : shares) table_.values.push_back(static_cast<std::uint8_t>(values.size()));
  }
  void add(const Codes& codes, bool x) {
    std::uint64_t key = 0;
    for (const std::uint8_t code : codes) key = key * 8 + code;
    const std::uint32_t cell = index_.of(key);
    if (cell == table_.size()) table_.add(codes, 0, 0);
    ++table_.n[cell];
    table_.x[cell] += x ? 1U : 0U;
  }
  [[nodiscard]] const ScanTable& table() const { return table_; }

 private:
  KeyIndex index_;
  ScanTable table_;
};

struct Cause {
  std::vector<Condition> conditions;
  double rate;
};

/// n observations: x at `base`, or at the highest rate of the causes that hold.
ScanTable planted(std::size_t n, double base, const std::vector<Cause>& causes, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  Observations observations;
  for (std::size_t i = 0; i < n; ++i) {
    const Codes codes = draw_codes(dice);
    double rate = base;
    for (const Cause& cause : causes) {
      const bool holds = std::ranges::all_of(
          cause.conditions, [&](const Condition& one) { return codes[one.attribute] == one.value; });
      if (holds) rate = std::max(rate, cause.rate);
    }
    observations.add(codes, uniform(dice) < rate);
  }
  return observations.table();
}

struct Clustered {
  ScanTable table;
  double design_effect;
};

/// Customers with three observations each, their segments the same in all; a third of them have x at 50 %,
/// the others at 5 %, whatever their attributes are.
Clustered clustered(std::size_t customers, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  Observations observations;
  ClusterSums sums;
  for (std::size_t customer = 0; customer < customers; ++customer) {
    const double rate = uniform(dice) < 1.0 / 3 ? 0.5 : 0.05;
    const Codes own = draw_codes(dice);
    std::int64_t x = 0;
    for (int i = 0; i < 3; ++i) {
      Codes codes = draw_codes(dice);
      std::copy(own.begin(), own.begin() + channel, codes.begin());
      const bool has = uniform(dice) < rate;
      observations.add(codes, has);
      x += has ? 1 : 0;
    }
    sums.add_customer(x, 3);
  }
  return {observations.table(), design_effect(sums)};
}

/// A small table with few attributes: the cells as {codes…, n, x}.
ScanTable table_of(Codes values, const std::vector<std::vector<std::uint32_t>>& cells) {
  ScanTable table;
  table.values = std::move(values);
  for (const auto& cell : cells) {
    Codes codes;
    for (std::size_t a = 0; a < table.values.size(); ++a) codes.push_back(static_cast<std::uint8_t>(cell[a]));
    table.add(codes, cell[table.values.size()], cell[table.values.size() + 1]);
  }
  return table;
}

/// Upper end of what a share of `bar` gives in so many runs, 99 %.
double with_error(double bar, int runs) { return bar + 2.33 * std::sqrt(bar * (1 - bar) / runs); }

double found_in_null_tables(int runs) {
  int found = 0;
  for (int run = 0; run < runs; ++run) {
    const auto seed = static_cast<std::uint64_t>(run);
    found += scan(planted(1'500, 0.2, {}, seed), {.seed = 1'000'000 + seed}).found.empty() ? 0 : 1;
  }
  return static_cast<double>(found) / runs;
}

/// How often exactly `conditions` come first.
double found_first(int runs, std::size_t n, const std::vector<Cause>& causes,
                   const std::vector<Condition>& conditions) {
  int found = 0;
  for (int run = 0; run < runs; ++run) {
    const Hotspots hotspots = scan(planted(n, 0.15, causes, 77'000 + static_cast<std::uint64_t>(run)));
    found += !hotspots.found.empty() && hotspots.found[0].conditions == conditions ? 1 : 0;
  }
  return static_cast<double>(found) / runs;
}

struct ClusteredShares {
  double with_effect;
  double ignoring_it;
};
ClusteredShares found_in_clustered_null_tables(int runs) {
  int with_effect = 0;
  int ignoring_it = 0;
  for (int run = 0; run < runs; ++run) {
    const auto seed = static_cast<std::uint64_t>(run);
    const Clustered sample = clustered(600, 500'000 + seed);
    const auto found = [&](double effect) {
      return !scan(sample.table, {.design_effect = effect, .seed = 9'000'000 + seed}).found.empty();
    };
    with_effect += found(sample.design_effect) ? 1 : 0;
    ignoring_it += found(1) ? 1 : 0;
  }
  return {static_cast<double>(with_effect) / runs, static_cast<double>(ignoring_it) / runs};
}

const std::vector<Condition> one_plan = {{plan, 1}};

}  // namespace

TEST_CASE("bernoulli_log_likelihood_ratio: by hand, and only for more inside", "[friction][scan]") {
  // 30 of 100 inside, 15 of 100 outside, 45 of 200 in all.
  const double by_hand = 30 * std::log(0.30) + 70 * std::log(0.70) + 15 * std::log(0.15) +
                         85 * std::log(0.85) - 45 * std::log(0.225) - 155 * std::log(0.775);
  CHECK(bernoulli_log_likelihood_ratio(30, 100, 45, 200) == Approx(by_hand));
  CHECK(bernoulli_log_likelihood_ratio(15, 100, 45, 200) == 0);
  CHECK(bernoulli_log_likelihood_ratio(20, 100, 40, 200) == 0);
  CHECK(bernoulli_log_likelihood_ratio(10, 10, 10, 20) == Approx(20 * std::log(2.0)));
  CHECK(bernoulli_log_likelihood_ratio(0, 0, 10, 20) == 0);
  CHECK(bernoulli_log_likelihood_ratio(10, 20, 10, 20) == 0);
}

TEST_CASE("scan: what it finds is the best of all conditions and pairs", "[friction][scan]") {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    const ScanTable table = planted(900, 0.2, {{{{region, 2}}, 0.28}, {{{age, 1}, {channel, 1}}, 0.4}}, seed);
    const auto n_all = std::accumulate(table.n.begin(), table.n.end(), std::uint64_t{0});
    const auto x_all = std::accumulate(table.x.begin(), table.x.end(), std::uint64_t{0});
    std::vector<std::vector<Condition>> all;
    for (std::uint8_t a = 0; a < shares.size(); ++a) {
      for (std::uint8_t va = 0; va < shares[a].size(); ++va) {
        all.push_back({{a, va}});
        for (std::uint8_t b = 0; b < a; ++b) {
          for (std::uint8_t vb = 0; vb < shares[b].size(); ++vb) all.push_back({{b, vb}, {a, va}});
        }
      }
    }
    std::uint64_t tried = 0;
    double best = -std::numeric_limits<double>::infinity();
    Hotspot expected;
    for (const auto& conditions : all) {
      std::uint64_t n = 0;
      std::uint64_t x = 0;
      for (std::size_t cell = 0; cell < table.size(); ++cell) {
        if (!inside(table, cell, conditions)) continue;
        n += table.n[cell];
        x += table.x[cell];
      }
      if (n < 20 || n_all - n < 20) continue;
      ++tried;
      const double ratio = bernoulli_log_likelihood_ratio(x, n, x_all, n_all);
      const double score = ratio - (conditions.size() == 2 ? std::log(static_cast<double>(n_all)) / 2 : 0);
      if (score <= best) continue;
      best = score;
      expected = {.conditions = conditions,
                  .n = n,
                  .x = x,
                  .n_outside = n_all - n,
                  .x_outside = x_all - x,
                  .log_likelihood_ratio = ratio,
                  .p = 0};
    }

    Hotspots result = scan(table, {.level = 1, .permutations = 19, .most = 1});

    REQUIRE(result.found.size() == 1);
    result.found[0].p = 0;
    CHECK(result.found[0] == expected);
    CHECK(result.tried == tried);
  }
}

TEST_CASE("scan: p is the share of assignments with as large a maximum", "[friction][scan]") {
  // All three x in one half, of either half: 2 of C(6, 3) = 20 assignments. With a third value that
  // holds one more: 3 x in the first (1 of 35) or the second three (1 of 35).
  struct Row {
    const char* why;
    ScanTable table;
    double p;
  };
  const auto row =
      GENERATE(Row{"two values", table_of({2}, {{0, 3, 3}, {1, 3, 0}}), 2.0 / 20},
               Row{"and one folded", table_of({2}, {{0, 3, 3}, {1, 3, 0}, {2, 1, 0}}), 2.0 / 35});
  CAPTURE(row.why);
  const Hotspots result = scan(row.table, {.level = 1, .permutations = 20'000, .least = 1, .most = 1});
  REQUIRE(result.found.size() == 1);
  CHECK(result.found[0].p == Approx(row.p).margin(4 * std::sqrt(row.p / 20'000)));
}

TEST_CASE("scan: the same for any order and any split of the cells", "[friction][scan]") {
  Dice dice(5);
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const ScanTable table = planted(2'000, 0.15, {{one_plan, 0.28}, {{{channel, 2}}, 0.28}}, seed);
    std::vector<std::size_t> order(2 * table.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    dice.shuffle(order);
    ScanTable other;
    other.values = table.values;
    for (const std::size_t half : order) {
      const std::size_t cell = half / 2;
      const bool with_x = half % 2 == 0;  // each cell comes twice: its x, and the rest
      const std::uint32_t x = table.x[cell];
      other.add({&table.codes[cell * table.attributes()], table.attributes()}, with_x ? x : table.n[cell] - x,
                with_x ? x : 0);
    }
    CHECK(!scan(table).found.empty());
    CHECK(scan(other) == scan(table));
  }
}

TEST_CASE("scan: equals go to the single condition, then to the lower attribute", "[friction][scan]") {
  // Three attributes that say the same.
  const ScanTable table = table_of({2, 2, 2}, {{0, 0, 0, 100, 10}, {1, 1, 1, 100, 40}});
  const Hotspots result = scan(table);
  REQUIRE(result.found.size() == 1);
  CHECK(result.found[0].conditions == std::vector<Condition>{{0, 1}});
  CHECK(result.tried == 12);
}

TEST_CASE("scan: nothing to find", "[friction][scan]") {
  struct Row {
    const char* why;
    ScanTable table;
    std::uint64_t tried;
  };
  const auto row =
      GENERATE(Row{"no attributes", table_of({}, {{100, 50}}), 0}, Row{"no cells", table_of({2, 2}, {}), 0},
               Row{"no x", table_of({2}, {{0, 100, 0}, {1, 100, 0}}), 2},
               Row{"all x", table_of({2}, {{0, 100, 100}, {1, 100, 100}}), 2},
               Row{"one observation", table_of({2}, {{0, 1, 1}}), 0},
               Row{"too few inside", table_of({2}, {{0, 19, 19}, {1, 1000, 0}}), 0},
               Row{"too few outside", table_of({2}, {{0, 1000, 1000}, {1, 19, 0}}), 0},
               Row{"only what was folded has it", table_of({1}, {{0, 1000, 0}, {1, 1000, 900}}), 1});
  CAPTURE(row.why);
  const Hotspots result = scan(row.table);
  CHECK(result.found.empty());
  CHECK(result.tried == row.tried);
}

TEST_CASE("scan: twenty inside are enough", "[friction][scan]") {
  const Hotspots result = scan(table_of({2}, {{0, 20, 20}, {1, 1000, 100}}));
  REQUIRE(result.found.size() == 1);
  CHECK(result.found[0].p == Approx(1.0 / 200));
}

TEST_CASE("scan: of tables with nothing in them at most one in twenty has a finding", "[friction][scan]") {
  constexpr int runs = 200;
  const double share = found_in_null_tables(runs);
  WARN("null tables with p <= 0.05: " << share << " of " << runs);
  CHECK(share <= with_error(0.05, runs));
}

TEST_CASE("scan: of many tables with nothing in them at most one in twenty has a finding",
          "[friction][scan][.nightly]") {
  constexpr int runs = 20'000;
  const double share = found_in_null_tables(runs);
  WARN("null tables with p <= 0.05: " << share << " of " << runs);
  CHECK(share <= with_error(0.05, runs));
}

TEST_CASE("scan: a segment with 30 % against 15 % is found exactly", "[friction][scan]") {
  const double share = found_first(60, 3'000, {{one_plan, 0.30}}, one_plan);
  WARN("one segment found exactly: " << share << " of 60");
  CHECK(share >= 0.95);
}

TEST_CASE("scan: a segment with 30 % against 15 % is found exactly, many times and at several sizes",
          "[friction][scan][.nightly]") {
  for (const std::size_t n : {1'500U, 3'000U, 10'000U, 50'000U}) {
    const double share = found_first(1'000, n, {{one_plan, 0.30}}, one_plan);
    WARN("one segment found exactly: " << share << " of 1000 with n = " << n);
    CHECK(share >= 0.95);
  }
}

TEST_CASE("scan: what only a pair has is found as that pair", "[friction][scan]") {
  const std::vector<Condition> pair = {{region, 1}, {channel, 1}};
  const double share = found_first(60, 3'000, {{pair, 0.40}}, pair);
  WARN("pair found exactly: " << share << " of 60");
  CHECK(share >= 0.95);
}

TEST_CASE("scan: two causes are both found, one after the other", "[friction][scan]") {
  int both = 0;
  constexpr int runs = 40;
  for (std::uint64_t run = 0; run < runs; ++run) {
    const Hotspots result =
        scan(planted(4'000, 0.15, {{{{plan, 2}}, 0.35}, {{{channel, 2}}, 0.30}}, 31'000 + run));
    std::vector<std::vector<Condition>> found;
    for (const Hotspot& hotspot : result.found) found.push_back(hotspot.conditions);
    const auto has = [&](Condition one) {
      return std::ranges::find(found, std::vector<Condition>{one}) != found.end();
    };
    both += has({plan, 2}) && has({channel, 2}) ? 1 : 0;
    CHECK(result.found.size() <= 3);
    if (result.found.size() < 2) continue;
    const std::uint64_t all = result.found[0].n + result.found[0].n_outside;
    CHECK(result.found[1].n + result.found[1].n_outside == all - result.found[0].n);
  }
  WARN("both causes found: " << both << " of " << runs);
  CHECK(both >= 0.95 * runs);
}

TEST_CASE("scan: with the design effect, customers with three stays each make no findings of their own",
          "[friction][scan]") {
  constexpr int runs = 200;
  const ClusteredShares share = found_in_clustered_null_tables(runs);
  WARN("null customers with three stays: " << share.with_effect << " with the design effect, "
                                           << share.ignoring_it << " without it, of " << runs);
  CHECK(share.with_effect <= with_error(0.05, runs));
  CHECK(share.ignoring_it > 0.10);
}

TEST_CASE("scan: with the design effect, three stays each make no findings of their own, many times",
          "[friction][scan][.nightly]") {
  constexpr int runs = 10'000;
  const ClusteredShares share = found_in_clustered_null_tables(runs);
  WARN("null customers with three stays: " << share.with_effect << " with the design effect, "
                                           << share.ignoring_it << " without it, of " << runs);
  CHECK(share.with_effect <= with_error(0.05, runs));
}

}  // namespace lotse::test
