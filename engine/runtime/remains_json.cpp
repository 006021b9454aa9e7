// Remains as JSON and back. What is absent is not written: a field that is missing is null, 0, false or
// empty.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "engine/runtime/remains.hpp"
#include "engine/store/event_text.hpp"
#include "engine/tracking/words.hpp"

namespace lotse {
namespace {

// Writing

/// An object, but for what is absent.
class Object {
 public:
  void add(const char* name, Value value) { map_.emplace_back(Value(name), std::move(value)); }
  void add(const char* name, std::string_view text) { add(name, Value(text)); }
  void add(const char* name, Instant at) { add(name, Value(std::int64_t{at.time_since_epoch().count()})); }
  void add(const char* name, const std::optional<Instant>& at) {
    if (at) add(name, *at);
  }
  void add(const char* name, std::uint32_t count) {
    if (count != 0) add(name, Value(std::int64_t{count}));
  }
  void add(const char* name, bool flag) {
    if (flag) add(name, Value(true));
  }
  void add(const char* name, List list) {
    if (!list.empty()) add(name, Value(std::move(list)));
  }
  Value take() { return Value(std::move(map_)); }

 private:
  Map map_;
};

template <class Range, class Each>
List list_of(const Range& range, Each each) {
  List list;
  for (const auto& one : range) list.push_back(each(one));
  return list;
}

Value feedback_value(const Feedback& feedback) {
  Object object;
  object.add("at", feedback.at);
  object.add("scale", word(feedback.scale));
  object.add("score", Value(feedback.score));
  if (feedback.segments) object.add("segments", Value(std::int64_t{*feedback.segments}));
  return object.take();
}

Value lost_value(const Journey& journey, const LostContext& lost) {
  Object object;
  object.add("field", std::string_view(at(journey.context, lost.field).name));
  object.add("touchpoint", std::string_view(at(journey.touchpoints, lost.at).id));
  object.add("what", word(lost.what));
  object.add("at", lost.when);
  return object.take();
}

Value stay_value(const Journey& journey, const Stay& stay) {
  const auto id = [&](TouchpointIndex touchpoint) {
    return std::string_view(at(journey.touchpoints, touchpoint).id);
  };
  Object object;
  object.add("touchpoint", id(stay.at));
  if (stay.channel) object.add("channel", std::string_view(at(journey.channels, *stay.channel)));
  object.add("entry", word(stay.entry));
  object.add("entered", stay.entered);
  object.add("cause", word(stay.cause));
  object.add("left", stay.left);
  if (stay.to) object.add("to", id(*stay.to));
  if (stay.outcome) object.add("outcome", std::string_view(at(journey.outcomes, *stay.outcome)));
  object.add("recovered", stay.recovered);
  object.add("last_activity", stay.last_activity);
  object.add("repeats", stay.repeats);
  object.add("blocked", stay.blocked);
  object.add("deviations", stay.deviations);
  object.add("escalated", stay.escalated);
  object.add("promised", stay.promised);
  object.add("deadline", stay.deadline);
  if (stay.awaits) object.add("awaits", id(*stay.awaits));
  object.add("revived", stay.revived);
  object.add("forced_hop", stay.forced_hop);
  object.add("segments", stay.segments);
  object.add("feedback", list_of(stay.feedback, feedback_value));
  object.add("lost", list_of(stay.lost, [&](const LostContext& lost) { return lost_value(journey, lost); }));
  return object.take();
}

Value promise_value(const Journey& journey, const PromiseRecord& promise) {
  Object object;
  object.add("name", std::string_view(journey.promises.at(promise.promise).name));
  object.add("made", promise.made);
  if (promise.deadline != Instant::max()) object.add("deadline", promise.deadline);
  object.add("reached", promise.reached);
  return object.take();
}

Value instance_value(const Journey& journey, const Instance& instance) {
  Object object;
  object.add("version", journey.version);
  object.add("opened", instance.opened);
  object.add("ended", instance.ended_at);
  if (instance.outcome) object.add("outcome", std::string_view(at(journey.outcomes, *instance.outcome)));
  object.add("restarted", instance.restarted);
  object.add("stopped", instance.version_end == VersionEnd::stopped);
  object.add("moved", instance.version_end == VersionEnd::moved);
  object.add("achieved", instance.achieved);
  if (instance.value) object.add("value", Value(*instance.value));
  object.add("segments", list_of(instance.segment_sets, [](const std::vector<Value>& set) {
               return Value(List(set.begin(), set.end()));
             }));
  object.add("stays", list_of(instance.stays, [&](const Stay& stay) { return stay_value(journey, stay); }));
  object.add("promises", list_of(instance.promises, [&](const PromiseRecord& promise) {
               return promise_value(journey, promise);
             }));
  return object.take();
}

Value effect_value(const Journey& journey, const Effect& effect) {
  Object object;
  object.add("touchpoint", std::string_view(at(journey.touchpoints, effect.touchpoint).id));
  object.add("instance", effect.instance.value());
  object.add("stay", effect.stay.value());
  object.add("due", effect.due);
  object.add("stale_at", effect.stale_at);
  object.add("handed_out", effect.handed_out);
  if (effect.channel) object.add("channel", std::string_view(at(journey.channels, *effect.channel)));
  object.add("ended", effect.ended);
  if (effect.task != TaskStatus::none) object.add("task", word(effect.task));
  object.add("deadline", effect.deadline);
  return object.take();
}

// Reading

/// A field that is not what remains_json() writes. Caught in read_remains().
struct Unreadable {
  std::string what;
};

class Reader {
 public:
  explicit Reader(const Value& object) : object_(object) {
    if (object.map() == nullptr) throw Unreadable{"no object"};
  }
  [[nodiscard]] const Value* find(std::string_view name) const { return object_.find(name); }
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* number = std::get_if<std::int64_t>(&value->rep())) return *number;
    throw Unreadable{std::string(name)};
  }
  [[nodiscard]] std::uint32_t count(std::string_view name) const {
    return static_cast<std::uint32_t>(integer(name).value_or(0));
  }
  [[nodiscard]] std::optional<Instant> instant(std::string_view name) const {
    const auto ms = integer(name);
    return ms ? std::optional(Instant(Duration(*ms))) : std::nullopt;
  }
  [[nodiscard]] Instant required_instant(std::string_view name) const {
    const auto found = instant(name);
    return found ? *found : throw Unreadable{std::string(name)};
  }
  [[nodiscard]] std::optional<double> real(std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* number = std::get_if<double>(&value->rep())) return *number;
    if (const auto* number = std::get_if<std::int64_t>(&value->rep())) return static_cast<double>(*number);
    throw Unreadable{std::string(name)};
  }
  [[nodiscard]] bool flag(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    return value->string() != nullptr ? std::string_view(*value->string())
                                      : throw Unreadable{std::string(name)};
  }
  template <class Each>
  void each(std::string_view name, Each each) const {
    const Value* value = find(name);
    if (value == nullptr) return;
    if (value->list() == nullptr) throw Unreadable{std::string(name)};
    for (const Value& item : *value->list()) each(item);
  }
  template <class Enum>
  [[nodiscard]] Enum named(std::string_view name, Enum last) const {
    const auto word = text(name);
    const auto found = word ? lotse::named(*word, last) : std::nullopt;
    return found ? *found : throw Unreadable{std::string(name)};
  }
  /// The place among `things` of the one that the field names.
  template <class IndexType, class Things, class Name>
  [[nodiscard]] std::optional<IndexType> index(std::string_view name, const Things& things,
                                               Name name_of) const {
    const auto wanted = text(name);
    if (!wanted) return std::nullopt;
    const auto found =
        std::ranges::find_if(things, [&](const auto& thing) { return name_of(thing) == *wanted; });
    if (found == things.end()) throw Unreadable{std::string(*wanted)};
    return IndexType(static_cast<std::uint32_t>(found - things.begin()));
  }
  /// A channel may have been taken out of channels.yaml since: then it is not known any more.
  [[nodiscard]] std::optional<ChannelIndex> channel(const Journey& journey) const {
    const auto named = text("channel");
    const bool there = named && std::ranges::find(journey.channels, *named) != journey.channels.end();
    return there ? index<ChannelIndex>("channel", journey.channels, std::identity()) : std::nullopt;
  }

 private:
  const Value& object_;
};

const std::string& itself(const std::string& name) { return name; }

class JourneyReader {
 public:
  JourneyReader(const JourneyVersions& versions, const Reader& in) : versions_(versions) {
    state_.starts_without_key = in.count("starts_without_key");
    state_.starts_without_version = in.count("starts_without_version");
    state_.unattributed_feedback = in.count("unattributed_feedback");
    in.each("instances", [&](const Value& item) { read_instance(Reader(item)); });
    in.each("effects", [&](const Value& item) { read_effect(Reader(item)); });
  }
  JourneyState take() { return std::move(state_); }

 private:
  std::optional<TouchpointIndex> touchpoint(const Journey& journey, const Reader& in,
                                            std::string_view name) const {
    return in.index<TouchpointIndex>(name, journey.touchpoints, [](const Touchpoint& t) { return t.id; });
  }

  void read_instance(const Reader& in) {
    const std::uint32_t number = in.count("version");
    const auto version = std::ranges::find_if(
        versions_.versions, [&](const auto& journey) { return journey->version == number; });
    if (version == versions_.versions.end()) throw Unreadable{fmt::format("version {}", number)};
    const Journey& journey = **version;
    Instance& instance = state_.instances.emplace_back();
    instance.version = VersionIndex(static_cast<std::uint32_t>(version - versions_.versions.begin()));
    instance.opened = in.required_instant("opened");
    instance.ended = true;
    instance.ended_at = in.required_instant("ended");
    instance.outcome = in.index<OutcomeIndex>("outcome", journey.outcomes, itself);
    instance.restarted = in.flag("restarted");
    if (in.flag("stopped")) instance.version_end = VersionEnd::stopped;
    if (in.flag("moved")) instance.version_end = VersionEnd::moved;
    instance.achieved = in.instant("achieved");
    instance.value = in.real("value");
    in.each("segments", [&](const Value& set) {
      if (set.list() == nullptr) throw Unreadable{"segments"};
      instance.segment_sets.emplace_back(set.list()->begin(), set.list()->end());
    });
    in.each("stays", [&](const Value& item) { read_stay(journey, instance, Reader(item)); });
    if (instance.stays.empty()) throw Unreadable{"stays"};
    in.each("promises", [&](const Value& item) {
      const Reader promise(item);
      const auto which = promise.index<Index<struct PromiseTag>>(
          "name", journey.promises, [](const JourneyPromise& p) { return p.name; });
      if (!which) throw Unreadable{"promises"};
      instance.promises.push_back({.promise = which->value(),
                                   .made = promise.required_instant("made"),
                                   .deadline = promise.instant("deadline").value_or(Instant::max()),
                                   .reached = promise.instant("reached")});
    });
  }

  void read_stay(const Journey& journey, Instance& instance, const Reader& in) const {
    const auto place = touchpoint(journey, in, "touchpoint");
    if (!place) throw Unreadable{"touchpoint"};
    Stay& stay = instance.stays.emplace_back();
    stay.at = *place;
    stay.channel = in.channel(journey);
    stay.entry = in.named("entry", Entry::returned);
    stay.entered = in.required_instant("entered");
    stay.cause = in.named("cause", Cause::achieved);
    stay.left = in.required_instant("left");
    stay.to = touchpoint(journey, in, "to");
    stay.outcome = in.index<OutcomeIndex>("outcome", journey.outcomes, itself);
    stay.recovered = in.instant("recovered");
    stay.last_activity = in.required_instant("last_activity");
    stay.repeats = in.count("repeats");
    stay.blocked = in.count("blocked");
    stay.deviations = in.count("deviations");
    stay.escalated = in.instant("escalated");
    stay.promised = in.instant("promised");
    stay.deadline = in.instant("deadline");
    stay.awaits = touchpoint(journey, in, "awaits");
    stay.revived = in.flag("revived");
    stay.forced_hop = in.flag("forced_hop");
    stay.segments = in.count("segments");
    in.each("feedback", [&](const Value& item) {
      const Reader feedback(item);
      const auto segments = feedback.integer("segments");
      stay.feedback.push_back(
          {.at = feedback.required_instant("at"),
           .scale = feedback.named("scale", Scale::sentiment),
           .score = feedback.real("score").value_or(0),
           .comment = {},
           .segments = segments ? std::optional(static_cast<std::uint32_t>(*segments)) : std::nullopt});
    });
    in.each("lost", [&](const Value& item) {
      const Reader lost(item);
      const auto field =
          lost.index<FieldIndex>("field", journey.context, [](const ContextField& one) { return one.name; });
      const auto where = touchpoint(journey, lost, "touchpoint");
      if (!field || !where) throw Unreadable{"lost"};
      stay.lost.push_back({.field = *field,
                           .at = *where,
                           .what = lost.named("what", LostContext::What::missing),
                           .when = lost.required_instant("at")});
    });
  }

  void read_effect(const Reader& in) {
    const InstanceIndex number(in.count("instance"));
    if (number.value() >= state_.instances.size()) throw Unreadable{"instance"};
    const Journey& journey = *at(versions_.versions, at(state_.instances, number).version);
    const auto place = touchpoint(journey, in, "touchpoint");
    if (!place) throw Unreadable{"touchpoint"};
    Effect effect{.key = {}, .touchpoint = *place, .instance = number, .stay = StayIndex(in.count("stay"))};
    effect.due = in.required_instant("due");
    effect.stale_at = in.required_instant("stale_at");
    effect.handed_out = in.instant("handed_out");
    effect.channel = in.channel(journey);
    effect.ended = in.instant("ended");
    if (in.flag("task")) effect.task = in.named("task", TaskStatus::withdrawn);
    effect.deadline = in.instant("deadline");
    state_.effects.push_back(std::move(effect));
  }

  const JourneyVersions& versions_;
  JourneyState state_;
};

}  // namespace

std::string remains_json(const Tracker& tracker, const CustomerState& remains) {
  List journeys;
  for (std::uint32_t index = 0; index < remains.journeys.size(); ++index) {
    const JourneyState& state = remains.journeys[index];
    if (state == JourneyState{}) continue;
    const auto version_of = [&](InstanceIndex instance) -> const Journey& {
      return tracker.version(index, at(state.instances, instance).version);
    };
    Object journey;
    journey.add("journey", std::string_view(tracker.journeys()[index].versions.front()->id));
    journey.add("starts_without_key", state.starts_without_key);
    journey.add("starts_without_version", state.starts_without_version);
    journey.add("unattributed_feedback", state.unattributed_feedback);
    journey.add("instances", list_of(state.instances, [&](const Instance& instance) {
                  return instance_value(tracker.version(index, instance.version), instance);
                }));
    journey.add("effects", list_of(state.effects, [&](const Effect& effect) {
                  return effect_value(version_of(effect.instance), effect);
                }));
    journeys.push_back(journey.take());
  }
  Object all;
  all.add("erased", remains.clock);
  all.add("journeys", std::move(journeys));
  std::string json;
  append_json(json, all.take());
  return json;
}

Result<CustomerState> read_remains(const Tracker& tracker, std::string_view json) {
  try {
    LOTSE_TRY(const Value value, read_json_object(json));
    const Reader in(value);
    CustomerState state = tracker.fresh("");
    state.clock = in.required_instant("erased");
    in.each("journeys", [&](const Value& item) {
      const Reader journey(item);
      const auto id = journey.text("journey");
      const auto found = std::ranges::find_if(tracker.journeys(), [&](const JourneyVersions& versions) {
        return versions.versions.front()->id == id;
      });
      if (found == tracker.journeys().end()) return;
      state.journeys[static_cast<std::size_t>(found - tracker.journeys().begin())] =
          JourneyReader(*found, journey).take();
    });
    return state;
  } catch (const Unreadable& field) {
    return fail(ErrorCode::storage,
                fmt::format("what is left of an erased customer cannot be read: {}", field.what));
  }
}

}  // namespace lotse
