#include "engine/report/journey_json.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/overloaded.hpp"
#include "engine/report/journey_words.hpp"
#include "engine/report/json.hpp"

namespace lotse {

namespace {

std::optional<std::string> text_of(const std::optional<Expression>& expression) {
  return expression ? std::optional(expression->source()) : std::nullopt;
}

std::optional<std::string> text_of(const std::optional<Duration>& duration) {
  return duration ? std::optional(format_duration(*duration)) : std::nullopt;
}

std::optional<std::string> text_of(const std::optional<Instant>& instant) {
  return instant ? std::optional(format_instant(*instant)) : std::nullopt;
}

std::string text_of(const AbandonAfter& after) {
  const auto* duration = std::get_if<Duration>(&after);
  return duration == nullptr ? "never" : format_duration(*duration);
}

std::optional<std::string> text_of(const std::optional<Promise>& promise) {
  if (!promise) return std::nullopt;
  return std::visit(Overloaded{[](Duration duration) { return format_duration(duration); },
                               [](const Expression& instant) { return instant.source(); }},
                    *promise);
}

class Writer {
 public:
  explicit Writer(const Journey& journey) : journey_(journey) {}

  std::string definition(const JourneyVersions& versions, std::size_t version, const Channels& channels,
                         std::optional<Instant> latest) {
    json_.begin_object();
    head(versions, version);
    json_.field("latest", text_of(latest));
    json_.field("description", journey_.description).field("key", text_of(journey_.key));
    json_.field("abandon_after", text_of(journey_.abandon_after)).field("value", text_of(journey_.value));
    texts("stages", journey_.stages).texts("outcomes", journey_.outcomes);
    json_.key("channels").begin_array();
    for (const Channel& channel : channels.channels) {
      json_.begin_object().field("id", channel.id).field("title", channel.title);
      json_.field("human", channel.human).end_object();
    }
    json_.end_array();
    segments();
    context();
    promises();
    json_.key("touchpoints").begin_array();
    for (const Touchpoint& item : journey_.touchpoints) touchpoint(item);
    json_.end_array();
    transitions("anywhere", journey_.anywhere);
    exits();
    json_.field("source", journey_.source);
    return std::move(json_.end_object()).str();
  }

 private:
  void head(const JourneyVersions& versions, std::size_t version) {
    json_.field("id", journey_.id).field("title", journey_.title).field("owner", journey_.owner);
    json_.field("version", std::uint64_t{journey_.version});
    json_.field("in_force", in_force(versions, version)).field("content_hash", journey_.content_hash);
    json_.key("versions").begin_array();
    for (std::size_t index = 0; index < versions.versions.size(); ++index) {
      const Journey& other = *versions.versions[index];
      json_.begin_object().field("version", std::uint64_t{other.version});
      json_.field("in_force", in_force(versions, index))
          .field("content_hash", other.content_hash)
          .end_object();
    }
    json_.end_array();
  }

  Writer& texts(std::string_view key, const std::vector<std::string>& items) {
    json_.key(key).begin_array();
    for (const std::string& item : items) json_.value(item);
    json_.end_array();
    return *this;
  }

  /// Nothing for the first version, which reaches back for ever.
  static std::optional<std::string> in_force(const JourneyVersions& versions, std::size_t version) {
    const Instant from = versions.in_force.at(version);
    return from == Instant::min() ? std::nullopt : std::optional(format_instant(from));
  }

  template <class Tag, class Named>
  void names(std::string_view key, const std::vector<Index<Tag>>& indices, const Named& name_at) {
    json_.key(key).begin_array();
    for (const auto index : indices) json_.value(name_at(index));
    json_.end_array();
  }

  void event_types(const std::vector<EventTypeIndex>& types) {
    names("on", types, [&](EventTypeIndex type) { return at(journey_.event_types, type); });
  }

  void fields(std::string_view key, const std::vector<FieldIndex>& indices) {
    names(key, indices, [&](FieldIndex field) { return at(journey_.context, field).name; });
  }

  void segments() {
    json_.key("segments").begin_array();
    for (const Segment& segment : journey_.segments) {
      json_.begin_object().field("name", segment.name).field("value", segment.value.source()).end_object();
    }
    json_.end_array();
  }

  void context() {
    json_.key("context").begin_array();
    for (const ContextField& field : journey_.context) {
      json_.begin_object().field("name", field.name).field("type", describe(field.type));
      json_.field("sensitive", field.sensitive).field("fresh_for", text_of(field.fresh_for));
      json_.field("description", field.description).end_object();
    }
    json_.end_array();
  }

  void promises() {
    json_.key("promises").begin_array();
    for (const JourneyPromise& promise : journey_.promises) {
      json_.begin_object().field("name", promise.name);
      json_.field("from", at(journey_.touchpoints, promise.from).id);
      json_.field("until", at(journey_.touchpoints, promise.until).id);
      json_.field("within", promise.by ? std::nullopt : std::optional(format_duration(promise.within)));
      json_.field("by", text_of(promise.by)).end_object();
    }
    json_.end_array();
  }

  void transitions(std::string_view key, const std::vector<Transition>& listed) {
    json_.key(key).begin_array();
    for (const Transition& transition : listed) {
      json_.begin_object();
      json_.field("to",
                  transition.to ? std::optional(at(journey_.touchpoints, *transition.to).id) : std::nullopt);
      json_.field("trigger", name_of(transition.trigger));
      event_types(transition.on);
      json_.field("when", text_of(transition.when));
      const bool waits = transition.trigger == TransitionTrigger::elapsed;
      json_.field("after", waits ? std::optional(format_duration(transition.after)) : std::nullopt);
      json_.end_object();
    }
    json_.end_array();
  }

  void touchpoint(const Touchpoint& item) {
    json_.begin_object().field("id", item.id).field("title", item.title);
    json_.field("description", item.description).field("kind", name_of(item.kind));
    json_.field("turn", name_of(item.turn)).field("owner", item.owner);
    json_.field("stage", item.stage ? std::optional(at(journey_.stages, *item.stage)) : std::nullopt);
    names("channels", item.channels, [&](ChannelIndex channel) { return at(journey_.channels, channel); });
    event_types(item.on);
    json_.field("when", text_of(item.when)).field("start", item.start).field("goal", item.goal);
    json_.field("ends", item.ends ? std::optional(at(journey_.outcomes, *item.ends)) : std::nullopt);
    json_.field("moment_of_truth", item.moment_of_truth);
    json_.field("abandon_after", text_of(item.abandon_after)).field("promise", text_of(item.promise));
    json_.field("target", item.target);
    json_.field("team", item.handover ? std::optional(item.handover->team) : std::nullopt);
    json_.field("template", item.send ? std::optional(item.send->template_name) : std::nullopt);
    json_.field("purpose", item.send ? std::optional(item.send->purpose) : std::nullopt);
    fields("asks", item.asks);
    fields("needs", item.needs);
    transitions("next", item.next);
    json_.end_object();
  }

  void exits() {
    json_.key("exit_when").begin_array();
    for (const ExitRule& rule : journey_.exit_when) {
      json_.begin_object();
      event_types(rule.on);
      json_.field("when", text_of(rule.when)).field("outcome", at(journey_.outcomes, rule.outcome));
      json_.end_object();
    }
    json_.end_array();
  }

  const Journey& journey_;
  JsonWriter json_;
};

}  // namespace

std::string journeys_json(std::span<const JourneyVersions> journeys, std::optional<Instant> latest) {
  JsonWriter json;
  json.begin_object().key("journeys").begin_array();
  for (const JourneyVersions& versions : journeys) {
    const Journey& newest = *versions.versions.back();
    json.begin_object().field("id", newest.id).field("title", newest.title).field("owner", newest.owner);
    json.field("description", newest.description).field("version", std::uint64_t{newest.version});
    json.key("stages").begin_array();
    for (const std::string& stage : newest.stages) json.value(stage);
    json.end_array().field("touchpoints", std::uint64_t{newest.touchpoints.size()});
    json.field("latest", text_of(latest)).end_object();
  }
  return std::move(json.end_array().end_object()).str();
}

std::string journey_json(const JourneyVersions& versions, std::size_t version, const Channels& channels,
                         std::optional<Instant> latest) {
  return Writer(*versions.versions.at(version)).definition(versions, version, channels, latest);
}

}  // namespace lotse
