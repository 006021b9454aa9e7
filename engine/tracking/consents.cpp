#include "engine/tracking/consents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/hash.hpp"

namespace lotse {
namespace {

std::string text_property(const Event& event, std::string_view name) {
  const Value* value = event.properties.find(name);
  return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

/// One for all channels also takes back what was said of single ones before, and a no that names no purpose
/// what was said of any; a yes has to say to what.
void note_consent(const Event& event, std::vector<Consent>& consents) {
  Consent said{.purpose = text_property(event, "purpose"),
               .channel = text_property(event, "channel"),
               .given = event.type == event_type::consent_given,
               .since = event.time,
               .source = event.source,
               .event = event.id};
  if (said.purpose.empty() && said.given) return;
  std::erase_if(consents, [&](const Consent& before) {
    return (said.purpose.empty() || before.purpose == said.purpose) &&
           (said.channel.empty() || before.channel == said.channel);
  });
  const auto where = [](const Consent& consent) { return std::tie(consent.purpose, consent.channel); };
  const auto behind = std::ranges::upper_bound(consents, where(said), {}, where);
  consents.insert(behind, std::move(said));
}

void note_address(const Event& event, std::vector<AddressFailure>& failures) {
  AddressFailure failure{.channel = event.channel.empty() ? text_property(event, "channel") : event.channel,
                         .since = event.time,
                         .address = text_property(event, "address")};
  if (failure.channel.empty()) return;
  std::erase_if(failures, [&](const AddressFailure& before) { return before.channel == failure.channel; });
  if (event.type == event_type::address_restored) return;
  const auto behind = std::ranges::upper_bound(failures, failure.channel, {}, &AddressFailure::channel);
  failures.insert(behind, std::move(failure));
}

}  // namespace

std::string address_mark(std::string_view address) { return fmt::format("{:016x}", fast_hash(address)); }

void note_permission(const Event& event, std::vector<Consent>& consents,
                     std::vector<AddressFailure>& failures) {
  if (event.type == event_type::consent_given || event.type == event_type::consent_withdrawn) {
    note_consent(event, consents);
  } else if (event.type == event_type::address_failed || event.type == event_type::address_restored) {
    note_address(event, failures);
  }
}

std::vector<Consent> consents_of(std::span<const Event> events) {
  std::vector<const Event*> said;
  for (const Event& event : events) said.push_back(&event);
  std::ranges::sort(said, {}, [](const Event* event) { return event->key(); });
  std::vector<Consent> consents;
  std::vector<AddressFailure> failures;
  for (const Event* event : said) note_permission(*event, consents, failures);
  return consents;
}

const Consent* find_consent(std::span<const Consent> consents, std::string_view purpose,
                            std::string_view channel) {
  const Consent* latest = nullptr;
  for (const Consent& consent : consents) {  // of one instant the one that says more exactly what is meant
    const bool concerns = (consent.purpose.empty() || consent.purpose == purpose) &&
                          (consent.channel.empty() || consent.channel == channel);
    if (concerns && (latest == nullptr || consent.since >= latest->since)) latest = &consent;
  }
  return latest;
}

std::optional<bool> is_allowed(std::span<const Consent> consents, std::string_view purpose,
                               std::string_view channel) {
  const Consent* consent = find_consent(consents, purpose, channel);
  if (consent == nullptr) return std::nullopt;
  return consent->given;
}

}  // namespace lotse
