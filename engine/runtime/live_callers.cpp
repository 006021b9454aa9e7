#include <algorithm>
#include <future>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/runtime/customer_view.hpp"
#include "engine/runtime/live_engine.hpp"
#include "engine/runtime/live_snapshot.hpp"
#include "engine/store/backup.hpp"

namespace lotse {
namespace {

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

}  // namespace

Result<void> LiveEngine::stop() {
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

PreparedEvents LiveEngine::prepare(std::vector<Event> events) const {
  return engine_->prepare(std::move(events), used_.take());
}

Live::Submitted LiveEngine::submit(PreparedEvents events, std::vector<Reject> rejects, Done done) {
  std::size_t bytes = events.bytes();
  for (const Reject& reject : rejects) bytes += bytes_of(reject);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || failed_) return Submitted::stopped;
    if (queued_bytes_ + bytes > options_.queued_bytes_max || queue_.size() >= options_.queued_requests_max) {
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

Result<std::optional<LiveCustomer>> LiveEngine::customer(const Identifier& identifier, const Moment& moment) {
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

Result<std::optional<LiveCustomer>> LiveEngine::standing(const Identifier& identifier) {
  std::optional<Glimpse> seen;
  std::shared_ptr<const Tracker> tracker;
  {
    const Gate::Look look(rep_.gate);
    seen = glimpse(rep_.projection, identifier);
    tracker = rep_.tracker;
  }
  if (!seen) return std::optional<LiveCustomer>();
  if (seen->state.empty()) return customer(identifier, {});  // a late event has it derived anew
  LOTSE_CHECK(wait_until_durable(seen->newest));
  CustomerView view{.identifiers = std::move(seen->identifiers), .state = decode(seen->state), .events = {}};
  const Instant as_of = std::max({now(), seen->latest, view.state.clock});
  tracker->advance_to(view.state, as_of);
  return LiveCustomer{.tracker = std::move(tracker), .view = std::move(view), .as_of = as_of};
}

std::vector<Identifier> LiveEngine::find_identifiers(std::string_view value) {
  const Gate::Look look(rep_.gate);
  return engine_->find_identifiers(value);
}

Result<std::optional<Event>> LiveEngine::find_event(const std::string& source, const std::string& id) {
  Result<std::optional<Event>> found = tl::unexpected(stopped_error());
  LOTSE_CHECK(on_writer([&] { found = rep_.find_event(source, id); }));
  return found;
}

Result<std::shared_ptr<const Snapshot>> LiveEngine::snapshot() {
  Result<std::shared_ptr<const Snapshot>> taken = tl::unexpected(stopped_error());
  LOTSE_CHECK(on_writer([&] { taken = take_snapshot(); }));
  return taken;
}

Result<std::shared_ptr<const Snapshot>> LiveEngine::take_snapshot() {
  if (rep_.broken) return tl::unexpected(*rep_.broken);
  if (auto latest = latest_snapshot_.lock(); latest && snapshot_turn_ == turn_) return latest;
  LOTSE_CHECK(settle());
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

Result<std::vector<Reject>> LiveEngine::rejects(std::size_t limit, std::uint64_t before) {
  LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
  return reader->rejects(limit, before);
}

LiveStatus LiveEngine::status() const {
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

Instant LiveEngine::now() const { return rep_.options.clock(); }

std::shared_ptr<const Workspace> LiveEngine::workspace() const {
  const std::lock_guard lock(mutex_);
  return workspace_;
}

std::shared_ptr<void> LiveEngine::observe(Observe observe) {
  auto observer = std::make_shared<Observe>(std::move(observe));
  const std::lock_guard lock(observers_mutex_);
  observers_.push_back(observer);
  observed_ = true;
  return observer;
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

Result<std::vector<OpenTask>> LiveEngine::tasks(std::string_view team) {
  std::vector<std::string> states;
  std::shared_ptr<const Tracker> tracker;
  bool settled = true;
  const auto look = [&] {
    const Gate::Look look_at(rep_.gate);
    states.clear();
    settled = true;
    for (const CustomerNumber customer : rep_.projection.with_open_tasks()) {
      settled = settled && rep_.projection.settled(customer);
      states.emplace_back(rep_.projection.states().find(customer));
    }
    tracker = rep_.tracker;
  };
  look();
  if (!settled) {  // a late event has one of them derived anew
    Result<void> done;
    LOTSE_CHECK(on_writer([&] { done = settle(); }));
    LOTSE_CHECK(done);
    look();
  }
  const Instant at = now();
  std::vector<OpenTask> tasks;
  for (const std::string& state : states) {
    for (OpenTask& task : open_tasks(*tracker, decode(state), at)) {
      if (team.empty() || task.team == team) tasks.push_back(std::move(task));
    }
  }
  std::ranges::sort(tasks, is_more_urgent);
  return tasks;
}

Result<std::vector<OutboxEntry>> LiveEngine::dead_letters(std::size_t limit, Instant before) {
  LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
  return reader->outbox().dead(limit, before);
}

Result<bool> LiveEngine::revive(const std::string& id) {
  Result<bool> revived = false;
  LOTSE_CHECK(on_writer([&] {
    revived = rep_.broken ? Result<bool>(tl::unexpected(*rep_.broken)) : outreach_.revive(id, now());
  }));
  return revived;
}

void LiveEngine::post(std::function<void()> command) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    commands_.push_back(std::move(command));
  }
  wake_.notify_one();
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

}  // namespace lotse
