#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/phrase.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// What happened and why, one line an item, for `lotse customer` and failing tests; null on the hot path.
class Trace {
 public:
  enum class Kind : std::uint8_t {
    event,  ///< an event was applied
    opened,
    moved,
    repeated,
    blocked,
    deviated,
    ignored,
    abandoned,
    revived,
    exited,
    ended,
    achieved,
    captured,
    message,
    task,
    timer,
    hold,
    condition,
    expression_failed,
    feedback,
    promise,
    withdrawn,
    lost_context,  ///< asked again, or missing, although the customer had told it
  };
  struct Item {
    Instant at{};
    Kind kind{};
    std::uint32_t journey = 0;  ///< of the tracker
    std::optional<InstanceIndex> instance{};
    Phrase phrase{};  ///< a sentence with the author's own names
    /// Of moved, message, task and hold: which transition led there; nothing where none did.
    std::optional<std::uint32_t> transition{};
    [[nodiscard]] std::string text() const { return phrase.text(); }
  };
  virtual ~Trace() = default;
  virtual void add(Item item) = 0;
};

struct Replay;

/// The pure core: where events and time take one customer through all journeys of a workspace. Holds only
/// immutable journeys; safe from several threads. No clock, no randomness, no I/O; equal arguments give equal
/// states.
class Tracker {
 public:
  struct Index;  ///< which journeys an event type concerns, and how

  Tracker(std::vector<JourneyVersions> journeys, WorkspaceSettings settings);

  [[nodiscard]] const std::vector<JourneyVersions>& journeys() const { return journeys_; }
  [[nodiscard]] const Journey& version(std::uint32_t journey, VersionIndex version) const;

  /// The state of a customer of whom nothing is known yet.
  [[nodiscard]] CustomerState fresh(std::string_view customer) const;

  /// What the state is after an event, or after a timer (null), which was due at its last_timer.
  using Seen = std::function<void(const CustomerState& state, const Event* event)>;

  /// From scratch: the state of a customer after `events` (any order, duplicates by (source, id) allowed, the
  /// first in the span wins) and all timers due up to `now`. Events later than `now` are left out.
  [[nodiscard]] CustomerState derive(std::string_view customer, std::span<const Event> events, Instant now,
                                     Trace* trace = nullptr, const Seen& seen = {}) const;

  /// True if `event` is later than everything that shaped `state` (the last event, and every timer that has
  /// fired): advance() may be used; else derive() anew.
  [[nodiscard]] static bool in_order(const CustomerState& state, const Event& event);

  /// Whether a newer version derives an instance anew on the way to `until`, which takes the customer's
  /// events: derive() then, for advance() leaves such an instance as it is, and advance_to() stops before.
  [[nodiscard]] bool needs_history(const CustomerState& state, Instant until) const;
  /// False: needs_history() never holds, of no state.
  [[nodiscard]] bool derives_anew() const;

  /// One event further: fires the timers due before it, then applies it. Requires in_order(state, event)
  /// (asserted), and that no history is needed for it.
  void advance(CustomerState& state, const Event& event, Trace* trace = nullptr) const;

  /// Fires all timers due up to `now`. Idempotent; does nothing for an earlier `now`.
  void advance_to(CustomerState& state, Instant now, Trace* trace = nullptr) const;

  /// When the next timer (delay, calendar time, abandonment) of any instance is due.
  [[nodiscard]] static std::optional<Instant> next_due(const CustomerState& state);

 private:
  /// Who looks on, and what is derived under a newer version: null where nobody has the events.
  struct Pass {
    Trace* trace = nullptr;
    std::vector<Replay>* replays = nullptr;
    const Seen* seen = nullptr;
  };
  [[nodiscard]] bool derive_once(CustomerState& state, const std::vector<const Event*>& events, Instant now,
                                 const Pass& pass) const;
  bool take(CustomerState& state, const Event& event, const Pass& pass) const;
  bool go_to(CustomerState& state, Instant now, const Pass& pass) const;
  void note_of_effect(CustomerState& state, const Event& event, const Pass& pass) const;
  static Instant next_step(const CustomerState& state, const Pass& pass);
  bool fire(CustomerState& state, const Pass& pass) const;
  void look_ahead(CustomerState& state) const;

  std::vector<JourneyVersions> journeys_;
  WorkspaceSettings settings_;
  std::shared_ptr<const Index> index_;
};

}  // namespace lotse
