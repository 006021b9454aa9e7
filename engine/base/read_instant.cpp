#include "engine/base/read_instant.hpp"

#include <fmt/format.h>

#include <string>

namespace lotse {

Result<Instant> read_instant(std::string_view text, const Zone& zone, Instant now) {
  if (text == "now") return now;
  if (const auto instant = parse_instant(text)) return *instant;
  if (text.starts_with('-')) {
    if (const auto duration = parse_duration(text.substr(1))) return now - *duration;
  }
  // Without an offset: read as if it were UTC, then taken as the zone's wall clock.
  const std::string padded = text.size() == 10   ? fmt::format("{}T00:00:00", text)
                             : text.size() == 16 ? fmt::format("{}:00", text)
                                                 : std::string(text);
  if (const auto wall = parse_instant(padded, /*assume_utc=*/true)) {
    return zone.instant(std::chrono::local_time<Duration>(wall->time_since_epoch()));
  }
  return fail(
      ErrorCode::bad_input,
      fmt::format(
          "`{}` is no point in time; write a day (2024-03-01), a time (2024-03-01T09:00), a time with its "
          "offset (2024-03-01T09:00:00Z), `now`, or how long ago (-7d)",
          text));
}

}  // namespace lotse
