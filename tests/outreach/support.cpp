#include "tests/outreach/support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace lotse::test {

Instant instant(std::string_view text) {
  const auto read = parse_instant(text);
  REQUIRE(read);
  return *read;
}

Workspace three_channels() {
  Workspace workspace;
  for (const char* name : {"email", "sms", "app"}) {
    Channel channel;
    channel.id = name;
    channel.adapter = "log";
    channel.purposes = {"service", "marketing"};
    workspace.channels.channels.push_back(channel);
  }
  channel(workspace, "email").address = "email";
  channel(workspace, "sms").address = "phone";
  workspace.channels.purposes = {{"marketing", true}, {"service", false}};
  return workspace;
}

Channel& channel(Workspace& workspace, std::string_view name) {
  const auto found = std::ranges::find(workspace.channels.channels, name, &Channel::id);
  REQUIRE(found != workspace.channels.channels.end());
  return *found;
}

Consent said(bool given, std::string purpose, std::string channel, Instant since) {
  Consent consent;
  consent.purpose = std::move(purpose);
  consent.channel = std::move(channel);
  consent.given = given;
  consent.since = since;
  return consent;
}

AddressFailure refused(std::string channel, Instant since, std::string_view address) {
  AddressFailure failure;
  failure.channel = std::move(channel);
  failure.since = since;
  if (!address.empty()) failure.address = address_mark(address);
  return failure;
}

Recipient Customer::recipient() const {
  return {.consents = consents,
          .address_failures = address_failures,
          .identifiers = identifiers,
          .traits = &traits,
          .sent = sent};
}

void Customer::set(std::string_view trait, Value value) {
  Map map = *traits.map();
  std::erase_if(map, [&](const auto& entry) { return *entry.first.string() == trait; });
  map.emplace_back(Value(trait), std::move(value));
  traits = Value(std::move(map));
}

PolicyDecision ask(const Workspace& workspace, const Customer& customer, const Message& message,
                   Instant now) {
  return decide(workspace, customer.recipient(),
                {.channels = message.channels, .purpose = message.purpose, .failed = message.failed}, now);
}

std::string describe(const PolicyDecision& decision) {
  std::string text;
  switch (decision.kind) {
    case PolicyDecision::Kind::send:
      text = fmt::format("send {} {}", decision.channel, decision.address);
      break;
    case PolicyDecision::Kind::defer:
      text = fmt::format("defer {}", format_instant(decision.until));
      break;
    case PolicyDecision::Kind::block:
      text = "block";
      break;
  }
  for (const ChannelVerdict& verdict : decision.verdicts) {
    text += "; " + verdict.channel;
    if (verdict.refusal) text += fmt::format(" {}", name_of(*verdict.refusal));
    if (verdict.until) text += fmt::format(" until {}", format_instant(*verdict.until));
    if (!verdict.detail.empty()) text += fmt::format(" ({})", verdict.detail);
  }
  return text;
}

}  // namespace lotse::test
