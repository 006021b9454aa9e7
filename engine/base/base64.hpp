#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lotse {

/// RFC 4648, section 4, with or without its padding; nothing for anything else.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// RFC 4648, section 4, with its padding.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace lotse
