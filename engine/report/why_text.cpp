#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "engine/report/json.hpp"
#include "engine/report/phrase_value.hpp"
#include "engine/report/why.hpp"
#include "engine/report/why_story.hpp"

namespace lotse {
namespace {

std::optional<std::string> text_of(const std::optional<Instant>& instant) {
  return instant ? std::optional(format_instant(*instant)) : std::nullopt;
}

void write(JsonWriter& json, const WhyCondition& condition) {
  json.begin_object();
  json.field("source", condition.source).field("holds", condition.holds);
  json.field("error", condition.error.empty() ? std::nullopt : std::optional(condition.error.text()));
  json.key("reads").begin_array();
  for (const WhyCondition::Read& read : condition.reads)
    json.begin_object().field("name", read.name).field("value", read.value).end_object();
  json.end_array().end_object();
}

void write(JsonWriter& json, const WhySplit& split) {
  json.begin_object();
  json.field("name", split.name).field("fraction", split.fraction).field("arm", split.arm);
  json.field("from", split.from).field("to", split.to).end_object();
}

void write(JsonWriter& json, const WhyRefusal& refusal) {
  const auto some = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
  json.begin_object();
  json.field("channel", refusal.channel).field("refusal", some(refusal.refusal));
  json.field("until", text_of(refusal.until)).field("detail", some(refusal.detail)).end_object();
}

void write(JsonWriter& json, const WhyItem& item) {
  json.begin_object();
  json.field("at", format_instant(item.at)).field("kind", name(item.kind));
  json.field("instance", item.instance ? std::optional(std::uint64_t{*item.instance}) : std::nullopt);
  json.field("event", item.event.empty() ? std::nullopt : std::optional(item.event));
  json.field("text", item.phrase.text());
  json.key("phrase").raw(to_json(phrase_value(item.phrase)));
  json.field("until", text_of(item.until)).key("condition");
  item.condition ? write(json, *item.condition) : static_cast<void>(json.null());
  json.key("split");
  item.split ? write(json, *item.split) : static_cast<void>(json.null());
  json.key("decision").begin_array();
  for (const WhyRefusal& refusal : item.decision) write(json, refusal);
  json.end_array().end_object();
}

}  // namespace

std::string_view name(WhyOutcome outcome) {
  constexpr std::array<std::string_view, 17> names{
      "never_due", "waiting",  "held_back", "other_arm", "not_met", "stay_ended",
      "due",       "deferred", "blocked",   "withdrawn", "stale",   "on_its_way",
      "sent",      "failed",   "open",      "done",      "reached"};
  return names[static_cast<std::size_t>(outcome)];
}

std::string_view name(WhyItem::Kind kind) {
  constexpr std::array<std::string_view, 9> names{"reached",    "split",   "waits",  "not_taken", "happened",
                                                  "stay_ended", "consent", "policy", "outside"};
  return names[static_cast<std::size_t>(kind)];
}

std::string why_text(const WhyAnswer& answer, const TextStyle& style) {
  const auto bold = [&](std::string_view text) {
    return style.color ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
  };
  std::string out = bold(wrapped(answer.sentence.text(), style.width)) + "\n";
  out += fmt::format("{} of {}, for {}, as of {} ({})\n", answer.touchpoint, answer.journey, answer.customer,
                     why_parts::time_text(answer.as_of, answer.zone), answer.zone.name());
  if (!answer.items.empty()) out += "\n";
  std::string last;
  for (const WhyItem& item : answer.items) {
    const std::string time = why_parts::time_text(item.at, answer.zone);
    const std::string head =
        fmt::format("{:<19}  {:<18}  ", time, item.event.empty() ? "(time)" : item.event);
    const std::size_t indent = 41;
    const std::string shown = head == last ? std::string(display_width(head), ' ') : head;
    out += shown + wrapped(item.phrase.text(), style.width, indent, display_width(head)) + "\n";
    last = head;
  }
  return out;
}

std::string why_json(const WhyAnswer& answer) {
  JsonWriter json;
  json.begin_object();
  json.field("customer", answer.customer)
      .field("journey", answer.journey)
      .field("touchpoint", answer.touchpoint);
  json.field("as_of", format_instant(answer.as_of)).field("outcome", name(answer.outcome));
  json.field("sentence", answer.sentence.text());
  json.key("phrase").raw(to_json(phrase_value(answer.sentence)));
  json.field("until", text_of(answer.until));
  json.key("items").begin_array();
  for (const WhyItem& item : answer.items) write(json, item);
  json.end_array().end_object();
  return std::move(json).str();
}

}  // namespace lotse
