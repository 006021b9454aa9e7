#pragma once

#include <memory>

#include "channels/smtp/templates.hpp"
#include "channels/transfer/environment.hpp"
#include "channels/transfer/transfers.hpp"
#include "engine/base/result.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/runtime/channel_adapter.hpp"

namespace lotse::smtp {

/// Sends mails made of templates to a mail server: docs/mail.md. Its address may be private. Errors: a
/// variable that is not set, `from` that is no mailbox (bad_input).
[[nodiscard]] Result<std::shared_ptr<ChannelAdapter>> make_adapter(const SmtpSettings& settings,
                                                                   Templates templates,
                                                                   const transfer::Environment& environment,
                                                                   transfer::Options options = {});

/// What an answer means for the attempt.
[[nodiscard]] Delivery judge(const transfer::Answer& answer);

}  // namespace lotse::smtp
