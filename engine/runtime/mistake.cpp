#include "engine/runtime/mistake.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/store/event_text.hpp"

namespace lotse {

std::string in_quotes(std::string_view text) {
  std::size_t size = std::min(text.size(), quoted_bytes_max);
  const auto continues = [&] {
    return size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U;
  };
  while (size > 0 && continues()) --size;
  std::string out = "\"";
  for (const char c : text.substr(0, size)) {
    if (static_cast<unsigned char>(c) < 0x20U) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += size < text.size() ? "…\"" : "\"";
  return out;
}

Mistake too_long(const EventLimits& limits, std::size_t bytes) {
  return {.reason = fmt::format("longer than {} bytes", limits.bytes),
          .detail = fmt::format("{} bytes", bytes)};
}

std::optional<std::size_t> find_bad_utf8(std::string_view text) {
  if (is_utf8(text)) return std::nullopt;
  // A character at a time: it begins at a byte that continues none, and the next such byte ends it.
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at + 1;
    while (end < text.size() && continues(end)) ++end;
    if (!is_utf8(text.substr(at, end - at))) return at;
    at = end;
  }
  return text.size();
}

}  // namespace lotse
