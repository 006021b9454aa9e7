#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/engine_rep.hpp"
#include "engine/runtime/retention.hpp"

namespace lotse {

/// Erasure beside intake: of customers who are asked for, and every night of those whom retention names. A
/// piece at a time between commits, so that no sender waits for long; the check-point that an erasure needs
/// is the owner's, bit by bit like any other. All members are for the writer's thread.
class LiveErasure {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(Result<bool>)>;  ///< false: nobody has the identifier
  using Told = std::function<void(const RetentionProgress&)>;

  /// No piece begins while `deriving` is held: whoever derives states anew beside the writer may have read
  /// what would be erased. All must outlive this.
  LiveErasure(Engine& engine, std::mutex& deriving, Told told);

  /// `done` is called when nothing of the customer is left in any file, or with the reason why not.
  void add(const Identifier& identifier, Done done) { waiting_.push_back({identifier, std::move(done)}); }
  /// Takes notice of `retention` in the settings. Errors: storage.
  [[nodiscard]] Result<void> use_settings();

  /// Does a piece of what there is to do. `idle`: nobody waits for the writer. True: states have changed.
  /// Errors: storage.
  [[nodiscard]] Result<bool> go_on(bool idle);
  /// How long the writer may sleep.
  [[nodiscard]] Clock::duration nap() const;
  /// More is about to be erased: a check-point begun now would be thrown away.
  [[nodiscard]] bool keeps_from_checkpoint() const { return gathering() && run_->in_batch > 0; }
  /// Answers all who wait, for the engine ends: `finished` those whose erasure has begun, `refused` the
  /// others.
  void end(const Result<void>& finished, const Error& refused);

  [[nodiscard]] std::uint64_t runs() const { return runs_; }        ///< of retention, since the start
  [[nodiscard]] std::uint64_t retired() const { return retired_; }  ///< customers erased by them
  [[nodiscard]] std::optional<Instant> next_run() const { return next_run_; }

 private:
  /// Customers between two check-points of a run: what has been erased is soon out of all files, and their
  /// remains are not held in memory twice.
  static constexpr std::size_t kBatch = 10'000;
  /// And so long at most: until the check-point, a start after a crash derives all anew.
  static constexpr std::chrono::minutes kBatchTime{1};
  /// Of customers whom a run looks at in one piece, most of whom it leaves alone.
  static constexpr std::size_t kLooksMax = 512;

  struct Wanted {
    Identifier identifier;
    Done done;
  };
  struct Begun {
    bool erased;
    Done done;
  };
  struct Run {
    Retention retention;
    SilenceSearch search;
    Instant started;
    Clock::time_point begun = Clock::now();
    std::uint64_t erased = 0;
    std::size_t in_batch = 0;  ///< erased since the last check-point
    Clock::time_point batch_begun{};
  };

  /// A run goes on erasing, and no check-point is wanted yet.
  [[nodiscard]] bool gathering() const {
    return run_ && !run_->search.ended && begun_.empty() && run_->in_batch < kBatch &&
           (run_->in_batch == 0 || Clock::now() - run_->batch_begun < kBatchTime);
  }
  [[nodiscard]] Result<bool> begin_wanted();
  void begin_run();
  [[nodiscard]] Result<bool> continue_run();
  [[nodiscard]] Result<void> end_run(RetentionProgress::Stage stage);
  void tell(RetentionProgress::Stage stage) const;
  [[nodiscard]] Result<void> cut();
  void answer(const Result<void>& finished);

  Engine& engine_;
  Engine::Rep& rep_;
  std::mutex& deriving_;
  Told told_;
  std::vector<Wanted> waiting_;
  std::vector<Begun> begun_;
  std::optional<Run> run_;
  std::optional<Instant> next_run_;
  std::size_t at_a_time_ = 16;        ///< customers of a run in one piece, so that it takes about kPiece
  std::size_t looks_ = kLooksMax;     ///< of a run in one piece, likewise
  Clock::time_point rested_until_{};  ///< of a run, beside intake
  std::optional<Clock::time_point> cutting_since_;  ///< what is left is to cut the write-ahead log
  bool folded_ = false;                             ///< it has been folded since
  Clock::time_point look_again_{};                  ///< before that there is nothing to do
  std::uint64_t runs_ = 0;
  std::uint64_t retired_ = 0;
};

}  // namespace lotse
