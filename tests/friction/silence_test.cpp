#include "engine/friction/silence.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "tests/friction/watched.hpp"

namespace lotse::test {
namespace {

/// A Poisson process from day 0, `hourly` entries in an hour (by its number from day 0), in bursts of a
/// geometric number of entries with the mean `burst`, seconds apart.
template <class Hourly>
std::vector<Instant> arrivals(std::mt19937_64& dice, int days, const Hourly& hourly, double burst = 1) {
  std::vector<Instant> entries;
  for (int hour = 0; hour < days * 24; ++hour) {
    const double mean = hourly(hour) / burst;
    double at = -std::log1p(-uniform(dice));
    while (at < mean) {
      Instant entry = day0 + Duration{hour * 1h} + Duration{static_cast<std::int64_t>(at / mean * 3'500'000)};
      do {
        entries.push_back(entry);
        entry += Duration{1s};
      } while (uniform(dice) >= 1 / burst);
      at += -std::log1p(-uniform(dice));
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

double by_day(int hour) { return hour % 24 < 7 || hour % 24 > 21 ? 0 : hour / 24 % 7 < 5 ? 4 : 1; }

/// False silences in `months` months of a process that nothing happens to, one touchpoint of one.
template <class Hourly>
int false_silences(int months, const Hourly& hourly, double burst = 1) {
  std::mt19937_64 dice(11);
  int found = 0;
  for (int run = 0; run < months; ++run) {
    const std::vector<Instant> entries = arrivals(dice, 28 + 30, hourly, burst);
    const double a_month = static_cast<double>(entries.size()) * 30 / 58;
    for (const Silence& silence : silences(entries, day(58), [&](Instant) { return a_month; })) {
      if (silence.opened >= day(28)) ++found;
    }
  }
  return found;
}

void check_false(int months) {
  struct Row {
    const char* what;
    std::function<double(int)> hourly;
    double burst;
  };
  for (const Row& row : {Row{"Poisson", [](int) { return 2.0; }, 1}, Row{"nights and week-ends", by_day, 1},
                         Row{"nights and week-ends, in bursts of four", by_day, 4}}) {
    const int found = false_silences(months, row.hourly, row.burst);
    WARN(row.what << ": " << found << " false silences in " << months << " months");
    CHECK(found * 10 <= months);
  }
}

}  // namespace

TEST_CASE("silence: a source that falls silent is told, and since when", "[friction][alerts]") {
  std::mt19937_64 dice(5);
  std::vector<Instant> entries = arrivals(dice, 56, by_day);
  const auto a_month = [](Instant) { return 1500.0; };
  CHECK(silences(entries, day(56), a_month).empty());

  entries.erase(std::lower_bound(entries.begin(), entries.end(), day(45)), entries.end());
  const std::vector<Silence> found = silences(entries, day(56), a_month);
  REQUIRE(found.size() == 1);
  CHECK(found[0].last_entry == entries.back());
  CHECK_FALSE(found[0].closed);
  // 60 entries a working day were to come: a day and a half is beyond chance, a quarter of a day is not.
  const std::chrono::duration<double, std::ratio<3600>> delay = found[0].opened - found[0].last_entry;
  WARN("silence told " << delay.count() << " h after the last entry");
  CHECK(found[0].opened > day(45.4));
  CHECK(found[0].opened < day(47));
  CHECK(found[0].expected > 300);
  // Told as soon as it is so: an hour earlier it is not there.
  CHECK(silences(entries, found[0].opened, a_month).size() == 1);
  CHECK(silences(entries, found[0].opened - Duration{1ms}, a_month).empty());
}

TEST_CASE("silence: a single straggler does not end it, three at the usual pace do", "[friction][alerts]") {
  std::mt19937_64 dice(5);
  std::vector<Instant> entries = arrivals(dice, 56, [](int) { return 2.0; });
  const auto end = std::lower_bound(entries.begin(), entries.end(), day(40));
  const auto again = std::lower_bound(entries.begin(), entries.end(), day(45));
  std::vector<Instant> broken(entries.begin(), end);
  broken.push_back(day(43));
  broken.insert(broken.end(), again, entries.end());
  const std::vector<Silence> found = silences(broken, day(56), [](Instant) { return 1500.0; });
  REQUIRE(found.size() == 1);
  CHECK(found[0].last_entry == *std::prev(end));
  CHECK(found[0].closed == *(again + 2));
}

TEST_CASE("silence: the exact test by hand", "[friction][alerts]") {
  // Ten entries in each hour of four weeks: an hour without any has P = 0.8^40, −ln P = 8.93.
  std::vector<Instant> entries;
  for (int hour = 0; hour < 28 * 24; ++hour) {
    for (int i = 0; i < 10; ++i) entries.push_back(day0 + Duration{hour * 1h + i * 5min});
  }
  const Instant last = day(28);
  const auto opened = [&](double a_month) {
    const auto found = silences(entries, last + Duration{100h}, [&](Instant) { return a_month; });
    return found.empty() ? std::nullopt : std::optional(found[0].opened);
  };
  CHECK(opened(1) == last + Duration{1h});           // ln 1,000 = 6.9
  CHECK(opened(700) == last + Duration{1h});         // ln 7,000 = 8.85
  CHECK(opened(1000) == last + Duration{2h});        // ln 10,000 = 9.2
  CHECK(opened(10'000'000) == last + Duration{3h});  // ln 1e8 = 18.4
}

TEST_CASE("silence: nothing is expected without four weeks' past, and nothing found in nothing",
          "[friction][alerts]") {
  const auto a_month = [](Instant) { return 100.0; };
  CHECK(silences({}, day(100), a_month).empty());
  const std::vector<Instant> one = {day(0)};
  CHECK(silences(one, day(100), a_month).empty());
  std::vector<Instant> first_days;
  for (int i = 0; i < 200; ++i) first_days.push_back(day(i / 100.0));
  CHECK(silences(first_days, day(6), a_month).empty());
}

TEST_CASE("silence: bursts and busy days widen the gaps that are taken for chance", "[friction][alerts]") {
  std::mt19937_64 dice(2);
  const auto a_month = [](Instant) { return 1000.0; };
  const auto dispersion = [&](double burst) {
    std::vector<Instant> entries = arrivals(dice, 40, [](int) { return 4.0; }, burst);
    const auto found = silences(entries, day(60), a_month);
    REQUIRE(found.size() == 1);
    return found[0].dispersion;
  };
  CHECK(dispersion(1) < 2);
  CHECK(dispersion(5) > 4);
}

TEST_CASE("silence: fewer than one false one in ten months, by night and by day", "[friction][alerts]") {
  check_false(60);
}
TEST_CASE("silence: fewer than one false one in ten months, by night and by day, long",
          "[.nightly][friction][alerts]") {
  check_false(3'000);
}

}  // namespace lotse::test
