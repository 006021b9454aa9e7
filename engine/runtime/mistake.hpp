#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/runtime/engine.hpp"

namespace lotse {

/// Why a text gives no event.
struct Mistake {
  std::string reason;      ///< the same text for the same kind of mistake, so that it can be counted
  std::string detail;      ///< what was found; may be empty
  std::size_t at = whole;  ///< where in the text, in bytes from 0
  bool broken = false;     ///< it is not what it should be written in (JSON, UTF-8) from there on

  static constexpr std::size_t whole = std::string_view::npos;
};

/// Longest text that is quoted in a detail.
inline constexpr std::size_t quoted_bytes_max = 60;
/// `"text"`, in double quotes, cut to quoted_bytes_max at a character's border, control characters as `\x0A`.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// "longer than 32768 bytes".
[[nodiscard]] Mistake too_long(const EventLimits& limits, std::size_t bytes);

/// The first byte that is no UTF-8 (RFC 3629: no surrogates, nothing overlong); nothing where all is.
[[nodiscard]] std::optional<std::size_t> find_bad_utf8(std::string_view text);

}  // namespace lotse
