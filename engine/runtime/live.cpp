#include "engine/runtime/live.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/runtime/customer_view.hpp"
#include "engine/runtime/engine_rep.hpp"
#include "engine/runtime/live_erasure.hpp"
#include "engine/runtime/live_snapshot.hpp"
#include "engine/runtime/store_readers.hpp"
#include "engine/store/backup.hpp"

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

using Clock = std::chrono::steady_clock;

/// What has been ingested, for whoever prepares the next: who prepares has the time to free the events in it,
/// the writer has not.
class UsedEvents {
 public:
  PreparedEvents take() {
    const std::lock_guard lock(mutex_);
    if (used_.empty()) return {};
    PreparedEvents last = std::move(used_.back());
    used_.pop_back();
    bytes_ -= last.bytes();
    return last;
  }
  void give(PreparedEvents events) {
    const std::lock_guard lock(mutex_);
    if (used_.size() == count_max || bytes_ + events.bytes() > bytes_max) return;
    bytes_ += events.bytes();
    used_.push_back(std::move(events));
  }

 private:
  static constexpr std::size_t count_max = 256;
  static constexpr std::size_t bytes_max = std::size_t{8}
                                           << 20U;  // of text; the events take a few times that
  std::mutex mutex_;
  std::vector<PreparedEvents> used_;
  std::size_t bytes_ = 0;
};

std::size_t bytes_of(const Reject& reject) {
  return sizeof reject + reject.sender.size() + reject.reason.size() + reject.detail.size() +
         reject.place.size() + reject.text.size();
}

/// Messages of the store name its files; /readyz is open to everybody.
std::string without_path(std::string message, const std::filesystem::path& store) {
  constexpr std::string_view instead = "the store";
  const std::string path = store.string();
  for (std::size_t at = message.find(path); at != std::string::npos;
       at = message.find(path, at + instead.size())) {
    message.replace(at, path.size(), instead);
  }
  return message;
}

Error stopped_error() { return {ErrorCode::unavailable, "the engine has been stopped"}; }

}  // namespace

class LiveEngine final : public Live {
 public:
  LiveEngine(std::unique_ptr<Engine> engine, const Workspace& workspace, const std::filesystem::path& file,
             LiveOptions options)
      : options_(std::move(options)),
        engine_(std::move(engine)),
        rep_(*engine_->rep_),
        readers_(std::make_shared<StoreReaders>(file)),
        file_(file),
        workspace_(std::make_shared<const Workspace>(workspace)),
        erasure_(*engine_, reload_once_, options_.retained) {
    if (auto settled = rep_.projection.settle(rep_.store->log(), rep_.gate); !settled)
      rep_.broken = settled.error();
    rep_.projection.keep_timers();
    last_fired_ = now();
    durable_ = rep_.store->log().last().value();
    while (rep_.projection.fire_due(now(), kTimersAtATime, rep_.gate) > 0) {
    }
    if (auto known = erasure_.use_settings(); !known) rep_.broken = known.error();
    note_status();
    writer_ = std::thread([this] { run(); });
  }
  ~LiveEngine() override { static_cast<void>(stop()); }

  Result<void> stop() override {
    const std::lock_guard once(stopping_once_);
    if (!writer_.joinable()) return stopped_with_;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    writer_.join();
    return stopped_with_;
  }

  PreparedEvents prepare(std::vector<Event> events) const override {
    return engine_->prepare(std::move(events), used_.take());
  }

  Submitted submit(PreparedEvents events, std::vector<Reject> rejects, Done done) override {
    std::size_t bytes = events.bytes();
    for (const Reject& reject : rejects) bytes += bytes_of(reject);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || failed_) return Submitted::stopped;
      if (queued_bytes_ + bytes > options_.queued_bytes_max ||
          queue_.size() >= options_.queued_requests_max) {
        ++overloaded_;
        return Submitted::overloaded;
      }
      queued_bytes_ += bytes;
      queue_.push_back({std::move(events), std::move(rejects), std::move(done), bytes});
      if (!asleep_) return Submitted::queued;
    }
    wake_.notify_one();
    return Submitted::queued;
  }

  Result<std::optional<LiveCustomer>> customer(const Identifier& identifier, const Moment& moment) override {
    std::optional<Glimpse> seen;
    std::shared_ptr<const Tracker> tracker;
    {
      const Gate::Look look(rep_.gate);
      seen = glimpse(rep_.projection, identifier);
      tracker = rep_.tracker;
    }
    if (!seen) return std::optional<LiveCustomer>();
    LOTSE_CHECK(wait_until_durable(seen->newest));
    Moment when = moment;
    if (when.as_of == Instant::max()) {  // an event may be dated a little ahead of our clock
      when.as_of = std::max(now(), seen->latest);
    }
    LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
    LOTSE_TRY(auto view, view_of(*seen, identifier, reader->log(), *tracker, rep_.identity, when));
    if (!view) return std::optional<LiveCustomer>();
    return LiveCustomer{.tracker = std::move(tracker), .view = *std::move(view), .as_of = when.as_of};
  }

  std::vector<Identifier> find_identifiers(std::string_view value) override {
    const Gate::Look look(rep_.gate);
    return engine_->find_identifiers(value);
  }

  Result<std::shared_ptr<const Snapshot>> snapshot() override {
    Result<std::shared_ptr<const Snapshot>> taken = tl::unexpected(stopped_error());
    LOTSE_CHECK(on_writer([&] { taken = take_snapshot(); }));
    return taken;
  }

  Result<std::vector<Reject>> rejects(std::size_t limit, std::uint64_t before) override {
    LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
    return reader->rejects(limit, before);
  }

  LiveStatus status() const override {
    LiveStatus status;
    {
      const std::lock_guard lock(status_mutex_);
      status = status_;
    }
    const std::lock_guard lock(mutex_);
    status.queued_requests = queue_.size();
    status.queued_bytes = queued_bytes_;
    status.overloaded = overloaded_;
    status.ready = !failed_ && !stopping_;
    if (failed_) {
      status.reason = without_path(failed_->message, file_);
    } else if (stopping_) {
      status.reason = "the engine is being stopped";
    }
    return status;
  }

  Instant now() const override { return rep_.options.clock(); }

  std::shared_ptr<const Workspace> workspace() const override {
    const std::lock_guard lock(mutex_);
    return workspace_;
  }

  Result<std::string> reload(const Workspace& workspace) override;
  Result<bool> erase(const Identifier& identifier) override;
  Result<std::optional<LiveRecord>> record(const Identifier& identifier) override;
  Result<void> backup(const std::filesystem::path& to) override;

  std::shared_ptr<void> observe(Observe observe) override {
    auto observer = std::make_shared<Observe>(std::move(observe));
    const std::lock_guard lock(observers_mutex_);
    observers_.push_back(observer);
    observed_ = true;
    return observer;
  }

 private:
  struct Request {
    PreparedEvents events;
    std::vector<Reject> rejects;
    Done done;
    std::size_t bytes = 0;
  };
  static std::size_t weight_of(const Request& request) {
    return request.events.size() + request.rejects.size();
  }

  // On the writer's thread.
  void run();
  std::vector<Request> next_group(std::vector<std::function<void()>>& commands, bool& stopping);
  [[nodiscard]] Clock::duration nap() const;
  void commit(std::vector<Request>& group);
  void tend(bool idle);
  void tend_checkpoint(bool idle);
  void fail_with(const Error& error);
  void tend_erasure(bool idle);
  void end_erasures();
  void break_with(const Error& error);
  void note_status();
  void wake_readers();
  Result<void> take_settings(const Workspace& workspace);
  void show_status();
  void tell_observers();
  Result<std::shared_ptr<const Snapshot>> take_snapshot();
  Result<void> take_over(const Workspace& workspace, const Publication& publication, std::string meaning,
                         std::shared_ptr<const Tracker> tracker, std::optional<Projection> derived,
                         EventNumber replayed);

  // On any other.
  /// Runs `command` on the writer's thread and waits for it. Errors: unavailable where the writer has ended.
  Result<void> on_writer(const std::function<void()>& command);
  Result<void> wait_until_durable(EventNumber number);

  LiveOptions options_;
  std::unique_ptr<Engine> engine_;
  Engine::Rep& rep_;
  std::shared_ptr<StoreReaders> readers_;
  std::filesystem::path file_;
  std::shared_ptr<const Workspace> workspace_;  ///< changed by the writer only, under mutex_
  std::mutex reload_once_;                      ///< held by a reload, which reads the log beside the writer
  LiveErasure erasure_;                         ///< the writer's
  std::thread writer_;
  mutable UsedEvents used_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request> queue_;
  std::vector<std::function<void()>> commands_;
  std::size_t queued_bytes_ = 0;
  std::uint64_t overloaded_ = 0;
  bool asleep_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  std::optional<Error> failed_;

  std::atomic<std::uint32_t> durable_ = 0;
  std::mutex durable_mutex_;
  std::condition_variable became_durable_;

  mutable std::mutex status_mutex_;
  LiveStatus status_;
  LiveStatus counting_;  ///< the writer's own
  Clock::time_point status_noted_{};
  Clock::time_point conflicts_counted_{};
  std::uint64_t conflicts_ = 0;

  std::atomic<bool> observed_ = false;
  std::mutex observers_mutex_;
  std::vector<std::weak_ptr<Observe>> observers_;
  Moves moves_;

  std::weak_ptr<const Snapshot> latest_snapshot_;
  std::uint64_t snapshot_turn_ = 0;
  std::uint64_t turn_ = 0;  ///< counts whatever changes a state
  Instant last_fired_ = Instant::min();
  std::optional<Clock::time_point> unsettled_since_;
  Clock::time_point checkpoint_begun_ = Clock::now();

  std::mutex stopping_once_;
  Result<void> stopped_with_;
};

Result<std::unique_ptr<Live>> Live::start(const Workspace& workspace, const std::filesystem::path& store,
                                          LiveOptions options) {
  options.engine.access = Access::write;
  options.engine.sliced_checkpoints = true;
  LOTSE_TRY(auto engine, Engine::open(workspace, store, options.engine));
  return std::unique_ptr<Live>(new LiveEngine(std::move(engine), workspace, store, std::move(options)));
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

Clock::duration LiveEngine::nap() const {
  if (rep_.broken) return kNap;
  if (rep_.checkpoint) return Clock::duration::zero();
  Clock::duration longest = rep_.projection.unsettled() > 0 ? kUnsettledMax : kNap;
  if (const auto due = rep_.projection.next_due()) {
    const Duration until =
        std::min<Duration>(*due - now(), kNap);  // far ahead it would not fit the clock's unit
    longest = std::min(longest, std::chrono::duration_cast<Clock::duration>(until));
  }
  longest = std::min(longest, erasure_.nap());
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
    if (idle || Clock::now() - *unsettled_since_ >= kUnsettledMax) {
      if (auto settled = rep_.projection.settle(rep_.store->log(), rep_.gate); !settled) {
        break_with(settled.error());
        return;
      }
      ++turn_;
      unsettled_since_.reset();
    }
  }
  const Instant clock = now();
  if (const auto due = rep_.projection.next_due(); due && *due <= clock) {
    const std::size_t fired = rep_.projection.fire_due(clock, kTimersAtATime, rep_.gate);
    counting_.timers_fired += fired;
    last_fired_ = std::max(last_fired_, clock);
    ++turn_;
    tell_observers();
  }
  tend_erasure(idle);
  tend_checkpoint(idle);
  if (Clock::now() - status_noted_ >= kStatusEvery) note_status();
}

void LiveEngine::tend_erasure(bool idle) {
  const Result<bool> changed = erasure_.go_on(idle);
  if (!changed) break_with(changed.error());
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

Result<std::shared_ptr<const Snapshot>> LiveEngine::take_snapshot() {
  if (rep_.broken) return tl::unexpected(*rep_.broken);
  if (auto latest = latest_snapshot_.lock(); latest && snapshot_turn_ == turn_) return latest;
  LOTSE_CHECK(rep_.projection.settle(rep_.store->log(), rep_.gate));
  auto taken = std::make_shared<const LiveSnapshot>(
      LiveSnapshot::Parts{.tracker = rep_.tracker,
                          .workspace = workspace_,
                          .identity = rep_.identity,
                          .states = rep_.projection.states().view(),
                          .remains = rep_.remains,
                          .last = rep_.store->log().last(),
                          .last_event_time = rep_.projection.last_event_time(),
                          .last_fired = last_fired_,
                          .taken = now(),
                          .readers = readers_});
  latest_snapshot_ = taken;
  snapshot_turn_ = turn_;
  return std::shared_ptr<const Snapshot>(std::move(taken));
}

Result<void> LiveEngine::on_writer(const std::function<void()>& command) {
  std::promise<void> done;
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || stopping_) return tl::unexpected(stopped_error());
    commands_.push_back([&] {
      command();
      done.set_value();
    });
  }
  wake_.notify_one();
  done.get_future().wait();
  return {};
}

Result<void> LiveEngine::wait_until_durable(EventNumber number) {
  if (number.value() <= durable_.load(std::memory_order_acquire)) return {};
  std::unique_lock lock(durable_mutex_);
  const auto over = [&] {
    if (number.value() <= durable_.load(std::memory_order_acquire)) return true;
    const std::lock_guard queue(mutex_);
    return failed_.has_value() || ended_;
  };
  became_durable_.wait(lock, over);
  if (number.value() <= durable_.load(std::memory_order_acquire)) return {};
  const std::lock_guard queue(mutex_);
  return tl::unexpected(failed_.value_or(stopped_error()));
}

Result<std::string> LiveEngine::reload(const Workspace& workspace) {
  const std::lock_guard once(reload_once_);
  std::vector<PublishedJourney> published;
  {
    LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
    LOTSE_TRY(published, reader->published());
  }
  LOTSE_TRY(const Publication publication, publication_of(workspace, published, now()));
  std::string meaning = meaning_of(publication.journeys, workspace);
  std::string before;
  std::shared_ptr<const Tracker> old;
  std::optional<Instant> last_event;
  LOTSE_CHECK(on_writer([&] {
    before = rep_.meaning;
    old = rep_.tracker;
    last_event = rep_.projection.last_event_time();
  }));
  if (meaning == before) {  // what is left may be settings that no state depends on
    Result<void> settings_taken;
    LOTSE_CHECK(on_writer([&] { settings_taken = take_settings(workspace); }));
    if (!settings_taken) return tl::unexpected(settings_taken.error());
    return std::string();
  }
  if (identity_settings(workspace.settings) != rep_.identity) {
    return fail(
        ErrorCode::conflict,
        "`identity` in lotse.yaml was changed, which decides who is who: stop the engine and start it again");
  }
  auto tracker = std::make_shared<const Tracker>(publication.journeys, workspace.settings);
  const std::string change = describe_change(before, meaning);
  const auto as_they_are = [&] {
    return only_newer_versions(old->journeys(), before, tracker->journeys(), meaning,
                               rep_.projection.last_event_time());
  };
  bool done = false;
  Result<void> taken;
  if (only_newer_versions(old->journeys(), before, tracker->journeys(), meaning, last_event)) {
    LOTSE_CHECK(on_writer([&] {
      if (!as_they_are()) return;  // an event came that the new version would have had
      done = true;
      taken = take_over(workspace, publication, meaning, tracker, std::nullopt, no_event);
    }));
  }
  if (!done) {
    Projection derived(*tracker, rep_.identity);
    EventNumber replayed = no_event;
    {
      LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
      LOTSE_CHECK(replay_log(reader->log(), EventNumber(1), derived));
      Gate nobody;
      LOTSE_CHECK(derived.settle(reader->log(), nobody));
      replayed = reader->log().last();
    }
    LOTSE_CHECK(on_writer(
        [&] { taken = take_over(workspace, publication, meaning, tracker, std::move(derived), replayed); }));
  }
  if (!taken) return tl::unexpected(taken.error());
  return change;
}

Result<void> LiveEngine::take_settings(const Workspace& workspace) {
  if (rep_.broken) return tl::unexpected(*rep_.broken);  // nothing may be written behind what has failed
  rep_.settings = workspace.settings;
  rep_.future_tolerance = workspace.settings.future_tolerance;
  auto next = std::make_shared<const Workspace>(workspace);
  {
    const std::lock_guard lock(mutex_);
    workspace_.swap(next);
  }
  ++turn_;
  auto known = erasure_.use_settings();
  if (!known) break_with(known.error());
  return known;
}

Result<void> LiveEngine::take_over(const Workspace& workspace, const Publication& publication,
                                   std::string meaning, std::shared_ptr<const Tracker> tracker,
                                   std::optional<Projection> derived, EventNumber replayed) {
  if (rep_.broken) return tl::unexpected(*rep_.broken);
  if (derived) {
    LOTSE_CHECK(replay_log(rep_.store->log(), EventNumber(replayed.value() + 1), *derived));
    Gate nobody;
    LOTSE_CHECK(derived->settle(rep_.store->log(), nobody));
    derived->keep_timers();
  }
  LOTSE_TRY(Remains remains, Remains::load(*rep_.store, *tracker));
  const auto write = [&]() -> Result<void> {
    LOTSE_CHECK(rep_.publish(publication));
    if (derived) return {};
    // The states that are written are right under the new journeys too.
    LOTSE_CHECK(rep_.store->begin());
    LOTSE_CHECK(rep_.store->set_value("meaning", meaning));
    return rep_.commit();
  };
  if (auto written = write(); !written) {
    rep_.broken = written.error();
    fail_with(written.error());
    return written;
  }
  if (derived) derived->witness(remains.last_event());
  {
    const Gate::Stay stay(rep_.gate);
    rep_.remains = std::move(remains);
    rep_.meaning = std::move(meaning);
    if (derived) {
      rep_.projection = *std::move(derived);
      rep_.checkpoint.reset();
      rep_.checkpoint_whole = true;
    } else {
      rep_.projection.use(*tracker);
    }
    rep_.tracker = std::move(tracker);
  }
  return take_settings(workspace);
}

Result<bool> LiveEngine::erase(const Identifier& identifier) {
  std::promise<Result<bool>> erased;
  LOTSE_CHECK(on_writer(
      [&] { erasure_.add(identifier, [&](Result<bool> answer) { erased.set_value(std::move(answer)); }); }));
  return erased.get_future().get();
}

Result<std::optional<LiveRecord>> LiveEngine::record(const Identifier& identifier) {
  std::optional<RecordGlimpse> seen;
  std::shared_ptr<const Tracker> tracker;
  {
    const Gate::Look look(rep_.gate);
    seen = record_glimpse(rep_.projection, identifier);
    tracker = rep_.tracker;
  }
  if (!seen) return std::optional<LiveRecord>();
  LOTSE_CHECK(wait_until_durable(seen->customer.newest));
  LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
  LOTSE_TRY(auto record, record_of(*seen, *reader, *tracker));
  if (!record) return std::optional<LiveRecord>();
  return LiveRecord{.tracker = std::move(tracker), .record = *std::move(record)};
}

Result<void> LiveEngine::backup(const std::filesystem::path& to) { return backup_store(file_, to); }

}  // namespace lotse
