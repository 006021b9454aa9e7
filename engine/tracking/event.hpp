#pragma once

#include <string>
#include <vector>

#include "engine/base/event_key.hpp"
#include "engine/base/identifier.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"

namespace lotse {

/// One fact that a channel system reports about a customer. SEMANTICS: "Events, customers, identity".
struct Event {
  std::string id{};  ///< chosen by the sender; with `source` the idempotency key
  std::string source{};
  std::string type{};
  std::string channel{};  ///< may be empty
  Instant time{};         ///< effective: its own, or the arrival where it claimed to come from the future
  Instant arrived{};
  bool from_future = false;       ///< its own time lay too far after its arrival and was replaced
  std::vector<Identifier> ids{};  ///< at least one
  Value properties{Map{}};        ///< a map
  Value traits{Map{}};            ///< a map; merged into the customer's, later ones win
  /// W3C Trace Context, for what leaves at once because of it; no part of the fact, and not kept.
  std::string traceparent{};

  [[nodiscard]] EventKey key() const { return {time, id, source}; }
};

/// Types with a meaning of their own. Their properties: `touchpoint` (id; of messages), `task` (touchpoint's
/// id; of tasks), `result` (of tasks), and of effects `journey`, `touchpoint`, `key`, `due` (RFC 3339).
namespace event_type {
inline constexpr std::string_view identify = "identify";  ///< links its ids explicitly, sets traits
inline constexpr std::string_view alias = "alias";        ///< links its ids explicitly
inline constexpr std::string_view unlink = "unlink";      ///< withdraws the link between its ids
inline constexpr std::string_view handed_out =
    "effect_handed_out";  ///< fixes an effect's key; before anything leaves
inline constexpr std::string_view message_sent = "message_sent";
inline constexpr std::string_view message_failed = "message_failed";
inline constexpr std::string_view message_blocked = "message_blocked";    ///< by policy; never handed out
inline constexpr std::string_view message_deferred = "message_deferred";  ///< by policy, to `until`
inline constexpr std::string_view message_rerouted =
    "message_rerouted";  ///< handed out by another channel, for the one before failed
inline constexpr std::string_view message_withdrawn =
    "message_withdrawn";  ///< handed out, stopped before it left: consent withdrawn, or disproved
inline constexpr std::string_view task_claimed = "task_claimed";  ///< `by`
inline constexpr std::string_view task_overdue = "task_overdue";  ///< its promise has passed while it is open
inline constexpr std::string_view task_released = "task_released";  ///< nobody has claimed it any more
inline constexpr std::string_view task_noted = "task_noted";        ///< `by`, `text`
inline constexpr std::string_view task_done = "task_done";          ///< `by`, `result`
}  // namespace event_type

}  // namespace lotse
