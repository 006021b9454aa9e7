#include "channels/file/file_intake.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace lotse::file {
namespace {

/// Batches between the reader and the writer: enough to ride out a slow commit.
constexpr std::size_t kQueued = 4;

/// A batch on its way, or why there are no more.
struct Parcel {
  Batch batch;
  PreparedEvents prepared;
  Progress progress;
  std::optional<Error> failure;
};

/// A queue of at most kQueued parcels between two threads.
class Belt {
 public:
  /// False once the taker has closed it.
  bool put(Parcel parcel) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return parcels_.size() < kQueued || closed_; });
    if (closed_) return false;
    parcels_.push_back(std::move(parcel));
    changed_.notify_all();
    return true;
  }
  /// Nothing once the giver has finished and all is taken.
  std::optional<Parcel> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !parcels_.empty() || finished_; });
    if (parcels_.empty()) return std::nullopt;
    Parcel parcel = std::move(parcels_.front());
    parcels_.pop_front();
    changed_.notify_all();
    return parcel;
  }
  void finish() { set(finished_); }
  void close() { set(closed_); }

  /// What the taker has used up goes back to the giver: memory is best freed, or used again, by the thread
  /// that asked for it.
  void give_back(Parcel parcel) {
    const std::lock_guard lock(mutex_);
    used_.push_back(std::move(parcel));
  }
  std::optional<Parcel> used() {
    const std::lock_guard lock(mutex_);
    if (used_.empty()) return std::nullopt;
    Parcel parcel = std::move(used_.back());
    used_.pop_back();
    return parcel;
  }

 private:
  void set(bool& flag) {
    const std::lock_guard lock(mutex_);
    flag = true;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Parcel> parcels_;
  std::vector<Parcel> used_;
  bool finished_ = false;
  bool closed_ = false;
};

void read_all(EventFile& file, const Engine& engine, Belt& belt) {
  for (bool more = true; more;) {
    Parcel parcel = belt.used().value_or(Parcel());
    parcel.batch.spent = parcel.prepared.take_events();
    if (const Result<bool> read = file.next(parcel.batch); !read) {
      parcel.failure = read.error();
      more = false;
    } else if (!*read) {
      break;
    }
    parcel.prepared = engine.prepare(std::move(parcel.batch.events), std::move(parcel.prepared));
    parcel.progress = file.progress();
    if (!belt.put(std::move(parcel))) break;
  }
  belt.finish();
}

/// What the file's reader and the engine rejected of a batch, in the order of the file.
std::vector<RejectedRecord> rejected_of(Batch& batch, std::vector<Rejection>& by_engine) {
  std::vector<RejectedRecord> rejected;
  for (Rejection& rejection : by_engine) {
    rejected.push_back({.place = batch.places[rejection.index],
                        .column = 0,
                        .reason = std::move(rejection.reason),
                        .detail = std::move(rejection.detail)});
  }
  std::ranges::move(batch.rejected, std::back_inserter(rejected));
  std::ranges::stable_sort(rejected, {}, [](const RejectedRecord& record) { return record.place.offset; });
  return rejected;
}

Result<void> store(Parcel& parcel, Engine& engine, const IntakeCallbacks& callbacks, IntakeSummary& summary) {
  LOTSE_TRY(IngestOutcome outcome, engine.ingest(parcel.prepared));
  summary.add(outcome);
  summary.records += parcel.batch.places.size() + parcel.batch.rejected.size();
  for (const RejectedRecord& record : rejected_of(parcel.batch, outcome.rejected)) {
    summary.add(record);
    if (callbacks.on_rejected) LOTSE_CHECK(callbacks.on_rejected(parcel.batch.raw(record.place)));
  }
  if (callbacks.on_progress) callbacks.on_progress(parcel.progress);
  if (parcel.failure) return tl::unexpected(*std::move(parcel.failure));
  return {};
}

}  // namespace

void IntakeSummary::add(const IngestOutcome& outcome) {
  accepted += outcome.accepted;
  duplicate += outcome.duplicate;
  conflict += outcome.conflict;
  from_future += outcome.from_future;
}

void IntakeSummary::add(const RejectedRecord& record) {
  ++rejected;
  auto known = std::ranges::find(reasons, record.reason, &Reason::reason);
  if (known == reasons.end())
    known = reasons.insert(known, {.reason = record.reason, .count = 0, .first = {}});
  ++known->count;
  if (known->first.size() < places_kept) {
    known->first.push_back({.line = record.place.line, .column = record.column, .detail = record.detail});
  }
}

void IntakeSummary::finish() {
  std::ranges::sort(reasons, [](const Reason& a, const Reason& b) {
    return a.count != b.count ? a.count > b.count : a.reason < b.reason;
  });
}

Result<IntakeSummary> take_in(EventFile& file, Engine& engine, const IntakeCallbacks& callbacks) {
  Belt belt;
  std::jthread reader([&] { read_all(file, engine, belt); });
  IntakeSummary summary;
  Result<void> stored;
  while (stored) {
    std::optional<Parcel> parcel = belt.take();
    if (!parcel) break;
    stored = store(*parcel, engine, callbacks, summary);
    belt.give_back(*std::move(parcel));
  }
  belt.close();
  reader.join();
  if (!stored) return tl::unexpected(std::move(stored).error());
  summary.finish();
  return summary;
}

}  // namespace lotse::file
