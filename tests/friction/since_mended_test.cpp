#include "engine/friction/since_mended.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "engine/friction/compared_rates.hpp"

namespace lotse::test {
namespace {

ComparedRate rate_of(Share share) {
  return {.rate = share.rate(), .sample = share, .n = static_cast<std::uint64_t>(std::llround(share.n))};
}

SinceMended compared(Share before, Share now) {
  SinceMended found;
  found.change = compare_rates(Signal::repeat, rate_of(before), rate_of(now), {});
  return found;
}

SinceMended settled(Share before, Share now) {
  SinceMended found = compared(before, now);
  settle(found);
  return found;
}

/// What a single look would make of it.
bool better_at_one_look(Share before, Share now) {
  const SinceMended found = compared(before, now);
  return newcombe_difference(now, before).high < 0 && *found.change.difference() < -found.change.margin;
}

/// Stays and the lost of each day, at one rate throughout.
std::vector<Share> days_at(double rate, int days, int stays_a_day, std::mt19937_64& draw) {
  constexpr double one = 18'446'744'073'709'551'616.0;  // 2^64
  std::vector<Share> all;
  for (int day = 0; day < days; ++day) {
    Share& counted = all.emplace_back(Share{0, static_cast<double>(stays_a_day)});
    for (int i = 0; i < stays_a_day; ++i) counted.x += static_cast<double>(draw()) < rate * one ? 1 : 0;
  }
  return all;
}

}  // namespace

TEST_CASE("finding states: looked at daily for a year, what is unchanged is rarely called better",
          "[friction][states]") {
  constexpr int runs = 300;
  constexpr int year = 365;
  constexpr int history = 28;
  const double rate = GENERATE(0.05, 0.3);
  std::mt19937_64 draw(20'240'301);
  int better = 0;
  int better_by_single_looks = 0;
  for (int run = 0; run < runs; ++run) {
    const std::vector<Share> days = days_at(rate, 2 * year, 20, draw);
    const auto sum = [&](int from, int to) {
      return std::accumulate(days.begin() + from, days.begin() + to, Share{},
                             [](Share a, Share b) { return Share{a.x + b.x, a.n + b.n}; });
    };
    bool called = false;
    bool called_by_single_looks = false;
    for (int since = 1; since <= year; ++since) {
      const Share before = sum(year - std::max(history, since), year);
      const Share now = sum(year, year + since);
      called = called || settled(before, now).verdict == MendedVerdict::better;
      called_by_single_looks = called_by_single_looks || better_at_one_look(before, now);
    }
    better += called ? 1 : 0;
    better_by_single_looks += called_by_single_looks ? 1 : 0;
  }

  CAPTURE(rate, better, better_by_single_looks, runs);
  CHECK(better < 0.05 * runs);
  CHECK(better_by_single_looks > 0.1 * runs);  // so the simulation can tell
}

TEST_CASE("finding states: the interval that is told is the one that the verdict rests on",
          "[friction][states]") {
  for (const double lost : {200.0, 260.0, 300.0, 330.0, 360.0, 400.0, 460.0, 540.0}) {
    CAPTURE(lost);
    const SinceMended found = settled({400, 1'000}, {lost, 1'000});
    const double difference = *found.change.difference();
    const Interval& interval = found.change.interval;
    CHECK((found.verdict == MendedVerdict::better) == (interval.high < 0 && difference < -0.04));
    CHECK((found.verdict == MendedVerdict::worse) == (interval.low > 0 && difference > 0.04));
    CHECK(found.unsettled.has_value() == (found.verdict == MendedVerdict::inconclusive));
  }
}

TEST_CASE("finding states: too few before, too few since, and enough of both are told apart",
          "[friction][states]") {
  struct Row {
    const char* why;
    Share before;
    Share now;
    Unsettled unsettled;
    bool more;
  };
  const auto row = GENERATE(
      Row{"hardly any before", {5, 15}, {30, 100}, Unsettled::few_before, false},
      Row{"400 before never tell 4 points", {160, 400}, {40'000, 100'000}, Unsettled::few_before, false},
      Row{"few since", {1'600, 4'000}, {38, 100}, Unsettled::few_since, true},
      Row{"a little more tells 1 point", {2'000, 20'000}, {1'840, 20'000}, Unsettled::few_since, true},
      Row{"enough: 0.8 of the 1 point", {4'000, 40'000}, {3'680, 40'000}, Unsettled::near_margin, false});
  CAPTURE(row.why);

  const SinceMended found = settled(row.before, row.now);

  CHECK(found.verdict == MendedVerdict::inconclusive);
  CHECK(found.unsettled == row.unsettled);
  CHECK(found.more_needed.has_value() == row.more);
}

}  // namespace lotse::test
