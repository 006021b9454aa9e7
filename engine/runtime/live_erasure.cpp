#include "engine/runtime/live_erasure.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

/// Customers who are asked for, in one piece.
constexpr std::size_t kWantedAtATime = 64;
constexpr std::size_t kAtATimeMin = 4;
constexpr std::size_t kAtATimeMax = 1'024;
constexpr std::size_t kLooksMin = 8;
/// What a run's piece should take: so long at most a sender waits for it.
constexpr std::chrono::milliseconds kPiece(20);
/// Beside intake a run rests for so many times what its piece took.
constexpr int kRests = 4;
/// Until somebody else is done: who derives states, who folds the write-ahead log.
constexpr std::chrono::milliseconds kLookAgain(5);
/// A try at cutting the write-ahead log, in which the writer stands still, and how long there is between two.
constexpr std::chrono::milliseconds kCutPatience(10);
constexpr std::chrono::milliseconds kBetweenCuts(50);
/// After so long a reader of old pages is told of, and tries are rare.
constexpr std::chrono::seconds kReadersPatience(2);
constexpr std::chrono::seconds kRarely(30);

}  // namespace

LiveErasure::LiveErasure(Engine& engine, std::mutex& deriving, Told told)
    : engine_(engine), rep_(*engine.rep_), deriving_(deriving), told_(std::move(told)) {}

Result<void> LiveErasure::use_settings() {
  const std::optional<Retention>& retention = rep_.settings.retention;
  LOTSE_TRY(std::optional<Instant> last, rep_.store->retained());
  const Instant now = rep_.options.clock();
  if (last.has_value() != retention.has_value()) {  // who has just asked for it has until the night to think
    last = retention ? std::optional(now) : std::nullopt;
    LOTSE_CHECK(rep_.store->begin());
    LOTSE_CHECK(rep_.store->set_retained(last));
    LOTSE_CHECK(rep_.store->commit());
  }
  next_run_.reset();
  if (retention) next_run_ = next_retention(*retention, rep_.settings.zone, std::min(*last, now));
  if (run_ && retention != run_->retention) return end_run(RetentionProgress::Stage::stopped);
  return {};
}

Result<bool> LiveErasure::go_on(bool idle) {
  bool changed = false;
  if (!waiting_.empty() && begun_.empty()) {
    LOTSE_TRY(changed, begin_wanted());
  }
  if (!run_ && next_run_ && rep_.options.clock() >= *next_run_) begin_run();
  if (gathering()) {
    // A check-point under way would be thrown away, and all that it has written with it.
    if (rep_.checkpoint || (!idle && Clock::now() < rested_until_)) return changed;
    LOTSE_TRY(const bool erased, continue_run());
    changed |= erased;
  } else if (rep_.erasure_pending) {
    if (!rep_.erased_since_checkpoint) LOTSE_CHECK(cut());
  }
  if (rep_.erasure_pending) return changed;
  answer({});
  if (run_ && run_->search.ended) {
    LOTSE_CHECK(end_run(RetentionProgress::Stage::done));
  } else if (run_ && run_->in_batch > 0) {
    run_->in_batch = 0;
    tell(RetentionProgress::Stage::going_on);
  }
  return changed;
}

Result<bool> LiveErasure::begin_wanted() {
  const std::unique_lock nobody_derives(deriving_, std::try_to_lock);
  look_again_ = Clock::now() + kLookAgain;
  if (!nobody_derives) return false;
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kWantedAtATime));
  std::vector<Identifier> identifiers;
  for (auto wanted = waiting_.begin(); wanted != end; ++wanted) {
    const bool known = rep_.projection.identities().find(wanted->identifier).has_value();
    if (!known && (run_ || !rep_.erasure_pending)) {  // nobody, and none whose erasure is left to be finished
      wanted->done(false);
      continue;
    }
    begun_.push_back({known, std::move(wanted->done)});
    identifiers.push_back(std::move(wanted->identifier));
  }
  waiting_.erase(waiting_.begin(), end);
  cutting_since_.reset();
  const auto erased = rep_.begin_erasure(identifiers);
  if (!erased) {
    answer(tl::unexpected(erased.error()));
    if (rep_.broken) return tl::unexpected(erased.error());
  }
  return erased && *erased > 0;
}

void LiveErasure::begin_run() {
  const Instant now = rep_.options.clock();
  const Retention& retention = *rep_.settings.retention;
  run_ = Run{.retention = retention, .search = {.before = now - retention.older}, .started = now};
  tell(RetentionProgress::Stage::begun);
}

Result<bool> LiveErasure::continue_run() {
  const std::unique_lock nobody_derives(deriving_, std::try_to_lock);
  look_again_ = Clock::now();
  if (!nobody_derives) {
    look_again_ += kLookAgain;
    return false;
  }
  const Clock::time_point begun = Clock::now();
  LOTSE_TRY(const auto silent, engine_.find_silent(run_->search, at_a_time_, looks_));
  std::uint64_t erased = 0;
  if (!silent.empty()) {
    cutting_since_.reset();
    LOTSE_TRY(erased, rep_.begin_erasure(silent));
  }
  run_->erased += erased;
  if (run_->in_batch == 0) run_->batch_begun = begun;
  run_->in_batch += erased;
  retired_ += erased;
  const Clock::duration took = Clock::now() - begun;
  if (took > kPiece) {
    at_a_time_ = std::max(at_a_time_ / 2, kAtATimeMin);
    looks_ = std::max(looks_ / 2, kLooksMin);
  } else if (took < kPiece / 2) {
    if (silent.size() == at_a_time_) at_a_time_ = std::min(at_a_time_ * 2, kAtATimeMax);
    looks_ = std::min(looks_ * 2, kLooksMax);
  }
  rested_until_ = begun + (kRests + 1) * took;
  return erased > 0;
}

Result<void> LiveErasure::end_run(RetentionProgress::Stage stage) {
  LOTSE_CHECK(rep_.store->begin());
  LOTSE_CHECK(
      rep_.store->set_retained(rep_.settings.retention ? std::optional(run_->started) : std::nullopt));
  LOTSE_CHECK(rep_.store->commit());
  if (rep_.settings.retention) {
    next_run_ = next_retention(*rep_.settings.retention, rep_.settings.zone, run_->started);
  }
  if (stage == RetentionProgress::Stage::done) ++runs_;
  tell(stage);
  run_.reset();
  return {};
}

void LiveErasure::tell(RetentionProgress::Stage stage) const {
  if (!told_) return;
  told_({.stage = stage,
         .before = run_->search.before,
         .erased = run_->erased,
         .seconds = std::chrono::duration<double>(Clock::now() - run_->begun).count()});
}

/// The last step of an erasure. The fold beforehand, by another thread, leaves little to do while the writer
/// stands still.
Result<void> LiveErasure::cut() {
  const Clock::time_point now = Clock::now();
  if (!cutting_since_) {
    cutting_since_ = now;
    folded_ = false;
  } else if (now < look_again_) {
    return {};
  }
  look_again_ = now + kLookAgain;
  if (!folded_) {
    LOTSE_TRY(folded_, rep_.store->fold_wal());
    cutting_since_ = now;  // what the fold took is not the readers' fault
  }
  if (!folded_) return {};
  const Result<void> done = rep_.cut_wal(kCutPatience);
  if (done) {
    cutting_since_.reset();
    return {};
  }
  if (done.error().code != ErrorCode::unavailable) return done;
  const bool long_since = now - *cutting_since_ >= kReadersPatience;
  look_again_ = now + (long_since ? Clock::duration(kRarely) : Clock::duration(kBetweenCuts));
  if (long_since) answer(done);
  return {};
}

void LiveErasure::answer(const Result<void>& finished) {
  for (const Begun& begun : std::exchange(begun_, {})) {
    begun.done(finished ? Result<bool>(begun.erased) : Result<bool>(tl::unexpected(finished.error())));
  }
}

LiveErasure::Clock::duration LiveErasure::nap() const {
  const auto until = [](Clock::time_point time) {
    return std::max(time - Clock::now(), Clock::duration::zero());
  };
  const bool wanted = !waiting_.empty() && begun_.empty();
  if (gathering() || wanted) return until(look_again_);
  if (rep_.erasure_pending && !rep_.erased_since_checkpoint) {
    return cutting_since_ ? until(look_again_) : Clock::duration::zero();
  }
  if (rep_.erased_since_checkpoint) return Clock::duration::zero();
  return Clock::duration::max();
}

void LiveErasure::end(const Result<void>& finished, const Error& refused) {
  answer(finished);
  for (const Wanted& wanted : std::exchange(waiting_, {})) wanted.done(tl::unexpected(refused));
}

}  // namespace lotse
