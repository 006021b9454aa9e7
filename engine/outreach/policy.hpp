#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/consents.hpp"

namespace lotse {

/// A message that was handed out to the customer: what frequency caps count.
struct SentMessage {
  Instant at{};
  std::string_view channel;
  std::string_view purpose;  ///< empty where its journey is no longer known
};

/// What policy looks at in a customer. Refers to what it was made from.
struct Recipient {
  std::span<const Consent> consents;
  std::span<const AddressFailure> address_failures;
  std::span<const Identifier> identifiers;  ///< all that are linked
  const Value* traits = nullptr;            ///< a map; never null
  std::vector<SentMessage> sent;            ///< across all journeys, by time
};

/// One message that is due.
struct MessageRequest {
  std::span<const std::string> channels;  ///< in the touchpoint's order of preference
  std::string_view purpose;
  std::span<const std::string> failed;  ///< channels that have failed for this very message
};

/// Why a channel is not used, in the order in which it is asked.
enum class Refusal : std::uint8_t {
  no_adapter,         ///< the channel is unknown by now, or has `adapter: none`
  not_for_purpose,    ///< `purposes` of the channel lacks it
  failed_before,      ///< this message has failed there
  consent_missing,    ///< the purpose needs one and the customer never said
  consent_withdrawn,  ///< the customer said no
  no_address,
  address_failed,  ///< the receiver refused the address, and no other has been told since
  capped,
  quiet_hours,
};
/// `consent_withdrawn`: as events and the API name it.
[[nodiscard]] std::string_view name_of(Refusal refusal);

struct ChannelVerdict {
  std::string channel;
  std::optional<Refusal> refusal{};  ///< nothing: it may be used now
  std::optional<Instant> until{};    ///< where the refusal ends by itself, and the message is to wait for it
  std::string detail{};  ///< "2 in 7d, the last on 2026-03-02T10:00:00Z": no identifiers, no addresses
  friend bool operator==(const ChannelVerdict&, const ChannelVerdict&) = default;
};

struct PolicyDecision {
  enum class Kind : std::uint8_t {
    send,   ///< by `channel`, to `address`
    defer,  ///< look again at `until`
    block,  ///< no channel will do
  };
  Kind kind = Kind::block;
  std::string channel{};
  std::string address{};  ///< empty where the channel needs none
  Instant until{};
  std::vector<ChannelVerdict> verdicts{};  ///< one for each of the request's channels, in its order
  friend bool operator==(const PolicyDecision&, const PolicyDecision&) = default;
};

/// Whether, by which channel and when a message may leave. Each channel is asked, in this order: is it for
/// the purpose; consent; reachability; frequency caps; quiet hours in the customer's zone. Of those that may
/// be used now, the customer's `preferred_channel` goes first, then the touchpoint's order. Pure.
[[nodiscard]] PolicyDecision decide(const Workspace& workspace, const Recipient& recipient,
                                    const MessageRequest& request, Instant now);

}  // namespace lotse
