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
  std::string_view purpose;  ///< empty where it is not known: caps of a single purpose do not count it
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
  address_failed,  ///< the receiver refused this very address (any, where it did not say which)
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

/// Whether, by which channel and when a message may leave. Pure, and cheap enough for every message.
///
/// Each channel is asked in the order of Refusal, and the first refusal is its verdict: is it for the
/// purpose; consent (undeclared purposes are opt-in); reachability; frequency caps, the channel's own and
/// those over all channels, which count what was sent in (now - per, now]; quiet hours in the zone of the
/// customer's trait `zone`, or else of the workspace. The address is the trait of that name if it is text
/// that is not empty, or else the bytewise smallest of the customer's identifiers in the namespace of that
/// name.
///
/// Of the channels that may be used now, those of the customer's trait `preferred_channel` (text, or a list
/// in order) go first, then the touchpoint's order. If there is none, the message waits for the earliest end
/// of quiet hours among the channels that nothing else speaks against and whose quiet hours defer; else it is
/// blocked. What may change until then is not foreseen: it is asked again.
[[nodiscard]] PolicyDecision decide(const Workspace& workspace, const Recipient& recipient,
                                    const MessageRequest& request, Instant now);

/// The customer's address in `channel`, as decide() reads it: empty where the channel needs none; nothing
/// where it needs one and the customer has none.
[[nodiscard]] std::optional<std::string> address_of(const Channel& channel, const Recipient& recipient);

/// Whether a person or a page that is in contact with the customer by `channel` may speak about `purpose`
/// now: what decide() asks of the purpose, consent and caps. No message leaves, so the way out, the address
/// and quiet hours do not matter; a channel without `purposes`, by which nothing is ever sent, may be used
/// for all. An unknown channel is refused (no_adapter).
[[nodiscard]] ChannelVerdict may_mention(const Workspace& workspace, const Recipient& recipient,
                                         std::string_view channel, std::string_view purpose, Instant now);

/// The first instant from `from` on that is not quiet on the customer's wall clock: `from` itself where it
/// is not. Holidays and windows that follow on each other are one; after 14 days the search ends with the
/// instant reached, to be asked again there.
[[nodiscard]] Instant end_of_quiet(const QuietHours& quiet, std::span<const std::string> holidays,
                                   const Zone& zone, Instant from);

}  // namespace lotse
