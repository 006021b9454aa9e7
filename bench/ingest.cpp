// One measurement of intake in a process of its own, as one line of JSON; scripts/bench runs them and takes
// medians.
//
//   bench_ingest log EVENTS FILE      write the log (bench/support/broadband_log.hpp)
//   bench_ingest parse FILE           read and prepare events, store nothing
//   bench_ingest floor FILE STORE     bare SQLite: one row an event, 1,000 a transaction, synchronous=FULL,
//   no index bench_ingest ingest FILE STORE    what `lotse ingest` does, check-point included bench_ingest
//   crash FILE STORE     the same, ended without a check-point as by kill -9 bench_ingest open STORE open the
//   store as a writer and close it

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/support/broadband_log.hpp"
#include "channels/file/event_file.hpp"
#include "channels/file/file_intake.hpp"
#include "engine/base/assert.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/store/sqlite.hpp"

namespace {

using namespace lotse;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// User and system time of all threads.
double cpu_seconds() {
  rusage usage{};
  LOTSE_ASSERT(::getrusage(RUSAGE_SELF, &usage) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t resident_bytes() {
  ::malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::uintmax_t store_bytes(const std::string& store) {
  std::uintmax_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code absent;
    const std::uintmax_t size = std::filesystem::file_size(store + suffix, absent);
    if (!absent) bytes += size;
  }
  return bytes;
}

template <class T>
T unwrap(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "bench_ingest: {}\n", result.error().message);
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// From construction to done().
class Watch {
 public:
  [[nodiscard]] std::string done(std::uint64_t events) const {
    return fmt::format(R"("events": {}, "wall_s": {:.4f}, "cpu_s": {:.4f})", events, wall_seconds() - wall_,
                       cpu_seconds() - cpu_);
  }

 private:
  double wall_ = wall_seconds();
  double cpu_ = cpu_seconds();
};

file::EventFile open_log(const std::string& file, const file::FileOptions& options = {}) {
  std::vector<Diagnostic> findings;
  return unwrap(file::EventFile::open(file, options, findings));
}

void write_log(std::uint64_t events, const std::string& path) {
  std::FILE* const out = std::fopen(path.c_str(), "wb");
  LOTSE_ASSERT(out != nullptr);
  std::uint64_t bytes = 0;
  bench::write_broadband_log({.events = events}, [&](std::string_view line) {
    bytes += line.size() + 1;
    fmt::print(out, "{}\n", line);
  });
  LOTSE_ASSERT(std::fclose(out) == 0);
  fmt::print("{{\"events\": {}, \"bytes\": {}}}\n", events, bytes);
}

void measure_parse(const std::string& log, bool properties, unsigned threads) {
  const Watch watch;
  file::EventFile file =
      open_log(log, {.batch_bytes = file::cached_batch_bytes, .properties = properties, .threads = threads});
  file::Batch batch;
  std::uint64_t events = 0;
  while (unwrap(file.next(batch))) events += batch.events.size();
  fmt::print("{{{}}}\n", watch.done(events));
}

void measure_floor(const std::string& log, const std::string& store) {
  std::vector<std::string> lines;
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::filesystem::remove(store);
  auto connection = unwrap(sqlite::Connection::open(store, sqlite::Mode::create));
  unwrap(connection.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE event (body TEXT NOT NULL)"));
  const Watch watch;
  {
    auto insert = unwrap(connection.prepare("INSERT INTO event (body) VALUES (?1)"));
    constexpr std::size_t group = 1'000;
    for (std::size_t begin = 0; begin < lines.size(); begin += group) {
      auto transaction = unwrap(sqlite::Transaction::begin(connection));
      for (std::size_t i = begin; i < std::min(begin + group, lines.size()); ++i) {
        insert.bind(1, std::string_view(lines[i]));
        unwrap(insert.run());
      }
      unwrap(transaction.commit());
      // What SQLite does by itself unless told otherwise: at 1,000 pages.
      if (connection.wal_frames() >= 1'000) unwrap(connection.fold_wal());
    }
  }
  fmt::print("{{{}, \"store_bytes\": {}}}\n", watch.done(lines.size()), store_bytes(store));
}

/// Of the customers with one instance, which is open: the mean of their packed states, with what the table of
/// states adds to each.
double open_state_bytes(Engine& engine) {
  constexpr double table_entry = 12;
  std::size_t bytes = 0;
  std::size_t customers = 0;
  unwrap(engine.for_each_state({}, 1, [&](std::uint32_t, const CustomerState& state) {
    std::size_t instances = 0;
    bool open = false;
    for (const JourneyState& journey : state.journeys) {
      instances += journey.instances.size();
      for (const Instance& instance : journey.instances) open |= !instance.ended;
    }
    if (instances != 1 || !open) return;
    bytes += encode(state).size();
    ++customers;
  }));
  return customers == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(customers) + table_entry;
}

void measure_ingest(const std::string& log, const std::string& store, bool crash) {
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(store + suffix);
  const Workspace workspace = bench::broadband_workspace();
  const std::size_t resident_before = resident_bytes();
  const Watch watch;
  auto engine = unwrap(Engine::open(workspace, store));
  file::EventFile file = open_log(log);
  const file::IntakeSummary summary = unwrap(file::take_in(file, *engine));
  const std::string acknowledged = watch.done(summary.records);
  if (crash) {
    fmt::print("{{{}}}\n", acknowledged);
    std::fflush(stdout);
    std::_Exit(0);
  }
  const EngineCounts counts = unwrap(engine->counts());
  const std::string derived = watch.done(summary.records);
  unwrap(engine->checkpoint());
  const std::string all = watch.done(summary.records);
  const std::size_t resident = resident_bytes() - resident_before;
  const EngineMemory memory = engine->memory();
  const double open_state = open_state_bytes(*engine);
  engine.reset();
  fmt::print(
      "{{{}, \"acknowledged\": {{{}}}, \"derived\": {{{}}}, \"accepted\": {}, \"duplicate\": {}, "
      "\"customers\": {}, "
      "\"identifiers\": {}, \"resident_bytes\": {}, \"identities\": {}, \"states\": {}, \"chains\": {}, "
      "\"seen\": {}, "
      "\"store_bytes\": {}, \"open_state_bytes\": {:.1f}}}\n",
      all, acknowledged, derived, summary.accepted, summary.duplicate, counts.customers, counts.identifiers,
      resident, memory.identities, memory.states, memory.chains, memory.seen, store_bytes(store), open_state);
}

void measure_open(const std::string& store) {
  const Workspace workspace = bench::broadband_workspace();
  const Watch watch;
  auto engine = unwrap(Engine::open(workspace, store));
  const std::string opened = watch.done(unwrap(engine->counts()).events);
  fmt::print("{{{}, \"replayed\": {}}}\n", opened, engine->recovery().replayed);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto is = [&](std::string_view name, std::size_t arguments) {
    return words.size() == arguments + 1 && words[0] == name;
  };
  if (is("log", 2)) {
    write_log(std::stoull(words[1]), words[2]);
  } else if (is("parse", 1)) {
    measure_parse(words[1], true, 1);
  } else if (is("parse", 2) || is("skim", 2)) {
    measure_parse(words[1], words[0] == "parse", static_cast<unsigned>(std::stoul(words[2])));
  } else if (is("floor", 2)) {
    measure_floor(words[1], words[2]);
  } else if (is("ingest", 2) || is("crash", 2)) {
    measure_ingest(words[1], words[2], words[0] == "crash");
  } else if (is("open", 1)) {
    measure_open(words[1]);
  } else {
    fmt::print(stderr,
               "usage: bench_ingest log EVENTS FILE | parse FILE [THREADS] | skim FILE THREADS | floor FILE "
               "STORE | ingest FILE STORE | "
               "crash FILE STORE | open STORE\n");
    return 2;
  }
  return 0;
}
