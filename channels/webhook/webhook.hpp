#pragma once

#include <memory>

#include "channels/transfer/environment.hpp"
#include "channels/transfer/transfers.hpp"
#include "engine/base/result.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/runtime/channel_adapter.hpp"

namespace lotse::webhook {

/// Posts CloudEvents (structured JSON) to a web address, signed as Standard Webhooks say: docs/webhook.md.
/// `options.private_addresses` is the settings'. Errors: a variable that is not set or holds no secret
/// (bad_input), named but never shown.
[[nodiscard]] Result<std::shared_ptr<ChannelAdapter>> make_adapter(const WebhookSettings& settings,
                                                                   const transfer::Environment& environment,
                                                                   transfer::Options options = {});

/// What an answer means for the attempt.
[[nodiscard]] Delivery judge(const transfer::Answer& answer);

}  // namespace lotse::webhook
