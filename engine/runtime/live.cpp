#include "engine/runtime/live.hpp"

#include <algorithm>
#include <utility>

#include "engine/runtime/live_engine.hpp"

namespace lotse {
namespace {

/// Events of one commit: enough to share its fsync, few enough not to keep the last sender waiting.
constexpr std::size_t kGroupEvents = 8'192;
/// Customers whose timers fire between two groups.
constexpr std::size_t kTimersAtATime = 512;
/// Longer than this nobody sleeps: the wall clock may be set.
constexpr std::chrono::milliseconds kNap(200);
/// What is out of order may wait this long to be derived anew, together with what else there is.
constexpr std::chrono::milliseconds kUnsettledMax(100);
constexpr std::chrono::milliseconds kStatusEvery(250);
constexpr std::chrono::seconds kConflictsEvery(10);
/// A check-point is begun after so much time, if there is anything to write.
constexpr std::chrono::minutes kCheckpointEvery(5);
constexpr std::chrono::microseconds kIdleCheckpointBudget(10'000);
/// So long a stopping engine waits for what has been begun to be sent.
constexpr std::chrono::seconds kAttemptsPatience(5);

}  // namespace

Result<std::unique_ptr<Live>> Live::start(const Workspace& workspace, const std::filesystem::path& store,
                                          LiveOptions options) {
  options.engine.access = Access::write;
  options.engine.sliced_checkpoints = true;
  ChannelAdapters adapters;
  if (options.connect) {
    LOTSE_TRY(adapters, options.connect(workspace));
  }
  LOTSE_TRY(auto engine, Engine::open(workspace, store, options.engine));
  return std::unique_ptr<Live>(
      new LiveEngine(std::move(engine), workspace, store, std::move(options), std::move(adapters)));
}

LiveEngine::LiveEngine(std::unique_ptr<Engine> engine, const Workspace& workspace,
                       const std::filesystem::path& file, LiveOptions options, ChannelAdapters adapters)
    : options_(std::move(options)),
      engine_(std::move(engine)),
      rep_(*engine_->rep_),
      readers_(std::make_shared<StoreReaders>(file)),
      file_(file),
      workspace_(std::make_shared<const Workspace>(workspace)),
      erasure_(*engine_, reload_once_, options_.retained),
      outreach_(*engine_, [this](std::function<void()> command) { post(std::move(command)); }) {
  if (auto settled = rep_.projection.settle(rep_.store->log(), rep_.gate); !settled)
    rep_.broken = settled.error();
  rep_.projection.keep_timers();
  last_fired_ = now();
  durable_ = rep_.store->log().last().value();
  while (rep_.projection.fire_due(now(), kTimersAtATime, rep_.gate) > 0) {
  }
  if (auto known = erasure_.use_settings(); !known) rep_.broken = known.error();
  if (auto used = outreach_.use(workspace_, std::move(adapters)); !used) rep_.broken = used.error();
  note_status();
  writer_ = std::thread([this] { run(); });
}

void LiveEngine::run() {
  std::vector<std::function<void()>> commands;
  bool stopping = false;
  while (!stopping) {
    std::vector<Request> group = next_group(commands, stopping);
    rep_.projection.note_moves(observed_ ? &moves_ : nullptr);
    if (!group.empty()) commit(group);
    for (const auto& command : commands) command();
    tend(group.empty() && commands.empty());
    commands.clear();
  }
  await_attempts();
  if (!rep_.broken) {
    stopped_with_ = engine_->checkpoint();
  } else {
    stopped_with_ = tl::unexpected(*rep_.broken);
  }
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    commands = std::move(commands_);
  }
  for (const auto& command : commands) command();  // whoever waits for one finds the engine as it ends
  end_erasures();
  wake_readers();
}

/// Waits until there is something to do. With `stopping` the queue is empty, and will stay so.
std::vector<LiveEngine::Request> LiveEngine::next_group(std::vector<std::function<void()>>& commands,
                                                        bool& stopping) {
  std::vector<Request> group;
  const Clock::duration longest = nap();
  std::unique_lock lock(mutex_);
  if (longest > Clock::duration::zero()) {
    asleep_ = true;
    wake_.wait_for(lock, longest, [&] { return !queue_.empty() || !commands_.empty() || stopping_; });
    asleep_ = false;
  }
  std::size_t events = 0;
  while (!queue_.empty() && (group.empty() || events + weight_of(queue_.front()) <= kGroupEvents)) {
    events += weight_of(queue_.front());
    queued_bytes_ -= queue_.front().bytes;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  commands = std::exchange(commands_, {});
  stopping = stopping_ && queue_.empty();
  return group;
}

LiveEngine::Clock::duration LiveEngine::nap() const {
  if (rep_.broken) return kNap;
  if (rep_.checkpoint) return Clock::duration::zero();
  Clock::duration longest = rep_.projection.unsettled() > 0 ? kUnsettledMax : kNap;
  if (const auto due = rep_.projection.next_due()) {
    const Duration until =
        std::min<Duration>(*due - now(), kNap);  // far ahead it would not fit the clock's unit
    longest = std::min(longest, std::chrono::duration_cast<Clock::duration>(until));
  }
  longest = std::min(longest, erasure_.nap());
  if (const auto next = outreach_.next()) {
    const Duration until = std::min<Duration>(*next - now(), kNap);
    longest = std::min(longest, std::chrono::duration_cast<Clock::duration>(until));
  }
  return std::max(longest, Clock::duration::zero());
}

void LiveEngine::commit(std::vector<Request>& group) {
  std::vector<PreparedEvents*> events;
  std::vector<Reject> rejects;
  events.reserve(group.size());
  for (Request& request : group) {
    events.push_back(&request.events);
    std::ranges::move(request.rejects, std::back_inserter(rejects));
  }
  const Clock::time_point begun = Clock::now();
  auto outcomes = engine_->ingest(events, rejects, options_.rejects_max);
  counting_.commit_seconds += std::chrono::duration<double>(Clock::now() - begun).count();
  ++counting_.commits;
  ++turn_;
  if (!outcomes) {
    fail_with(outcomes.error());
    for (const Request& request : group) request.done(tl::unexpected(outcomes.error()));
    return;
  }
  durable_.store(rep_.store->log().last().value(), std::memory_order_release);
  wake_readers();
  counting_.rejected += rejects.size();
  for (const IngestOutcome& outcome : *outcomes) {
    counting_.accepted += outcome.accepted;
    counting_.duplicates += outcome.duplicate;
    counting_.rejected += outcome.rejected.size();
  }
  show_status();  // whoever has been answered is counted
  for (std::size_t i = 0; i < group.size(); ++i) {
    used_.give(std::move(group[i].events));
    group[i].done(std::move((*outcomes)[i]));
  }
  tell_observers();
}

void LiveEngine::tend(bool idle) {
  if (rep_.broken) {
    break_with(*rep_.broken);
    return;
  }
  if (rep_.projection.unsettled() == 0) {
    unsettled_since_.reset();
  } else {
    if (!unsettled_since_) unsettled_since_ = Clock::now();
    if ((idle || Clock::now() - *unsettled_since_ >= kUnsettledMax) && !settle()) return;
  }
  const Instant clock = now();
  if (const auto due = rep_.projection.next_due(); due && *due <= clock) {
    const std::size_t fired = rep_.projection.fire_due(clock, kTimersAtATime, rep_.gate);
    counting_.timers_fired += fired;
    last_fired_ = std::max(last_fired_, clock);
    ++turn_;
    tell_observers();
  }
  tend_outreach();
  tend_erasure(idle);
  tend_checkpoint(idle);
  if (Clock::now() - status_noted_ >= kStatusEvery) note_status();
}

/// Derives all who are marked anew; what fails breaks the engine.
Result<void> LiveEngine::settle() {
  if (rep_.broken) return tl::unexpected(*rep_.broken);
  if (rep_.projection.unsettled() == 0) return {};
  auto settled = rep_.projection.settle(rep_.store->log(), rep_.gate);
  if (!settled) break_with(settled.error());
  ++turn_;
  unsettled_since_.reset();
  return settled;
}

/// After the timers that are due, and of what is settled: what is decided has seen all that was acknowledged.
void LiveEngine::tend_outreach() {
  if (rep_.broken) return;
  const Result<bool> changed = outreach_.go_on(now());
  if (!changed) return break_with(changed.error());
  if (!*changed) return;
  counting_.outreach = outreach_.counts();
  show_status();
  ++turn_;
  durable_.store(rep_.store->log().last().value(), std::memory_order_release);
  wake_readers();
  tell_observers();
}

/// What is on its way is recorded, if it arrives soon: by mail nobody could tell a second one from the first.
void LiveEngine::await_attempts() {
  const Clock::time_point until = Clock::now() + kAttemptsPatience;
  while (!rep_.broken && outreach_.under_way() > 0 && Clock::now() < until) {
    std::vector<std::function<void()>> commands;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, until, [&] { return !commands_.empty(); });
      commands = std::exchange(commands_, {});
    }
    for (const auto& command : commands) command();
    if (!settle()) return;
    if (auto recorded = outreach_.record_ends(now()); !recorded) break_with(recorded.error());
  }
}

void LiveEngine::tend_erasure(bool idle) {
  const Result<bool> changed = erasure_.go_on(idle);
  if (!changed) break_with(changed.error());
  if (changed && *changed) {
    if (auto forgotten = outreach_.forget_erased(); !forgotten) break_with(forgotten.error());
    counting_.outreach = outreach_.counts();
    show_status();
  }
  if (!changed || *changed) ++turn_;
}

void LiveEngine::end_erasures() {
  Result<void> finished;
  if (rep_.broken) {
    finished = tl::unexpected(*rep_.broken);
  } else {
    finished = rep_.finish_erasure(*engine_);
  }
  if (!finished && finished.error().code != ErrorCode::unavailable && stopped_with_) stopped_with_ = finished;
  erasure_.end(finished, rep_.broken.value_or(stopped_error()));
}

void LiveEngine::break_with(const Error& error) {
  rep_.broken = error;
  fail_with(error);
  erasure_.end(tl::unexpected(error), error);
}

void LiveEngine::tend_checkpoint(bool idle) {
  if (rep_.broken) return;
  const std::uint32_t behind = rep_.store->log().last().value() - rep_.checkpointed.value();
  const bool due = behind >= rep_.options.checkpoint_events || rep_.checkpoint_whole ||
                   rep_.erased_since_checkpoint ||
                   (behind > 0 && Clock::now() - checkpoint_begun_ >= kCheckpointEvery);
  if (!rep_.checkpoint && (!due || erasure_.keeps_from_checkpoint())) return;
  if (!rep_.checkpoint) checkpoint_begun_ = Clock::now();
  if (rep_.checkpoint && !idle) return;  // it goes on with the next commit
  auto done = rep_.continue_checkpoint(kIdleCheckpointBudget);
  auto committed = done ? rep_.commit() : Result<void>(tl::unexpected(done.error()));
  if (!committed) {
    break_with(committed.error());
  } else if (*done) {
    ++counting_.checkpoints;
  }
}

void LiveEngine::fail_with(const Error& error) {
  std::deque<Request> queued;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !failed_;
    failed_ = error;
    queued.swap(queue_);
    queued_bytes_ = 0;
  }
  for (const Request& request : queued) request.done(tl::unexpected(error));
  wake_readers();
  if (first && options_.failed) options_.failed(error);
}

void LiveEngine::wake_readers() {
  {
    const std::lock_guard lock(durable_mutex_);  // nobody is between looking and waiting
  }
  became_durable_.notify_all();
}

void LiveEngine::note_status() {
  status_noted_ = Clock::now();
  const IdentityStatistics identity = rep_.projection.identities().statistics();
  if (status_noted_ >= conflicts_counted_ + kConflictsEvery) {  // a walk over all of them
    conflicts_counted_ = status_noted_;
    conflicts_ = rep_.store->conflicts().value_or(conflicts_);
  }
  counting_.counts = {.events = rep_.store->log().last().value(),
                      .customers = rep_.projection.states().size(),
                      .identifiers = identity.identifiers,
                      .conflicts = conflicts_,
                      .refused_links = identity.refused_by_limit + identity.refused_apart,
                      .from_future = rep_.projection.from_future()};
  counting_.memory = engine_->memory();
  counting_.next_timer = rep_.projection.next_due();
  counting_.retention_runs = erasure_.runs();
  counting_.retention_customers = erasure_.retired();
  counting_.next_retention = erasure_.next_run();
  counting_.outreach = outreach_.counts();
  counting_.events_since_checkpoint = rep_.store->log().last().value() - rep_.checkpointed.value();
  show_status();
}

void LiveEngine::show_status() {
  const std::lock_guard lock(status_mutex_);
  status_ = counting_;
}

void LiveEngine::tell_observers() {
  if (!observed_) return;
  const std::vector<Change> changes = moves_.take();
  const std::lock_guard lock(observers_mutex_);
  std::erase_if(observers_, [](const std::weak_ptr<Observe>& observer) { return observer.expired(); });
  observed_ = !observers_.empty();
  if (changes.empty()) return;
  for (const std::weak_ptr<Observe>& observer : observers_) {
    if (const auto alive = observer.lock()) (*alive)(changes);
  }
}

}  // namespace lotse
