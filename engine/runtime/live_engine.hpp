#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/runtime/engine_rep.hpp"
#include "engine/runtime/incident_ledger.hpp"
#include "engine/runtime/live.hpp"
#include "engine/runtime/live_erasure.hpp"
#include "engine/runtime/live_outreach.hpp"
#include "engine/runtime/store_readers.hpp"
#include "engine/runtime/used_events.hpp"

namespace lotse {

/// The one Live there is, for the files that implement it: live.cpp has what its writer does,
/// live_callers.cpp what others ask of it, live_reload.cpp how it takes over another workspace.
class LiveEngine final : public Live {
 public:
  LiveEngine(std::unique_ptr<Engine> engine, const Workspace& workspace, const std::filesystem::path& file,
             LiveOptions options, ChannelAdapters adapters);
  ~LiveEngine() override { static_cast<void>(stop()); }
  Result<void> stop() override;
  PreparedEvents prepare(std::vector<Event> events) const override;
  Submitted submit(PreparedEvents events, std::vector<Reject> rejects, Done done) override;
  Result<std::optional<LiveCustomer>> customer(const Identifier& identifier, const Moment& moment) override;
  Result<std::optional<LiveCustomer>> standing(const Identifier& identifier) override;
  std::vector<Identifier> find_identifiers(std::string_view value) override;
  Result<std::optional<Event>> find_event(const std::string& source, const std::string& id) override;
  Result<std::shared_ptr<const Snapshot>> snapshot() override;
  Result<std::vector<Reject>> rejects(std::size_t limit, std::uint64_t before) override;
  LiveStatus status() const override;
  Instant now() const override;
  std::shared_ptr<const Workspace> workspace() const override;
  Result<std::string> reload(const Workspace& workspace) override;
  Result<VersionChange> change_version(std::string_view journey, std::uint32_t version,
                                       VersionChange::What what) override;
  Result<bool> erase(const Identifier& identifier) override;
  Result<std::optional<LiveRecord>> record(const Identifier& identifier) override;
  Result<void> backup(const std::filesystem::path& to) override;
  std::shared_ptr<void> observe(Observe observe) override;
  Result<std::vector<OpenTask>> tasks(std::string_view team) override;
  Result<std::vector<OutboxEntry>> dead_letters(std::size_t limit, Instant before) override;
  Result<bool> revive(const std::string& id) override;
  /// live_incidents.hpp
  Result<std::vector<IncidentNews>> record_incidents(const std::vector<Incident>& derived);
  Result<std::vector<IncidentRecord>> incidents_on_record();
  /// live_findings.hpp
  Result<FindingChange> change_finding(FindingChange change);
  Result<void> redact_finding(std::string_view journey, std::string_view finding, std::uint64_t number);
  Result<std::vector<FindingChange>> finding_changes(std::string_view journey, std::string_view finding);
  Result<std::vector<FindingChange>> standing_findings(std::string_view journey,
                                                       std::optional<Instant> as_of);
  Result<std::optional<FindingChange>> finding_change_by(std::string_view command);
  /// live_risk.hpp
  Result<std::vector<std::string>> record_risks(std::span<const JourneyRisk> risks);
  std::shared_ptr<const Tracker> tracker();

 private:
  using Clock = std::chrono::steady_clock;

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
  Result<void> settle();
  void tend_outreach();
  void await_attempts();
  void end_erasures();
  void break_with(const Error& error);
  void note_status();
  void wake_readers();
  Result<VersionChange> write_version_change(std::string_view journey, std::uint32_t version,
                                             VersionChange::What what);
  Result<FindingChange> write_finding_change(FindingChange change);
  Result<void> write_redaction(std::string_view journey, std::string_view finding, std::uint64_t number);
  /// Nothing in place of adapters: the ways out stay as they are.
  using NewAdapters = std::optional<ChannelAdapters>;
  Result<std::string> reload(const Workspace& workspace, NewAdapters adapters);
  Result<void> take_settings(const Workspace& workspace, NewAdapters adapters);
  void show_status();
  void tell_observers();
  Result<std::shared_ptr<const Snapshot>> take_snapshot();
  Result<void> take_over(const Workspace& workspace, NewAdapters adapters, const Publication& publication,
                         std::string meaning, std::shared_ptr<const Tracker> tracker,
                         std::optional<Projection> derived, EventNumber replayed);

  // On any other.
  /// Runs `command` on the writer's thread and waits for it. Errors: unavailable where the writer has ended.
  Result<void> on_writer(const std::function<void()>& command);
  /// Runs it there some time, or never where the writer has ended.
  void post(std::function<void()> command);
  Result<void> wait_until_durable(EventNumber number);
  [[nodiscard]] static Error stopped_error() {
    return {ErrorCode::unavailable, "the engine has been stopped"};
  }

  LiveOptions options_;
  std::unique_ptr<Engine> engine_;
  Engine::Rep& rep_;
  std::shared_ptr<StoreReaders> readers_;
  std::filesystem::path file_;
  std::shared_ptr<const Workspace> workspace_;  ///< changed by the writer only, under mutex_
  std::mutex reload_once_;                      ///< held by a reload, which reads the log beside the writer
  LiveErasure erasure_;                         ///< the writer's
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
  LiveOutreach outreach_;  ///< the writer's; its adapters call post()
  std::thread writer_;
};

}  // namespace lotse
