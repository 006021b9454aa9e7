#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "tests/support/command.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/folder.hpp"

extern char** environ;

namespace lotse {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJourney = R"(
journey: order
version: 1
title: From order to use
owner: shop@example.net
key: event.order
abandon_after: 10d
segments: {plan: customer.plan}
feedback:
  - {on: rated, scale: stars, score: event.score}
touchpoints:
  ordered: {channels: [web, store], start: true, on: ordered, next: [thanks, paid, {to: reminder, after: 2d}]}
  thanks: {channels: [email], send: {template: thanks, purpose: service}}
  reminder: {channels: [email], send: {template: reminder, purpose: service}}
  paid: {channels: [web, store], on: paid, promise: 3d, next: [used]}
  used: {channels: [app], on: used, goal: true}
)";
constexpr const char* kChannels = R"(
channels:
  web: {title: Web}
  app: {title: App}
  store: {title: Store, human: true}
  email: {title: E-mail, adapter: log, purposes: [service]}
)";

void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// `count` events of people who order, pay and use: out of order, some twice, some with a second identifier.
void write_log(const fs::path& path, std::size_t count) {
  test::Dice dice(11);
  std::vector<std::string> lines;
  const Instant start(std::chrono::hours(24 * 19'700));
  const char* const types[] = {"ordered", "paid", "used", "rated", "other"};
  const char* const channels[] = {"web", "app", "store"};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t user = dice(count / 8 + 1);
    const Instant time = start + std::chrono::minutes(i * 3 + dice(std::size_t{4'000}));
    const std::string other =
        dice.one_in(20) ? fmt::format(R"(,"anonymous_id":"a{}")", dice(count / 10 + 1)) : "";
    lines.push_back(fmt::format(
        R"({{"id":"e{}","source":"shop","type":"{}","time":"{}","channel":"{}","ids":{{"user_id":"u{}"{}}},)"
        R"("properties":{{"order":"o{}","score":{}}}}})",
        i, types[dice(5)], format_instant(time), channels[dice(3)], user, other, user, 1 + dice(5)));
    if (dice.one_in(50)) lines.push_back(lines[dice(lines.size())]);
  }
  std::ofstream out(path, std::ios::binary);
  for (const std::string& line : lines) out << line << '\n';
}

/// `lotse ingest` as its own process, its output in a file. It reads `log`, or `-`: what feed() gives it.
class Ingest {
 public:
  Ingest(const fs::path& workspace, const fs::path& store, const fs::path& log, const fs::path& output) {
    std::vector<std::string> words{LOTSE_PROGRAM,  "ingest",           log.string(),
                                   "--workspace",  workspace.string(), "--store",
                                   store.string(), "--format",         "ndjson"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[0], 0);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    REQUIRE(posix_spawn(&process_, LOTSE_PROGRAM, &actions, nullptr, arguments.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[0]);
    input_ = pipe[1];
  }
  ~Ingest() {
    if (process_ > 0) static_cast<void>(kill());
    ::close(input_);
  }
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  /// Returns when all but what a pipe holds has been read.
  void feed(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(input_, text.data(), text.size());
      REQUIRE(written > 0);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  /// Its exit status.
  int wait() {
    int status = 0;
    REQUIRE(::waitpid(process_, &status, 0) == process_);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  /// False if it had ended by itself.
  bool kill() {
    int status = 0;
    ::kill(process_, SIGKILL);
    REQUIRE(::waitpid(process_, &status, 0) == process_);
    process_ = 0;
    return WIFSIGNALED(status);
  }

 private:
  pid_t process_ = 0;
  int input_ = -1;
};

/// All that follows from the log: every customer's state as bytes, by name.
std::map<std::string, std::string> dump(const fs::path& workspace, const fs::path& store,
                                        EngineCounts& counts) {
  const auto loaded = load_workspace(workspace);
  REQUIRE(loaded.value);
  EngineOptions options;
  options.access = Access::read;
  const auto opened = Engine::open(*loaded.value, store, options);
  counts = {};
  std::map<std::string, std::string> states;
  if (!opened) return states;  // killed before there was a store
  Engine* const engine = opened->get();
  counts = engine->counts().value();
  REQUIRE(engine->for_each_state({}, 1, [&](std::uint32_t, const CustomerState& state) {
    REQUIRE(states.emplace(state.customer, encode(state)).second);
  }));
  return states;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string report(const fs::path& workspace, const fs::path& store) {
  const test::Finished finished = test::lotse(
      {"report", "friction", "order", "--workspace", workspace.string(), "--store", store.string()});
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  return finished.out;
}

/// Killed while it waits for the rest of the log, or is busy with what it has: the log comes through a pipe,
/// of which a part is held back.
TEST_CASE("ingest: killed in mid-log and run again, it comes to the same state and report (P3)",
          "[end_to_end][kill]") {
  const test::Folder folder;
  const fs::path workspace = folder / "workspace";
  write(workspace / "lotse.yaml", "zone: UTC\n");
  write(workspace / "channels.yaml", kChannels);
  write(workspace / "journeys" / "order.yaml", kJourney);
  const fs::path log = folder / "log.ndjson";
  write_log(log, 30'000);
  const std::string events = text_of(log);

  const int undisturbed = Ingest(workspace, folder / "whole.lotse", log, folder / "whole.txt").wait();
  INFO(text_of(folder / "whole.txt"));
  REQUIRE(undisturbed == 0);
  EngineCounts expected_counts;
  const auto expected = dump(workspace, folder / "whole.lotse", expected_counts);
  const std::string expected_report = report(workspace, folder / "whole.lotse");
  REQUIRE(expected_counts.events == 30'000);

  const auto seed = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  INFO("seed of the instants " << seed);
  test::Dice dice(seed);
  std::size_t parts = 0;
  for (int round = 0; round < 4; ++round) {
    const fs::path store = folder / fmt::format("killed{}.lotse", round);
    for (int run = 0; run < 4; ++run) {
      Ingest ingest(workspace, store, "-", folder / "killed.txt");
      const std::size_t tenth = events.size() / 10;
      ingest.feed(std::string_view(events).substr(0, tenth + dice(8 * tenth)));
      std::this_thread::sleep_for(std::chrono::milliseconds(dice(200)));
      CHECK(ingest.kill());
    }
    EngineCounts between;
    static_cast<void>(dump(workspace, store, between));
    CAPTURE(between.events);
    CHECK(between.events < expected_counts.events);
    parts += between.events > 0 ? 1U : 0U;

    const int again = Ingest(workspace, store, log, folder / "again.txt").wait();
    INFO(text_of(folder / "again.txt"));
    REQUIRE(again == 0);
    EngineCounts counts;
    const auto states = dump(workspace, store, counts);
    CHECK(counts == expected_counts);
    CHECK((states == expected));
    CHECK(report(workspace, store) == expected_report);
  }
  CHECK(parts > 0);  // else nothing was there to be continued
}

}  // namespace
}  // namespace lotse
