#pragma once

#include <span>
#include <string_view>

#include "channels/http/message.hpp"
#include "engine/base/diagnostic.hpp"

namespace lotse::http {

/// 422: a problem (RFC 9457) with the findings as one more member.
[[nodiscard]] Response mistakes(std::string_view title, std::string_view detail,
                                std::span<const Diagnostic> findings);

}  // namespace lotse::http
