#include "engine/expression/temporal.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>

#include "engine/base/time.hpp"
#include "engine/expression/text.hpp"

namespace lotse::cel {
namespace {

constexpr std::int64_t first_second = -62135596800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t last_second = 253402300799;   // 9999-12-31T23:59:59Z

/// Reads `digits` decimal digits at the head of `text` and cuts them off.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, digits)) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// `+02:00` or `-02:00` as seconds; the sign may be left out where `signless`.
std::optional<std::int64_t> take_offset(std::string_view& text, bool signless) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!take(text, "+-") && !signless) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return negative ? -seconds : seconds;
}

std::optional<std::int32_t> take_fraction(std::string_view& text) {
  std::int32_t nanos = 0;
  std::int32_t unit = 100'000'000;
  std::size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits, unit /= 10)
    nanos += (text[digits] - '0') * unit;
  if (digits == 0 || digits > 9) return std::nullopt;
  text.remove_prefix(digits);
  return nanos;
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
constexpr std::array<Unit, 10> units{{{"ns", 1},
                                      {"us", 1'000},
                                      {"µs", 1'000},
                                      {"μs", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", nanos_per_second},
                                      {"m", 60 * nanos_per_second},
                                      {"h", 3600 * nanos_per_second},
                                      {"d", 86'400 * nanos_per_second},
                                      {"w", 604'800 * nanos_per_second}}};

const Unit* take_unit(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && !is_digit(text[length]) && text[length] != '.') ++length;
  for (const Unit& unit : units) {
    if (unit.name == text.substr(0, length)) {
      text.remove_prefix(length);
      return &unit;
    }
  }
  return nullptr;
}

constexpr ParsedDuration no_duration{DurationFault::syntax, {}};
constexpr ParsedDuration out_of_range{DurationFault::range, {}};

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || !take(text, ":")) return std::nullopt;
  const auto seconds = take_number(text, 2);
  if (!seconds || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;

  Timestamp result;
  if (take(text, ".")) {
    const auto nanos = take_fraction(text);
    if (!nanos) return std::nullopt;
    result.nanos = *nanos;
  }
  std::int64_t offset = 0;
  if (!take(text, "Zz")) {
    const auto taken = take_offset(text, false);
    if (!taken) return std::nullopt;
    offset = *taken;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!text.empty() || !date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  result.seconds = days * 86'400 + *hours * 3600 + *minutes * 60 + *seconds - offset;
  return result;
}

std::string format_timestamp(const Timestamp& timestamp) {
  const CivilTime t = civil(timestamp, 0);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", t.year, t.month + 1, t.day, t.hours,
                                 t.minutes, t.seconds);
  if (timestamp.nanos != 0) {
    std::string fraction = fmt::format(".{:09}", timestamp.nanos);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  return text + "Z";
}

bool in_range(const Timestamp& timestamp) {
  return timestamp.seconds >= first_second && timestamp.seconds <= last_second;
}

ParsedDuration parse_duration_text(std::string_view text) {
  if (!text.empty() && text[0] == 'P') {
    const auto iso = lotse::parse_duration(text);
    return iso ? ParsedDuration{DurationFault::none, from_nanos(iso->count() * 1'000'000)} : no_duration;
  }
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty()) return no_duration;
  if (text == "0") return {};

  __extension__ using Wide = __int128;
  Wide total = 0;
  while (!text.empty()) {
    Wide whole = 0;
    Wide fraction = 0;
    Wide fraction_unit = 1;
    std::size_t digits = 0;
    for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
      whole = whole * 10 + (text[0] - '0');
      if (whole > INT64_MAX) return out_of_range;
    }
    if (take(text, ".")) {
      for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
        if (fraction_unit >= 1'000'000'000'000'000) continue;  // beyond what any unit can show
        fraction = fraction * 10 + (text[0] - '0');
        fraction_unit *= 10;
      }
    }
    const Unit* unit = digits == 0 ? nullptr : take_unit(text);
    if (unit == nullptr) return no_duration;
    total += whole * unit->nanos + fraction * unit->nanos / fraction_unit;
    if (total > static_cast<Wide>(INT64_MAX) + (negative ? 1 : 0)) return out_of_range;
  }
  return {DurationFault::none, from_nanos(static_cast<std::int64_t>(negative ? -total : total))};
}

std::string format_duration_text(const CelDuration& duration) {
  const bool negative = duration.seconds < 0 || duration.nanos < 0;
  std::string text = fmt::format("{}{}", negative ? "-" : "",
                                 negative ? 0 - static_cast<std::uint64_t>(duration.seconds)
                                          : static_cast<std::uint64_t>(duration.seconds));
  if (duration.nanos != 0) {
    std::string fraction = fmt::format(".{:09}", std::abs(duration.nanos));
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  return text + "s";
}

std::optional<std::int64_t> to_nanos(const CelDuration& duration) {
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(duration.seconds, nanos_per_second, &nanos) ||
      __builtin_add_overflow(nanos, duration.nanos, &nanos)) {
    return std::nullopt;
  }
  return nanos;
}

CelDuration from_nanos(std::int64_t nanos) {
  return {nanos / nanos_per_second, static_cast<std::int32_t>(nanos % nanos_per_second)};
}

std::optional<CelDuration> add(const CelDuration& a, const CelDuration& b) {
  const auto left = to_nanos(a);
  const auto right = to_nanos(b);
  std::int64_t sum = 0;
  if (!left || !right || __builtin_add_overflow(*left, *right, &sum)) return std::nullopt;
  return from_nanos(sum);
}

std::optional<CelDuration> subtract(const CelDuration& a, const CelDuration& b) {
  const auto left = to_nanos(a);
  const auto right = to_nanos(b);
  std::int64_t difference = 0;
  if (!left || !right || __builtin_sub_overflow(*left, *right, &difference)) return std::nullopt;
  return from_nanos(difference);
}

std::optional<Timestamp> add(const Timestamp& a, const CelDuration& b) {
  Timestamp sum;
  std::int64_t nanos = std::int64_t{a.nanos} + b.nanos;
  if (__builtin_add_overflow(a.seconds, b.seconds, &sum.seconds)) return std::nullopt;
  if (nanos < 0) {
    nanos += nanos_per_second;
    if (__builtin_sub_overflow(sum.seconds, 1, &sum.seconds)) return std::nullopt;
  } else if (nanos >= nanos_per_second) {
    nanos -= nanos_per_second;
    if (__builtin_add_overflow(sum.seconds, 1, &sum.seconds)) return std::nullopt;
  }
  sum.nanos = static_cast<std::int32_t>(nanos);
  if (!in_range(sum)) return std::nullopt;
  return sum;
}

std::optional<Timestamp> subtract(const Timestamp& a, const CelDuration& b) {
  const auto nanos = to_nanos(b);
  if (!nanos || *nanos == INT64_MIN) return std::nullopt;
  return add(a, from_nanos(-*nanos));
}

std::optional<CelDuration> subtract(const Timestamp& a, const Timestamp& b) {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  if (__builtin_sub_overflow(a.seconds, b.seconds, &seconds) ||
      __builtin_mul_overflow(seconds, nanos_per_second, &nanos) ||
      __builtin_add_overflow(nanos, std::int64_t{a.nanos} - b.nanos, &nanos)) {
    return std::nullopt;
  }
  return from_nanos(nanos);
}

CivilTime civil(const Timestamp& timestamp, std::int64_t offset_seconds) {
  namespace chr = std::chrono;
  const chr::sys_seconds local{chr::seconds{timestamp.seconds + offset_seconds}};
  const auto day = chr::floor<chr::days>(local);
  const chr::year_month_day date{day};
  const chr::hh_mm_ss time{local - day};
  return {.year = int{date.year()},
          .month = unsigned{date.month()} - 1,
          .day = unsigned{date.day()},
          .day_of_week = chr::weekday{day}.c_encoding(),
          .day_of_year = (day - chr::sys_days{date.year() / chr::January / 1}).count(),
          .hours = time.hours().count(),
          .minutes = time.minutes().count(),
          .seconds = time.seconds().count(),
          .milliseconds = timestamp.nanos / 1'000'000};
}

std::optional<std::int64_t> zone_offset(std::string_view zone, const Timestamp& timestamp) {
  if (zone == "UTC") return 0;
  if (std::string_view rest = zone;
      !rest.empty() && (is_digit(rest[0]) || rest[0] == '+' || rest[0] == '-')) {
    const auto offset = take_offset(rest, true);
    return rest.empty() ? offset : std::nullopt;
  }
  const auto found = Zone::find(zone);
  if (!found) return std::nullopt;
  return found->offset(to_instant(timestamp)).count();
}

}  // namespace lotse::cel
