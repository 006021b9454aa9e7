#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/report/customer.hpp"
#include "engine/report/customer_words.hpp"
#include "engine/report/phrase_value.hpp"

namespace lotse {

namespace {

using customer::word;

/// Builds a JSON object key by key.
class Object {
 public:
  Object& add(const char* key, Value value) {
    map_.emplace_back(Value(key), std::move(value));
    return *this;
  }
  Object& add(const char* key, std::string_view text) { return add(key, Value(text)); }
  Object& add(const char* key, Instant at) { return add(key, Value(format_instant(at))); }
  Object& add(const char* key, const std::optional<Instant>& at) {
    return add(key, at ? Value(format_instant(*at)) : Value());
  }
  Value take() { return Value(std::move(map_)); }

 private:
  Map map_;
};

Value channel_value(const Journey& journey, const std::optional<ChannelIndex>& channel) {
  return channel ? Value(at(journey.channels, *channel)) : Value();
}

Value position_value(const Journey& journey, const Instance& instance) {
  if (instance.ended) return {};
  const Stay& stay = instance.stays.back();
  const Touchpoint& touchpoint = at(journey.touchpoints, stay.at);
  return Object()
      .add("touchpoint", touchpoint.id)
      .add("title", touchpoint.title)
      .add("stage", touchpoint.stage ? Value(at(journey.stages, *touchpoint.stage)) : Value())
      .add("channel", channel_value(journey, stay.channel))
      .add("since", stay.entered)
      .add("turn", customer::turn_text(journey, instance))
      .add("promised_by", stay.deadline)
      .take();
}

Value context_value(const CustomerReport& report, const Journey& journey, const Instance& instance) {
  Map map;
  for (std::size_t index = 0; index < journey.context.size(); ++index) {
    const auto& value = instance.context.at(index);
    if (!value) continue;
    const ContextField& field = journey.context[index];
    const bool hidden = field.sensitive && !report.sensitive;
    map.emplace_back(Value(field.name), hidden ? Value(customer::masked) : *value);
  }
  return Value(std::move(map));
}

Value stays_value(const CustomerReport& report, const Journey& journey, const Instance& instance) {
  List list;
  for (const Stay& stay : instance.stays) {
    const bool open = stay.cause == Cause::open;
    List feedback;
    for (const Feedback& given : stay.feedback) {
      feedback.push_back(Object()
                             .add("at", given.at)
                             .add("scale", word(given.scale))
                             .add("score", Value(given.score))
                             .add("comment", customer::shown_comment(report.sensitive, journey, given))
                             .take());
    }
    list.push_back(Object()
                       .add("touchpoint", at(journey.touchpoints, stay.at).id)
                       .add("title", at(journey.touchpoints, stay.at).title)
                       .add("channel", channel_value(journey, stay.channel))
                       .add("entry", word(stay.entry))
                       .add("entered", stay.entered)
                       .add("cause", word(stay.cause))
                       .add("left", open ? std::optional<Instant>() : std::optional(stay.left))
                       .add("recovered", stay.recovered)
                       .add("repeats", Value(std::int64_t{stay.repeats}))
                       .add("feedback", Value(std::move(feedback)))
                       .take());
  }
  return Value(std::move(list));
}

Value effects_value(const CustomerReport& report, const Journey& journey, const JourneyState& state,
                    std::size_t index) {
  List list;
  for (const Effect& effect : state.effects) {
    if (effect.instance.value() != index) continue;
    const Touchpoint& touchpoint = at(journey.touchpoints, effect.touchpoint);
    const bool is_task = touchpoint.kind == TouchpointKind::handover;
    list.push_back(Object()
                       .add("touchpoint", touchpoint.id)
                       .add("title", touchpoint.title)
                       .add("team", touchpoint.handover ? Value(touchpoint.handover->team) : Value())
                       .add("kind", is_task ? "task" : "message")
                       .add("due", effect.due)
                       .add("status", is_task ? word(effect.task) : word(effect.status(report.as_of)))
                       .add("channel", channel_value(journey, effect.channel))
                       .add("promised_by", effect.deadline)
                       .take());
  }
  return Value(std::move(list));
}

Value promises_value(const CustomerReport& report, const Journey& journey, const Instance& instance) {
  List list;
  for (const PromiseRecord& record : instance.promises) {
    const bool known = record.deadline != Instant::max();
    list.push_back(Object()
                       .add("name", journey.promises.at(record.promise).name)
                       .add("status", word(instance.status(record, report.as_of)))
                       .add("made", record.made)
                       .add("due", known ? std::optional(record.deadline) : std::nullopt)
                       .add("reached", record.reached)
                       .take());
  }
  return Value(std::move(list));
}

Value texts(const std::vector<std::string>& items) {
  List list;
  for (const std::string& item : items) list.push_back(Value(item));
  return Value(std::move(list));
}

Value open_value(const Journey& journey, const Instance& instance) {
  List list;
  for (const OpenTransition& open : open_transitions(journey, instance)) {
    list.push_back(Object()
                       .add("to", open.to)
                       .add("title", open.transition->to
                                         ? Value(at(journey.touchpoints, *open.transition->to).title)
                                         : Value())
                       .add("from", open.from)
                       .add("on", texts(open.on))
                       .add("channels", texts(open.channels))
                       .add("when", open.when)
                       .add("due", open.due == Instant::max() ? std::nullopt : std::optional(open.due))
                       .take());
  }
  return Value(std::move(list));
}

Value instance_value(const CustomerReport& report, const JourneyVersions& versions, const JourneyState& state,
                     std::size_t index) {
  const Instance& instance = state.instances[index];
  const Journey& journey = *at(versions.versions, instance.version);
  const std::optional<double> value = customer::shown_value(report, journey, instance);
  return Object()
      .add("journey", journey.id)
      .add("version", Value(std::int64_t{journey.version}))
      .add("title", journey.title)
      .add("key", customer::shown_key(report, journey, instance).value_or(Value()))
      .add("status", word(instance.status()))
      .add("opened", instance.opened)
      .add("achieved", instance.achieved)
      .add("ended", instance.ended ? std::optional(instance.ended_at) : std::nullopt)
      .add("outcome", instance.outcome ? Value(at(journey.outcomes, *instance.outcome)) : Value())
      .add("position", position_value(journey, instance))
      .add("context", context_value(report, journey, instance))
      .add("value", value ? Value(*value) : Value())
      .add("promises", promises_value(report, journey, instance))
      .add("effects", effects_value(report, journey, state, index))
      .add("open", open_value(journey, instance))
      .add("stays", stays_value(report, journey, instance))
      .add("expression_errors", Value(std::int64_t{instance.expression_errors}))
      .take();
}

Value traits_value(const CustomerReport& report) {
  Map map;
  for (const auto& [name, value] : *report.state.traits.map()) {
    map.emplace_back(name, customer::shown_trait(report, *name.string(), value));
  }
  return Value(std::move(map));
}

Value timeline_item(const CustomerReport& report, std::size_t number) {
  const Trace::Item& item = report.trace[number];
  const Phrase said = customer::unmasked_or_masked(report, item);
  return Object()
      .add("number", Value(static_cast<std::int64_t>(number)))
      .add("at", item.at)
      .add("kind", word(item.kind))
      .add("text", said.text())
      .add("phrase", phrase_value(said))
      .take();
}

}  // namespace

std::string customer_json(const CustomerReport& report, TimelineIn timeline) {
  List identifiers;
  for (const Identifier& identifier : report.identifiers) {
    identifiers.push_back(
        Object().add("namespace", identifier.name_space).add("value", identifier.value).take());
  }
  List instances;
  for (std::size_t journey = 0; journey < report.state.journeys.size(); ++journey) {
    const JourneyState& state = report.state.journeys[journey];
    for (std::size_t index = 0; index < state.instances.size(); ++index) {
      instances.push_back(instance_value(report, (*report.journeys)[journey], state, index));
    }
  }
  List consents;
  for (const Consent& consent : report.consents) {
    consents.push_back(Object()
                           .add("purpose", consent.purpose)
                           .add("channel", consent.channel.empty() ? Value() : Value(consent.channel))
                           .add("given", Value(consent.given))
                           .add("since", consent.since)
                           .add("source", consent.source)
                           .add("event", consent.event)
                           .take());
  }
  const auto& last = report.state.last_event;
  Object object;
  object.add("customer", report.state.customer)
      .add("as_of", report.as_of)
      .add("identifiers", Value(std::move(identifiers)))
      .add("traits", traits_value(report))
      .add("consents", Value(std::move(consents)))
      .add("events", Value(std::int64_t{report.state.events}))
      .add("last_event", last ? std::optional(last->time) : std::nullopt)
      .add("instances", Value(std::move(instances)));
  if (timeline == TimelineIn::no) return to_json(object.take());
  List items;
  for (std::size_t number = 0; number < report.trace.size(); ++number) {
    items.push_back(timeline_item(report, number));
  }
  return to_json(object.add("timeline", Value(std::move(items))).take());
}

std::string customer_timeline_json(const CustomerReport& report, Instant known_at, const TimelinePage& page) {
  List items;
  std::size_t number = std::min(page.before, report.trace.size());
  while (number > 0 && items.size() < page.limit) items.push_back(timeline_item(report, --number));
  return to_json(Object()
                     .add("customer", report.state.customer)
                     .add("as_of", report.as_of)
                     .add("known_at", known_at)
                     .add("items", Value(std::move(items)))
                     .add("next", number == 0 ? Value() : Value(static_cast<std::int64_t>(number)))
                     .take());
}

}  // namespace lotse
