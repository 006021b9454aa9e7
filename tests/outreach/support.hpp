#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/outreach/policy.hpp"

namespace lotse::test {

/// `2026-03-02T10:00:00Z`.
[[nodiscard]] Instant instant(std::string_view text);

/// Channels `email`, `sms`, `app`, all for `service` and `marketing`; `marketing` is opt-in and `service` is
/// opt-out. `email` and `sms` need an address, `app` does not.
[[nodiscard]] Workspace three_channels();
[[nodiscard]] Channel& channel(Workspace& workspace, std::string_view name);

[[nodiscard]] Consent said(bool given, std::string purpose, std::string channel, Instant since);
/// Without an address: whichever the customer has.
[[nodiscard]] AddressFailure refused(std::string channel, Instant since, std::string_view address = {});

/// A customer with both addresses, in Berlin, who said nothing and was sent nothing.
struct Customer {
  std::vector<Consent> consents{};
  std::vector<AddressFailure> address_failures{};
  std::vector<Identifier> identifiers{{"email", "kim@example.net"}, {"phone", "+4930123"}};
  Value traits{Map{{Value("zone"), Value("Europe/Berlin")}}};
  std::vector<SentMessage> sent{};

  [[nodiscard]] Recipient recipient() const;
  void set(std::string_view trait, Value value);
};

/// Asks for one message by `email`, then `sms`, then `app`.
struct Message {
  std::string purpose = "service";
  std::vector<std::string> channels{"email", "sms", "app"};
  std::vector<std::string> failed{};
};
[[nodiscard]] PolicyDecision ask(const Workspace& workspace, const Customer& customer, const Message& message,
                                 Instant now);

/// `send email kim@example.net`, `defer 2026-03-02T07:00:00Z`, `block`; then each verdict: `email capped (2
/// in 7d, …)`, `sms`, parted by "; ".
[[nodiscard]] std::string describe(const PolicyDecision& decision);

}  // namespace lotse::test
