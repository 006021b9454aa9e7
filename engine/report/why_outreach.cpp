#include "engine/report/why_outreach.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/outreach/policy.hpp"
#include "engine/tracking/consents.hpp"
#include "engine/tracking/effect_records.hpp"

namespace lotse::why_parts {
namespace {

std::string text_of(const Value& map, std::string_view name) {
  const Value* value = map.find(name);
  return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

/// As a timestamp, or as RFC 3339 text.
std::optional<Instant> instant_of(const Value& map, std::string_view name) {
  const Value* value = map.find(name);
  if (value == nullptr) return std::nullopt;
  return value->string() != nullptr ? parse_instant(*value->string()) : value->instant();
}

bool is_outreach(std::string_view type) {
  constexpr std::array<std::string_view, 4> others{event_type::message_sent, event_type::message_failed,
                                                   event_type::task_noted, event_type::task_done};
  return std::ranges::find(effect_records, type) != effect_records.end() ||
         std::ranges::find(others, type) != others.end();
}

std::vector<WhyRefusal> decision_of(const Value& properties) {
  std::vector<WhyRefusal> decision;
  const Value* listed = properties.find("decision");
  if (listed == nullptr || listed->list() == nullptr) return decision;
  for (const Value& entry : *listed->list()) {
    if (entry.map() == nullptr) continue;
    decision.push_back({.channel = text_of(entry, "channel"),
                        .refusal = text_of(entry, "refusal"),
                        .until = instant_of(entry, "until"),
                        .detail = text_of(entry, "detail")});
  }
  return decision;
}

/// Whether the event is about the touchpoint: tasks are named by `task`, messages by `touchpoint`.
bool concerns(const Event& event, std::string_view journey, std::string_view touchpoint) {
  if (!is_outreach(event.type)) return false;
  const std::string own = text_of(event.properties, "journey");
  if (!own.empty() && own != journey) return false;
  return text_of(event.properties, "touchpoint") == touchpoint ||
         text_of(event.properties, "task") == touchpoint;
}

Outreach read(const Event& event) {
  const std::string channel = text_of(event.properties, "channel");
  return {.at = event.time,
          .type = event.type,
          .channel = event.channel.empty() ? channel : event.channel,
          .reason = text_of(event.properties, "reason"),
          .by = text_of(event.properties, "by"),
          .result = text_of(event.properties, "result"),
          .purpose = text_of(event.properties, "purpose"),
          .until = instant_of(event.properties, "until"),
          .key = parse_effect_key(text_of(event.properties, "key")),
          .decision = decision_of(event.properties)};
}

std::string by_channel(const Outreach& outreach) {
  return outreach.channel.empty() ? std::string() : " by " + outreach.channel;
}
std::string because(std::string_view reason) {
  return reason.empty() ? std::string() : fmt::format(": {}", reason);
}

std::string item_text(const Story& story, const Outreach& outreach) {
  const std::string_view type = outreach.type;
  if (type == event_type::handed_out) return "handed out" + by_channel(outreach);
  if (type == event_type::message_sent) return "sent" + by_channel(outreach);
  if (type == event_type::message_failed)
    return fmt::format("failed{}{}", by_channel(outreach), because(outreach.reason));
  if (type == event_type::message_rerouted) return "handed out again" + by_channel(outreach);
  if (type == event_type::message_withdrawn) return "withdrawn before it left" + because(outreach.reason);
  if (type == event_type::message_blocked) return "not sent: " + refusals_text(story, outreach);
  if (type == event_type::message_deferred) {
    return fmt::format("deferred{}: {}",
                       outreach.until ? " until " + time_text(*outreach.until, story.question->zone) : "",
                       refusals_text(story, outreach));
  }
  const std::string by = outreach.by.empty() ? std::string() : " by " + outreach.by;
  if (type == event_type::task_claimed) return "claimed" + by;
  if (type == event_type::task_released) return "released" + by;
  if (type == event_type::task_overdue) return "past its promise";
  if (type == event_type::task_noted) return "noted" + by;
  return fmt::format("done{}{}", by, because(outreach.result));
}

/// Purposes of the touchpoint in any version.
std::vector<std::string> purposes_of(const Story& story) {
  std::vector<std::string> purposes;
  for (const auto& journey : story.question->tracker->journeys()[story.journey].versions) {
    const auto touchpoint = journey->find_touchpoint(story.question->touchpoint);
    if (touchpoint && at(journey->touchpoints, *touchpoint).send)
      purposes.push_back(at(journey->touchpoints, *touchpoint).send->purpose);
  }
  return purposes;
}

void gather_consent(const Story& story, const Event& event, std::vector<WhyItem>& items) {
  const bool given = event.type == event_type::consent_given;
  if (!given && event.type != event_type::consent_withdrawn) return;
  const std::string purpose = text_of(event.properties, "purpose");
  const std::vector<std::string> purposes = purposes_of(story);
  if (purpose.empty() || std::ranges::find(purposes, purpose) == purposes.end()) return;
  const std::string channel = text_of(event.properties, "channel");
  items.push_back(
      {.at = event.time,
       .kind = WhyItem::Kind::consent,
       .text = fmt::format("consent for {}{} is {}", purpose, channel.empty() ? "" : " by " + channel,
                           given ? "given" : "withdrawn"),
       .event = event.type});
}

std::string refusal_text(const Story& story, const Outreach& outreach, const WhyRefusal& refusal) {
  const Zone& zone = story.question->zone;
  const std::string of_purpose = outreach.purpose.empty() ? std::string() : " for " + outreach.purpose;
  const auto is = [&](Refusal which) { return refusal.refusal == name_of(which); };
  if (is(Refusal::no_adapter)) return refusal.channel + " has no way out";
  if (is(Refusal::not_for_purpose))
    return fmt::format("{} is not{}", refusal.channel, of_purpose.empty() ? " for it" : of_purpose);
  if (is(Refusal::failed_before)) return "it has failed by " + refusal.channel;
  if (is(Refusal::consent_missing))
    return fmt::format("consent{} by {} was never given", of_purpose, refusal.channel);
  if (is(Refusal::consent_withdrawn)) {
    std::vector<Event> earlier;
    for (const Event& event : story.question->events) {
      if (event.time <= outreach.at) earlier.push_back(event);
    }
    const std::vector<Consent> consents = consents_of(earlier);
    const Consent* said = find_consent(consents, outreach.purpose, refusal.channel);
    const std::string when =
        said != nullptr && !said->given ? " on " + time_text(said->since, zone) : std::string();
    return fmt::format("consent{} by {} was withdrawn{}", of_purpose, refusal.channel, when);
  }
  if (is(Refusal::no_address)) return fmt::format("there is no address for {}", refusal.channel);
  if (is(Refusal::address_failed)) return fmt::format("the address for {} was refused", refusal.channel);
  const std::string detail = refusal.detail.empty() ? std::string() : fmt::format(" ({})", refusal.detail);
  const std::string until = refusal.until ? " until " + time_text(*refusal.until, zone) : std::string();
  if (is(Refusal::capped))
    return fmt::format("the frequency cap on {} is reached{}{}", refusal.channel, detail, until);
  if (is(Refusal::quiet_hours)) return fmt::format("quiet hours by {}{}{}", refusal.channel, detail, until);
  return fmt::format("{} by {}{}", refusal.refusal, refusal.channel, detail);
}

WhyItem::Kind kind_of(const Outreach& outreach) {
  const bool policy =
      outreach.type == event_type::message_blocked || outreach.type == event_type::message_deferred;
  return policy ? WhyItem::Kind::policy : WhyItem::Kind::outside;
}

}  // namespace

std::string refusals_text(const Story& story, const Outreach& outreach) {
  std::string text;
  for (const WhyRefusal& refusal : outreach.decision) {
    if (refusal.refusal.empty()) continue;
    text += (text.empty() ? "" : "; ") + refusal_text(story, outreach, refusal);
  }
  return !text.empty() ? text : !outreach.reason.empty() ? outreach.reason : "no reason was recorded";
}

void gather_outreach(Story& story, std::vector<WhyItem>& items) {
  const std::string& journey = story.question->tracker->journeys()[story.journey].versions.back()->id;
  const JourneyState& state = story.state.journeys[story.journey];
  std::vector<const Event*> events;
  for (const Event& event : story.question->events) {
    if (event.time <= story.question->as_of) events.push_back(&event);
  }
  std::ranges::sort(events, {}, [](const Event* event) { return event->key(); });
  const std::vector<std::string> purposes = purposes_of(story);
  for (const Event* event : events) {
    gather_consent(story, *event, items);
    if (!concerns(*event, journey, story.question->touchpoint)) continue;
    Outreach& outreach = story.outreach.emplace_back(read(*event));
    if (outreach.purpose.empty() && !purposes.empty()) outreach.purpose = purposes.back();
    const auto effect = std::ranges::find_if(
        state.effects, [&](const Effect& own) { return outreach.key && own.known_as() == *outreach.key; });
    items.push_back(
        {.at = outreach.at,
         .kind = kind_of(outreach),
         .instance = effect == state.effects.end() ? std::nullopt : std::optional(effect->instance.value()),
         .text = item_text(story, outreach),
         .event = event->type,
         .until = outreach.until,
         .decision = outreach.decision});
  }
}

}  // namespace lotse::why_parts
