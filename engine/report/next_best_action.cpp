#include "engine/report/next_best_action.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "engine/outreach/policy.hpp"
#include "engine/outreach/sent_messages.hpp"
#include "engine/report/customer_words.hpp"

namespace lotse {
namespace {

using Kind = NextAction::Kind;

/// One active instance, or an ended one with a task that outlives it.
struct Place {
  const Journey& journey;
  const JourneyState& state;
  const Instance& instance;
  InstanceIndex index;
};

class Answering {
 public:
  Answering(const CustomerReport& report, const Workspace& workspace, std::string_view channel)
      : report_(report), workspace_(workspace), channel_(channel) {
    recipient_ = {.consents = report.state.consents,
                  .address_failures = report.state.address_failures,
                  .identifiers = report.identifiers,
                  .traits = &report.state.traits,
                  .sent = sent_messages(*report.journeys, report.state)};
  }

  NextBestActions answer() && {
    for (std::size_t journey = 0; journey < report_.state.journeys.size(); ++journey) {
      const JourneyState& state = report_.state.journeys[journey];
      for (std::uint32_t index = 0; index < state.instances.size(); ++index) {
        const Instance& instance = state.instances[index];
        look_at({.journey = *at((*report_.journeys)[journey].versions, instance.version),
                 .state = state,
                 .instance = instance,
                 .index = InstanceIndex(index)});
      }
    }
    std::ranges::stable_partition(answer_.expected, &ExpectedTouchpoint::here);
    std::ranges::stable_sort(answer_.actions, {}, [](const NextAction& action) {
      return std::tuple(action.kind, -action.value.value_or(0), action.by.value_or(Instant::max()));
    });
    return std::move(answer_);
  }

 private:
  void look_at(const Place& place) {
    look_at_tasks(place);
    if (place.instance.ended) return;
    look_at_position(place);
    look_at_promises(place);
    for (const OpenTransition& open : open_transitions(place.journey, place.instance)) {
      if (!open.transition->to) continue;
      const Touchpoint& to = at(place.journey.touchpoints, *open.transition->to);
      if (to.kind == TouchpointKind::inbound) look_at_inbound(place, open, to);
      look_at_asked(place, to);
    }
    look_at_messages(place);
  }

  [[nodiscard]] ActionSubject subject(const Place& place, const Touchpoint& touchpoint) const {
    return {.journey = place.journey.id,
            .key = customer::shown_key(report_, place.journey, place.instance),
            .touchpoint = touchpoint.id,
            .title = touchpoint.title};
  }

  [[nodiscard]] std::optional<double> value_of(const Place& place) const {
    return customer::shown_value(report_, place.journey, place.instance);
  }

  static std::string stage_of(const Journey& journey, const Touchpoint& touchpoint) {
    return touchpoint.stage ? at(journey.stages, *touchpoint.stage) : std::string();
  }

  void look_at_position(const Place& place) {
    const Stay& stay = place.instance.stays.back();
    const Touchpoint& touchpoint = at(place.journey.touchpoints, stay.at);
    answer_.standing.push_back({.subject = subject(place, touchpoint),
                                .stage = stage_of(place.journey, touchpoint),
                                .since = stay.entered,
                                .turn = customer::turn_text(place.journey, place.instance),
                                .value = value_of(place)});
    if (stay.deadline && stay.awaits)
      add_promise(place, subject(place, at(place.journey.touchpoints, *stay.awaits)), *stay.deadline);
  }

  void look_at_promises(const Place& place) {
    for (const PromiseRecord& record : place.instance.promises) {
      if (record.reached || record.deadline == Instant::max()) continue;
      const JourneyPromise& promise = place.journey.promises.at(record.promise);
      ActionSubject about = subject(place, at(place.journey.touchpoints, promise.until));
      about.title = promise.name;
      add_promise(place, std::move(about), record.deadline);
    }
  }

  void add_promise(const Place& place, ActionSubject about, Instant deadline) {
    const bool broken = report_.as_of > deadline;
    answer_.actions.push_back({.kind = broken ? Kind::broken_promise : Kind::open_promise,
                               .subject = std::move(about),
                               .by = deadline,
                               .value = value_of(place),
                               .reasons = {promise_reason(deadline)}});
  }

  [[nodiscard]] Reason promise_reason(Instant deadline) const {
    if (report_.as_of > deadline)
      return {"promise_broken", fmt::format("it was promised by {}", format_instant(deadline))};
    return {"promise_open", fmt::format("it is promised by {}", format_instant(deadline))};
  }

  void look_at_tasks(const Place& place) {
    for (const Effect& effect : place.state.effects) {
      if (effect.instance != place.index || effect.task != TaskStatus::open) continue;
      const Touchpoint& touchpoint = at(place.journey.touchpoints, effect.touchpoint);
      NextAction action{
          .kind = Kind::task,
          .subject = subject(place, touchpoint),
          .by = effect.deadline,
          .value = value_of(place),
          .reasons = {{"task_open", fmt::format("a task of the team {} since {}", touchpoint.handover->team,
                                                format_instant(effect.due))}}};
      if (!effect.claimed_by.empty())
        action.reasons.push_back({"task_claimed", fmt::format("{} has taken it", effect.claimed_by)});
      if (effect.deadline) {
        action.reasons.push_back(promise_reason(*effect.deadline));
        if (report_.as_of > *effect.deadline) action.kind = Kind::broken_promise;
      }
      answer_.actions.push_back(std::move(action));
      look_at_asked(place, touchpoint);
    }
  }

  void look_at_inbound(const Place& place, const OpenTransition& open, const Touchpoint& to) {
    ExpectedTouchpoint expected{
        .subject = subject(place, to),
        .stage = stage_of(place.journey, to),
        .on = open.on,
        .channels = open.channels,
        .here = open.channels.empty() || std::ranges::find(open.channels, channel_) != open.channels.end(),
        .when = open.when};
    if (to.moment_of_truth)
      expected.reasons.push_back(
          {"moment_of_truth", "what happens there decides whether the customer stays"});
    if (to.goal) expected.reasons.push_back({"goal", "the journey's goal"});
    if (expected.here && !expected.reasons.empty()) {
      answer_.actions.push_back({.kind = Kind::touchpoint,
                                 .subject = expected.subject,
                                 .value = value_of(place),
                                 .reasons = expected.reasons});
    }
    answer_.expected.push_back(std::move(expected));
  }

  void look_at_messages(const Place& place) {
    for (const Effect& effect : place.state.effects) {
      const EffectStatus status = effect.status(report_.as_of);
      const bool unsent = status == EffectStatus::pending || status == EffectStatus::blocked;
      if (effect.instance != place.index || effect.task != TaskStatus::none || !unsent || effect.ended)
        continue;
      const Touchpoint& touchpoint = at(place.journey.touchpoints, effect.touchpoint);
      const std::string& purpose = touchpoint.send->purpose;
      const ChannelVerdict verdict = may_mention(workspace_, recipient_, channel_, purpose, report_.as_of);
      if (verdict.refusal) {
        answer_.avoid.push_back({.subject = subject(place, touchpoint),
                                 .purpose = purpose,
                                 .reasons = {{name_of(*verdict.refusal), sentence(verdict, purpose)}}});
        continue;
      }
      answer_.actions.push_back({.kind = Kind::message,
                                 .subject = subject(place, touchpoint),
                                 .value = value_of(place),
                                 .reasons = {why_unsent(effect, status), why_allowed(purpose)}});
    }
  }

  static Reason why_unsent(const Effect& effect, EffectStatus status) {
    if (status == EffectStatus::blocked) return {"message_blocked", "no channel might take the message"};
    if (effect.deferred_until) {
      return {"message_deferred",
              fmt::format("the message waits until {}", format_instant(*effect.deferred_until))};
    }
    return {"message_pending", fmt::format("the message is due since {}", format_instant(effect.due))};
  }

  [[nodiscard]] Reason why_allowed(const std::string& purpose) const {
    const Consent* said = find_consent(recipient_.consents, purpose, channel_);
    if (said == nullptr) return {"opt_out", fmt::format("{} asks for no consent", purpose)};
    return {"consent_given", fmt::format("consent to {} since {}", purpose, format_instant(said->since))};
  }

  static std::string sentence(const ChannelVerdict& verdict, const std::string& purpose) {
    const std::string detail = verdict.detail.empty() ? "" : fmt::format(" {}", verdict.detail);
    switch (*verdict.refusal) {
      case Refusal::consent_missing:
        return fmt::format("the customer has not consented to {}", purpose);
      case Refusal::consent_withdrawn:
        return fmt::format("the customer said no to {}{}", purpose, detail);
      case Refusal::capped:
        return fmt::format("the customer has had enough messages:{}", detail);
      case Refusal::not_for_purpose:
        return fmt::format("{} is not for {}", verdict.channel, purpose);
      case Refusal::no_adapter:
      case Refusal::failed_before:
      case Refusal::no_address:
      case Refusal::address_failed:
      case Refusal::quiet_hours:
        break;
    }
    return fmt::format("{} cannot be used{}", verdict.channel, detail);
  }

  void look_at_asked(const Place& place, const Touchpoint& touchpoint) {
    for (const FieldIndex index : touchpoint.asks) {
      const ContextField& field = at(place.journey.context, index);
      const std::optional<Value>& value = at(place.instance.context, index);
      const bool fresh = !field.fresh_for || report_.as_of < place.instance.opened + *field.fresh_for;
      if (!value || value->is_null() || !fresh) continue;
      std::vector<std::string>& asked_at = known_field(place, index, *value).asked_at;
      if (std::ranges::find(asked_at, touchpoint.id) == asked_at.end()) asked_at.push_back(touchpoint.id);
    }
  }

  KnownField& known_field(const Place& place, FieldIndex index, const Value& value) {
    const std::pair where(&place.instance, index);
    const auto found = std::ranges::find(known_of_, where);
    if (found != known_of_.end()) return answer_.known[static_cast<std::size_t>(found - known_of_.begin())];
    known_of_.push_back(where);
    const ContextField& field = at(place.journey.context, index);
    const bool hidden = field.sensitive && !report_.sensitive;
    return answer_.known.emplace_back(
        KnownField{.journey = place.journey.id,
                   .key = customer::shown_key(report_, place.journey, place.instance),
                   .field = field.name,
                   .value = hidden ? Value(customer::masked) : value});
  }

  const CustomerReport& report_;
  const Workspace& workspace_;
  std::string_view channel_;
  Recipient recipient_;
  NextBestActions answer_;
  std::vector<std::pair<const Instance*, FieldIndex>> known_of_;  ///< of what answer_.known are
};

}  // namespace

std::string_view name_of(NextAction::Kind kind) {
  constexpr std::array<std::string_view, 5> names{"broken_promise", "task", "open_promise", "touchpoint",
                                                  "message"};
  return names[static_cast<std::size_t>(kind)];
}

NextBestActions next_best_actions(const CustomerReport& report, const Workspace& workspace,
                                  std::string_view channel) {
  return Answering(report, workspace, channel).answer();
}

}  // namespace lotse
