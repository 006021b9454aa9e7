#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// Events by which a customer allows and forbids messages. Their properties: `purpose`, and `channel`;
/// without a channel, all of them are meant; without a purpose, a no means all, and a yes none.
namespace event_type {
inline constexpr std::string_view consent_given = "consent_given";
inline constexpr std::string_view consent_withdrawn = "consent_withdrawn";
/// The receiver refused the customer's `address` (its address_mark()) in `channel`; and it takes it again.
inline constexpr std::string_view address_failed = "address_failed";
inline constexpr std::string_view address_restored = "address_restored";
}  // namespace event_type

/// What a customer last said about one purpose.
struct Consent {
  std::string purpose;  ///< empty: all but those of which something was said later
  std::string channel;  ///< empty: all but those that have an entry of their own
  bool given = false;
  Instant since{};     ///< of the event that says so
  std::string source;  ///< of that event: what an auditor asks for
  std::string event;   ///< its id
  friend bool operator==(const Consent&, const Consent&) = default;
};

/// A channel at which the customer's address was refused.
struct AddressFailure {
  std::string channel{};
  Instant since{};
  std::string address{};  ///< address_mark() of the one that was refused; empty: whichever
  friend bool operator==(const AddressFailure&, const AddressFailure&) = default;
};

/// Stands for an address where it must be recognised but not kept: 16 hexadecimal digits.
[[nodiscard]] std::string address_mark(std::string_view address);

/// What an event of one of the types above changes; nothing else does. In the order of EventKey.
void note_permission(const Event& event, std::vector<Consent>& consents,
                     std::vector<AddressFailure>& failures);

/// The consents after `events` (one customer's, in any order), by (purpose, channel). The last event by
/// EventKey counts; one for all channels also takes back what was said of single ones before it.
[[nodiscard]] std::vector<Consent> consents_of(std::span<const Event> events);

/// What counts for messages for `purpose` in `channel`; nullptr where the customer never said. Points into
/// `consents`.
[[nodiscard]] const Consent* find_consent(std::span<const Consent> consents, std::string_view purpose,
                                          std::string_view channel);
/// Whether such messages are allowed; nothing where the customer never said.
[[nodiscard]] std::optional<bool> is_allowed(std::span<const Consent> consents, std::string_view purpose,
                                             std::string_view channel);

}  // namespace lotse
