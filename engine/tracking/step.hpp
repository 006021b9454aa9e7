#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/phrase.hpp"
#include "engine/tracking/reactions.hpp"
#include "engine/tracking/scope.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// An instance that a newer version derives anew from its events: it opens in that version.
struct Replay {
  std::uint32_t journey = 0;  ///< of the tracker
  VersionIndex version{};
  Instant opened{};
  std::optional<Value> key{};
  Instant due{};  ///< when the version took it over
};

/// One moment in one journey of one customer: an event, or a timer that is due. SEMANTICS.md, section 3; each
/// rule is a member. apply() and fire() hold the order of the rules.
class Step {
 public:
  struct Where {
    const JourneyVersions& versions;
    const WorkspaceSettings& settings;
    std::uint32_t journey = 0;  ///< of the tracker
    CustomerState& customer;
    Trace* trace = nullptr;
    const std::vector<Replay>* replays = nullptr;
  };
  Step(const Where& where, const Event& event, const Concern& concern)
      : Step(where, &event, &concern, event.time) {}
  Step(const Where& where, const Event& record) : Step(where, &record, nullptr, record.time) {}
  Step(const Where& where, Instant now) : Step(where, nullptr, nullptr, now) {}

  /// The event, by the rules in their order.
  void apply();
  /// The event as a record of what became of one effect: handed out, deferred, blocked, withdrawn,
  /// claimed, overdue.
  void note_of_effect();
  /// The next timer of `instance`, which is due now.
  void fire(Instance& instance);

  /// When the next timer of `instance` is due; max where there is none.
  /// `last_step` is when the customer's last event or timer was.
  [[nodiscard]] static Instant next_timer(const JourneyVersions& versions, const Instance& instance,
                                          Instant last_step);
  /// The version that derives `instance` anew, if that is what is due at `due`.
  [[nodiscard]] static std::optional<VersionIndex> replayed_by(const JourneyVersions& versions,
                                                               const Instance& instance, Instant due);

 private:
  Step(const Where& where, const Event* event, const Concern* concern, Instant now)
      : where_(where),
        state_(where.customer.journeys[where.journey]),
        event_(event),
        concern_(concern),
        now_(now) {}

  /// What the event does to the position of one instance.
  struct Choice {
    enum class What : std::uint8_t { nothing, blocked, move, again, off_path, ignored };
    What what = What::nothing;
    TouchpointIndex to{};
    Entry entry = Entry::transition;
    const Transition* along = nullptr;  ///< of a move by a listed transition
  };
  /// What one version reads from the event's envelope.
  struct Read {
    VersionIndex version{};
    std::optional<Value> key{};
    std::optional<ChannelIndex> channel{};
  };
  /// What settle() has to look at again.
  struct Touched {
    InstanceIndex instance;
    bool reached = false;  ///< a position, and not only a change of the context
  };
  /// A transition to a message, a task or the control group, with the touchpoint that lists it.
  struct Trigger {
    std::optional<TouchpointIndex> carrier;
    const Transition* transition;
  };

  // Who is meant (step_address.cpp).
  [[nodiscard]] const Journey& journey_of(const Instance& instance) const;
  [[nodiscard]] const Touchpoint& position(const Instance& instance) const;
  [[nodiscard]] const Reaction& reaction(VersionIndex version) const;
  [[nodiscard]] bool any_version(bool Reaction::* means) const;
  [[nodiscard]] VersionIndex version_in_force() const;
  [[nodiscard]] std::optional<VersionIndex> opening_version();
  [[nodiscard]] const std::optional<Value>& key(VersionIndex version) { return read(version).key; }
  [[nodiscard]] const Read& read(VersionIndex version);
  [[nodiscard]] bool lacks_key(VersionIndex version);
  [[nodiscard]] bool is_meant(const Instance& instance);
  [[nodiscard]] bool is_newest(const Instance& instance) const;
  [[nodiscard]] bool can_return(const Instance& instance) const;
  [[nodiscard]] Instance* addressed();
  [[nodiscard]] Instance* addressed_by_effect();
  [[nodiscard]] Instance* newest_active();
  [[nodiscard]] Instance* last_ended();
  [[nodiscard]] const Effect* named_effect() const;
  [[nodiscard]] std::optional<std::string_view> property(std::string_view name) const;

  // Facts beside the movement (step_facts.cpp).
  void apply_exits();
  void apply_feedback();
  void apply_remembered();
  void close_task();
  [[nodiscard]] Effect* task_in_question();
  void exit(Instance& instance, const ExitRule& rule);
  [[nodiscard]] const ExitRule* exit_rule(Instance& instance, bool meant);
  [[nodiscard]] Instance* subject_of_feedback();
  [[nodiscard]] bool attribute(Instance& instance, const FeedbackRule& rule);
  [[nodiscard]] Stay* stay_of_feedback(Instance& instance, const FeedbackRule& rule);
  [[nodiscard]] Stay* last_stay_at(Instance& instance, std::string_view touchpoint);
  [[nodiscard]] std::optional<TouchpointIndex> asked_about(const Instance& instance) const;
  void remember(Instance& instance, bool meant);

  // Where it moves (step_move.cpp).
  void apply_movement();
  void apply_by_continuity(bool starts);
  void count_refused_start(const Instance* meant);
  void apply_to(Instance& instance, const Choice& choice);
  void restart(Instance& instance);
  void open(VersionIndex version, TouchpointIndex start);
  void revive(Instance& instance, const Choice& choice);
  [[nodiscard]] Choice choose(Instance& instance);
  [[nodiscard]] std::optional<Choice> choose_listed(Instance& instance);
  [[nodiscard]] Choice choose_off_path(Instance& instance);
  [[nodiscard]] bool has_place(Instance& instance, const Choice& choice);
  [[nodiscard]] std::optional<TouchpointIndex> start_for(VersionIndex version);
  [[nodiscard]] bool may_open(VersionIndex version, const Instance* newest) const;
  [[nodiscard]] bool matches(Instance* instance, VersionIndex version, TouchpointIndex touchpoint);
  void collect_triggers(Instance& instance);
  void run_triggers(Instance& instance);
  [[nodiscard]] bool is_own(const Instance& instance, const Trigger& trigger) const;

  // Reaching and leaving (step_reach.cpp).
  void reach(Instance& instance, TouchpointIndex to, Entry entry, const Transition* along = nullptr);
  void repeat(Instance& instance);
  void hop(Instance& instance, ChannelIndex channel);
  void reach_beside(Instance& instance, const Transition& transition);
  void derive_effect(Instance& instance, const Transition& transition);
  void happen_at_once(Instance& instance, std::optional<TouchpointIndex> carrier);
  void touch(const Instance& instance, bool reached = false);
  void settle();
  void look_again(Instance& instance, bool reached);
  [[nodiscard]] const Transition* milestone(Instance& instance);
  void leave(Instance& instance, Cause cause, std::optional<TouchpointIndex> to,
             std::optional<OutcomeIndex> outcome);
  void withdraw(Instance& instance);
  void end(Instance& instance, Cause cause, std::optional<OutcomeIndex> outcome);
  void end_at(Instance& instance, TouchpointIndex touchpoint);
  void achieve(Instance& instance);
  void capture(Instance& instance, const std::vector<Capture>& captures);
  void keep_promises(Instance& instance, TouchpointIndex reached);
  void look_at_promises(Instance& instance);
  void look_at_deadline(Instance& instance, bool reached);
  void look_at_value(Instance& instance);
  [[nodiscard]] std::uint32_t segments(Instance& instance);
  [[nodiscard]] std::optional<Instant> promised(Instance& instance, TouchpointIndex to);
  [[nodiscard]] bool is_forced(const Instance& instance, TouchpointIndex to, Entry entry,
                               std::optional<ChannelIndex> channel) const;

  // What the customer had told already (step_context.cpp).
  void note_asked(Instance& instance, TouchpointIndex at);
  void note_needed(Instance& instance, TouchpointIndex at);
  void note_lost(Instance& instance, const LostContext& lost);
  void collect(Instance& instance, FieldIndex field) const;
  [[nodiscard]] bool told_before(const Instance& instance, const ContextField& field) const;

  // Time (step_time.cpp).
  void fire_transition(Instance& instance);
  void abandon(Instance& instance);
  void arm(Instance& instance, std::optional<TouchpointIndex> carrier, Instant reached);
  void disarm(Instance& instance, TouchpointIndex carrier);
  void rearm(Instance& instance);
  void insert_pending(Instance& instance, PendingTransition pending);
  [[nodiscard]] std::optional<Instant> due(Instance& instance, const Transition& transition, Instant reached);
  [[nodiscard]] std::uint32_t rank(const Instance& instance, std::optional<TouchpointIndex> carrier) const;

  // Versions (step_versions.cpp).
  /// When a newer version takes the instance over, or its own is stopped, not before `since`; max: never.
  [[nodiscard]] static Instant next_version_change(const JourneyVersions& versions, const Instance& instance,
                                                   Instant since);
  void change_version(Instance& instance);
  void move_to_version(InstanceIndex moving, VersionIndex to);
  std::uint32_t carry_effects(InstanceIndex from, InstanceIndex to, std::size_t first, const Journey& newer);
  void disprove(const Effect& effect, const std::string& touchpoint);

  // Handing out (step_effects.cpp).
  void hand_out();
  void defer();
  void forget_untried();
  std::optional<HandOut> recorded();
  void match(Effect& effect, const HandOut& record);
  void take_over(Effect& effect);
  void give_over(Effect& from, Effect& to);
  void count_hand_out(const Effect& effect);
  [[nodiscard]] bool is_recorded(EffectKey key) const;
  [[nodiscard]] Effect* nearest_effect(const HandOut& record, bool pending);
  [[nodiscard]] HandOut* nearest_waiting(const Effect& effect);
  [[nodiscard]] Effect* nearest_holder(const Effect& effect);
  [[nodiscard]] Duration window(const Effect& effect) const;
  [[nodiscard]] EffectKey derived_key(const Instance& instance, const Effect& effect) const;
  [[nodiscard]] const std::string& touchpoint_id(const Effect& effect) const;

  // What expressions and transitions say (step_address.cpp).
  [[nodiscard]] bool holds(Instance* instance, VersionIndex version, const std::optional<Expression>& when);
  [[nodiscard]] bool holds(Instance& instance, const std::optional<Expression>& when) {
    return holds(&instance, instance.version, when);
  }
  [[nodiscard]] Scope scope(const Instance& instance) const;
  [[nodiscard]] std::optional<Value> evaluate(Instance& instance, const Expression& expression);
  [[nodiscard]] std::optional<Instant> evaluate_instant(Instance& instance, const Expression& expression);
  [[nodiscard]] std::optional<Value> look(const Instance& instance, const Expression& expression) const;
  [[nodiscard]] std::optional<Instant> look_instant(const Instance& instance,
                                                    const Expression& expression) const;
  [[nodiscard]] bool is_in_arm(const Journey& journey, const Transition& transition);
  [[nodiscard]] std::optional<ChannelIndex> channel(VersionIndex version);
  [[nodiscard]] bool is_named(const std::vector<EventTypeIndex>& on, VersionIndex version) const;
  [[nodiscard]] const std::vector<Transition>& transitions(const Instance& instance,
                                                           std::optional<TouchpointIndex> carrier) const;
  [[nodiscard]] InstanceIndex index_of(const Instance& instance) const;

  /// Calls `visit(carrier, transition)` for the open transitions in their order until it returns true.
  template <class Visit>
  void for_each_open(const Instance& instance, Visit&& visit) const;

  /// What costs something to put together is guarded by the caller.
  [[nodiscard]] bool is_traced() const { return where_.trace != nullptr; }
  /// Says phrase(`format`, `parts`…), which is put together only where somebody listens.
  template <class... Parts>
  void note(Trace::Kind kind, const Instance* instance,
            std::type_identity_t<PhraseFormat<sizeof...(Parts)>> format, Parts&&... parts) const {
    if (is_traced()) add_note(kind, instance, nullptr, phrase(format, std::forward<Parts>(parts)...));
  }
  /// The same of what a transition led to; null: none did.
  template <class... Parts>
  void note_along(const Transition* along, Trace::Kind kind, const Instance& instance,
                  std::type_identity_t<PhraseFormat<sizeof...(Parts)>> format, Parts&&... parts) const {
    if (is_traced()) add_note(kind, &instance, along, phrase(format, std::forward<Parts>(parts)...));
  }
  void add_note(Trace::Kind kind, const Instance* instance, const Transition* along, Phrase said) const {
    where_.trace->add({.at = now_,
                       .kind = kind,
                       .journey = where_.journey,
                       .instance = instance == nullptr ? std::nullopt : std::optional(index_of(*instance)),
                       .phrase = std::move(said),
                       .transition = along == nullptr ? std::nullopt : std::optional(along->ordinal)});
  }

  Where where_;
  JourneyState& state_;
  const Event* event_;
  const Concern* concern_;
  Instant now_;
  std::vector<Trigger> triggers_;
  boost::container::small_vector<Touched, 4> touched_;  ///< since settle() looked
  std::uint32_t reached_ = 0;                           ///< touchpoints in this step; a bound on chains
  std::optional<Read> read_;                            ///< for the version that was asked for last
  const std::string* split_ = nullptr;
  double split_fraction_ = 0;  ///< of `split_`
};

/// Whether a touchpoint becomes the position when it is reached.
[[nodiscard]] inline bool is_position(const Touchpoint& touchpoint) {
  return touchpoint.kind == TouchpointKind::inbound || touchpoint.kind == TouchpointKind::milestone;
}

[[nodiscard]] inline bool same_key(const std::optional<Value>& a, const std::optional<Value>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->identical(*b);
}

/// Whether reaching a touchpoint ends the instance.
[[nodiscard]] inline bool is_terminal(const Touchpoint& touchpoint) {
  return touchpoint.ends.has_value() || (touchpoint.goal && touchpoint.next.empty());
}

/// An instant that cannot be told yet, or that had passed and was to be skipped; looked at again when the
/// context changes.
inline constexpr Instant unknown_instant = Instant::max();

/// Whether an expression reads nothing that passes with the moment, so that it may be looked at again later.
[[nodiscard]] bool is_lasting(const Expression& expression);

/// The first part of the stay that hops cut into several.
[[nodiscard]] inline const Stay& whole_stay(const Instance& instance, std::size_t stay) {
  while (instance.stays[stay].entry == Entry::hop) --stay;
  return instance.stays[stay];
}

template <class Visit>
void Step::for_each_open(const Instance& instance, Visit&& visit) const {
  const Journey& journey = journey_of(instance);
  const TouchpointIndex here = instance.stays.back().at;
  for (const Transition& transition : at(journey.touchpoints, here).next) {
    if (visit(std::optional(here), transition)) return;
  }
  for (std::size_t i = instance.beside.size(); i-- > 0;) {
    const TouchpointIndex carrier = instance.beside[i].touchpoint;
    for (const Transition& transition : at(journey.touchpoints, carrier).next) {
      if (visit(std::optional(carrier), transition)) return;
    }
  }
  for (const Transition& transition : journey.anywhere) {
    if (visit(std::optional<TouchpointIndex>(), transition)) return;
  }
}

}  // namespace lotse
