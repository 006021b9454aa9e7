#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"

namespace lotse {

/// What leaves, as it was when it was handed out.
struct Outgoing {
  enum class Kind : std::uint8_t {
    message,  ///< to a customer
    task,     ///< to a team's ticket system
    alert,    ///< to the owner of a journey or a touchpoint
  };
  Kind kind = Kind::message;
  std::string id;  ///< the receiver's idempotency key; the same in every attempt
  Instant handed_out{};
  Instant due{};
  std::string journey{};
  std::uint32_t version = 0;
  std::string touchpoint{};
  std::string channel{};  ///< of a message
  std::string purpose{};
  std::string template_name{};
  std::string team{};             ///< of a task
  std::string title{};            ///< the touchpoint's, or the alert's
  std::string customer{};         ///< `namespace:value`; empty for alerts
  std::vector<Identifier> ids{};  ///< all of the customer's
  std::string address{};          ///< where the channel needs one
  Value with{Map{}};              ///< a map: what the template is filled with; of a task the context bundle
  std::optional<Instant> deadline{};  ///< of a task: its promise
  std::string traceparent{};          ///< W3C Trace Context; empty: none came with the event
};

/// How one attempt ended.
struct Delivery {
  enum class Kind : std::uint8_t {
    delivered,
    failed,           ///< try again later
    refused,          ///< it will never be taken: no further attempt
    address_refused,  ///< nor will anything else at this address
    gone,             ///< the receiver wants nothing more by this channel (HTTP 410)
  };
  Kind kind = Kind::failed;
  std::string detail{};                   ///< "answered 503": no personal data, no secrets
  std::optional<Duration> retry_after{};  ///< of `failed`: the receiver's wish
};

/// One way out: the port that the folders in channels/ implement. Safe from several threads.
class ChannelAdapter {
 public:
  /// Waits for nothing: `done` of an attempt under way may not be called any more.
  virtual ~ChannelAdapter() = default;

  /// The bytes that every attempt sends. Errors: bad_input, which no later attempt would mend (a template is
  /// missing, a header would be injected).
  [[nodiscard]] virtual Result<std::string> compose(const Outgoing& outgoing) const = 0;

  struct Attempt {
    std::string id;    ///< as Outgoing::id
    std::string body;  ///< as composed
    Instant at{};      ///< now, for what is signed
  };
  using Done = std::function<void(Delivery)>;
  /// Begins an attempt and returns at once. `done` is called once, on any thread and briefly, within a
  /// bounded time; not while deliver() runs, unless the attempt ends in it.
  virtual void deliver(Attempt attempt, Done done) = 0;
};

/// By channel (`email`) and by team (`team:install-desk`). Without an entry: nothing leaves there.
using ChannelAdapters = std::map<std::string, std::shared_ptr<ChannelAdapter>, std::less<>>;

}  // namespace lotse
