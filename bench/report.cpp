// The friction report over a loaded stay table: 10 M events make about 8 M stays (1.25 events a stay). Prints
// medians of several runs. usage: bench_report [stays in millions, default 8] [threads, default all]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/report/friction_text.hpp"

namespace {

using namespace lotse;
using namespace std::chrono_literals;

constexpr std::uint32_t touchpoints = 24;
constexpr std::uint32_t channels = 6;

/// A journey of 24 touchpoints in a row, the last one the goal; only what places are made of.
JourneyVersions chain_journey() {
  auto journey = std::make_shared<Journey>();
  journey->id = journey->title = "bench";
  journey->abandon_after = Duration{14 * 24h};
  for (std::uint32_t c = 0; c < channels; ++c) journey->channels.push_back(fmt::format("channel{}", c));
  for (std::uint32_t t = 0; t < touchpoints; ++t) {
    Touchpoint& touchpoint = journey->touchpoints.emplace_back();
    touchpoint.id = touchpoint.title = fmt::format("touchpoint{}", t);
    touchpoint.abandon_after = Duration{14 * 24h};
    touchpoint.start = t == 0;
    touchpoint.goal = t + 1 == touchpoints;
    if (t + 1 < touchpoints) touchpoint.next.emplace_back().to = TouchpointIndex{t + 1};
  }
  return {{journey}, {Instant::min()}};
}

/// About `stays` stays of customers who walk on with 90 %, drop, go back or hop; half a year of entries.
StayTable synthetic(std::size_t stays) {
  const Instant start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
  StayTable table = StayTableBuilder(chain_journey(), {}, start + 180 * 24h).finish();
  table.segments = {"plan"};
  table.segment_values = {{"adsl", "cable", "fibre"}};
  table.segment_sets = {0, 1, 2};
  std::mt19937_64 dice(7);
  const auto uniform = [&] { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; };
  while (table.size() < stays) {
    const auto instance = static_cast<std::uint32_t>(table.instances.size());
    Instant now = start + Duration{static_cast<std::int64_t>(uniform() * 180 * 86'400'000)};
    table.instances.push_back({.customer = table.customers++,
                               .first_stay = static_cast<std::uint32_t>(table.size()),
                               .version = 1,
                               .status = Status::active,
                               .opened = now,
                               .achieved = never,
                               .last_activity = now,
                               .ended = never,
                               .value = static_cast<std::int64_t>(dice() % 1'000'000)});
    const auto plan = static_cast<std::uint32_t>(dice() % 3);
    auto channel = static_cast<std::uint16_t>(dice() % channels);
    Entry entry = Entry::start;
    std::uint16_t place = 0;
    for (bool going = true; going && now <= table.as_of;) {
      const double fate = uniform();
      Cause cause = place + 1 == touchpoints ? Cause::achieved
                    : fate < 0.06            ? Cause::dropped
                    : fate < 0.09 && place   ? Cause::went_back
                    : fate < 0.12            ? Cause::hopped
                                             : Cause::advanced;
      Instant left =
          cause == Cause::dropped
              ? now + 14 * 24h
              : now + Duration{static_cast<std::int64_t>(-std::log1p(-uniform()) * 2 * 86'400'000)};
      going = cause != Cause::dropped && cause != Cause::achieved && left <= table.as_of;
      if (left > table.as_of) {
        cause = Cause::open;
        left = never;
      }
      const auto to = cause == Cause::advanced    ? static_cast<std::uint16_t>(place + 1)
                      : cause == Cause::went_back ? static_cast<std::uint16_t>(place - 1)
                                                  : no_index;
      const auto row = static_cast<std::uint32_t>(table.size());
      table.entered.push_back(now);
      table.left.push_back(left);
      const bool promised = dice() % 4 == 0 && place + 1U < touchpoints;
      table.deadline.push_back(promised ? now + 48h : never);
      table.awaits.push_back(promised ? static_cast<std::uint16_t>(place + 1) : no_index);
      table.instance.push_back(instance);
      table.segment_set.push_back(plan);
      table.place.push_back(place);
      table.to.push_back(to);
      table.channel.push_back(channel);
      table.repeats.push_back(static_cast<std::uint16_t>(dice() % 8 == 0));
      table.cause.push_back(cause);
      table.entry.push_back(entry);
      table.flags.push_back(dice() % 10 == 0 ? StayTable::hop_forced : 0);
      if (dice() % 50 == 0) table.escalations.push_back({row, now});
      if (dice() % 10 == 0) {
        table.feedback.push_back({.stay = row,
                                  .scale = Scale::nps,
                                  .at = now,
                                  .segments = plan,
                                  .score = static_cast<std::int64_t>(dice() % 11) * fixed_point});
      }
      entry = cause == Cause::hopped      ? Entry::hop
              : cause == Cause::went_back ? Entry::went_back
                                          : Entry::transition;
      if (cause == Cause::hopped) channel = static_cast<std::uint16_t>((channel + 1) % channels);
      if (to != no_index) place = to;
      now = left;
    }
  }
  return table;
}

double median(const std::vector<double>& runs) {
  std::vector<double> sorted = runs;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const double millions = argc > 1 ? std::atof(argv[1]) : 8;
  const auto threads =
      argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : std::thread::hardware_concurrency();
  const StayTable table = synthetic(static_cast<std::size_t>(millions * 1e6));
  fmt::print("friction report over {:.1f} M stays of {:.1f} M customers, {} threads, median of 5\n",
             static_cast<double>(table.size()) / 1e6, table.customers / 1e6, threads);
  for (const char* by : {"", "channel", "plan", "promise"}) {
    FrictionQuery query;
    query.by = by;
    std::vector<double> runs;
    std::vector<double> work;
    std::size_t bytes = 0;
    for (int run = 0; run < 5; ++run) {
      const std::clock_t cpu = std::clock();
      const auto begin = std::chrono::steady_clock::now();
      const auto report = friction_report(table, query, threads);
      if (!report) return 1;
      bytes = friction_json(*report).size();
      const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
      runs.push_back(taken.count());
      work.push_back(1000.0 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
    }
    const std::string label = *by == 0 ? std::string("whole") : fmt::format("by {}", std::string(by));
    fmt::print("  {:<12} {:>7.0f} ms, {:.0f} ms of CPU ({} bytes of JSON included)\n", label, median(runs),
               median(work), bytes);
  }
  return 0;
}
