#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>

#include "tests/power_loss/crash.hpp"
#include "tests/power_loss/shop_day.hpp"

namespace lotse {
namespace {

using test::DiskCall;

/// Sets every connection's `synchronous` and lets nobody change it.
class Synchronous {
 public:
  explicit Synchronous(const char* level) {
    level_ = level;
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(force));
  }
  ~Synchronous() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(force)); }
  Synchronous(const Synchronous&) = delete;
  Synchronous& operator=(const Synchronous&) = delete;

 private:
  static int force(sqlite3* connection, const char**, const sqlite3_api_routines*) {
    const auto ignore = [](void*, int action, const char* pragma, const char* value, const char*,
                           const char*) {
      const bool sets =
          action == SQLITE_PRAGMA && std::string_view(pragma) == "synchronous" && value != nullptr;
      return sets ? SQLITE_IGNORE : SQLITE_OK;
    };
    const std::string pragma = fmt::format("PRAGMA synchronous = {}", level_);
    const int code = sqlite3_exec(connection, pragma.c_str(), nullptr, nullptr, nullptr);
    return code != SQLITE_OK ? code : sqlite3_set_authorizer(connection, ignore, nullptr);
  }
  static inline const char* level_ = nullptr;
};

struct Recorded {
  std::vector<DiskCall> calls;
  std::size_t begun_anew = 0;  ///< write-ahead logs, after all of one was folded into the file
  std::size_t folded = 0;      ///< pages written into the file
};

/// The day's batches from the first unacknowledged one on are handed in, with check-points in between, and
/// the store is closed and opened once.
Recorded live_through(const test::ShopDay& day, const test::DiskFiles& begin_with = {},
                      test::Progress begin_from = {}) {
  test::Disk disk(begin_with);
  disk.record();
  disk.note(begin_from.note());
  const std::size_t count = day.batches().size();
  std::unique_ptr<Engine> engine;
  for (std::uint32_t i = begin_from.acknowledged; i < count; ++i) {
    if (engine == nullptr || i == count / 2) {
      engine.reset();
      engine = test::open_store(day, disk).value();
    }
    disk.note(test::Progress{.begun = i + 1, .acknowledged = i}.note());
    REQUIRE(engine->ingest(day.batches()[i]));
    disk.note(test::Progress{.begun = i + 1, .acknowledged = i + 1}.note());
    if (i % 3 != 0) test::let_fold(disk);
    if (i % 9 == 8) REQUIRE(engine->checkpoint());
  }
  engine.reset();

  Recorded recorded{.calls = disk.recording()};
  std::map<std::uint32_t, std::string> names;
  for (const DiskCall& call : recorded.calls) {
    if (call.kind == DiskCall::Kind::create) names[call.file] = call.name;
    if (call.kind != DiskCall::Kind::write) continue;
    const bool log = names[call.file] == std::string(test::kStore) + "-wal";
    if (log && call.offset == 0) ++recorded.begun_anew;
    if (!log && names[call.file] == test::kStore) ++recorded.folded;
  }
  return recorded;
}

struct Judged {
  std::size_t states = 0;
  std::map<test::Fault, std::size_t> bad;
  std::vector<std::string> examples;
};

/// Judges crash states of the recording by all cores, up to `bad_max` bad ones.
Judged judge_all(const test::ShopDay& day, const Recorded& recorded, std::size_t states, std::size_t bad_max,
                 std::uint64_t seed) {
  test::CrashStates crashes(recorded.calls, states, seed);
  std::mutex mutex;
  Judged judged;
  std::size_t bad = 0;
  const auto work = [&] {
    while (true) {
      std::optional<test::CrashState> state;
      {
        const std::lock_guard lock(mutex);
        if (bad >= bad_max || !(state = crashes.next())) return;
        ++judged.states;
      }
      const test::Verdict verdict = test::judge(day, state->files, test::Progress::of(state->note));
      if (verdict.fault == test::Fault::none) continue;
      const std::lock_guard lock(mutex);
      ++bad;
      ++judged.bad[verdict.fault];
      if (judged.examples.size() < 5) {
        judged.examples.push_back(fmt::format("behind call {}: {}", state->calls, verdict.what));
      }
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return judged;
}

/// Few enough for a minute under sanitizers; 100,000 take a release build a quarter of an hour.
std::size_t states_wanted() {
  const char* const text = std::getenv("LOTSE_CRASH_STATES");
  return text == nullptr ? 700 : std::stoul(text);
}

std::uint64_t seed() {
  const char* const text = std::getenv("LOTSE_SEED");
  return text == nullptr ? 1 : std::stoull(text);
}

void tell(std::string_view what, const Recorded& recorded, const Judged& judged) {
  std::cout << fmt::format(
      "{}: {} crash states of {} calls, {} logs, {} pages folded: {} lost, {} half, {} damaged\n", what,
      judged.states, recorded.calls.size(), recorded.begun_anew, recorded.folded,
      judged.bad.contains(test::Fault::lost) ? judged.bad.at(test::Fault::lost) : 0,
      judged.bad.contains(test::Fault::half) ? judged.bad.at(test::Fault::half) : 0,
      judged.bad.contains(test::Fault::damaged) ? judged.bad.at(test::Fault::damaged) : 0);
  for (const std::string& example : judged.examples) std::cout << "  " << example << '\n';
}

/// A crash state from the middle of the recording, and how far it had come.
std::pair<test::DiskFiles, test::Progress> crashed_half_way(const Recorded& recorded, std::uint64_t seed) {
  test::Dice dice(seed);
  test::Platter platter;
  std::uint64_t note = 0;
  for (std::size_t i = 0; i < recorded.calls.size() * 2 / 5; ++i) {
    platter.apply(recorded.calls[i]);
    if (recorded.calls[i].kind == DiskCall::Kind::note) note = recorded.calls[i].offset;
  }
  return {platter.anything(dice), test::Progress::of(note)};
}

/// Crash states of one day: on an empty disk, and begun anew on what a power loss in the middle of that left.
std::size_t judge_day(std::uint64_t seed, std::size_t states) {
  const test::ShopDay day(seed, 45, 8);
  const Recorded recorded = live_through(day);
  const Judged judged = judge_all(day, recorded, states * 2 / 3, 1, seed);
  tell(fmt::format("day {} on an empty disk", seed), recorded, judged);
  CHECK(judged.bad.empty());
  // Else the recording does not hold what is dangerous.
  CHECK(recorded.begun_anew >= 3);
  CHECK(recorded.folded >= 50);

  const auto [files, progress] = crashed_half_way(recorded, seed);
  const Recorded recovered = live_through(day, files, progress);
  const Judged again = judge_all(day, recovered, states / 3, 1, seed);
  tell(fmt::format("day {} from what a power loss left", seed), recovered, again);
  CHECK(again.bad.empty());
  return judged.bad.empty() && again.bad.empty() ? judged.states + again.states : 0;
}

TEST_CASE("power loss: every acknowledged event is there once and nothing is half, whatever the disk kept",
          "[power_loss]") {
  constexpr std::size_t of_a_day = 12'000;  // beyond that, most repeat another
  const std::size_t wanted = states_wanted();
  std::size_t states = 0;
  for (std::uint64_t day = seed(); states < wanted; ++day) {
    const std::size_t more = judge_day(day, std::min(of_a_day, wanted));
    REQUIRE(more > 0);
    states += more;
  }
  std::cout << fmt::format("{} crash states, none bad\n", states);
}

TEST_CASE("power loss: with synchronous=NORMAL acknowledged events are lost, and these tests see it",
          "[power_loss]") {
  const Synchronous normal("NORMAL");
  const test::ShopDay day(seed(), 45, 8);

  const Recorded recorded = live_through(day);
  const Judged judged = judge_all(day, recorded, 2'000, 5, seed());

  tell("synchronous=NORMAL", recorded, judged);
  CHECK(judged.bad.contains(test::Fault::lost));
  CHECK_FALSE(judged.bad.contains(test::Fault::half));
  CHECK_FALSE(judged.bad.contains(test::Fault::damaged));
}

TEST_CASE("power loss: with synchronous=OFF stores are damaged, and these tests see it", "[power_loss]") {
  const Synchronous off("OFF");
  const test::ShopDay day(seed(), 45, 8);

  const Recorded recorded = live_through(day);
  const Judged judged = judge_all(day, recorded, 500, 100, seed());

  tell("synchronous=OFF", recorded, judged);
  CHECK(judged.bad.contains(test::Fault::lost));
  CHECK(judged.bad.contains(test::Fault::damaged));
}

TEST_CASE("power loss: the tests' disk says of itself what SQLite's own says", "[power_loss]") {
  const test::Folder folder;
  const auto claims = [](const std::filesystem::path& path) {
    sqlite3* connection = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
    sqlite3_file* file = nullptr;
    REQUIRE(sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK);
    const std::pair said{file->pMethods->xDeviceCharacteristics(file), file->pMethods->xSectorSize(file)};
    sqlite3_close(connection);
    return said;
  };
  const auto unix_claims = claims(folder / "real.db");
  const test::Disk disk;

  CHECK(claims(disk.path(test::kStore)) == unix_claims);
}

}  // namespace
}  // namespace lotse
