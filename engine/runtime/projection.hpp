#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/identity/identity.hpp"
#include "engine/runtime/gate.hpp"
#include "engine/runtime/history.hpp"
#include "engine/runtime/moves.hpp"
#include "engine/runtime/state_table.hpp"
#include "engine/runtime/timer_queue.hpp"
#include "engine/store/event_log.hpp"
#include "engine/store/event_text.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// All that follows from the log: who is who, and where each customer stands. In memory; nothing here is
/// truth.
///
/// An event in order advances its customer's state at once. What is out of order (a late event, a merge, an
/// un-merge) only marks the customer; settle() derives the marked ones anew from their events, many in one
/// walk over the log.
///
/// One thread changes it. Others may look through the gate that they share with it: what may move memory that
/// they read passes it, and whoever calls apply() and its like has to.
class Projection {
 public:
  Projection(const Tracker& tracker, IdentitySettings settings, EventFilter filter = {});

  /// Where an event belongs, found before it is logged.
  struct Placement {
    NodeIndex primary;
    EventNumber previous;  ///< the last event under the same primary identifier
    IdentityOutcome identity;
  };
  /// Takes the event's identifiers in; nothing (and no change) if none of them names a customer. apply() must
  /// follow.
  [[nodiscard]] std::optional<Placement> place(const Event& event);
  /// Have the memory fetched that place() and apply() will want, so that it is there in time: the first some
  /// events ahead, the second, which needs what the first fetched, a few.
  void prefetch_identifier(const Event& event) const { identities_.prefetch(event.ids.front()); }
  void prefetch_state(const Event& event) const;
  void apply(const Placement& placement, const Event& event, EventNumber number);

  /// Both, for an event that is in the log already and passes the filter.
  void replay(const Event& event, EventNumber number);

  /// Derives every marked customer anew, reading outside of the gate. On an Error (the log cannot be read)
  /// those stay marked.
  [[nodiscard]] Result<void> settle(EventLog& log, Gate& gate);
  /// The same for all who cannot be taken to `until` without their events. What it leaves can.
  [[nodiscard]] Result<void> settle_to(EventLog& log, Gate& gate, Instant until);
  [[nodiscard]] bool settled(CustomerNumber customer) const {
    return customer.value() >= marked_.size() || !marked_[customer.value()];
  }
  [[nodiscard]] std::size_t unsettled() const { return marks_; }

  /// From here on the due times of all customers are kept in order, for fire_due() and take_undecided().
  void keep_timers();
  /// Fires timers that are due up to `now`, earliest first, of at most `customers_max` customers; gives how
  /// many. Those that are marked wait until they are settled.
  std::size_t fire_due(Instant now, std::size_t customers_max, Gate& gate);
  [[nodiscard]] std::optional<Instant> next_due() const;

  /// Customers whose effects have to be decided on by `now`, at most `most`; each is given once, and again
  /// when its state changes or by remind_of_effects(). Those that are marked wait until they are settled.
  [[nodiscard]] std::vector<CustomerNumber> take_undecided(Instant now, std::size_t most);
  /// Has the customer given by take_undecided() once more, at `due`.
  void remind_of_effects(CustomerNumber customer, Instant due) { deciding_->add(due, customer); }
  [[nodiscard]] std::optional<Instant> next_undecided() const;
  /// Who has an open task, ascending.
  [[nodiscard]] const std::set<CustomerNumber>& with_open_tasks() const { return with_open_tasks_; }

  /// Where moves are noted from here on; null: nowhere. Deriving anew notes none.
  void note_moves(Moves* moves) { moves_ = moves; }

  /// From here on by other journeys, under which the states there are mean the same.
  void use(const Tracker& tracker) { tracker_ = &tracker; }

  /// Forgets `nodes`, which are whole customers whose events have left the log; `seen` as for
  /// Identities::erase().
  void erase(std::span<const NodeIndex> nodes, std::span<const std::pair<NodeIndex, Instant>> seen);
  /// Some event, which may be erased, has this time: last_event_time() is not before it.
  void witness(Instant time) { last_time_ = std::max(last_time_, time); }

  [[nodiscard]] const Identities& identities() const { return identities_; }
  [[nodiscard]] const StateTable& states() const { return states_; }
  [[nodiscard]] std::optional<Instant> last_event_time() const;
  [[nodiscard]] std::uint64_t from_future() const { return from_future_; }

  /// Fires the timers of every customer that are due up to the last event, so that all states are of one
  /// moment.
  void advance_to_last_event();
  /// The last event of each of `nodes`.
  [[nodiscard]] std::vector<EventNumber> heads(std::span<const NodeIndex> nodes) const;

  // For check-points.

  /// Customers whose state was set or dropped since the last call of clear_touched(), ascending.
  void for_each_touched(const std::function<void(CustomerNumber)>& visit) const;
  void clear_touched();
  /// As if their states had been set.
  void retouch(std::span<const CustomerNumber> customers);
  /// The state without its customers' states: identities, ends of chains, counts. Requires that settle() has
  /// run.
  struct Image {
    std::string identities = {};
    std::string heads = {};
    std::int64_t last_time_ms = 0;
    std::int64_t from_future = 0;
  };
  [[nodiscard]] Image image() const;
  /// Into an empty projection. Errors as Identities::load().
  [[nodiscard]] Result<void> restore(const Image& image, IdentitySettings settings);
  /// The state may include events that replay() will come to: those are out of order for it, and have it
  /// derived anew.
  void restore_state(CustomerNumber customer, std::string_view state) { states_.set(customer, state); }

  /// Bytes of memory held, by what holds them.
  struct Memory {
    std::size_t identities = 0;
    std::size_t states = 0;
    std::size_t heads = 0;
  };
  [[nodiscard]] Memory memory() const;

 private:
  void mark(CustomerNumber customer);
  void touch(CustomerNumber customer);
  void advance(CustomerNumber customer, const Event& event);
  void set(CustomerNumber customer, const CustomerState& state);
  void erase(CustomerNumber customer);
  void remind(CustomerNumber customer, const CustomerState& state);
  [[nodiscard]] Result<void> settle(EventLog& log, Gate& gate, std::span<const CustomerNumber> customers);

  const Tracker* tracker_;
  EventFilter filter_;
  Identities identities_;
  StateTable states_;
  StateDecoder decoder_;
  std::string encoded_;             ///< memory for encode()
  std::vector<EventNumber> heads_;  ///< by node: the last event stored under it
  std::vector<bool> marked_;        ///< by customer number
  std::size_t marks_ = 0;
  std::vector<bool> touched_;  ///< by customer number
  std::optional<TimerQueue> timers_;
  std::optional<TimerQueue> deciding_;  ///< with timers_: when effects have to be decided on
  std::set<CustomerNumber> with_open_tasks_;
  Moves* moves_ = nullptr;
  Instant last_time_ = Instant::min();
  Instant settle_to_ = Instant::min();  ///< up to when those that are derived anew are taken
  std::uint64_t from_future_ = 0;
};

/// The links that an event's type stands for.
[[nodiscard]] LinkKind link_kind(std::string_view event_type);

}  // namespace lotse
