// How it stands, in one sentence.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "engine/report/why_story.hpp"

namespace lotse::why_parts {
namespace {

std::string ticked(std::string_view name) { return fmt::format("`{}`", name); }

/// `a`, `a or b`, each in quotes.
std::string any_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", ticked(names[i]));
  return text;
}

std::vector<std::string> event_names(const Chance& chance) {
  const Journey& journey = *chance.journey;
  const bool inbound = chance.transition->to &&
                       at(journey.touchpoints, *chance.transition->to).kind == TouchpointKind::inbound;
  std::vector<std::string> names;
  for (const EventTypeIndex type :
       inbound ? at(journey.touchpoints, *chance.transition->to).on : chance.transition->on)
    names.push_back(at(journey.event_types, type));
  return names;
}

/// `2 days`, `36 hours`; what is no whole number of minutes as elsewhere.
std::string in_words(Duration duration) {
  const auto whole = [&](Duration unit) { return duration.count() > 0 && duration % unit == Duration(0); };
  const auto count = [&](Duration unit, std::string_view noun) {
    return count_of(static_cast<std::uint64_t>(duration / unit), noun);
  };
  if (whole(std::chrono::days(1))) return count(std::chrono::days(1), "day");
  if (whole(std::chrono::hours(1))) return count(std::chrono::hours(1), "hour");
  if (whole(std::chrono::minutes(1))) return count(std::chrono::minutes(1), "minute");
  return describe_duration(duration);
}

/// `delay of 2 days since order`, `09:00 on day 1 after order`.
std::string delay_text(const Chance& chance) {
  const Transition& transition = *chance.transition;
  const std::string since = carrier_text(chance);
  if (transition.trigger == TransitionTrigger::elapsed)
    return fmt::format("delay of {} since {}", in_words(transition.after), ticked(since));
  const std::string from = ticked(transition.at.from ? transition.at.from->source() : since);
  const std::string days = transition.at.days == 0   ? std::string("on the day of ")
                           : transition.at.days == 1 ? std::string("on the day after ")
                           : transition.at.days == -1
                               ? std::string("on the day before ")
                               : fmt::format("{} days {} ", std::abs(transition.at.days),
                                             transition.at.days > 0 ? "after" : "before");
  if (!transition.at.time) return days + from;
  constexpr unsigned hour = 60;
  const unsigned minutes = transition.at.time->minutes;
  return fmt::format("{:02}:{:02} {}{}", minutes / hour, minutes % hour, days, from);
}

/// Says it of one instance, or of nobody.
class Conclusion {
 public:
  Conclusion(const Story& story, WhyAnswer& answer)
      : story_(story),
        answer_(answer),
        state_(story.state.journeys[story.journey]),
        versions_(story.question->tracker->journeys()[story.journey]) {}

  void draw() {
    choose_instance();
    const Journey* journey = journey_with_touchpoint();
    const Touchpoint& target =
        at(journey->touchpoints, *journey->find_touchpoint(story_.question->touchpoint));
    no_ = target.kind == TouchpointKind::outbound   ? "Not sent"
          : target.kind == TouchpointKind::handover ? "Not opened"
                                                    : "Not reached";
    const Effect* effect = last_effect();
    const Chance* chance = last_chance();
    const Stay* stay = last_stay();
    const bool later = chance != nullptr && chance->state != Chance::State::happened &&
                       chance->state != Chance::State::other_arm;
    if (effect != nullptr && !(later && chance->reached > effect->due)) {
      target.kind == TouchpointKind::handover ? of_task(*effect) : of_message(*effect);
    } else if (stay != nullptr && !(later && chance->reached > stay->entered)) {
      say(WhyOutcome::reached, fmt::format("Reached on {}.", time(stay->entered)));
    } else if (chance != nullptr) {
      of_chance(*chance);
    } else {
      of_nothing(*journey);
    }
  }

 private:
  [[nodiscard]] std::string time(Instant at) const { return time_text(at, story_.question->zone); }

  void say(WhyOutcome outcome, std::string sentence) {
    answer_.outcome = outcome;
    answer_.sentence = std::move(sentence);
  }

  /// The newest that has to do with the touchpoint, else the newest.
  void choose_instance() {
    for (std::uint32_t i = static_cast<std::uint32_t>(state_.instances.size()); i-- > 0;) {
      instance_ = i;
      if (last_effect() != nullptr || last_chance() != nullptr || last_stay() != nullptr) return;
    }
    if (!state_.instances.empty()) instance_ = static_cast<std::uint32_t>(state_.instances.size() - 1);
  }

  [[nodiscard]] const Journey& version(std::uint32_t instance) const {
    return *at(versions_.versions, state_.instances[instance].version);
  }

  /// The instance's version, where that has the touchpoint; else the newest that has.
  [[nodiscard]] const Journey* journey_with_touchpoint() const {
    const std::string_view touchpoint = story_.question->touchpoint;
    if (instance_ && version(*instance_).find_touchpoint(touchpoint)) return &version(*instance_);
    const auto found =
        std::find_if(versions_.versions.rbegin(), versions_.versions.rend(),
                     [&](const auto& journey) { return journey->find_touchpoint(touchpoint); });
    return found->get();
  }

  [[nodiscard]] const Effect* last_effect() const {
    const Effect* last = nullptr;
    for (const Effect& effect : state_.effects) {
      if (!instance_ || effect.instance.value() != *instance_) continue;
      if (at(version(*instance_).touchpoints, effect.touchpoint).id == story_.question->touchpoint)
        last = &effect;
    }
    return last;
  }

  [[nodiscard]] const Stay* last_stay() const {
    if (!instance_) return nullptr;
    const auto target = version(*instance_).find_touchpoint(story_.question->touchpoint);
    const Stay* last = nullptr;
    for (const Stay& stay : state_.instances[*instance_].stays) {
      if (target && stay.at == *target && stay.entry != Entry::hop) last = &stay;
    }
    return last;
  }

  /// The one that began last; one in which the customer could have been before one of another arm; of equal
  /// ones the one that tells most.
  [[nodiscard]] const Chance* last_chance() const {
    const auto rank = [](const Chance& chance) {
      return std::pair(chance.state != Chance::State::other_arm, chance.reached);
    };
    const auto tells = [](const Chance& chance) {
      switch (chance.state) {
        case Chance::State::happened:
          return 4;
        case Chance::State::open:
          return 3;
        case Chance::State::not_met:
          return 2;
        case Chance::State::ended:
        case Chance::State::passed:
          return 1;
        case Chance::State::other_arm:
          break;
      }
      return 0;
    };
    const Chance* last = nullptr;
    for (const Chance& chance : story_.chances) {
      if (chance.instance != instance_) continue;
      if (last == nullptr || std::pair(rank(*last), tells(*last)) < std::pair(rank(chance), tells(chance)))
        last = &chance;
    }
    return last;
  }

  void of_nothing(const Journey& journey) {
    const std::string who = ticked(answer_.customer);
    const std::string_view never = no_ == "Not reached" ? "Not reached" : "Never due";
    if (!instance_)
      return say(WhyOutcome::never_due, fmt::format("{}: {} has not entered {}.", never, who, journey.id));
    const Journey& own = version(*instance_);
    if (!own.find_touchpoint(answer_.touchpoint)) {
      return say(WhyOutcome::never_due,
                 fmt::format("{}: version {} of {}, which {} follows, has no {}.", never, own.version, own.id,
                             who, ticked(answer_.touchpoint)));
    }
    const std::vector<std::string> carriers = carriers_of(own);
    if (carriers.empty()) {
      return say(WhyOutcome::never_due,
                 fmt::format("{}: nothing in {} leads to {}.", never, own.id, ticked(answer_.touchpoint)));
    }
    const Instance& instance = state_.instances[*instance_];
    say(WhyOutcome::never_due,
        fmt::format("{}: {} {} {}{}.", never, who, instance.ended ? "did not reach" : "has not reached",
                    any_of(carriers),
                    instance.ended ? " before the journey ended on " + time(instance.ended_at) : ""));
  }

  [[nodiscard]] std::vector<std::string> carriers_of(const Journey& journey) const {
    const auto target = journey.find_touchpoint(answer_.touchpoint);
    std::vector<std::string> carriers;
    for (const Touchpoint& touchpoint : journey.touchpoints) {
      if (std::ranges::find(touchpoint.next, target, &Transition::to) != touchpoint.next.end())
        carriers.push_back(touchpoint.id);
    }
    return carriers;
  }

  void of_chance(const Chance& chance) {
    switch (chance.state) {
      case Chance::State::other_arm:
        return of_other_arm(chance);
      case Chance::State::open:
        return of_waiting(chance);
      case Chance::State::not_met:
        return say(WhyOutcome::not_met,
                   fmt::format("{}: on {} {}.", no_, time(chance.since), chance.why_not));
      case Chance::State::passed:
        return say(WhyOutcome::not_met,
                   fmt::format("{}: its time ({}) had passed when {} was reached on {}.", no_,
                               delay_text(chance), ticked(carrier_text(chance)), time(chance.reached)));
      case Chance::State::ended:
        return of_ended(chance);
      case Chance::State::happened:
        return say(WhyOutcome::due, fmt::format("Due since {}.", time(chance.since)));
    }
  }

  void of_other_arm(const Chance& chance) {
    if (chance.split->arm == "hold")
      return say(WhyOutcome::held_back, fmt::format("Held back: control group of {}.", chance.split->name));
    say(WhyOutcome::other_arm, fmt::format("{}: {} leads {} to {} instead.", no_, chance.split->name,
                                           ticked(answer_.customer), ticked(chance.split->arm)));
  }

  void of_waiting(const Chance& chance) {
    answer_.until = chance.due;
    std::string text =
        chance.due ? fmt::format("{}: waiting until {} ({})", no_, time(*chance.due), moment_text(chance))
                   : fmt::format("{}: waiting {}", no_, moment_text(chance));
    if (!chance.why_not.empty()) text += fmt::format("; when it came, {}", chance.why_not);
    say(WhyOutcome::waiting, text + ".");
  }

  void of_ended(const Chance& chance) {
    const Transition& transition = *chance.transition;
    const std::string before =
        transition.trigger == TransitionTrigger::elapsed
            ? fmt::format("the {} were over", in_words(transition.after))
        : chance.due                                        ? time(*chance.due)
        : transition.trigger == TransitionTrigger::event    ? any_of(event_names(chance)) + " came"
        : transition.trigger == TransitionTrigger::calendar ? std::string("its time came")
                                                            : std::string("its condition held");
    std::string text = fmt::format("{}: the stay at {} ended ({}) on {} before {}", no_,
                                   ticked(carrier_text(chance)), chance.ended_by, time(chance.since), before);
    if (!chance.why_not.empty()) text += fmt::format("; once it came, {}", chance.why_not);
    say(WhyOutcome::stay_ended, text + ".");
  }

  /// What was last said of an effect; null where nothing was.
  [[nodiscard]] const Outreach* last_word(const Effect& effect) const {
    const Outreach* last = nullptr;
    for (const Outreach& outreach : story_.outreach) {
      const bool noted = outreach.type == event_type::task_noted;
      if (!noted && outreach.key && *outreach.key == effect.known_as()) last = &outreach;
    }
    return last;
  }

  void of_message(const Effect& effect) {
    const Outreach* word = last_word(effect);
    if (word != nullptr) {
      const std::string by = word->channel.empty() ? std::string() : " by " + word->channel;
      const std::string reason = word->reason.empty() ? std::string() : ": " + word->reason;
      const std::string_view type = word->type;
      if (type == event_type::message_sent)
        return say(WhyOutcome::sent, fmt::format("Sent{} on {}.", by, time(word->at)));
      if (type == event_type::message_failed)
        return say(WhyOutcome::failed,
                   fmt::format("Not sent: it failed{} on {}{}.", by, time(word->at), reason));
      if (type == event_type::message_withdrawn)
        return say(WhyOutcome::withdrawn,
                   fmt::format("Not sent: stopped on {} before it left{}.", time(word->at), reason));
      if (type == event_type::handed_out)
        return say(
            WhyOutcome::on_its_way,
            fmt::format("Handed out{} on {}; what became of it is not known yet.", by, time(word->at)));
      if (type == event_type::message_blocked)
        return say(WhyOutcome::blocked, fmt::format("Not sent: {}.", refusals_text(story_, *word)));
    }
    if (was_lost(effect)) return;
    if (word != nullptr && word->type == event_type::message_deferred) {
      answer_.until = word->until;
      return say(WhyOutcome::deferred,
                 fmt::format("Not sent: deferred{}: {}.", word->until ? " until " + time(*word->until) : "",
                             refusals_text(story_, *word)));
    }
    if (effect.handed_out) {
      return say(WhyOutcome::on_its_way, fmt::format("Handed out on {}; what became of it is not known yet.",
                                                     time(*effect.handed_out)));
    }
    say(WhyOutcome::due, fmt::format("Not sent: due since {}, and not handed out yet.", time(effect.due)));
  }

  /// Its stay ended, or nobody handed it out in time.
  bool was_lost(const Effect& effect) {
    const EffectStatus status = effect.status(story_.question->as_of);
    if (status == EffectStatus::withdrawn) {
      const Stay& stay = state_.instances[*instance_].stays[effect.stay.value()];
      say(WhyOutcome::withdrawn,
          fmt::format("{}: due on {}, but the stay at {} ended on {} before it was handed out.", no_,
                      time(effect.due), ticked(at(version(*instance_).touchpoints, stay.at).id),
                      time(*effect.ended)));
      return true;
    }
    if (status != EffectStatus::stale) return false;
    say(WhyOutcome::stale, fmt::format("{}: due on {}, and not handed out by {}, when it was too late.", no_,
                                       time(effect.due), time(effect.stale_at)));
    return true;
  }

  void of_task(const Effect& effect) {
    const Outreach* word = last_word(effect);
    const std::string by = word == nullptr || word->by.empty() ? std::string() : " by " + word->by;
    switch (effect.task) {
      case TaskStatus::done:
        return say(WhyOutcome::done,
                   fmt::format("Done{} on {}{}.", by, time(effect.ended.value_or(effect.due)),
                               word == nullptr || word->result.empty() ? "" : ": " + word->result));
      case TaskStatus::withdrawn:
        return say(WhyOutcome::withdrawn,
                   fmt::format("Opened on {}, and withdrawn on {}: its stay had ended.", time(effect.due),
                               time(effect.ended.value_or(effect.due))));
      case TaskStatus::open:
      case TaskStatus::none:
        break;
    }
    const bool claimed = word != nullptr && word->type == event_type::task_claimed;
    say(WhyOutcome::open, fmt::format("Open since {}{}.", time(effect.due),
                                      claimed ? fmt::format(", claimed{} on {}", by, time(word->at)) : ""));
  }

  const Story& story_;
  WhyAnswer& answer_;
  const JourneyState& state_;
  const JourneyVersions& versions_;
  std::optional<std::uint32_t> instance_;
  std::string_view no_;
};

}  // namespace

std::string time_text(Instant at, const Zone& zone) {
  std::string text = format_instant(Instant(zone.local(at).time_since_epoch()));
  text[10] = ' ';
  text.pop_back();  // the Z, which it is not
  constexpr std::size_t seconds = 19;
  text.resize(std::min(text.size(), seconds));
  if (text.ends_with(":00")) text.resize(text.size() - 3);
  return text;
}

std::string carrier_text(const Chance& chance) {
  return chance.carrier ? at(chance.journey->touchpoints, *chance.carrier).id : "anywhere";
}

std::string moment_text(const Chance& chance) {
  const Transition& transition = *chance.transition;
  switch (transition.trigger) {
    case TransitionTrigger::event:
      return fmt::format("for {}", any_of(event_names(chance)));
    case TransitionTrigger::at_once:
      break;
    case TransitionTrigger::elapsed:
      return delay_text(chance);
    case TransitionTrigger::calendar:
      return chance.due ? delay_text(chance)
                        : fmt::format("for a time that is not known yet ({})", delay_text(chance));
  }
  const Touchpoint& target = at(chance.journey->touchpoints, *transition.to);
  const auto& when = transition.when ? transition.when : target.when;
  return when ? fmt::format("until {} holds", ticked(when->source())) : std::string("for its turn");
}

void conclude(const Story& story, WhyAnswer& answer) { Conclusion(story, answer).draw(); }

}  // namespace lotse::why_parts
