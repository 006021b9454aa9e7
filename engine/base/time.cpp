#include "engine/base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace lotse {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Reads from the front of a text; every read either takes what it names or leaves all as it was.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return text_.empty(); }

  bool take(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view wanted) {
    if (text_.empty() || wanted.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }
  /// Exactly `width` digits.
  std::optional<int> digits(std::size_t width) {
    if (text_.size() < width) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (!is_digit(text_[i])) return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(width);
    return value;
  }
  /// One to twelve digits.
  std::optional<std::int64_t> number() {
    std::int64_t value = 0;
    std::size_t width = 0;
    while (width < text_.size() && is_digit(text_[width])) {
      if (width == 12) return std::nullopt;
      value = value * 10 + (text_[width++] - '0');
    }
    if (width == 0) return std::nullopt;
    text_.remove_prefix(width);
    return value;
  }
  /// The digits after a decimal point as milliseconds; finer ones are cut.
  std::optional<int> fraction_ms() {
    int value = 0;
    std::size_t width = 0;
    for (; width < text_.size() && is_digit(text_[width]); ++width) {
      if (width < 3) value = value * 10 + (text_[width] - '0');
    }
    if (width == 0) return std::nullopt;
    for (std::size_t i = width; i < 3; ++i) value *= 10;
    text_.remove_prefix(width);
    return value;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view text_;
};

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr std::array units{Unit{"w", days(7)},    Unit{"d", days(1)},    Unit{"h", hours(1)},
                           Unit{"m", minutes(1)}, Unit{"s", seconds(1)}, Unit{"ms", Duration(1)}};
constexpr Duration duration_max = days(36'500);

/// One of `names[from…]`, longest first where one begins another ("ms" before "m").
std::optional<std::size_t> take_unit(Reader& reader, std::size_t from) {
  if (from < units.size() && reader.take_word("ms")) return units.size() - 1;
  for (std::size_t i = from; i + 1 < units.size(); ++i) {
    if (reader.take_word(units[i].name)) return i;
  }
  return std::nullopt;
}

std::optional<Duration> add(Duration total, std::int64_t count, Duration unit) {
  if (count > duration_max / unit) return std::nullopt;
  total += count * unit;
  if (total > duration_max) return std::nullopt;
  return total;
}

std::optional<Duration> parse_short_duration(Reader reader) {
  Duration total{0};
  std::size_t next_unit = 0;
  while (!reader.done()) {
    const auto count = reader.number();
    if (!count) return std::nullopt;
    const auto unit = take_unit(reader, next_unit);
    if (!unit) return std::nullopt;
    const auto sum = add(total, *count, units[*unit].length);
    if (!sum) return std::nullopt;
    total = *sum;
    next_unit = *unit + 1;
  }
  return total;
}

/// ISO 8601 without years and months: P3W, P3DT2H, PT30M.
std::optional<Duration> parse_iso_duration(Reader reader) {
  struct IsoUnit {
    char name;
    Duration length;
    bool time;
  };
  constexpr std::array iso{IsoUnit{'W', days(7), false}, IsoUnit{'D', days(1), false},
                           IsoUnit{'H', hours(1), true}, IsoUnit{'M', minutes(1), true},
                           IsoUnit{'S', seconds(1), true}};
  Duration total{0};
  bool in_time = false;
  bool any = false;
  std::size_t next_unit = 0;
  while (!reader.done()) {
    if (!in_time && reader.take('T')) {
      in_time = true;
      any = false;  // something must follow the T
      continue;
    }
    const auto count = reader.number();
    if (!count) return std::nullopt;
    std::size_t unit = next_unit;
    while (unit < iso.size() && !(iso[unit].time == in_time && reader.take(iso[unit].name))) ++unit;
    if (unit == iso.size()) return std::nullopt;
    const auto sum = add(total, *count, iso[unit].length);
    if (!sum) return std::nullopt;
    total = *sum;
    next_unit = unit + 1;
    any = true;
  }
  if (!any) return std::nullopt;
  return total;
}

/// `Z`, `+01:00`, `+0100`; the offset from UTC.
std::optional<seconds> parse_offset(Reader& reader) {
  if (reader.take_any("Zz")) return seconds(0);
  const bool east = reader.take('+');
  if (!east && !reader.take('-')) return std::nullopt;
  const auto hour = reader.digits(2);
  reader.take(':');
  const auto minute = reader.digits(2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const seconds offset = hours(*hour) + minutes(*minute);
  return east ? offset : -offset;
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text, bool assume_utc) {
  Reader reader(text);
  const auto year = reader.digits(4);
  if (!year || *year < 1 || !reader.take('-')) return std::nullopt;
  const auto month = reader.digits(2);
  if (!month || !reader.take('-')) return std::nullopt;
  const auto day = reader.digits(2);
  if (!day || !reader.take_any("Tt ")) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const auto hour = reader.digits(2);
  if (!hour || *hour > 23 || !reader.take(':')) return std::nullopt;
  const auto minute = reader.digits(2);
  if (!minute || *minute > 59 || !reader.take(':')) return std::nullopt;
  const auto second = reader.digits(2);
  if (!second || *second > 59) return std::nullopt;
  Instant instant = std::chrono::sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
  if (reader.take('.')) {
    const auto fraction = reader.fraction_ms();
    if (!fraction) return std::nullopt;
    instant += Duration(*fraction);
  }
  if (reader.done()) return assume_utc ? std::optional(instant) : std::nullopt;
  const auto offset = parse_offset(reader);
  if (!offset || !reader.done()) return std::nullopt;
  return instant - *offset;
}

std::string format_instant(Instant instant) {
  const auto day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(instant - day);
  const auto ms = time.subseconds().count();
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 time.hours().count(), time.minutes().count(), time.seconds().count());
  if (ms != 0) text += fmt::format(".{:03}", ms);
  return text + 'Z';
}

std::optional<Duration> parse_duration(std::string_view text) {
  Reader reader(text);
  if (reader.done()) return std::nullopt;
  return reader.take('P') ? parse_iso_duration(reader) : parse_short_duration(reader);
}

std::string format_duration(Duration duration) {
  std::string text;
  for (const Unit& unit : units) {
    if (unit.name == "w") continue;  // 14d reads better beside 10d and 20d
    const auto count = duration / unit.length;
    if (count == 0) continue;
    text += fmt::format("{}{}", count, unit.name);
    duration -= count * unit.length;
  }
  return text.empty() ? "0s" : text;
}

std::string describe_duration(Duration duration) {
  if (duration < Duration(0)) return '-' + describe_duration(-duration);
  if (duration < seconds(10)) return fmt::format("{:.3g}s", static_cast<double>(duration.count()) / 1000);
  std::string text;
  int parts = 0;
  for (const Unit& unit : units) {
    if (unit.name == "w" || unit.name == "ms") continue;
    if (parts == 2) break;
    const auto count = duration / unit.length;
    if (count == 0) {
      if (parts == 1) break;  // "3d", not "3d 5s"
      continue;
    }
    text += fmt::format("{}{}{}", parts == 0 ? "" : " ", count, unit.name);
    duration -= count * unit.length;
    ++parts;
  }
  return text;
}

std::optional<LocalTime> parse_local_time(std::string_view text) {
  Reader reader(text);
  const auto hour = reader.digits(2);
  if (!hour || *hour > 23 || !reader.take(':')) return std::nullopt;
  const auto minute = reader.digits(2);
  if (!minute || *minute > 59 || !reader.done()) return std::nullopt;
  return LocalTime{static_cast<std::uint16_t>(*hour * 60 + *minute)};
}

}  // namespace lotse
