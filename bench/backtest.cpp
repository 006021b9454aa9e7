// A back-test from NDJSON, as `lotse backtest` does it: reading, and replaying against nothing and against
// another version.
//
//   bench_backtest [EVENTS] [FOLDER]      1,000,000 events by default; the log is written into FOLDER
//
// "A core" is CPU time: events by seconds of CPU of all threads, so that a busy machine shows less.
#include "engine/workbench/backtest.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "bench/support/broadband_log.hpp"
#include "channels/file/event_file.hpp"
#include "engine/base/assert.hpp"
#include "engine/workbench/history.hpp"

namespace {

using namespace lotse;

struct Cost {
  double wall = 0;
  double cpu = 0;
};

Cost spent() {
  rusage usage{};
  LOTSE_ASSERT(::getrusage(RUSAGE_SELF, &usage) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return {.wall = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(),
          .cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

Cost cost_of(auto&& work) {
  const Cost begin = spent();
  work();
  const Cost end = spent();
  return {.wall = end.wall - begin.wall, .cpu = end.cpu - begin.cpu};
}

void print(const char* what, std::uint64_t events, const Cost& cost) {
  const auto count = static_cast<double>(events);
  fmt::print("  {:<58}{:>12.2f} M/s  {:.2f} M/s a core, {:.2f} µs CPU an event\n", what,
             count / cost.wall / 1e6, count / cost.cpu / 1e6, cost.cpu / count * 1e6);
}

Cost operator+(const Cost& a, const Cost& b) { return {.wall = a.wall + b.wall, .cpu = a.cpu + b.cpu}; }

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t events = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::filesystem::path folder = argc > 2 ? argv[2] : ".";
  const std::string log = (folder / "backtest.ndjson").string();
  std::FILE* const out = std::fopen(log.c_str(), "wb");
  LOTSE_ASSERT(out != nullptr);
  bench::write_broadband_log({.events = events},
                             [&](std::string_view line) { fmt::print(out, "{}\n", line); });
  LOTSE_ASSERT(std::fclose(out) == 0);

  const Workspace workspace = bench::broadband_workspace();
  const auto& journey = workspace.journeys.front().versions.front();
  const Tracker after = backtest::tracker_of(journey, workspace.settings);
  const Tracker before = backtest::tracker_of(journey, workspace.settings);
  const std::vector<const Tracker*> trackers{&after, &before};
  const std::uint32_t threads = std::max(1U, std::thread::hardware_concurrency());

  History history({.identity = {.namespace_rank = workspace.settings.namespace_rank,
                                .limits = workspace.settings.identity_limits,
                                .never = workspace.settings.identity_never}},
                  trackers);
  const Cost reading = cost_of([&] {
    std::vector<Diagnostic> findings;
    auto file = file::EventFile::open(log, {.batch_bytes = file::cached_batch_bytes, .threads = 1}, findings);
    LOTSE_ASSERT(file);
    file::Batch batch;
    for (;;) {
      const Result<bool> more = file->next(batch);
      LOTSE_ASSERT(more);
      if (!*more) break;
      history.add(batch.events, [](History::Taken) {});
    }
    history.close();
  });
  std::filesystem::remove(log);
  const auto replaying = [&](const Tracker* against) {
    return cost_of([&] {
      const auto report = backtest::run(history, after, against, workspace.channels, {.threads = threads});
      LOTSE_ASSERT(report);
    });
  };
  const Cost alone = replaying(nullptr);
  const Cost compared = replaying(&before);

  fmt::print("{} events of {} customers, {:.0f} bytes of memory an event\n", history.events(),
             history.customers(),
             static_cast<double>(history.bytes()) / static_cast<double>(history.events()));
  print("read NDJSON and find customers", history.events(), reading);
  print("replay, friction report included", history.events(), alone);
  print("replay against another version", history.events(), compared);
  print("back-test from NDJSON, whole (to reach: 1 M/s a core)", history.events(), reading + alone);
  return 0;
}
