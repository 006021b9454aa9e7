#include "engine/report/task_json.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/report/customer_words.hpp"
#include "engine/report/json.hpp"
#include "engine/tracking/words.hpp"

namespace lotse {
namespace {

/// The version of the journey that the task is of; null: it is not there any more.
const Journey* journey_of(const OpenTask& task, const Tracker& tracker) {
  for (const JourneyVersions& versions : tracker.journeys()) {
    if (versions.versions.front()->id != task.journey) continue;
    const auto found = std::ranges::find(versions.versions, task.version, &Journey::version);
    if (found != versions.versions.end()) return found->get();
  }
  return nullptr;
}

std::string_view title_or_id(const Journey* journey, std::string_view touchpoint) {
  if (journey == nullptr) return touchpoint;
  const auto found = std::ranges::find(journey->touchpoints, touchpoint, &Touchpoint::id);
  return found == journey->touchpoints.end() || found->title.empty() ? touchpoint : found->title;
}

/// A value that would tell a field declared `sensitive` is left out unless `sensitive`, and counts for
/// nothing.
void write(JsonWriter& json, const OpenTask& task, const Tracker& tracker, bool sensitive) {
  const Journey* journey = journey_of(task, tracker);
  const bool titled = journey != nullptr && !journey->title.empty();
  json.field("key", task.key)
      .field("customer", task.customer)
      .field("journey", task.journey)
      .field("journey_title", titled ? journey->title : task.journey)
      .field("version", std::uint64_t{task.version})
      .field("touchpoint", task.touchpoint)
      .field("title", task.title)
      .field("team", task.team)
      .field("position", task.position)
      .field("position_title", title_or_id(journey, task.position))
      .field("opened", format_instant(task.opened));
  if (task.deadline) json.field("promised", format_instant(*task.deadline));
  json.field("overdue", task.overdue);
  if (!task.claimed_by.empty()) json.field("claimed_by", task.claimed_by);
  json.field("risk", task.risk);
  const bool hidden = task.value_is_sensitive && !sensitive;
  if (task.value && !hidden) json.field("value", *task.value);
  json.field("priority", hidden ? task.risk : task.priority);
}

struct Found {
  const Journey* journey;
  const Instance* instance;
};

Found find(const OpenTask& task, const Tracker& tracker, const CustomerState& state) {
  for (std::uint32_t journey = 0; journey < state.journeys.size(); ++journey) {
    for (const Effect& effect : state.journeys[journey].effects) {
      if (hex(effect.known_as()) != task.key) continue;
      const Instance& instance = at(state.journeys[journey].instances, effect.instance);
      return {&tracker.version(journey, instance.version), &instance};
    }
  }
  return {nullptr, nullptr};
}

void write_context(JsonWriter& json, const Found& found, bool sensitive) {
  std::vector<std::string_view> withheld;
  json.key("context").begin_object();
  for (std::size_t field = 0; field < found.instance->context.size(); ++field) {
    const ContextField& declared = found.journey->context[field];
    if (!found.instance->context[field]) continue;
    if (declared.sensitive && !sensitive) {
      withheld.push_back(declared.name);
    } else {
      json.key(declared.name).raw(to_json(*found.instance->context[field]));
    }
  }
  json.end_object();
  if (withheld.empty()) return;
  json.key("withheld").begin_array();
  for (const std::string_view name : withheld) json.value(name);
  json.end_array();
}

void write_stays(JsonWriter& json, const Found& found, bool sensitive) {
  json.key("stays").begin_array();
  for (const Stay& stay : found.instance->stays) {
    json.begin_object()
        .field("touchpoint", at(found.journey->touchpoints, stay.at).id)
        .field("title", title_or_id(found.journey, at(found.journey->touchpoints, stay.at).id))
        .field("entered", format_instant(stay.entered));
    if (stay.channel) json.field("channel", at(found.journey->channels, *stay.channel));
    if (!stay.feedback.empty()) {
      const Feedback& last = stay.feedback.back();
      json.key("feedback")
          .begin_object()
          .field("scale", word(last.scale))
          .field("score", last.score)
          .field("comment", customer::shown_comment(sensitive, *found.journey, last))
          .end_object();
    }
    json.end_object();
  }
  json.end_array();
}

std::string_view text(const Event& event, std::string_view name) {
  const Value* value = event.properties.find(name);
  return value == nullptr || value->string() == nullptr ? std::string_view() : *value->string();
}

/// What people did with it and said about it, in order.
void write_log(JsonWriter& json, const OpenTask& task, std::span<const Event> events) {
  std::vector<const Event*> said;
  for (const Event& event : events) {
    if (event.type.starts_with("task_") && text(event, "key") == task.key) said.push_back(&event);
  }
  std::ranges::sort(said, {}, [](const Event* event) { return event->key(); });
  json.key("log").begin_array();
  for (const Event* event : said) {
    json.begin_object()
        .field("time", format_instant(event->time))
        .field("what", std::string_view(event->type).substr(std::string_view("task_").size()))
        .field("by", text(*event, "by"));
    if (!text(*event, "text").empty()) json.field("text", text(*event, "text"));
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string tasks_json(std::span<const OpenTask> tasks, std::size_t open, const Tracker& tracker,
                       bool sensitive) {
  JsonWriter json;
  json.begin_object().field("open", std::uint64_t{open}).key("tasks").begin_array();
  for (const OpenTask& task : tasks) {
    json.begin_object();
    write(json, task, tracker, sensitive);
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).str();
}

std::string teams_json(std::span<const Team> declared, const Tracker& tracker,
                       std::span<const OpenTask> tasks) {
  std::map<std::string_view, std::uint64_t> open;
  for (const Team& team : declared) open[team.id] = 0;
  for (const JourneyVersions& versions : tracker.journeys()) {
    for (const auto& journey : versions.versions) {
      for (const Touchpoint& touchpoint : journey->touchpoints) {
        if (touchpoint.handover) open.try_emplace(touchpoint.handover->team, 0);
      }
    }
  }
  for (const OpenTask& task : tasks) ++open[task.team];
  JsonWriter json;
  json.begin_object().key("teams").begin_array();
  for (const auto& [id, count] : open) {
    const auto team = std::ranges::find(declared, id, &Team::id);
    const bool is_declared = team != declared.end();
    json.begin_object().field("id", id);
    json.field("title", is_declared && !team->title.empty() ? std::optional(team->title) : std::nullopt);
    json.field("cost", is_declared ? team->cost : std::nullopt).field("open", count).end_object();
  }
  return std::move(json.end_array().end_object()).str();
}

std::string task_json(const OpenTask& task, const Tracker& tracker, const CustomerState& state,
                      std::span<const Event> events, bool sensitive) {
  JsonWriter json;
  json.begin_object();
  write(json, task, tracker, sensitive);
  const Found found = find(task, tracker, state);
  if (found.instance != nullptr) {
    write_context(json, found, sensitive);
    write_stays(json, found, sensitive);
  }
  write_log(json, task, events);
  json.end_object();
  return std::move(json).str();
}

}  // namespace lotse
