#include "channels/file/record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lotse::file {

std::string FileFacts::event_id(std::uint64_t number) const {
  return fmt::format("{}:{:012}", file_id, number);
}

void FileFacts::complete(Event& event, std::uint64_t number) const {
  if (event.id.empty()) event.id = event_id(number);
  if (event.source.empty()) event.source = file_id;
}

Place place_of(std::uint64_t line, std::string_view text, std::string_view record) {
  return {.line = line,
          .offset = static_cast<std::uint32_t>(record.data() - text.data()),
          .bytes = static_cast<std::uint32_t>(std::min(record.size(), raw_bytes_max))};
}

Progress progress_of(const Input& input) {
  return {.bytes = input.bytes_read(), .bytes_total = input.bytes_total(), .records = 0};
}

void reject(Batch& batch, const Place& place, Mistake mistake) {
  // The column is of the record's first line, where `line` points; a mistake further down has none.
  const bool first_line = mistake.at != Mistake::whole && mistake.at < place.bytes &&
                          batch.raw(place).substr(0, mistake.at).find('\n') == std::string_view::npos;
  batch.rejected.push_back({.place = place,
                            .column = first_line ? static_cast<std::uint32_t>(mistake.at + 1) : 0,
                            .reason = std::move(mistake.reason),
                            .detail = std::move(mistake.detail)});
}

}  // namespace lotse::file
