#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "engine/runtime/dialect.hpp"

namespace lotse::segment {

/// What all messages of a request share.
struct Envelope {
  Instant received{};
  std::optional<Instant> sent;  ///< by the sender's clock; a message's own goes first
  const Sender* sender = nullptr;
};

/// `Order Placed`, `orderPlaced` and `order-placed` are all `order_placed`: letters of ASCII small, an
/// underscore for each run of other signs of ASCII and where a capital begins a word. Empty where nothing is
/// left.
[[nodiscard]] std::string event_type(std::string_view name);

/// A moment by the sender's clock, as it is by ours: `original` lay as long before the sending as it lies
/// before the receipt. Where the clocks agree within `clocks_agree`, or the message says that it was sent
/// before it was made, it stays.
[[nodiscard]] Instant without_skew(Instant original, std::optional<Instant> sent, Instant received);
inline constexpr Duration clocks_agree = std::chrono::seconds(5);  ///< more than a request usually takes

/// The event of one message, `text`, whose content is `message` and whose kind is `call` (`track`). The table
/// of docs/segment.md.
[[nodiscard]] tl::expected<Event, Mistake> event_of(const Value& message, std::string_view text,
                                                    std::string_view call, const Envelope& envelope);

}  // namespace lotse::segment
