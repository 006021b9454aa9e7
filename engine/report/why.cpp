// Follows the events and gathers what concerned the touchpoint; why_sentence.cpp says how it stands.
#include "engine/report/why.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "engine/base/hash.hpp"
#include "engine/journey/find_journey.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/splits.hpp"
#include "engine/report/customer.hpp"
#include "engine/report/why_condition.hpp"
#include "engine/report/why_outreach.hpp"
#include "engine/report/why_story.hpp"
#include "engine/tracking/words.hpp"

namespace lotse {
namespace {

using why_parts::Chance;
using why_parts::Story;
using why_parts::ticked;

bool is_timed(const Transition& transition) {
  return transition.trigger == TransitionTrigger::elapsed ||
         transition.trigger == TransitionTrigger::calendar;
}

/// The first part of the stay that hops cut into several.
std::size_t first_part(const Instance& instance, std::size_t stay) {
  while (instance.stays[stay].entry == Entry::hop) --stay;
  return stay;
}

/// One event, or one timer: what it did to the state.
struct Step {
  const CustomerState& before;
  const CustomerState& after;
  const Event* event = nullptr;  ///< null: time
  Instant now{};
  const std::vector<Trace::Item>& trace;
};

class Walk {
 public:
  Walk(const WhyQuestion& question, std::uint32_t journey, std::vector<WhyItem>& items)
      : question_(question), items_(items) {
    story_.question = &question;
    story_.journey = journey;
  }

  Story run() {
    CustomerState before = question_.tracker->fresh(question_.customer);
    TraceList list;
    story_.state = question_.tracker->derive(
        question_.customer, question_.events, question_.as_of, &list,
        [&](const CustomerState& after, const Event* event) {
          const std::vector<Trace::Item> trace = list.take();
          const Instant now = event != nullptr ? event->time : after.last_timer;
          look_at({.before = before, .after = after, .event = event, .now = now, .trace = trace});
          before = after;
        });
    return std::move(story_);
  }

 private:
  void look_at(const Step& step) {
    const auto& instances = step.after.journeys[story_.journey].instances;
    for (std::uint32_t i = 0; i < instances.size(); ++i) look_at(step, i);
  }

  [[nodiscard]] const Instance* instance_before(const Step& step, std::uint32_t i) const {
    const auto& instances = step.before.journeys[story_.journey].instances;
    return i < instances.size() ? &instances[i] : nullptr;
  }
  [[nodiscard]] const Instance& instance_after(const Step& step, std::uint32_t i) const {
    return step.after.journeys[story_.journey].instances[i];
  }

  void look_at(const Step& step, std::uint32_t i) {
    const Instance& instance = instance_after(step, i);
    const Journey& journey = question_.tracker->version(story_.journey, instance.version);
    const auto target = journey.find_touchpoint(question_.touchpoint);
    if (!target) return;
    for (Chance& chance : story_.chances) {
      if (chance.instance == i && chance.state == Chance::State::open) go_on(chance, step);
    }
    const auto look_for = [&](std::optional<TouchpointIndex> carrier, const std::vector<Transition>& listed) {
      for (std::uint32_t index = 0; index < listed.size(); ++index) {
        if (listed[index].to != target) continue;
        for (const Instant reached : reached_now(step, i, carrier)) {
          begin({.instance = i,
                 .journey = &journey,
                 .transition = &listed[index],
                 .carrier = carrier,
                 .index = index,
                 .reached = reached,
                 .since = step.now},
                step);
        }
      }
    };
    for (std::uint32_t t = 0; t < journey.touchpoints.size(); ++t)
      look_for(TouchpointIndex{t}, journey.touchpoints[t].next);
    look_for(std::nullopt, journey.anywhere);
    look_for_arrival(step, i, *target);
  }

  /// When the carrier was reached in this step: as the position, or beside one, of which its effect tells;
  /// anywhere begins with every stay.
  [[nodiscard]] std::vector<Instant> reached_now(const Step& step, std::uint32_t i,
                                                 std::optional<TouchpointIndex> carrier) const {
    std::vector<Instant> reached;
    const Instance& instance = instance_after(step, i);
    const Instance* before = instance_before(step, i);
    for (std::size_t s = before == nullptr ? 0 : before->stays.size(); s < instance.stays.size(); ++s) {
      const Stay& stay = instance.stays[s];
      if (stay.entry != Entry::hop && (!carrier || stay.at == *carrier)) reached.push_back(stay.entered);
    }
    if (!carrier) return reached;
    const auto& effects = step.after.journeys[story_.journey].effects;
    for (std::size_t e = step.before.journeys[story_.journey].effects.size(); e < effects.size(); ++e) {
      if (effects[e].instance.value() == i && effects[e].touchpoint == *carrier)
        reached.push_back(effects[e].due);
    }
    return reached;
  }

  void look_for_arrival(const Step& step, std::uint32_t i, TouchpointIndex target) {
    const Instance& instance = instance_after(step, i);
    const Instance* before = instance_before(step, i);
    for (std::size_t s = before == nullptr ? 0 : before->stays.size(); s < instance.stays.size(); ++s) {
      const Stay& stay = instance.stays[s];
      if (stay.at != target || stay.entry == Entry::hop) continue;
      const bool off_path =
          stay.entry == Entry::went_back || stay.entry == Entry::skipped || stay.entry == Entry::elsewhere;
      const std::string touchpoint = ticked(question_.touchpoint);
      add(step, i, WhyItem::Kind::happened,
          off_path ? phrase("{} is reached, off the path", touchpoint) : phrase("{} is reached", touchpoint));
    }
  }

  /// Whether the customer still is where the transition is open.
  [[nodiscard]] static bool lasts(const Chance& chance, const Instance& instance) {
    if (instance.ended) return false;
    const Stay& stay = instance.stays[first_part(instance, instance.stays.size() - 1)];
    if (!chance.carrier || stay.at == *chance.carrier) return stay.entered == chance.reached;
    const auto beside = std::ranges::find(instance.beside, *chance.carrier, &Beside::touchpoint);
    return beside != instance.beside.end() && beside->reached == chance.reached;
  }

  [[nodiscard]] static bool was_taken(const Chance& chance, const Step& step) {
    return std::ranges::any_of(step.trace, [&](const Trace::Item& item) {
      return item.instance && item.instance->value() == chance.instance &&
             item.transition == chance.transition->ordinal;
    });
  }

  void begin(Chance chance, const Step& step) {
    const Instance& instance = instance_after(step, chance.instance);
    if (met_.emplace(chance.instance, chance.carrier ? chance.carrier->value() : ~0U, chance.reached)
            .second &&
        chance.carrier) {
      add(step, chance.instance, WhyItem::Kind::reached,
          phrase("{} is reached", ticked(carrier_text(chance))));
    }
    if (chance.transition->split && !is_in_arm(chance, step)) {
      chance.state = Chance::State::other_arm;
    } else if (was_taken(chance, step)) {
      happen(chance, step);
    } else {
      wait(chance, step, instance);
    }
    if (chance.state == Chance::State::open && !lasts(chance, instance)) end(chance, step);
    story_.chances.push_back(std::move(chance));
  }

  /// Says which arm it is, and which the customer's.
  bool is_in_arm(Chance& chance, const Step& step) {
    const Journey& journey = *chance.journey;
    const std::string& name = at(journey.splits, *chance.transition->split);
    const double fraction = split_fraction(question_.customer, name);
    const auto& listed = chance.carrier ? at(journey.touchpoints, *chance.carrier).next : journey.anywhere;
    const auto own = std::ranges::find_if(listed, [&](const Transition& arm) {
      return arm.split == chance.transition->split && falls_to(arm, fraction);
    });
    if (own == listed.end()) return false;
    constexpr double whole = whole_share;
    chance.split = WhySplit{.name = name,
                            .fraction = fraction,
                            .arm = arm_name(journey, *own),
                            .from = own->share_from / whole,
                            .to = own->share_to / whole};
    WhyItem& item = add(
        step, chance.instance, WhyItem::Kind::split,
        phrase("split {}: {} falls to {} [{}, {})", name, fmt::format("{:.4f}", fraction), chance.split->arm,
               fmt::format("{:.4g}", chance.split->from), fmt::format("{:.4g}", chance.split->to)));
    item.split = chance.split;
    return &*own == chance.transition;
  }

  void happen(Chance& chance, const Step& step) {
    chance.state = Chance::State::happened;
    chance.since = step.now;
    const Touchpoint& target = at(chance.journey->touchpoints, *chance.transition->to);
    if (target.kind == TouchpointKind::outbound || target.kind == TouchpointKind::handover)
      add(step, chance.instance, WhyItem::Kind::happened, phrase("{} is due", ticked(target.id)));
  }

  /// What it waits for; or what came at once, and was not met.
  void wait(Chance& chance, const Step& step, const Instance& instance) {
    const Touchpoint& target = at(chance.journey->touchpoints, *chance.transition->to);
    const bool beside = target.kind == TouchpointKind::outbound || target.kind == TouchpointKind::handover;
    if (chance.transition->trigger == TransitionTrigger::at_once && beside)
      return refuse(chance, step, step.after, instance, step.event);
    if (is_timed(*chance.transition)) {
      const auto pending = find_pending(chance, instance);
      if (!pending && lasts(chance, instance)) {
        chance.state = Chance::State::passed;
        add(step, chance.instance, WhyItem::Kind::not_taken, phrase("its time had passed already"));
        return;
      }
      if (pending && *pending != Instant::max()) chance.due = pending;
    }
    if (!lasts(chance, instance)) return;
    WhyItem& item =
        add(step, chance.instance, WhyItem::Kind::waits,
            chance.due ? phrase("{} waits until {}: {}", ticked(target.id),
                                why_parts::time_phrase(*chance.due, question_.zone),
                                why_parts::moment_phrase(chance))
                       : phrase("{} waits {}", ticked(target.id), why_parts::moment_phrase(chance)));
    item.until = chance.due;
  }

  [[nodiscard]] static std::optional<Instant> find_pending(const Chance& chance, const Instance& instance) {
    const auto found = std::ranges::find_if(instance.pending, [&](const PendingTransition& pending) {
      return pending.carrier == chance.carrier && pending.transition == chance.index;
    });
    return found == instance.pending.end() ? std::nullopt : std::optional(found->due);
  }

  void go_on(Chance& chance, const Step& step) {
    const Instance& instance = instance_after(step, chance.instance);
    const Instance& before = *instance_before(step, chance.instance);
    if (was_taken(chance, step)) return happen(chance, step);
    if (is_timed(*chance.transition)) {
      follow_timer(chance, step, before, instance);
    } else if (step.event != nullptr && chance.transition->trigger == TransitionTrigger::event) {
      if (is_asked(chance, step, before)) refuse(chance, step, step.before, before, step.event);
    }
    if (chance.state == Chance::State::open && !lasts(chance, instance)) end(chance, step);
  }

  void follow_timer(Chance& chance, const Step& step, const Instance& before, const Instance& instance) {
    const auto pending = find_pending(chance, instance);
    const bool came = step.event == nullptr && chance.due == step.now && find_pending(chance, before) &&
                      !pending && lasts(chance, instance);
    if (came) return refuse(chance, step, step.before, before, nullptr);
    const auto due = pending && *pending != Instant::max() ? pending : std::nullopt;
    if (!pending || due == chance.due) return;
    chance.due = due;
    WhyItem& item =
        add(step, chance.instance, WhyItem::Kind::waits,
            due ? phrase("{} now waits until {}", ticked(question_.touchpoint),
                         why_parts::time_phrase(*due, question_.zone))
                : phrase("{} waits for a time that is not known any more", ticked(question_.touchpoint)));
    item.until = due;
  }

  /// Whether the event is of a type that the transition waits for, and means this instance.
  [[nodiscard]] bool is_asked(const Chance& chance, const Step& step, const Instance& instance) const {
    const Journey& journey = *chance.journey;
    const Touchpoint& target = at(journey.touchpoints, *chance.transition->to);
    const auto& on = target.kind == TouchpointKind::inbound ? target.on : chance.transition->on;
    const auto type = journey.find_event_type(step.event->type);
    if (!type || std::ranges::find(on, *type) == on.end()) return false;
    if (!journey.key || !instance.key) return !instance.ended;
    const auto key = journey.key->evaluate(Scope(journey, step.after, nullptr, step.event, step.now));
    return !key || key->is_null() || key->identical(*instance.key);
  }

  /// Its moment has come, or an event that it waits for, and it did not happen.
  void refuse(Chance& chance, const Step& step, const CustomerState& customer, const Instance& instance,
              const Event* event) {
    const Journey& journey = *chance.journey;
    const Touchpoint& target = at(journey.touchpoints, *chance.transition->to);
    const bool final = chance.transition->trigger != TransitionTrigger::event;
    if (final) {
      chance.state = Chance::State::not_met;
      chance.since = step.now;
    }
    const Scope scope(journey, customer, &instance, event, step.now,
                      question_.tracker->journeys()[story_.journey].risk.get());
    const auto unmet = why_parts::first_unmet(
        journey, question_.sensitive, scope,
        std::array{&chance.transition->when,
                   target.kind == TouchpointKind::inbound || final ? &target.when : nullptr});
    if (unmet) {
      chance.why_not = why_parts::condition_phrase(*unmet);
    } else if (target.kind == TouchpointKind::inbound && event != nullptr &&
               !offers(journey, target, event->channel)) {
      chance.why_not = event->channel.empty()
                           ? phrase("{} does not take it without a channel", ticked(target.id))
                           : phrase("{} does not take it by {}", ticked(target.id), event->channel);
    } else {
      chance.why_not = phrase("another transition stood before it");
    }
    add(step, chance.instance, WhyItem::Kind::not_taken,
        phrase("{} does not follow: {}", ticked(target.id), chance.why_not))
        .condition = unmet;
  }

  [[nodiscard]] static bool offers(const Journey& journey, const Touchpoint& touchpoint,
                                   std::string_view channel) {
    const auto index = journey.find_channel(channel);
    return touchpoint.channels.empty() ||
           (index && std::ranges::find(touchpoint.channels, *index) != touchpoint.channels.end());
  }

  void end(Chance& chance, const Step& step) {
    const Instance& instance = instance_after(step, chance.instance);
    chance.state = Chance::State::ended;
    chance.since = step.now;
    const std::size_t stay = stay_of(chance, instance);
    chance.ended_by = ending_phrase(*chance.journey, instance, instance.stays[last_part(instance, stay)]);
    const std::string where = ticked(at(chance.journey->touchpoints, instance.stays[stay].at).id);
    add(step, chance.instance, WhyItem::Kind::stay_ended,
        chance.due ? phrase("the stay at {} ends before that: {}", where, chance.ended_by)
                   : phrase("the stay at {} ends: {}", where, chance.ended_by));
  }

  /// The stay at the carrier, or beside which it was reached.
  [[nodiscard]] static std::size_t stay_of(const Chance& chance, const Instance& instance) {
    std::size_t found = 0;
    for (std::size_t s = 0; s < instance.stays.size(); ++s) {
      const Stay& stay = instance.stays[s];
      if (stay.entry == Entry::hop || stay.entered > chance.reached) continue;
      if (chance.carrier && stay.at != *chance.carrier && is_position(*chance.journey, *chance.carrier))
        continue;
      found = s;
    }
    return found;
  }

  [[nodiscard]] static bool is_position(const Journey& journey, TouchpointIndex touchpoint) {
    const TouchpointKind kind = at(journey.touchpoints, touchpoint).kind;
    return kind == TouchpointKind::inbound || kind == TouchpointKind::milestone;
  }

  [[nodiscard]] static std::size_t last_part(const Instance& instance, std::size_t stay) {
    while (stay + 1 < instance.stays.size() && instance.stays[stay + 1].entry == Entry::hop) ++stay;
    return stay;
  }

  [[nodiscard]] static Phrase ending_phrase(const Journey& journey, const Instance& instance,
                                            const Stay& stay) {
    switch (stay.cause) {
      case Cause::advanced:
        return phrase("advanced to {}", ticked(at(journey.touchpoints, *stay.to).id));
      case Cause::went_back:
        return phrase("went back to {}", ticked(at(journey.touchpoints, *stay.to).id));
      case Cause::dropped:
        return phrase("dropped after silence");
      case Cause::exited:
        return instance.restarted ? phrase("began anew")
               : stay.outcome     ? phrase("left the journey: {}", at(journey.outcomes, *stay.outcome))
                                  : phrase("left the journey");
      case Cause::achieved:
        return phrase("the goal was reached");
      case Cause::open:
      case Cause::hopped:
        break;
    }
    return phrase("reached again");
  }

  WhyItem& add(const Step& step, std::uint32_t instance, WhyItem::Kind kind, Phrase said) {
    items_.push_back({.at = step.now,
                      .kind = kind,
                      .instance = instance,
                      .phrase = std::move(said),
                      .event = step.event == nullptr ? std::string() : step.event->type});
    return items_.back();
  }

  const WhyQuestion& question_;
  std::vector<WhyItem>& items_;
  Story story_;
  std::set<std::tuple<std::uint32_t, std::uint32_t, Instant>> met_;  ///< instance, carrier, reached
};

/// The journey that is meant: the one named, or the only one that has the touchpoint.
Result<std::uint32_t> journey_in_question(const WhyQuestion& question) {
  const std::vector<JourneyVersions>& journeys = question.tracker->journeys();
  std::optional<std::size_t> named;
  if (!question.journey.empty()) {
    LOTSE_TRY(named, find_journey(journeys, question.journey, "this workspace"));
  }
  std::vector<std::uint32_t> having;
  std::vector<std::string_view> names;
  std::vector<std::string_view> touchpoints;
  for (std::uint32_t i = 0; i < journeys.size(); ++i) {
    if (named && *named != i) continue;
    bool has = false;
    for (const auto& version : journeys[i].versions) {
      for (const Touchpoint& touchpoint : version->touchpoints) touchpoints.emplace_back(touchpoint.id);
      has = has || version->find_touchpoint(question.touchpoint).has_value();
    }
    if (!has) continue;
    having.push_back(i);
    names.emplace_back(journeys[i].versions.back()->id);
  }
  if (having.size() == 1) return having.front();
  if (having.size() > 1) {
    return fail(ErrorCode::bad_input, fmt::format("which journey? {} have a touchpoint `{}`",
                                                  fmt::join(names, ", "), question.touchpoint));
  }
  std::string message = fmt::format("`{}` is no touchpoint of {}", question.touchpoint,
                                    named ? fmt::format("`{}`", question.journey) : "this workspace");
  if (const std::string hint = did_you_mean(question.touchpoint, touchpoints); !hint.empty())
    message += "; " + hint;
  return fail(ErrorCode::not_found, std::move(message));
}

}  // namespace

Result<WhyAnswer> why(const WhyQuestion& question) {
  LOTSE_TRY(const std::uint32_t journey, journey_in_question(question));
  WhyAnswer answer;
  answer.customer = question.customer;
  answer.journey = question.tracker->journeys()[journey].versions.back()->id;
  answer.touchpoint = question.touchpoint;
  answer.as_of = question.as_of;
  answer.zone = question.zone;
  Story story = Walk(question, journey, answer.items).run();
  why_parts::gather_outreach(story, answer.items);
  std::ranges::stable_sort(answer.items, {}, &WhyItem::at);
  why_parts::conclude(story, answer);
  return answer;
}

}  // namespace lotse
