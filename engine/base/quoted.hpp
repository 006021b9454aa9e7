#pragma once

#include <string>
#include <string_view>

namespace lotse {

/// Appends a quoted and escaped JSON string (RFC 8259), which is a CEL literal as well. Bytes that are no
/// UTF-8 are passed on.
void append_quoted(std::string& out, std::string_view text);

}  // namespace lotse
