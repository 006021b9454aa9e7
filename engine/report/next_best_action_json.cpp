#include <fmt/format.h>

#include <algorithm>

#include "engine/report/json.hpp"
#include "engine/report/next_best_action.hpp"

namespace lotse {
namespace {

void write_key(JsonWriter& json, const std::optional<Value>& key) {
  json.key("key").raw(to_json(key.value_or(Value())));
}

void write_subject(JsonWriter& json, const ActionSubject& subject) {
  json.field("journey", subject.journey);
  write_key(json, subject.key);
  json.field("touchpoint", subject.touchpoint).field("title", subject.title);
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) json.value(std::string_view(text));
  json.end_array();
}

void write_optional(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  text.empty() ? json.null() : json.value(std::string_view(text));
}

void write_reasons(JsonWriter& json, const std::vector<Reason>& reasons) {
  json.key("reasons").begin_array();
  for (const Reason& reason : reasons)
    json.begin_object().field("reason", reason.word).field("text", reason.text).end_object();
  json.end_array();
}

void write_standing(JsonWriter& json, const Standing& standing) {
  json.begin_object();
  write_subject(json, standing.subject);
  write_optional(json, "stage", standing.stage);
  json.field("since", format_instant(standing.since))
      .field("turn", standing.turn)
      .field("value", standing.value)
      .end_object();
}

void write_expected(JsonWriter& json, const ExpectedTouchpoint& expected) {
  json.begin_object();
  write_subject(json, expected.subject);
  write_optional(json, "stage", expected.stage);
  write_texts(json, "on", expected.on);
  write_texts(json, "channels", expected.channels);
  json.field("here", expected.here);
  write_optional(json, "when", expected.when);
  write_reasons(json, expected.reasons);
  json.end_object();
}

void write_action(JsonWriter& json, const NextAction& action) {
  json.begin_object().field("kind", name_of(action.kind));
  write_subject(json, action.subject);
  write_optional(json, "by", action.by ? format_instant(*action.by) : std::string());
  json.field("value", action.value);
  write_reasons(json, action.reasons);
  json.end_object();
}

void write_known(JsonWriter& json, const KnownField& known) {
  json.begin_object().field("journey", known.journey);
  write_key(json, known.key);
  json.field("field", known.field).key("value").raw(to_json(known.value));
  write_texts(json, "asked_at", known.asked_at);
  write_reasons(json,
                {{"known", fmt::format("it is known, and asked at {}", fmt::join(known.asked_at, ", "))}});
  json.end_object();
}

void write_avoided(JsonWriter& json, const AvoidedMessage& avoided) {
  json.begin_object();
  write_subject(json, avoided.subject);
  json.field("purpose", avoided.purpose);
  write_reasons(json, avoided.reasons);
  json.end_object();
}

}  // namespace

std::string next_best_actions_json(const CustomerReport& report, const Workspace& workspace,
                                   std::string_view channel, std::size_t limit) {
  const NextBestActions answer = next_best_actions(report, workspace, channel);
  JsonWriter json;
  const auto write_all = [&](std::string_view name, const auto& items, auto write, std::size_t most) {
    json.key(name).begin_array();
    for (std::size_t i = 0; i < std::min(items.size(), most); ++i) write(json, items[i]);
    json.end_array();
  };
  json.begin_object()
      .field("customer", report.state.customer)
      .field("channel", channel)
      .field("as_of", format_instant(report.as_of));
  write_all("standing", answer.standing, write_standing, SIZE_MAX);
  write_all("expected", answer.expected, write_expected, SIZE_MAX);
  write_all("actions", answer.actions, write_action, limit);
  write_all("known", answer.known, write_known, SIZE_MAX);
  write_all("avoid", answer.avoid, write_avoided, SIZE_MAX);
  return std::move(json.end_object()).str();
}

}  // namespace lotse
