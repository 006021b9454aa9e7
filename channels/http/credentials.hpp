#pragma once

#include <optional>
#include <string>

#include "engine/runtime/dialect.hpp"

namespace lotse::http {

/// The token in `Authorization`: `Bearer TOKEN` (RFC 6750), or the user part of `Basic` (RFC 7617). Nothing
/// where there is none that can be read.
[[nodiscard]] std::optional<std::string> credential(const PostFields& headers);

}  // namespace lotse::http
