#include "engine/tracking/consents.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace lotse {
namespace {

std::string text_property(const Event& event, std::string_view name) {
  const Value* value = event.properties.find(name);
  return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

}  // namespace

std::vector<Consent> consents_of(std::span<const Event> events) {
  std::vector<const Event*> said;
  for (const Event& event : events) {
    if (event.type == event_type::consent_given || event.type == event_type::consent_withdrawn) {
      said.push_back(&event);
    }
  }
  std::ranges::sort(said, {}, [](const Event* event) { return event->key(); });
  std::map<std::pair<std::string, std::string>, Consent> latest;
  for (const Event* event : said) {
    std::string purpose = text_property(*event, "purpose");
    std::string channel = text_property(*event, "channel");
    if (purpose.empty()) continue;
    if (channel.empty())
      std::erase_if(latest, [&](const auto& entry) { return entry.first.first == purpose; });
    latest[{purpose, channel}] = {.purpose = purpose,
                                  .channel = channel,
                                  .given = event->type == event_type::consent_given,
                                  .since = event->time,
                                  .source = event->source,
                                  .event = event->id};
  }
  std::vector<Consent> consents;
  for (auto& [key, consent] : latest) consents.push_back(std::move(consent));
  return consents;
}

const Consent* find_consent(std::span<const Consent> consents, std::string_view purpose,
                            std::string_view channel) {
  const Consent* found = nullptr;
  for (const Consent& consent : consents) {
    if (consent.purpose != purpose) continue;
    if (consent.channel == channel) return &consent;
    if (consent.channel.empty()) found = &consent;
  }
  return found;
}

std::optional<bool> is_allowed(std::span<const Consent> consents, std::string_view purpose,
                               std::string_view channel) {
  const Consent* consent = find_consent(consents, purpose, channel);
  if (consent == nullptr) return std::nullopt;
  return consent->given;
}

}  // namespace lotse
