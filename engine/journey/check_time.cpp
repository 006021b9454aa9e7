#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/journey/checks.hpp"

namespace lotse {
namespace {

constexpr Duration day = std::chrono::days(1);

/// From when to when after its carrier was reached a delay may run out; nothing where only the context tells.
struct Span {
  Duration earliest;
  Duration latest;
};

std::optional<Span> span_of(const Transition& transition) {
  if (transition.trigger == TransitionTrigger::elapsed) return Span{transition.after, transition.after};
  if (transition.trigger != TransitionTrigger::calendar || transition.at.from) return std::nullopt;
  // The time of day moves it by less than a day, a zone that leaves a day out by one more.
  const Duration days = transition.at.days * day;
  return Span{std::max(days - 2 * day, Duration{0}), std::max(days + 2 * day, Duration{0})};
}

bool ends_the_instance(const Touchpoint& touchpoint) {
  return touchpoint.ends.has_value() || (touchpoint.goal && touchpoint.next.empty());
}

/// One of a position's delays.
struct Delay {
  std::size_t index;  ///< into the position's `next`
  Duration after;     ///< since the position was reached
};

bool always_leaves(const Journey& journey, const Transition& transition) {
  if (!is_timed(transition) || !transition.to || transition.split || !holds_always(transition.when))
    return false;
  if (transition.trigger == TransitionTrigger::calendar && transition.at.skip_if_past) return false;
  const Touchpoint& target = at(journey.touchpoints, *transition.to);
  if (target.kind == TouchpointKind::milestone) return holds_always(target.when);
  return target.kind == TouchpointKind::handover && ends_the_instance(target);
}

/// The first delay after which nobody stands at `position` any more.
std::optional<Delay> leaving(const Journey& journey, const Touchpoint& position) {
  std::optional<Delay> first;
  for (std::size_t i = 0; i < position.next.size(); ++i) {
    const auto span = span_of(position.next[i]);
    if (!span || !always_leaves(journey, position.next[i])) continue;
    if (!first || span->latest < first->after) first = Delay{i, span->latest};
  }
  return first;
}

class TimeCheck {
 public:
  TimeCheck(Findings& findings, const Draft& draft)
      : findings_(findings), draft_(draft), journey_(draft.journey), facts_(journey_.graph) {}

  void check() {
    for (std::uint32_t i = 0; i < journey_.touchpoints.size(); ++i) {
      if (!can_be_position(journey_.touchpoints[i])) continue;
      follow_delays(i);
      check_silence(i);
      check_promise(i);
      check_wait(i);
    }
    check_overtaken();
    for (std::size_t i = 0; i < journey_.promises.size(); ++i) check_promise(journey_.promises[i], i);
  }

 private:
  [[nodiscard]] const Touchpoint& touchpoint(std::uint32_t i) const { return journey_.touchpoints[i]; }
  [[nodiscard]] const Touchpoint& target(const Transition& transition) const {
    return at(journey_.touchpoints, *transition.to);
  }

  // ---- delays that another always overtakes

  /// The messages and tasks that may be reached during a stay at `position`, and how soon.
  [[nodiscard]] std::map<std::uint32_t, Duration> reached_beside(std::uint32_t position) const {
    std::map<std::uint32_t, Duration> beside;
    std::set<std::pair<Duration, std::uint32_t>> open;  // the soonest first, so that each is looked at once
    const auto follow = [&](const std::vector<Transition>& transitions, Duration since) {
      for (const Transition& transition : transitions) {
        if (!transition.to || can_be_position(target(transition))) continue;
        const auto span = span_of(transition);
        const Duration reached = since + (span ? span->earliest : Duration{0});
        const auto [known, is_new] = beside.emplace(transition.to->value(), reached);
        if (!is_new && known->second <= reached) continue;
        open.erase({known->second, transition.to->value()});
        known->second = reached;
        open.emplace(reached, transition.to->value());
      }
    };
    follow(touchpoint(position).next, Duration{0});
    follow(journey_.anywhere, Duration{0});
    while (!open.empty()) {
      const auto [since, carrier] = *open.begin();
      open.erase(open.begin());
      follow(touchpoint(carrier).next, since);
    }
    return beside;
  }

  /// Notes which delays may run out in a stay at `position`, and which are overtaken there.
  void follow_delays(std::uint32_t position) {
    const auto left = leaving(journey_, touchpoint(position));
    const auto note = [&](const std::vector<Transition>& transitions, Duration since, bool of_position) {
      for (std::size_t i = 0; i < transitions.size(); ++i) {
        if (!is_timed(transitions[i])) continue;
        const auto span = span_of(transitions[i]);
        const Duration earliest = since + (span ? span->earliest : Duration{0});
        const bool its_turn_is_later = !of_position || (left && i > left->index);
        const bool overtaken = left &&
                               (earliest > left->after || (earliest == left->after && its_turn_is_later)) &&
                               !(of_position && i == left->index);
        if (overtaken) {
          overtaken_.emplace(transitions[i].ordinal, position);
        } else {
          in_time_.insert(transitions[i].ordinal);
        }
      }
    };
    note(touchpoint(position).next, Duration{0}, true);
    note(journey_.anywhere, Duration{0}, false);
    for (const auto& [carrier, since] : reached_beside(position))
      note(touchpoint(carrier).next, since, false);
  }

  void check_overtaken() {
    const auto check_list = [&](const std::vector<Transition>& transitions,
                                const std::vector<TransitionSource>& sources) {
      for (std::size_t i = 0; i < transitions.size(); ++i) {
        const auto found = overtaken_.find(transitions[i].ordinal);
        if (found == overtaken_.end() || in_time_.contains(transitions[i].ordinal)) continue;
        const std::uint32_t position = found->second;
        const Delay left = *leaving(journey_, touchpoint(position));
        const Transition& winner = touchpoint(position).next[left.index];
        findings_
            .warning("J070", sources[i].node->mark,
                     fmt::format("this delay never runs out: {} from `{}` to `{}`", moves_on(winner),
                                 touchpoint(position).id, target(winner).id),
                     "make it shorter, or let the other ask for something (`when`)")
            .notes.push_back(
                {findings_.location(draft_.touchpoints[position].next[left.index].node->mark), "by this"});
      }
    };
    for (std::size_t i = 0; i < journey_.touchpoints.size(); ++i) {
      check_list(journey_.touchpoints[i].next, draft_.touchpoints[i].next);
    }
    check_list(journey_.anywhere, draft_.anywhere);
  }

  static std::string moves_on(const Transition& winner) {
    if (winner.trigger == TransitionTrigger::calendar) return "before it everybody has moved on";
    return fmt::format("after {} everybody has moved on", format_duration(winner.after));
  }

  // ---- silence

  /// A touchpoint's own `abandon_after` that never comes to count as written.
  void check_silence(std::uint32_t position) {
    const Touchpoint& here = touchpoint(position);
    const yaml::Node* node = draft_.touchpoints[position].node->find("abandon_after");
    const auto* silence = std::get_if<Duration>(&here.abandon_after);
    if (node == nullptr || silence == nullptr) return;
    const auto warn = [&](std::string message, std::string hint) -> Diagnostic& {
      return findings_.warning("J071", node->mark, std::move(message), std::move(hint));
    };
    const auto note = [&](Diagnostic& finding, std::size_t next, const char* text) {
      finding.notes.push_back({findings_.location(draft_.touchpoints[position].next[next].node->mark), text});
    };
    if (here.turn != Turn::customer) {
      warn(fmt::format("silence never counts as leaving `{}`: it is not the customer's turn there", here.id),
           "leave `abandon_after` out, or `turn`");
    } else if (const auto left = leaving(journey_, here)) {
      note(warn(fmt::format("silence never counts as leaving `{}`: {}", here.id,
                            moves_on(here.next[left->index])),
                "leave `abandon_after` out"),
           left->index, "by this");
    } else if (const auto last = last_delay(here); last && last->after > *silence) {
      note(warn(fmt::format(
                    "silence counts as leaving `{}` only after {}: while a delay is to come nobody counts "
                    "as dropped",
                    here.id, format_duration(last->after)),
                "make it as long as the longest delay, or the delay shorter"),
           last->index, "this one");
    }
  }

  /// The last of the delays that every stay waits for, by when it has run out at the soonest.
  static std::optional<Delay> last_delay(const Touchpoint& position) {
    std::optional<Delay> last;
    for (std::size_t i = 0; i < position.next.size(); ++i) {
      const Transition& transition = position.next[i];
      const auto span = span_of(transition);
      if (!span || transition.split || transition.at.skip_if_past) continue;
      if (!last || span->earliest > last->after) last = Delay{i, span->earliest};
    }
    return last;
  }

  /// After how much silence a customer counts as dropped at `position` at the latest; nothing where that
  /// never happens or depends on more than time.
  [[nodiscard]] std::optional<Duration> patience(std::uint32_t position) {
    const Touchpoint& here = touchpoint(position);
    const auto* silence = std::get_if<Duration>(&here.abandon_after);
    if (silence == nullptr || here.turn != Turn::customer || ends_the_instance(here)) return std::nullopt;
    if (leaving(journey_, here)) return std::nullopt;
    const auto own = longest_delay(here.next);
    const auto anywhere = longest_delay(journey_.anywhere);
    if (!own || !anywhere) return std::nullopt;
    return std::max({*silence, *own, *anywhere});
  }

  /// How long delays, one after the other over messages, may hold a drop-off back; nothing where a task is
  /// opened, an event or the context decides, or they go round.
  [[nodiscard]] std::optional<Duration> longest_delay(const std::vector<Transition>& transitions) {
    Duration longest{0};
    for (const Transition& transition : transitions) {
      const auto span = span_of(transition);
      if (is_timed(transition) && !span) return std::nullopt;
      const Duration until = span ? span->latest : Duration{0};
      longest = std::max(longest, until);
      if (!transition.to || can_be_position(target(transition))) continue;
      if (target(transition).kind == TouchpointKind::handover) return std::nullopt;
      const auto further = longest_delay_after(transition.to->value());
      if (!further || (transition.trigger == TransitionTrigger::event && *further > Duration{0})) {
        return std::nullopt;
      }
      longest = std::max(longest, until + *further);
    }
    return longest;
  }

  /// The same of what follows one message, found once.
  [[nodiscard]] std::optional<Duration> longest_delay_after(std::uint32_t message) {
    // Nothing until it is known: whoever comes back to it meanwhile goes round.
    const auto [known, is_new] = longest_delays_.emplace(message, std::nullopt);
    if (is_new) known->second = longest_delay(touchpoint(message).next);
    return known->second;
  }

  // ---- promises

  /// A position's own promise, against the silence of those who wait for it.
  void check_promise(std::uint32_t promised) {
    const auto& promise = touchpoint(promised).promise;
    const auto* within = promise ? std::get_if<Duration>(&*promise) : nullptr;
    if (within == nullptr) return;
    for (std::uint32_t i = 0; i < journey_.touchpoints.size(); ++i) {
      if (!can_be_position(touchpoint(i)) || i == promised) continue;
      const bool waits = std::ranges::any_of(touchpoint(i).next, [&](const Transition& transition) {
        return transition.to && transition.to->value() == promised;
      });
      const auto dropped = waits ? patience(i) : std::nullopt;
      if (!dropped || *within <= *dropped) continue;
      findings_
          .warning("J072", draft_.touchpoints[promised].node->find("promise")->mark,
                   fmt::format("who waits for this at `{}` counts as dropped after {}, before {} are over",
                               touchpoint(i).id, format_duration(*dropped), format_duration(*within)),
                   fmt::format("say `turn: us` at `{}` if it is your turn, or a longer `abandon_after`",
                               touchpoint(i).id))
          .notes.push_back({touchpoint(i).where, "the wait"});
    }
  }

  /// A promise across touchpoints that silence ends before its time, wherever the customer is on the way.
  void check_promise(const JourneyPromise& promise, std::size_t index) {
    const auto from = promise.from.value();
    const auto until = promise.until.value();
    if (promise.by || !can_be_position(touchpoint(from)) || !can_be_position(touchpoint(until))) return;
    Duration longest{0};
    for (std::uint32_t i = 0; i < journey_.touchpoints.size(); ++i) {
      const bool between = (i == from || facts_.reaches[from][i]) && facts_.reaches[i][until] && i != until;
      if (!between || !can_be_position(touchpoint(i))) continue;
      const auto dropped = patience(i);
      if (!dropped) return;
      longest = std::max(longest, *dropped);
    }
    if (longest == Duration{0} || promise.within <= longest) return;
    findings_.warning(
        "J072", draft_.root->find("promises")->items[index]->find("within")->mark,
        fmt::format(
            "wherever the customer waits for this, {} of silence count as leaving, before {} are over",
            format_duration(longest), format_duration(promise.within)),
        "say `turn: us` where it is your turn, or a longer `abandon_after`");
  }

  // ---- waits

  void check_wait(std::uint32_t position) {
    const Touchpoint& here = touchpoint(position);
    if (here.ends || (here.goal && here.next.empty())) return;
    const Mark& at = draft_.touchpoints[position].key->mark;
    const bool may_drop = here.turn == Turn::customer && std::holds_alternative<Duration>(here.abandon_after);
    const bool lasts = !may_drop && journey_.exit_when.empty() && journey_.reentry != Reentry::always;
    if (here.goal && lasts && !has_way_on(journey_, position)) {
      findings_.warning(
          "J073", at,
          fmt::format("who gets to `{}` stays there for ever: nothing leads on, and silence does not "
                      "count",
                      here.id),
          "add a `next`, say `ends: OUTCOME`, or let silence count (`abandon_after`)");
    } else if (const auto only = only_way(position); only && !here.goal && is_frozen(position, *only)) {
      findings_.warning(
          "J073", at,
          fmt::format(
              "`{}` is left only for `{}`, and nothing that `{}` asks changes while the customer is here",
              here.id, target(*only).id, target(*only).id),
          fmt::format("add a way that an event takes, or look at it again later: {{to: {}, after: 1d}}",
                      target(*only).id));
    }
  }

  /// The one transition on from `position`, where it leads at once to a milestone and nothing happens beside.
  [[nodiscard]] std::optional<Transition> only_way(std::uint32_t position) const {
    std::vector<const Transition*> all;
    for (const Transition& transition : touchpoint(position).next) all.push_back(&transition);
    for (const Transition& transition : journey_.anywhere) all.push_back(&transition);
    if (all.size() != 1 || !all.front()->to || all.front()->trigger != TransitionTrigger::at_once) {
      return std::nullopt;
    }
    const Touchpoint& to = target(*all.front());
    const bool leads_on = to.kind == TouchpointKind::milestone && &to != &touchpoint(position);
    return leads_on ? std::optional(*all.front()) : std::nullopt;
  }

  /// Whether the conditions of a way to a milestone come to the same all through a stay with nothing beside
  /// it.
  [[nodiscard]] bool is_frozen(std::uint32_t position, const Transition& way) const {
    const Touchpoint& here = touchpoint(position);
    if (holds_always(way.when) && holds_always(target(way).when)) return false;
    std::set<std::uint32_t> written;
    const auto write = [&](const std::vector<Capture>& captures) {
      for (const Capture& capture : captures) written.insert(capture.field.value());
    };
    for (const RememberRule& rule : journey_.remember) write(rule.capture);
    if (here.kind == TouchpointKind::inbound) write(here.capture);  // its event may come again
    const auto stands_still = [&](const Expression::Reference& reference) {
      if (reference.variable == static_cast<std::uint32_t>(Variable::visits)) return true;
      // What passes with the moment is looked at only when some field is written.
      if (reference.variable != static_cast<std::uint32_t>(Variable::context)) return written.empty();
      return reference.field ? !written.contains(*reference.field) : written.empty();
    };
    const auto is_still = [&](const std::optional<Expression>& condition) {
      return !condition || std::ranges::all_of(condition->references(), stands_still);
    };
    return is_still(way.when) && is_still(target(way).when);
  }

  Findings& findings_;
  const Draft& draft_;
  const Journey& journey_;
  const GraphFacts& facts_;
  std::map<std::uint32_t, std::uint32_t> overtaken_;  ///< by the transition's ordinal: a position where it is
  std::set<std::uint32_t> in_time_;                   ///< ordinals of delays that may run out somewhere
  std::map<std::uint32_t, std::optional<Duration>> longest_delays_;  ///< by the message that they follow
};

}  // namespace

void check_time(Findings& findings, const Draft& draft) { TimeCheck(findings, draft).check(); }

}  // namespace lotse
