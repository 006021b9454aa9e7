#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "engine/store/sqlite.hpp"
#include "tests/power_loss/crash.hpp"
#include "tests/power_loss/shop_day.hpp"

namespace lotse {
namespace {

using Call = test::DiskFault::Call;
using How = test::DiskFault::How;

/// How a day went on a disk with a fault.
struct Lived {
  test::Progress progress;
  std::optional<Error> error;  ///< the first
  std::string broken_promise;  ///< empty: none
};

/// After `error` the engine says nothing else.
std::string answers_after(Engine& engine, const test::ShopDay& day, const Error& error) {
  const auto same = [&](const auto& answer) { return !answer && answer.error() == error; };
  if (!same(engine.ingest(day.batches().back()))) return "takes events after its error";
  if (!same(engine.checkpoint())) return "check-points after its error";
  if (!same(engine.counts())) return "counts after its error";
  if (!same(engine.customer({"user_id", "u1"}))) return "knows customers after its error";
  return {};
}

Lived live_through(const test::ShopDay& day, test::Disk& disk, bool sync_fails) {
  Lived lived;
  auto engine = test::open_store(day, disk);
  if (!engine) {
    lived.error = engine.error();
    return lived;
  }
  const auto count = static_cast<std::uint32_t>(day.batches().size());
  for (std::uint32_t i = 0; i < count && !lived.error; ++i) {
    if (i + 1 == count && sync_fails && disk.failed()) {
      // Where it was the thread that folds the log, it has had its time to say so.
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const bool failed_before = disk.failed();
    lived.progress.begun = i + 1;
    if (const auto taken = (*engine)->ingest(day.batches()[i]); !taken) {
      lived.error = taken.error();
    } else {
      lived.progress.acknowledged = i + 1;
      if (i + 1 == count && sync_fails && failed_before)
        lived.broken_promise = "a failed sync was told to nobody";
    }
    if (!lived.error) test::let_fold(disk);
    if (!lived.error && i == count / 2) {
      if (const auto written = (*engine)->checkpoint(); !written) lived.error = written.error();
    }
  }
  if (lived.error) lived.broken_promise = answers_after(**engine, day, *lived.error);
  return lived;
}

/// One fault of one call. What was wrong; empty: nothing.
std::string suffer(const test::ShopDay& day, const test::DiskFault& fault, bool& met, bool& told) {
  test::Disk disk;
  disk.record();
  disk.note({});
  disk.fail(fault);
  const Lived lived = live_through(day, disk, fault.call == Call::sync);
  met = disk.failed();
  told = lived.error.has_value();
  if (!lived.broken_promise.empty()) return lived.broken_promise;
  if (lived.error && lived.error->code != ErrorCode::storage) return "another error: " + lived.error->message;
  if (fault.call == Call::sync && lived.error && !sqlite::is_failed_sync(*lived.error)) {
    return "a failed sync goes by another name: " + lived.error->message;
  }
  if (fault.call != Call::sync && lived.error && sqlite::is_failed_sync(*lived.error)) {
    return "is no failed sync: " + lived.error->message;
  }

  // Opened again by the next process, or after a power loss.
  const std::vector<test::DiskCall> calls = disk.recording();
  test::Platter platter;
  for (const test::DiskCall& call : calls) platter.apply(call);
  for (const auto& [when, files] :
       {std::pair("next process", disk.files()), std::pair("power loss", platter.nothing_unsynced())}) {
    const test::Verdict verdict = test::judge(day, files, lived.progress);
    if (verdict.fault != test::Fault::none) return fmt::format("{}: {}", when, verdict.what);
  }
  return {};
}

/// Fails every single call of a kind in a short day.
void suffer_all(Call call, How how, bool for_good, std::string_view name, bool always_told) {
  const test::ShopDay day(3, 14, 4);
  std::uint64_t met_count = 0;
  std::uint64_t told_count = 0;
  for (std::uint64_t nth = 0;; ++nth) {
    bool met = false;
    bool told = false;
    const std::string wrong =
        suffer(day, {.call = call, .how = how, .nth = nth, .for_good = for_good}, met, told);
    INFO(name << " of call " << nth);
    CHECK(wrong.empty());
    if (!wrong.empty()) UNSCOPED_INFO(wrong);
    if (!met) break;
    ++met_count;
    told_count += told ? 1U : 0U;
    REQUIRE(nth < 5'000);
  }
  std::cout << fmt::format("{}: {} calls failed one by one, {} told\n", name, met_count, told_count);
  CHECK(met_count > 0);
  if (always_told) CHECK(told_count > 0);
}

TEST_CASE("disk faults: EIO at any write acknowledges nothing that is not there", "[power_loss][faults]") {
  suffer_all(Call::write, How::io_error, false, "EIO at a write", true);
}

TEST_CASE("disk faults: ENOSPC at any write, once or for good", "[power_loss][faults]") {
  suffer_all(Call::write, How::full, false, "ENOSPC at a write", true);
  suffer_all(Call::write, How::full, true, "ENOSPC from a write on", true);
}

TEST_CASE("disk faults: any short write", "[power_loss][faults]") {
  suffer_all(Call::write, How::short_write, false, "short write", true);
}

TEST_CASE("disk faults: EIO at any sync ends the engine, whoever synced", "[power_loss][faults]") {
  suffer_all(Call::sync, How::io_error, false, "EIO at a sync", true);
}

TEST_CASE("disk faults: EIO at any other call", "[power_loss][faults]") {
  suffer_all(Call::truncate, How::io_error, false, "EIO at a truncation", false);
  suffer_all(Call::open, How::io_error, false, "EIO at an open", true);
  suffer_all(Call::shared_memory, How::full, false, "ENOSPC for the log's index", true);
  suffer_all(Call::remove, How::io_error, false, "EIO at a removal", false);
  suffer_all(Call::read, How::io_error, false, "EIO at a read", true);
}

}  // namespace
}  // namespace lotse
