#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/outreach/policy.hpp"
#include "engine/runtime/channel_adapter.hpp"
#include "engine/runtime/engine_rep.hpp"
#include "engine/runtime/incident_ledger.hpp"
#include "engine/runtime/live.hpp"
#include "engine/store/outbox.hpp"

namespace lotse {

/// What a live engine does with the effects of its customers: decides on those that are due, keeps what was
/// handed out in the outbox until it has arrived, and records what becomes of it as events. docs/outreach.md.
///
/// The writer's, all of it. What must not be lost is on disk before anything leaves: the event that fixes an
/// effect's key and the outbox's row with the bytes are one commit.
class LiveOutreach {
 public:
  /// Runs its argument on the writer's thread, some time; callable from any thread.
  using Post = std::function<void(std::function<void()>)>;
  LiveOutreach(Engine& engine, Post post);
  /// From here on no attempt that is under way calls back.
  ~LiveOutreach() = default;

  /// By these settings and ways out from here on; without any adapter nothing is decided. What waits in the
  /// store's outbox is loaded the first time. Errors: storage.
  [[nodiscard]] Result<void> use(std::shared_ptr<const Workspace> workspace, ChannelAdapters adapters);
  /// The same with the ways out as they are.
  void use(std::shared_ptr<const Workspace> workspace) { workspace_ = std::move(workspace); }

  /// One round: decides on effects that are due, begins attempts. True: events were written. Errors: storage,
  /// after which memory and disk may be apart.
  [[nodiscard]] Result<bool> go_on(Instant now);
  /// The part of go_on() that is left when nothing more is to leave.
  [[nodiscard]] Result<void> record_ends(Instant now);
  /// When go_on() has something to do, if nothing else happens.
  [[nodiscard]] std::optional<Instant> next() const;

  /// Attempts that have not ended yet.
  [[nodiscard]] std::size_t under_way() const { return attempts_.size(); }
  [[nodiscard]] OutreachCounts counts() const;

  /// Has a dead letter tried again from the beginning. False: there is none with that id.
  [[nodiscard]] Result<bool> revive(std::string_view id, Instant now);

  /// A value of the store that is written with what is told.
  struct Noted {
    std::string_view name;
    std::string text;
  };
  /// Hands each news to the owner of its touchpoint, where there is a way to; in one commit with `noted`.
  /// Errors: storage.
  [[nodiscard]] Result<void> tell(const std::vector<IncidentNews>& news, Noted noted, Instant now);

  /// Forgets what an erasure has taken out of the store's outbox. Errors: storage.
  [[nodiscard]] Result<void> forget_erased();

 private:
  struct Waiting {
    OutboxEntry entry;
    bool under_way = false;
  };
  /// What one round writes in one commit.
  struct Round {
    struct Put {
      OutboxEntry entry;
      std::string body;
      std::string fields = "{}";
    };
    std::vector<Event> events;
    std::vector<Put> put;
    std::vector<OutboxEntry> changed;
    std::vector<std::string> gone;
    std::optional<Noted> noted{};
    std::map<CustomerNumber, Instant> latest{};  ///< of the events of each customer
    [[nodiscard]] bool empty() const {
      return events.empty() && put.empty() && changed.empty() && gone.empty() && !noted;
    }
  };
  struct Ended {
    std::uint64_t attempt = 0;
    std::string id;
    std::string route;
    Delivery delivery;
  };
  struct Customer;
  struct Subject;

  // Decisions (live_outreach.cpp).
  void decide(CustomerNumber number, Instant now, Round& round);
  void open_task(const Subject& subject, Instant now, Round& round);
  void tell_overdue(const Subject& subject, Instant now, Round& round);
  void send(const Subject& subject, const OutboxEntry* instead_of, Instant now, Round& round);
  void leave_unsent(const Subject& subject, const OutboxEntry* instead_of, const PolicyDecision& decision,
                    const std::string& error, Instant now, Round& round);
  void refill(Outgoing& outgoing, const OutboxEntry& handed_out) const;
  [[nodiscard]] Result<void> write(Round& round);
  /// All that policy looks at, and more. A message does not count against itself: `but` is its key.
  [[nodiscard]] std::unique_ptr<Customer> customer_of(CustomerNumber number, std::string_view but = {}) const;
  [[nodiscard]] Subject subject_of(Customer& customer, std::uint32_t journey, const Effect& effect) const;
  [[nodiscard]] const Touchpoint* touchpoint_of(std::string_view journey, std::string_view touchpoint) const;
  [[nodiscard]] Outgoing outgoing_of(const Subject& subject, std::string id, Instant now) const;
  [[nodiscard]] OutboxEntry entry_of(const Subject& subject, std::string id, Instant now) const;
  [[nodiscard]] Event event_about(const Subject& subject, std::string_view type, Instant now,
                                  Round& round) const;
  [[nodiscard]] Instant time_of_next(const Customer& customer, Instant now, Round& round) const;

  // Deliveries (live_deliveries.cpp).
  [[nodiscard]] Result<void> begin_attempts(Instant now, Round& round);
  [[nodiscard]] Result<void> begin(const std::string& id, Instant now, Round& round);
  [[nodiscard]] Result<void> attempt(Waiting& waiting, Instant now);
  void look_at_ends(Instant now, Round& round);
  [[nodiscard]] bool is_settled(const OutboxEntry& entry) const;
  void put_off(const Subject& subject, OutboxEntry entry, const PolicyDecision& decision, Instant now,
               Round& round);
  [[nodiscard]] bool is_wanted(OutboxEntry& entry, Instant now, Round& round);
  [[nodiscard]] static std::optional<std::string_view> unwanted(const std::optional<Subject>& subject,
                                                                const OutboxEntry& entry, Instant now);
  [[nodiscard]] bool passes_again(const Subject& subject, OutboxEntry& entry, Instant now, Round& round);
  void withdraw(const Customer& customer, const OutboxEntry& entry, std::string_view reason, Instant now,
                Round& round);
  void look_at(const Ended& ended, Instant now, Round& round);
  void arrived(const OutboxEntry& entry, Instant now, Round& round);
  void retry(OutboxEntry entry, const Delivery& delivery, Instant now, Round& round);
  void give_up(OutboxEntry entry, Instant now, Round& round);
  void refuse_address(const OutboxEntry& entry, Instant now, Round& round);
  void alert(std::string_view what, const OutboxEntry& about, std::string detail, Instant now, Round& round);
  void keep(OutboxEntry entry);
  void forget(std::string_view id);
  [[nodiscard]] bool may_begin(std::string_view route) const;
  [[nodiscard]] bool has_other_channel(const OutboxEntry& entry) const;
  [[nodiscard]] std::optional<CustomerNumber> find(const OutboxEntry& entry) const;
  [[nodiscard]] std::optional<Subject> subject_of(Customer& customer, const OutboxEntry& entry) const;
  [[nodiscard]] Event event_about(const Customer& customer, const OutboxEntry& entry, std::string_view type,
                                  Instant now, Round& round) const;
  [[nodiscard]] const std::shared_ptr<ChannelAdapter>* adapter_of(std::string_view route) const;

  Engine& engine_;
  Engine::Rep& rep_;
  Post post_;
  std::shared_ptr<const Workspace> workspace_;
  std::map<std::string, Waiting, std::less<>> waiting_;  ///< by id
  /// Of those that are not under way: by route, when which is due.
  std::map<std::string, std::set<std::pair<Instant, std::string>>, std::less<>> due_;
  std::map<std::string, std::size_t, std::less<>> in_use_;  ///< attempts under way, by route
  std::vector<Ended> ended_;                    ///< those of customers who are not settled wait here
  std::set<std::string, std::less<>> alerted_;  ///< ids of alerts since the start
  /// What waited in the store at the start: an attempt may have been under way when the engine was killed.
  std::set<std::string, std::less<>> from_before_;
  bool loaded_ = false;
  OutreachCounts counts_;
  std::set<std::string, std::less<>> closed_;  ///< routes whose receiver wants nothing more
  std::uint64_t attempt_ = 0;
  // Last: their destruction ends all callbacks.
  ChannelAdapters adapters_;
  std::map<std::uint64_t, std::shared_ptr<ChannelAdapter>> attempts_;  ///< under way, whatever use() replaced
};

}  // namespace lotse
