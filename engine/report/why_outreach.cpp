#include "engine/report/why_outreach.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

Phrase by_channel(Phrase said, const std::string& channel) {
  return channel.empty() ? said : phrase("{} by {}", std::move(said), channel);
}

/// What became of a task, and who had a hand in it, where that is known.
Phrase task_phrase(const Outreach& outreach) {
  const std::string_view type = outreach.type;
  const std::string& by = outreach.by;
  if (type == event_type::task_claimed) return by.empty() ? phrase("claimed") : phrase("claimed by {}", by);
  if (type == event_type::task_released)
    return by.empty() ? phrase("released") : phrase("released by {}", by);
  if (type == event_type::task_overdue) return phrase("past its promise");
  if (type == event_type::task_noted) return by.empty() ? phrase("noted") : phrase("noted by {}", by);
  return because(by.empty() ? phrase("done") : phrase("done by {}", by), outreach.result);
}

Phrase item_phrase(const Story& story, const Outreach& outreach) {
  const std::string_view type = outreach.type;
  if (type == event_type::handed_out) return by_channel(phrase("handed out"), outreach.channel);
  if (type == event_type::message_sent) return by_channel(phrase("sent"), outreach.channel);
  if (type == event_type::message_failed)
    return because(by_channel(phrase("failed"), outreach.channel), outreach.reason);
  if (type == event_type::message_rerouted) return by_channel(phrase("handed out again"), outreach.channel);
  if (type == event_type::message_withdrawn)
    return because(phrase("withdrawn before it left"), outreach.reason);
  if (type == event_type::message_blocked) return phrase("not sent: {}", refusals_phrase(story, outreach));
  if (type != event_type::message_deferred) return task_phrase(outreach);
  const Phrase why = refusals_phrase(story, outreach);
  return outreach.until
             ? phrase("deferred until {}: {}", time_phrase(*outreach.until, story.question->zone), why)
             : phrase("deferred: {}", why);
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

Phrase consent_phrase(const std::string& purpose, const std::string& channel, bool given) {
  if (channel.empty()) {
    return given ? phrase("consent for {} is given", purpose)
                 : phrase("consent for {} is withdrawn", purpose);
  }
  return given ? phrase("consent for {} by {} is given", purpose, channel)
               : phrase("consent for {} by {} is withdrawn", purpose, channel);
}

void gather_consent(const Story& story, const Event& event, std::vector<WhyItem>& items) {
  const bool given = event.type == event_type::consent_given;
  if (!given && event.type != event_type::consent_withdrawn) return;
  const std::string purpose = text_of(event.properties, "purpose");
  const std::vector<std::string> purposes = purposes_of(story);
  if (purpose.empty() || std::ranges::find(purposes, purpose) == purposes.end()) return;
  const std::string channel = text_of(event.properties, "channel");
  items.push_back({.at = event.time,
                   .kind = WhyItem::Kind::consent,
                   .phrase = consent_phrase(purpose, channel, given),
                   .event = event.type});
}

/// When the consent for it was withdrawn, if it is known.
std::optional<Instant> withdrawn_at(const Story& story, const Outreach& outreach, std::string_view channel) {
  std::vector<Event> earlier;
  for (const Event& event : story.question->events) {
    if (event.time <= outreach.at) earlier.push_back(event);
  }
  const std::vector<Consent> consents = consents_of(earlier);
  const Consent* said = find_consent(consents, outreach.purpose, channel);
  return said != nullptr && !said->given ? std::optional(said->since) : std::nullopt;
}

/// `consent for marketing by email`.
Phrase consent_in_question(const Outreach& outreach, const std::string& channel) {
  return outreach.purpose.empty() ? phrase("consent by {}", channel)
                                  : phrase("consent for {} by {}", outreach.purpose, channel);
}

/// With what is known beside it, and until when it lasts.
Phrase lasting(Phrase said, const WhyRefusal& refusal, const Zone& zone) {
  if (!refusal.detail.empty()) said = phrase("{} ({})", std::move(said), refusal.detail);
  return refusal.until ? phrase("{} until {}", std::move(said), time_phrase(*refusal.until, zone)) : said;
}

Phrase refusal_phrase(const Story& story, const Outreach& outreach, const WhyRefusal& refusal) {
  const Zone& zone = story.question->zone;
  const std::string& channel = refusal.channel;
  const auto is = [&](Refusal which) { return refusal.refusal == name_of(which); };
  if (is(Refusal::no_adapter)) return phrase("{} has no way out", channel);
  if (is(Refusal::not_for_purpose)) {
    return outreach.purpose.empty() ? phrase("{} is not for it", channel)
                                    : phrase("{} is not for {}", channel, outreach.purpose);
  }
  if (is(Refusal::failed_before)) return phrase("it has failed by {}", channel);
  if (is(Refusal::consent_missing))
    return phrase("{} was never given", consent_in_question(outreach, channel));
  if (is(Refusal::consent_withdrawn)) {
    const std::optional<Instant> when = withdrawn_at(story, outreach, channel);
    Phrase consent = consent_in_question(outreach, channel);
    return when ? phrase("{} was withdrawn on {}", std::move(consent), time_phrase(*when, zone))
                : phrase("{} was withdrawn", std::move(consent));
  }
  if (is(Refusal::no_address)) return phrase("there is no address for {}", channel);
  if (is(Refusal::address_failed)) return phrase("the address for {} was refused", channel);
  if (is(Refusal::capped))
    return lasting(phrase("the frequency cap on {} is reached", channel), refusal, zone);
  if (is(Refusal::quiet_hours)) return lasting(phrase("quiet hours by {}", channel), refusal, zone);
  Phrase other = phrase("{} by {}", refusal.refusal, channel);
  return refusal.detail.empty() ? other : phrase("{} ({})", std::move(other), refusal.detail);
}

WhyItem::Kind kind_of(const Outreach& outreach) {
  const bool policy =
      outreach.type == event_type::message_blocked || outreach.type == event_type::message_deferred;
  return policy ? WhyItem::Kind::policy : WhyItem::Kind::outside;
}

}  // namespace

Phrase refusals_phrase(const Story& story, const Outreach& outreach) {
  Phrase all;
  for (const WhyRefusal& refusal : outreach.decision) {
    if (refusal.refusal.empty()) continue;
    Phrase next = refusal_phrase(story, outreach, refusal);
    all = all.empty() ? std::move(next) : phrase("{}; {}", std::move(all), std::move(next));
  }
  if (!all.empty()) return all;
  return outreach.reason.empty() ? phrase("no reason was recorded") : Phrase::verbatim(outreach.reason);
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
         .phrase = item_phrase(story, outreach),
         .event = event->type,
         .until = outreach.until,
         .decision = outreach.decision});
  }
}

}  // namespace lotse::why_parts
