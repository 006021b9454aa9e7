#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lotse {

/// What stands in the log in place of an erased event: a JSON array of two texts,
/// `["<mark>","<fingerprint>"]`. The mark is a hash of (source, id) under the store's own salt: by it the
/// event is known when it is sent again. The fingerprint is that of the table of seen events. Nothing else of
/// the event is left.
[[nodiscard]] std::string tombstone(std::string_view mark, std::uint64_t fingerprint);

/// 32 hexadecimal digits for an event's key_of().
[[nodiscard]] std::string tombstone_mark(std::string_view salt, std::string_view key);

[[nodiscard]] inline bool is_tombstone(std::string_view text) { return text.starts_with("[\""); }
/// Of a tombstone (asserted).
[[nodiscard]] std::string_view mark_of(std::string_view tombstone);
[[nodiscard]] std::uint64_t fingerprint_of(std::string_view tombstone);

}  // namespace lotse
