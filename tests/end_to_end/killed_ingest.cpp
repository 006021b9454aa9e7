#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/orders.hpp"
#include "tests/support/command.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/folder.hpp"

extern char** environ;

namespace lotse {
namespace {

namespace fs = std::filesystem;

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
  test::write_orders_workspace(workspace);
  const fs::path log = folder / "log.ndjson";
  const std::string events = fmt::format("{}\n", fmt::join(test::order_lines(30'000), "\n"));
  test::write_file(log, events);

  const int undisturbed = Ingest(workspace, folder / "whole.lotse", log, folder / "whole.txt").wait();
  INFO(text_of(folder / "whole.txt"));
  REQUIRE(undisturbed == 0);
  const test::StoreDump expected = test::dump(workspace, folder / "whole.lotse").value();
  const std::string expected_report = report(workspace, folder / "whole.lotse");
  REQUIRE(expected.counts.events == 30'000);

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
    const auto between = test::dump(workspace, store);  // may have been killed before there was a store
    const std::uint64_t stored = between ? between->counts.events : 0;
    CAPTURE(stored);
    CHECK(stored < expected.counts.events);
    parts += stored > 0 ? 1U : 0U;

    const int again = Ingest(workspace, store, log, folder / "again.txt").wait();
    INFO(text_of(folder / "again.txt"));
    REQUIRE(again == 0);
    const test::StoreDump states = test::dump(workspace, store).value();
    CHECK(states.counts == expected.counts);
    CHECK((states.states == expected.states));
    CHECK(report(workspace, store) == expected_report);
  }
  CHECK(parts > 0);  // else nothing was there to be continued
}

}  // namespace
}  // namespace lotse
