#include "tests/power_loss/shop_day.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/store/sqlite.hpp"
#include "tests/support/dice.hpp"

namespace lotse::test {
namespace {

Event any_event(Dice& dice, std::size_t number) {
  const char* const types[] = {"arrived", "looked", "ordered",   "ordered", "paid",
                               "used",    "rated",  "cancelled", "other"};
  Event event = test::event(static_cast<std::int64_t>(number) * 30 + dice(std::int64_t{600}),
                            fmt::format("e{}", number), types[dice(9)], fmt::format("u{}", dice(40)));
  if (dice.one_in(6)) event.ids.push_back({"email", fmt::format("e{}@example.net", dice(20))});
  event.properties = Value(Map{{Value("order"), Value(fmt::format("o{}", dice(60)))},
                               {Value("amount"), Value(dice(std::int64_t{100}))},
                               {Value("score"), Value(1 + dice(std::int64_t{5}))},
                               {Value("note"), Value(std::string(dice(std::size_t{300}), 'n'))}});
  return event;
}

Verdict failed(Fault fault, std::string what) { return {.fault = fault, .what = std::move(what)}; }

/// What SQLite itself says of the file. Looked at first: what is damaged may not make sense to the engine.
std::optional<Verdict> integrity(const Disk& disk) {
  auto connection = sqlite::Connection::open(disk.path(kStore), sqlite::Mode::write);
  if (!connection) return failed(Fault::damaged, connection.error().message);
  auto rows = connection->prepare("PRAGMA integrity_check");
  if (!rows) return failed(Fault::damaged, rows.error().message);
  const auto found = rows->step();
  if (!found) return failed(Fault::damaged, found.error().message);
  if (rows->bytes(0) != "ok") return failed(Fault::damaged, std::string(rows->bytes(0)));
  return std::nullopt;
}

Result<ShopDay::Expected> holds(Engine& engine, const Moment& moment) {
  LOTSE_TRY(const EngineCounts counts, engine.counts());
  ShopDay::Expected found{.events = counts.events, .conflicts = counts.conflicts};
  LOTSE_CHECK(engine.for_each_state(
      moment, 1, [&](std::uint32_t, const CustomerState& state) { found.states.push_back(state); }));
  std::ranges::sort(found.states, {}, &CustomerState::customer);
  return found;
}

std::string in_words(const ShopDay::Expected& found) {
  return fmt::format("{} events, {} conflicts, {} customers", found.events, found.conflicts,
                     found.states.size());
}

/// What is in memory, loaded from the check-point, and what follows from the log alone, are both what follows
/// from the first so many batches. Nothing: they are not those of any number of batches.
Verdict compare(const ShopDay& day, Engine& engine, Progress progress) {
  const auto live = holds(engine, {});
  if (!live) return failed(Fault::damaged, live.error().message);
  const auto derived = holds(engine, {.known_at = minute(2'000'000)});
  if (!derived) return failed(Fault::damaged, derived.error().message);
  if (*live != *derived) return failed(Fault::half, "the check-point's states are not those of the log");
  for (std::size_t batches = day.batches().size() + 1; batches-- > 0;) {
    if (day.after(batches) != *live) continue;
    if (batches < progress.acknowledged) {
      // A batch of repeats alone leaves no trace.
      return failed(Fault::lost,
                    fmt::format("{} batches of {} acknowledged", batches, progress.acknowledged));
    }
    if (batches > progress.begun && day.after(progress.begun) != *live) {
      return failed(Fault::half,
                    fmt::format("{} batches, of which {} had been sent", batches, progress.begun));
    }
    return {};
  }
  return failed(Fault::half, fmt::format("{}: no whole number of batches", in_words(*live)));
}

/// All of the day at once: what is stored already must count as a repeat.
Verdict hand_in_again(const ShopDay& day, Engine& engine) {
  const auto before = engine.counts();
  if (!before) return failed(Fault::damaged, before.error().message);
  std::vector<Event> events;
  for (const auto& batch : day.batches()) events.insert(events.end(), batch.begin(), batch.end());
  const auto taken = engine.ingest(events);
  if (!taken) return failed(Fault::damaged, taken.error().message);
  if (before->events + taken->accepted != day.after(day.batches().size()).events) {
    return failed(Fault::half, "handed in again, some were taken twice");
  }
  return {};
}

}  // namespace

ShopDay::ShopDay(std::uint64_t seed, std::size_t batches, std::size_t batch_events_max) : workspace_(shop()) {
  Dice dice(seed);
  std::vector<Event> sent;
  std::set<std::string> ids;
  std::set<std::string> conflicts;
  std::vector<Event> stored;
  const auto note_state = [&] {
    Instant last = Instant::min();
    for (const Event& event : stored) last = std::max(last, event.time);
    after_.push_back({.events = stored.size(),
                      .conflicts = conflicts.size(),
                      .states = expected_states(workspace_, stored, last)});
  };
  note_state();
  for (std::size_t i = 0; i < batches; ++i) {
    std::vector<Event>& batch = batches_.emplace_back();
    for (std::size_t left = 1 + dice(batch_events_max); left > 0; --left) {
      const std::size_t again = sent.empty() || !dice.one_in(10) ? sent.size() : dice(sent.size());
      Event event = again == sent.size() ? any_event(dice, sent.size()) : sent[again];
      if (again == sent.size()) {
        sent.push_back(event);
      } else if (dice.one_in(3)) {
        event.type = "altered";
        conflicts.insert(event.id);
      }
      if (ids.insert(event.id).second) stored.push_back(event);
      batch.push_back(std::move(event));
    }
    note_state();
  }
}

Result<std::unique_ptr<Engine>> open_store(const ShopDay& day, const Disk& disk) {
  EngineOptions options;
  options.wal_bytes = std::size_t{16} << 10U;
  return open(disk.path(kStore), day.workspace(), options);
}

void let_fold(const Disk& disk) {
  const std::uint64_t before = disk.calls(DiskFault::Call::sync);
  for (int ms = 0; ms < 20 && disk.calls(DiskFault::Call::sync) < before + 2; ++ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Verdict judge(const ShopDay& day, const DiskFiles& files, Progress progress) {
  const Disk disk(files);
  if (files.contains(kStore)) {
    if (auto damage = integrity(disk)) return *damage;
  }
  {
    const auto engine = open_store(day, disk);
    if (!engine) return failed(Fault::damaged, engine.error().message);
    Verdict verdict = compare(day, **engine, progress);
    if (verdict.fault == Fault::none) verdict = hand_in_again(day, **engine);
    if (verdict.fault != Fault::none) return verdict;
  }
  const auto engine = open_store(day, disk);
  if (!engine) return failed(Fault::damaged, engine.error().message);
  const auto found = holds(**engine, {});
  if (!found) return failed(Fault::damaged, found.error().message);
  if (*found == day.after(day.batches().size())) return {};
  return failed(Fault::half, fmt::format("handed in again and opened again: {}", in_words(*found)));
}

}  // namespace lotse::test
