// What happens to the running engine while events come: reloads, backups, a store that fails.
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/runtime/doctor.hpp"
#include "engine/runtime/live.hpp"
#include "tests/runtime/live_shop.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

using test::minute;
using test::order;
using test::send;
using test::Sender;
using test::start;
using test::states;
using test::TestClock;

/// While it lives, no file of this process can grow beyond `bytes`: writes fail as on a full disk.
class FilesLimited {
 public:
  explicit FilesLimited(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit limited = before_;
    limited.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limited) == 0);
  }
  ~FilesLimited() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FilesLimited(const FilesLimited&) = delete;
  FilesLimited& operator=(const FilesLimited&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("live: reloads that derive all anew lose no event that comes meanwhile", "[live][reload]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  const auto live = start(folder / "s.lotse", clock);
  Workspace workspace = test::shop();
  Sender beside(*live, 900);

  for (int turn = 0; turn < 8; ++turn) {
    workspace.settings.stale_after += std::chrono::minutes(1);
    REQUIRE_FALSE(live->reload(workspace)->empty());
  }

  const std::vector<Event> sent = beside.end();
  CHECK(states(*live->snapshot().value()) == test::expected_states(workspace, sent, minute(1'000)));
}

TEST_CASE("live: a backup made while events come is sound and has all that was acknowledged before it",
          "[live][backup]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  const auto live = start(folder / "s.lotse", clock, {.engine = {.checkpoint_events = 50}});
  Sender beside(*live, 900);

  for (int turn = 0; turn < 4; ++turn) {
    const std::string id = fmt::format("before-{}", turn);
    REQUIRE(send(*live, {order(900, id, id, "o")}));
    const std::filesystem::path copy = folder / fmt::format("copy-{}.lotse", turn);
    REQUIRE(live->backup(copy));

    const StoreExamination examined = examine_store(test::shop(), copy, {.customers = SIZE_MAX});
    for (const StoreFinding& finding :
         examined.findings) {  // but that others may read it, as this one's store
      CAPTURE(finding.found);
      CHECK(finding.severity == StoreFinding::Severity::warning);
    }
    CHECK(test::open(copy).value()->customer({"user_id", id})->has_value());
  }
  CHECK(beside.end().size() > 4);
}

TEST_CASE("live: a store that fails answers everybody who waits, once, and takes nothing more",
          "[live][failure]") {
  const test::Folder folder;
  TestClock clock(minute(1'000));
  std::atomic<int> failed = 0;
  LiveOptions options;
  options.failed = [&](const Error&) { ++failed; };
  const auto live = start(folder / "s.lotse", clock, options);
  REQUIRE(send(*live, {order(10, "e1", "u1", "o1")}));
  REQUIRE(live->customer({"user_id", "u1"}).value());
  // A new store's first check-point would be what fails, and what is posted would never be in memory.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (live->status().checkpoints == 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  REQUIRE(live->status().checkpoints > 0);
  std::vector<std::future<Result<IngestOutcome>>> answers;
  {
    const FilesLimited full(std::filesystem::file_size(folder / "s.lotse-wal"));
    // Whoever reads what is in memory and not on disk yet waits, and is not kept waiting for ever.
    auto read = std::async(std::launch::async, [&] {
      while (live->customer({"user_id", "u2"}) && live->status().ready) {
      }
    });
    for (int i = 0; i < 20; ++i) {
      std::vector<Event> many;
      for (int k = 0; k < 400; ++k)
        many.push_back(
            order(20, fmt::format("lost-{}-{}", i, k), k == 0 ? "u2" : fmt::format("v{}", k), "o2"));
      auto promise = std::make_shared<std::promise<Result<IngestOutcome>>>();
      const auto submitted =
          live->submit(live->prepare(std::move(many)), {},
                       [promise](Result<IngestOutcome> outcome) { promise->set_value(std::move(outcome)); });
      if (submitted == Live::Submitted::queued) answers.push_back(promise->get_future());
    }
    REQUIRE_FALSE(answers.empty());
    read.wait();
    for (auto& answer : answers) CHECK_FALSE(answer.get());
  }

  CHECK(failed == 1);
  CHECK_FALSE(live->status().ready);
  CHECK(live->submit(live->prepare({order(30, "later", "u3", "o3")}), {}, [](const auto&) {}) ==
        Live::Submitted::stopped);
  const auto erased = live->erase({"user_id", "u1"});
  REQUIRE_FALSE(erased);
  CHECK(erased.error().code == ErrorCode::storage);
  CHECK_FALSE(live->stop());
  CHECK(live->customer({"user_id", "u1"}).value());
}

}  // namespace lotse
