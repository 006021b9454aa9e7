#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/expression/value.hpp"

/// CEL's timestamps and durations: nanoseconds, protobuf's range of years, Go's range of durations.
namespace lotse::cel {

inline constexpr std::int64_t nanos_per_second = 1'000'000'000;

/// RFC 3339 with up to nine fractional digits; the year may run from 0000 to 9999, in_range() says whether
/// CEL takes it.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);
[[nodiscard]] std::string format_timestamp(const Timestamp& timestamp);
/// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.
[[nodiscard]] bool in_range(const Timestamp& timestamp);

enum class DurationFault : std::uint8_t { none, syntax, range };
struct ParsedDuration {
  DurationFault fault = DurationFault::none;
  CelDuration value;
};
/// `1h30m`, `-1.5s`, `100ms`; units h, m, s, ms, us, µs, ns, and beyond CEL d (24 hours), w, and ISO 8601
/// (`P3DT2H`).
[[nodiscard]] ParsedDuration parse_duration_text(std::string_view text);
/// `90s`, `0.25s`, `-1.5s`.
[[nodiscard]] std::string format_duration_text(const CelDuration& duration);

/// Nothing beyond the range of 64 bits of nanoseconds, about 292 years: CEL's error "range".
[[nodiscard]] std::optional<std::int64_t> to_nanos(const CelDuration& duration);
[[nodiscard]] CelDuration from_nanos(std::int64_t nanos);
[[nodiscard]] std::optional<CelDuration> add(const CelDuration& a, const CelDuration& b);
[[nodiscard]] std::optional<CelDuration> subtract(const CelDuration& a, const CelDuration& b);
[[nodiscard]] std::optional<Timestamp> add(const Timestamp& a, const CelDuration& b);
[[nodiscard]] std::optional<Timestamp> subtract(const Timestamp& a, const CelDuration& b);
[[nodiscard]] std::optional<CelDuration> subtract(const Timestamp& a, const Timestamp& b);

/// The parts of a timestamp on the wall clock that CEL's getters give.
struct CivilTime {
  std::int64_t year;
  std::int64_t month;        ///< 0 to 11
  std::int64_t day;          ///< 1 to 31
  std::int64_t day_of_week;  ///< 0 is Sunday
  std::int64_t day_of_year;  ///< 0 to 365
  std::int64_t hours;
  std::int64_t minutes;
  std::int64_t seconds;
  std::int64_t milliseconds;
};
[[nodiscard]] CivilTime civil(const Timestamp& timestamp, std::int64_t offset_seconds);
/// Offset from UTC in force at `timestamp`: of an IANA name, or of `+02:00`, `-09:30`, `02:00`. Nothing for
/// another text.
[[nodiscard]] std::optional<std::int64_t> zone_offset(std::string_view zone, const Timestamp& timestamp);

}  // namespace lotse::cel
