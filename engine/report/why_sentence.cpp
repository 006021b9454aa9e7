// How it stands, in one sentence.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "engine/report/why_story.hpp"

namespace lotse::why_parts {
namespace {

/// `a`, `a or b`, each in quotes.
Phrase any_of(const std::vector<std::string>& names) {
  std::string listed;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) listed += (i == 0 ? "" : ", ") + ticked(names[i]);
  if (names.empty()) return {};
  if (listed.empty()) return Phrase::verbatim(ticked(names.back()));
  return phrase("{} or {}", std::move(listed), ticked(names.back()));
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
Phrase in_words(Duration duration) {
  const auto whole = [&](Duration unit) { return duration.count() > 0 && duration % unit == Duration(0); };
  if (whole(std::chrono::days(1))) {
    const std::int64_t days = duration / std::chrono::days(1);
    return days == 1 ? phrase("1 day") : phrase("{} days", grouped(static_cast<std::uint64_t>(days)));
  }
  if (whole(std::chrono::hours(1))) {
    const std::int64_t hours = duration / std::chrono::hours(1);
    return hours == 1 ? phrase("1 hour") : phrase("{} hours", grouped(static_cast<std::uint64_t>(hours)));
  }
  if (whole(std::chrono::minutes(1))) {
    const std::int64_t minutes = duration / std::chrono::minutes(1);
    return minutes == 1 ? phrase("1 minute")
                        : phrase("{} minutes", grouped(static_cast<std::uint64_t>(minutes)));
  }
  return Phrase::verbatim(describe_duration(duration));
}

/// `on the day after order`, `3 days before context.date`.
Phrase day_phrase(const CalendarDelay& moment, const std::string& from) {
  switch (moment.days) {
    case 0:
      return phrase("on the day of {}", from);
    case 1:
      return phrase("on the day after {}", from);
    case -1:
      return phrase("on the day before {}", from);
    default:
      return moment.days > 0 ? phrase("{} days after {}", moment.days, from)
                             : phrase("{} days before {}", -moment.days, from);
  }
}

/// `delay of 2 days since order`, `09:00 on the day after order`.
Phrase delay_phrase(const Chance& chance) {
  const Transition& transition = *chance.transition;
  const std::string since = carrier_text(chance);
  if (transition.trigger == TransitionTrigger::elapsed)
    return phrase("delay of {} since {}", in_words(transition.after), ticked(since));
  Phrase day = day_phrase(transition.at, ticked(transition.at.from ? transition.at.from->source() : since));
  if (!transition.at.time) return day;
  constexpr unsigned hour = 60;
  const unsigned minutes = transition.at.time->minutes;
  return phrase("{} {}", fmt::format("{:02}:{:02}", minutes / hour, minutes % hour), std::move(day));
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
    no_ = target.kind == TouchpointKind::outbound   ? phrase("Not sent")
          : target.kind == TouchpointKind::handover ? phrase("Not opened")
                                                    : phrase("Not reached");
    const Effect* effect = last_effect();
    const Chance* chance = last_chance();
    const Stay* stay = last_stay();
    const bool later = chance != nullptr && chance->state != Chance::State::happened &&
                       chance->state != Chance::State::other_arm;
    if (effect != nullptr && !(later && chance->reached > effect->due)) {
      target.kind == TouchpointKind::handover ? of_task(*effect) : of_message(*effect);
    } else if (stay != nullptr && !(later && chance->reached > stay->entered)) {
      say(WhyOutcome::reached, phrase("Reached on {}.", time(stay->entered)));
    } else if (chance != nullptr) {
      of_chance(*chance);
    } else {
      of_nothing(*journey, target);
    }
  }

 private:
  [[nodiscard]] Phrase time(Instant at) const { return time_phrase(at, story_.question->zone); }

  void say(WhyOutcome outcome, Phrase sentence) {
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

  void of_nothing(const Journey& journey, const Touchpoint& target) {
    const bool is_place = target.kind != TouchpointKind::outbound && target.kind != TouchpointKind::handover;
    say(WhyOutcome::never_due,
        phrase("{}: {}.", is_place ? phrase("Not reached") : phrase("Never due"), why_nothing(journey)));
  }

  [[nodiscard]] Phrase why_nothing(const Journey& journey) const {
    const std::string who = ticked(answer_.customer);
    const std::string what = ticked(answer_.touchpoint);
    if (!instance_) return phrase("{} has not entered {}", who, journey.id);
    const Journey& own = version(*instance_);
    if (!own.find_touchpoint(answer_.touchpoint))
      return phrase("version {} of {}, which {} follows, has no {}", own.version, own.id, who, what);
    const std::vector<std::string> carriers = carriers_of(own);
    if (carriers.empty()) return phrase("nothing in {} leads to {}", own.id, what);
    const Instance& instance = state_.instances[*instance_];
    if (!instance.ended) return phrase("{} has not reached {}", who, any_of(carriers));
    return phrase("{} did not reach {} before the journey ended on {}", who, any_of(carriers),
                  time(instance.ended_at));
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
        return say(WhyOutcome::not_met, phrase("{}: on {} {}.", no_, time(chance.since), chance.why_not));
      case Chance::State::passed:
        return say(WhyOutcome::not_met,
                   phrase("{}: its time ({}) had passed when {} was reached on {}.", no_,
                          delay_phrase(chance), ticked(carrier_text(chance)), time(chance.reached)));
      case Chance::State::ended:
        return of_ended(chance);
      case Chance::State::happened:
        return say(WhyOutcome::due, phrase("Due since {}.", time(chance.since)));
    }
  }

  void of_other_arm(const Chance& chance) {
    if (chance.split->arm == "hold")
      return say(WhyOutcome::held_back, phrase("Held back: control group of {}.", chance.split->name));
    say(WhyOutcome::other_arm, phrase("{}: {} leads {} to {} instead.", no_, chance.split->name,
                                      ticked(answer_.customer), ticked(chance.split->arm)));
  }

  void of_waiting(const Chance& chance) {
    answer_.until = chance.due;
    Phrase waits = chance.due
                       ? phrase("{}: waiting until {} ({})", no_, time(*chance.due), moment_phrase(chance))
                       : phrase("{}: waiting {}", no_, moment_phrase(chance));
    say(WhyOutcome::waiting, chance.why_not.empty()
                                 ? phrase("{}.", std::move(waits))
                                 : phrase("{}; when it came, {}.", std::move(waits), chance.why_not));
  }

  void of_ended(const Chance& chance) {
    Phrase ended = phrase("{}: the stay at {} ended ({}) on {} {}", no_, ticked(carrier_text(chance)),
                          chance.ended_by, time(chance.since), before_what(chance));
    say(WhyOutcome::stay_ended, chance.why_not.empty()
                                    ? phrase("{}.", std::move(ended))
                                    : phrase("{}; once it came, {}.", std::move(ended), chance.why_not));
  }

  /// What the stay ended before.
  [[nodiscard]] Phrase before_what(const Chance& chance) const {
    const Transition& transition = *chance.transition;
    if (transition.trigger == TransitionTrigger::elapsed)
      return phrase("before the {} were over", in_words(transition.after));
    if (chance.due) return phrase("before {}", time(*chance.due));
    if (transition.trigger == TransitionTrigger::event)
      return phrase("before {} came", any_of(event_names(chance)));
    return transition.trigger == TransitionTrigger::calendar ? phrase("before its time came")
                                                             : phrase("before its condition held");
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
    if (word != nullptr && tell_departure(*word)) return;
    if (was_lost(effect)) return;
    if (word != nullptr && word->type == event_type::message_deferred) {
      answer_.until = word->until;
      const Phrase why = refusals_phrase(story_, *word);
      return say(WhyOutcome::deferred,
                 word->until ? phrase("Not sent: deferred until {}: {}.", time(*word->until), why)
                             : phrase("Not sent: deferred: {}.", why));
    }
    if (effect.handed_out)
      return say(WhyOutcome::on_its_way,
                 phrase("Handed out on {}; what became of it is not known yet.", time(*effect.handed_out)));
    say(WhyOutcome::due, phrase("Not sent: due since {}, and not handed out yet.", time(effect.due)));
  }

  /// Tells what became of it once it left, or what kept it from leaving for good; false: nothing of that was
  /// said.
  bool tell_departure(const Outreach& word) {
    const std::string_view type = word.type;
    const bool by = !word.channel.empty();
    const Phrase on = time(word.at);
    if (type == event_type::message_sent) {
      say(WhyOutcome::sent, by ? phrase("Sent by {} on {}.", word.channel, on) : phrase("Sent on {}.", on));
    } else if (type == event_type::message_failed) {
      const Phrase failed =
          by ? phrase("it failed by {} on {}", word.channel, on) : phrase("it failed on {}", on);
      say(WhyOutcome::failed, phrase("Not sent: {}.", because(failed, word.reason)));
    } else if (type == event_type::message_withdrawn) {
      const Phrase stopped = phrase("stopped on {} before it left", on);
      say(WhyOutcome::withdrawn, phrase("Not sent: {}.", because(stopped, word.reason)));
    } else if (type == event_type::handed_out) {
      say(WhyOutcome::on_its_way,
          by ? phrase("Handed out by {} on {}; what became of it is not known yet.", word.channel, on)
             : phrase("Handed out on {}; what became of it is not known yet.", on));
    } else if (type == event_type::message_blocked) {
      say(WhyOutcome::blocked, phrase("Not sent: {}.", refusals_phrase(story_, word)));
    } else {
      return false;
    }
    return true;
  }

  /// Its stay ended, or nobody handed it out in time.
  bool was_lost(const Effect& effect) {
    const EffectStatus status = effect.status(story_.question->as_of);
    if (status == EffectStatus::withdrawn) {
      const Stay& stay = state_.instances[*instance_].stays[effect.stay.value()];
      say(WhyOutcome::withdrawn,
          phrase("{}: due on {}, but the stay at {} ended on {} before it was handed out.", no_,
                 time(effect.due), ticked(at(version(*instance_).touchpoints, stay.at).id),
                 time(*effect.ended)));
      return true;
    }
    if (status != EffectStatus::stale) return false;
    say(WhyOutcome::stale, phrase("{}: due on {}, and not handed out by {}, when it was too late.", no_,
                                  time(effect.due), time(effect.stale_at)));
    return true;
  }

  void of_task(const Effect& effect) {
    const Outreach* word = last_word(effect);
    const Phrase due = time(effect.due);
    const Phrase ended = time(effect.ended.value_or(effect.due));
    switch (effect.task) {
      case TaskStatus::done:
        return say(WhyOutcome::done, done(word, ended));
      case TaskStatus::withdrawn:
        return say(WhyOutcome::withdrawn,
                   phrase("Opened on {}, and withdrawn on {}: its stay had ended.", due, ended));
      case TaskStatus::open:
      case TaskStatus::none:
        break;
    }
    if (word == nullptr || word->type != event_type::task_claimed)
      return say(WhyOutcome::open, phrase("Open since {}.", due));
    say(WhyOutcome::open, word->by.empty()
                              ? phrase("Open since {}, claimed on {}.", due, time(word->at))
                              : phrase("Open since {}, claimed by {} on {}.", due, word->by, time(word->at)));
  }

  [[nodiscard]] static Phrase done(const Outreach* word, const Phrase& on) {
    if (word == nullptr) return phrase("Done on {}.", on);
    return phrase(
        "{}.", because(word->by.empty() ? phrase("Done on {}", on) : phrase("Done by {} on {}", word->by, on),
                       word->result));
  }

  const Story& story_;
  WhyAnswer& answer_;
  const JourneyState& state_;
  const JourneyVersions& versions_;
  std::optional<std::uint32_t> instance_;
  Phrase no_;  ///< how it begins where nothing came
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

Phrase time_phrase(Instant at, const Zone& zone) { return Phrase::moment(at, time_text(at, zone)); }

std::string ticked(std::string_view name) { return fmt::format("`{}`", name); }

Phrase because(Phrase said, const std::string& reason) {
  return reason.empty() ? said : phrase("{}: {}", std::move(said), reason);
}

std::string carrier_text(const Chance& chance) {
  return chance.carrier ? at(chance.journey->touchpoints, *chance.carrier).id : "anywhere";
}

Phrase moment_phrase(const Chance& chance) {
  const Transition& transition = *chance.transition;
  switch (transition.trigger) {
    case TransitionTrigger::event:
      return phrase("for {}", any_of(event_names(chance)));
    case TransitionTrigger::at_once:
      break;
    case TransitionTrigger::elapsed:
      return delay_phrase(chance);
    case TransitionTrigger::calendar:
      return chance.due ? delay_phrase(chance)
                        : phrase("for a time that is not known yet ({})", delay_phrase(chance));
  }
  const Touchpoint& target = at(chance.journey->touchpoints, *transition.to);
  const auto& when = transition.when ? transition.when : target.when;
  return when ? phrase("until {} holds", ticked(when->source())) : phrase("for its turn");
}

void conclude(const Story& story, WhyAnswer& answer) { Conclusion(story, answer).draw(); }

}  // namespace lotse::why_parts
