#pragma once

#include <string_view>

namespace lotse {

/// Whether `text` is a `traceparent` of version 00 as W3C Trace Context (section 3.2) has it:
/// `00-<32 hex>-<16 hex>-<2 hex>` in small letters, neither id all zeros.
[[nodiscard]] bool is_traceparent(std::string_view text);

}  // namespace lotse
