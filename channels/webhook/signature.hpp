#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"

namespace lotse::webhook {

/// The key of a secret as Standard Webhooks writes it: `whsec_` and the base64 of 24 to 64 bytes; nothing for
/// anything else.
[[nodiscard]] std::optional<std::string> key_of_secret(std::string_view secret);

/// `webhook-signature`: for each key `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, with
/// spaces between them. The timestamp is that of `webhook-timestamp`: whole seconds since 1970.
[[nodiscard]] std::string signature(const std::vector<std::string>& keys, std::string_view id, Instant at,
                                    std::string_view body);

}  // namespace lotse::webhook
