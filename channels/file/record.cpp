#include "channels/file/record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lotse::file {

std::string FileFacts::event_id(std::uint64_t number) const {
  return fmt::format("{}:{:012}", file_id, number);
}

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

Refusal too_long(const FileFacts& facts, std::size_t bytes) {
  return {.reason = fmt::format("longer than {} bytes", facts.limits.bytes),
          .detail = fmt::format("{} bytes", bytes)};
}

Place place_of(std::uint64_t line, std::string_view text, std::string_view record) {
  return {.line = line,
          .offset = static_cast<std::uint32_t>(record.data() - text.data()),
          .bytes = static_cast<std::uint32_t>(std::min(record.size(), raw_bytes_max))};
}

Progress progress_of(const Input& input) {
  return {.bytes = input.bytes_read(), .bytes_total = input.bytes_total(), .records = 0};
}

void reject(Batch& batch, const Place& place, Refusal refusal) {
  // The column is of the record's first line, where `line` points; a mistake further down has none.
  const bool first_line = refusal.at != Refusal::whole && refusal.at < place.bytes &&
                          batch.raw(place).substr(0, refusal.at).find('\n') == std::string_view::npos;
  batch.rejected.push_back({.place = place,
                            .column = first_line ? static_cast<std::uint32_t>(refusal.at + 1) : 0,
                            .reason = std::move(refusal.reason),
                            .detail = std::move(refusal.detail)});
}

}  // namespace lotse::file
