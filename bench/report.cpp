// The friction report over a loaded stay table: 10 M events of 1 M instances, 12 touchpoints, 4 channels, 3
// segments. One measurement in a process of its own, its figures on the last line as JSON; scripts/bench
// takes medians.
//
// usage: bench_report measure [events in millions, default 10] [threads, default all]
//        bench_report stays FILE [events in millions]    writes the same stays as CSV, for a peer, and counts
//        them

#include <fmt/format.h>
#include <fmt/os.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/friction/incidents.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/friction/tally.hpp"
#include "engine/report/friction_text.hpp"

namespace {

using namespace lotse;
using namespace std::chrono_literals;

constexpr std::uint32_t touchpoints = 12;
constexpr std::array<const char*, 4> channels = {"web", "app", "store", "call_center"};

/// A journey of twelve touchpoints in a row, the last one the goal; only what places are made of.
JourneyVersions chain_journey() {
  auto journey = std::make_shared<Journey>();
  journey->id = journey->title = "bench";
  journey->abandon_after = Duration{14 * 24h};
  journey->channels.assign(channels.begin(), channels.end());
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

Channels bench_channels() {
  Channels result;
  for (const char* id : channels) {
    Channel& channel = result.channels.emplace_back();
    channel.id = id;
    channel.human = channel.id == "store" || channel.id == "call_center";
  }
  return result;
}

struct Synthetic {
  StayTable table;
  std::uint64_t events = 0;  ///< what would have led to these stays: entries, repeats and answers
};

/// Customers who walk on with 87 %, drop, go back or hop; half a year of entries, about ten events each.
Synthetic synthetic(double events) {
  const Instant start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
  Synthetic made{.table = StayTableBuilder(chain_journey(), bench_channels(), start + 180 * 24h).finish()};
  StayTable& table = made.table;
  table.segments = {"plan", "region", "tenure"};
  table.segment_values = {{"adsl", "cable", "fibre"}, {"east", "north", "south", "west"}, {"known", "new"}};
  for (std::uint32_t set = 0; set < 24; ++set) {
    for (const std::uint32_t code : {set % 3, set / 3 % 4, set / 12}) table.segment_sets.push_back(code);
  }
  std::mt19937_64 dice(7);
  const auto uniform = [&] { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; };
  while (static_cast<double>(made.events) < events) {
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
    const auto segments = static_cast<std::uint32_t>(dice() % 24);
    auto channel = static_cast<std::uint16_t>(dice() % channels.size());
    Entry entry = Entry::start;
    std::uint16_t place = 0;
    for (bool going = true; going && now <= table.as_of;) {
      const double fate = uniform();
      Cause cause = place + 1 == touchpoints ? Cause::achieved
                    : fate < 0.07            ? Cause::dropped
                    : fate < 0.10 && place   ? Cause::went_back
                    : fate < 0.13            ? Cause::hopped
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
      const bool again = dice() % 8 == 0;
      const bool promised = dice() % 4 == 0 && place + 1U < touchpoints;
      table.entered.push_back(now);
      table.left.push_back(left);
      table.deadline.push_back(promised ? now + 48h : never);
      table.awaits.push_back(promised ? static_cast<std::uint16_t>(place + 1) : no_index);
      table.instance.push_back(instance);
      table.segment_set.push_back(segments);
      table.place.push_back(place);
      table.to.push_back(to);
      table.channel.push_back(channel);
      table.repeats.push_back(again ? 1 : 0);
      table.cause.push_back(cause);
      table.entry.push_back(entry);
      table.flags.push_back(dice() % 10 == 0 ? StayTable::hop_forced : 0);
      made.events += again ? 2 : 1;
      if (dice() % 50 == 0) table.escalations.push_back({row, now});
      if (dice() % 10 == 0) {
        ++made.events;
        table.feedback.push_back({.stay = row,
                                  .scale = Scale::nps,
                                  .at = now,
                                  .segments = segments,
                                  .score = static_cast<std::int64_t>(dice() % 11) * fixed_point});
      }
      entry = cause == Cause::hopped      ? Entry::hop
              : cause == Cause::went_back ? Entry::went_back
                                          : Entry::transition;
      if (cause == Cause::hopped) channel = static_cast<std::uint16_t>((channel + 1) % channels.size());
      if (to != no_index) place = to;
      now = left;
    }
  }
  return made;
}

struct Milliseconds {
  double clock;
  double cpu;  ///< of all threads
};

/// Of one `work()`, the medians of five.
template <class Work>
Milliseconds median_of(const Work& work) {
  std::array<double, 5> clock{};
  std::array<double, 5> cpu{};
  for (std::size_t run = 0; run < clock.size(); ++run) {
    const std::clock_t spent = std::clock();
    const auto begin = std::chrono::steady_clock::now();
    work();
    clock[run] = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    cpu[run] = 1000.0 * static_cast<double>(std::clock() - spent) / CLOCKS_PER_SEC;
  }
  std::sort(clock.begin(), clock.end());
  std::sort(cpu.begin(), cpu.end());
  return {clock[clock.size() / 2], cpu[cpu.size() / 2]};
}

struct Measured {
  const char* name;
  const char* what;
  FrictionQuery query;
};

int measure(double millions, unsigned threads) {
  const auto [table, events] = synthetic(millions * 1e6);
  const auto query = [](const char* by, const char* where) {
    FrictionQuery made;
    made.by = by;
    made.where = where;
    return made;
  };
  const std::vector<Measured> all = {
      {"whole", "the whole report", query("", "")},
      {"by_channel", "by channel", query("channel", "")},
      {"by_segment", "by a segment", query("region", "")},
      {"by_promise", "by promise", query("promise", "")},
      {"slice", "a slice by segment and channel",
       query("", R"(segments.plan == "fibre" && channel != "store")")},
      {"slice_by_time", "a slice by how long they stayed", query("", "dwell > duration('24h')")}};

  fmt::print("friction report over {:.1f} M stays of {:.2f} M instances ({:.1f} M events), {} threads\n",
             static_cast<double>(table.size()) / 1e6, static_cast<double>(table.instances.size()) / 1e6,
             static_cast<double>(events) / 1e6, threads);
  std::string json = fmt::format(R"({{"events": {}, "stays": {}, "instances": {}, "threads": {})", events,
                                 table.size(), table.instances.size(), threads);
  const auto add = [&json](const char* name, const char* what, const Milliseconds& took) {
    fmt::print("  {:<34}{:>7.0f} ms, {:.0f} ms of CPU\n", what, took.clock, took.cpu);
    json += fmt::format(R"(, "{}": {{"ms": {:.1f}, "cpu_ms": {:.1f}}})", name, took.clock, took.cpu);
  };
  // What counts alone can say, without what looks at the stays once more.
  FrictionQuery brief;
  brief.details = false;
  add("brief", "counted and judged alone",
      median_of([&] { (void)friction_json(friction_report(table, brief, threads).value()); }));
  for (const Measured& one : all) {
    add(one.name, one.what,
        median_of([&] { (void)friction_json(friction_report(table, one.query, threads).value()); }));
  }
  add("watch", "watched for alerts from scratch", median_of([&] { (void)watch(table); }));
  fmt::print("{}}}\n", json);
  return 0;
}

/// Each stay on a line, and what is counted of them: entered and dropped by touchpoint and channel.
int write_stays(const char* path, double millions) {
  const auto [table, events] = synthetic(millions * 1e6);
  auto file = fmt::output_file(path);
  file.print("instance,touchpoint,channel,plan,entered_ms,left_ms,cause\n");
  for (std::uint32_t row = 0; row < table.size(); ++row) {
    const bool open = table.left[row] == never;
    file.print("{},{},{},{},{},{},{}\n", table.instance[row], table.places[table.place[row]].id,
               table.channels[table.channel[row]], table.segment_value(table.segment_set[row], 0),
               table.entered[row].time_since_epoch().count(),
               open ? std::string() : std::to_string(table.left[row].time_since_epoch().count()),
               name(table.cause[row]));
  }
  const Tally counted = tally(table, {.cut = CutKind::channel}, std::thread::hardware_concurrency());
  std::string json;
  for (const auto& [key, cell] : counted.cells) {
    if (key.place == no_index || !key.part) continue;
    json += fmt::format(R"({}["{}", "{}", {}, {}])", json.empty() ? "" : ", ", table.places[key.place].id,
                        *key.part, cell.entered, cell.causes[static_cast<std::size_t>(Cause::dropped)]);
  }
  fmt::print("{{\"events\": {}, \"stays\": {}, \"funnel\": [{}]}}\n", events, table.size(), json);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "measure" && argc <= 4) {
    const auto all = std::thread::hardware_concurrency();
    return measure(argc > 2 ? std::atof(argv[2]) : 10,
                   argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : all);
  }
  if (mode == "stays" && (argc == 3 || argc == 4))
    return write_stays(argv[2], argc > 3 ? std::atof(argv[3]) : 10);
  fmt::print(stderr,
             "usage: bench_report measure [events in millions] [threads]\n"
             "       bench_report stays FILE [events in millions]\n");
  return 2;
}
