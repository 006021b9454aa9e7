#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lotse {

using Duration = std::chrono::milliseconds;                        ///< elapsed time: a day is 24 hours
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;  ///< UTC, milliseconds since 1970

/// RFC 3339, section 5.6: `2024-03-01T09:00:00.250+01:00`; a space for `T` and lower case are accepted, an
/// offset is required unless `assume_utc`. Fractions beyond milliseconds are cut. Nothing for anything else
/// (30 February, hour 24, a leap second are refused; years 0001 to 9999).
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text, bool assume_utc = false);

/// `2024-03-01T09:00:00Z`, with `.250` only when the milliseconds are not zero.
[[nodiscard]] std::string format_instant(Instant instant);

/// `3d`, `2h30m`, `250ms`, `1w`, ISO 8601 `P3DT2H`; whole numbers, each unit at most once, in falling order.
/// No months and no years: they are no elapsed time. Nothing for anything else, for a negative one, or beyond
/// 100 years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// The shortest spelling that parse_duration reads back: `3d`, `2h30m`, `0s`.
[[nodiscard]] std::string format_duration(Duration duration);

/// A short human reading with two significant parts: `3d 4h`, `12m 5s`, `0.35s`.
[[nodiscard]] std::string describe_duration(Duration duration);

/// A time of day on a wall clock.
struct LocalTime {
  std::uint16_t minutes;  ///< since 00:00, 0 to 1439
  friend auto operator<=>(const LocalTime&, const LocalTime&) = default;
};

/// `18:00`, 24-hour, two digits each.
[[nodiscard]] std::optional<LocalTime> parse_local_time(std::string_view text);

/// A time zone of the system's tz database by its IANA name. Cheap to copy, valid for the program's life.
class Zone {
 public:
  [[nodiscard]] static Zone utc();
  /// Nothing for a name that the tz database does not have.
  [[nodiscard]] static std::optional<Zone> find(std::string_view name);
  [[nodiscard]] std::string_view name() const;

  /// The instant of `time` on the calendar day that lies `days` after the day of `from` in this zone. A time
  /// that a spring-forward gap skips is the first instant after the gap; one that occurs twice is the
  /// earlier.
  [[nodiscard]] Instant at(Instant from, std::int32_t days, LocalTime time) const;
  /// The wall-clock reading (as if it were UTC) of an instant, for formatting and for quiet hours.
  [[nodiscard]] std::chrono::local_time<Duration> local(Instant instant) const;
  /// The inverse of local(); gaps and ambiguities as in at().
  [[nodiscard]] Instant instant(std::chrono::local_time<Duration> local) const;
  /// UTC offset in force at `instant`.
  [[nodiscard]] std::chrono::seconds offset(Instant instant) const;

  friend bool operator==(const Zone&, const Zone&) = default;

 private:
  explicit Zone(const void* rules) : rules_(rules) {}
  const void* rules_;
};

}  // namespace lotse
