#include "channels/file/time_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace lotse::file {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view epoch_seconds = "epoch_seconds";
constexpr std::string_view epoch_ms = "epoch_ms";
constexpr std::string_view fields = "YymdHIMSpbz%";
constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// What a text has told so far.
struct Parts {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  Duration second{0};
  bool twelve_hours = false;
  bool afternoon = false;
  std::optional<minutes> offset;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void take_spaces() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  /// One to `width` digits.
  std::optional<int> number(std::size_t width) {
    int value = 0;
    std::size_t taken = 0;
    for (; taken < width && taken < rest_.size() && is_digit(rest_[taken]); ++taken)
      value = value * 10 + (rest_[taken] - '0');
    if (taken == 0) return std::nullopt;
    rest_.remove_prefix(taken);
    return value;
  }
  /// `.250`, cut to milliseconds; 0 where there is none.
  Duration fraction() {
    if (rest_.size() < 2 || (rest_.front() != '.' && rest_.front() != ',') || !is_digit(rest_[1]))
      return Duration{0};
    rest_.remove_prefix(1);
    int value = 0;
    std::size_t taken = 0;
    for (; taken < rest_.size() && is_digit(rest_[taken]); ++taken) {
      if (taken < 3) value = value * 10 + (rest_[taken] - '0');
    }
    for (std::size_t i = taken; i < 3; ++i) value *= 10;
    rest_.remove_prefix(taken);
    return Duration{value};
  }
  std::optional<unsigned> month_name() {
    for (unsigned i = 0; i < months.size(); ++i) {
      const std::string_view name = months[i];
      if (rest_.size() >= name.size() && std::ranges::equal(rest_.substr(0, name.size()), name, {}, lower)) {
        rest_.remove_prefix(name.size());
        return i + 1;
      }
    }
    return std::nullopt;
  }
  std::optional<bool> afternoon() {
    if (rest_.size() < 2 || lower(rest_[1]) != 'm') return std::nullopt;
    const char half = lower(rest_[0]);
    if (half != 'a' && half != 'p') return std::nullopt;
    rest_.remove_prefix(2);
    return half == 'p';
  }
  std::optional<minutes> offset() {
    if (take('Z') || take('z')) return minutes(0);
    const bool negative = !rest_.empty() && rest_.front() == '-';
    if (!take('+') && !take('-')) return std::nullopt;
    if (rest_.size() < 4) return std::nullopt;
    const auto hour = number(2);
    take(':');
    const auto minute = number(2);
    if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
    const minutes east = hours(*hour) + minutes(*minute);
    return negative ? -east : east;
  }

 private:
  std::string_view rest_;
};

template <class T, class U>
bool put(T& to, const std::optional<U>& value) {
  if (value) to = static_cast<T>(*value);
  return value.has_value();
}

bool read_field(char field, Scanner& in, Parts& parts) {
  switch (field) {
    case 'Y':
      return put(parts.year, in.number(4));
    case 'y': {
      const bool read = put(parts.year, in.number(2));
      parts.year += parts.year < 70 ? 2000 : 1900;
      return read;
    }
    case 'm':
      return put(parts.month, in.number(2));
    case 'b':
      return put(parts.month, in.month_name());
    case 'd':
      return put(parts.day, in.number(2));
    case 'I':
      parts.twelve_hours = true;
      return put(parts.hour, in.number(2)) && parts.hour >= 1 && parts.hour <= 12;
    case 'H':
      return put(parts.hour, in.number(2));
    case 'M':
      return put(parts.minute, in.number(2));
    case 'S': {
      int whole = 0;
      if (!put(whole, in.number(2)) || whole > 59) return false;
      parts.second = seconds(whole) + in.fraction();
      return true;
    }
    case 'p':
      return put(parts.afternoon, in.afternoon());
    case 'z':
      parts.offset = in.offset();
      return parts.offset.has_value();
    case '%':
      return in.take('%');
    default:
      return false;
  }
}

std::optional<Instant> instant_of(const Parts& parts, const std::optional<Zone>& zone) {
  const std::chrono::year_month_day day{std::chrono::year(parts.year), std::chrono::month(parts.month),
                                        std::chrono::day(parts.day)};
  if (!day.ok() || parts.year < 1 || parts.hour > 23 || parts.minute > 59) return std::nullopt;
  int hour = parts.hour;
  if (parts.twelve_hours) hour = hour % 12 + (parts.afternoon ? 12 : 0);
  const std::chrono::local_time<Duration> local =
      local_days(day) + hours(hour) + minutes(parts.minute) + parts.second;
  if (parts.offset) return Instant{local.time_since_epoch() - *parts.offset};
  if (!zone) return std::nullopt;
  return zone->instant(local);
}

std::optional<Instant> read_epoch(std::string_view text, bool in_seconds) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc{}) return std::nullopt;
  Scanner rest(text.substr(static_cast<std::size_t>(end - text.data())));
  constexpr std::int64_t ms_max = 253'402'300'799'999;  // the end of the year 9999
  constexpr std::int64_t ms_min = -62'135'596'800'000;  // the beginning of the year 1
  if (!in_seconds) {
    if (!rest.done() || whole < ms_min || whole > ms_max) return std::nullopt;
    return Instant{Duration{whole}};
  }
  const Duration fraction = rest.fraction();
  if (!rest.done() || whole < ms_min / 1000 || whole > ms_max / 1000) return std::nullopt;
  return Instant{seconds(whole) + (text.starts_with('-') ? -fraction : fraction)};
}

}  // namespace

Result<TimeFormat> TimeFormat::parse(std::string_view text) {
  TimeFormat out;
  out.text_ = text;
  if (text == epoch_seconds || text == epoch_ms) return out;
  std::string used;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') continue;
    const char field = i + 1 < text.size() ? text[++i] : '\0';
    if (field == '\0') return fail(ErrorCode::bad_input, "a `%` at the end names no field");
    if (fields.find(field) == std::string_view::npos) {
      return fail(ErrorCode::bad_input, fmt::format("`%{}` is no field", field));
    }
    if (field != '%' && used.find(field) != std::string::npos) {
      return fail(ErrorCode::bad_input, fmt::format("`%{}` is given twice", field));
    }
    used += field;
  }
  const auto has = [&](std::string_view any) { return used.find_first_of(any) != std::string::npos; };
  if (!has("Yy") || !has("mb") || !has("d")) {
    return fail(ErrorCode::bad_input, "a time needs its year, month and day (`%Y`, `%m`, `%d`)");
  }
  if (has("I") != has("p")) return fail(ErrorCode::bad_input, "`%I` and `%p` go together");
  return out;
}

std::optional<Instant> TimeFormat::read(std::string_view text, const std::optional<Zone>& zone) const {
  if (text_ == epoch_seconds || text_ == epoch_ms) return read_epoch(text, text_ == epoch_seconds);
  Scanner in(text);
  Parts parts;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '%') {
      if (!read_field(text_[++i], in, parts)) return std::nullopt;
    } else if (is_space(text_[i])) {
      in.take_spaces();
    } else if (!in.take(text_[i])) {
      return std::nullopt;
    }
  }
  return in.done() ? instant_of(parts, zone) : std::nullopt;
}

std::optional<Instant> read_instant(std::string_view text, const std::optional<Zone>& zone) {
  if (const auto instant = parse_instant(text)) return instant;
  if (!zone) return std::nullopt;
  std::optional<Instant> wall_clock;
  if (text.size() == std::string_view("2024-03-01").size()) {
    wall_clock = parse_instant(std::string(text) + "T00:00:00", true);
  } else {
    wall_clock = parse_instant(text, true);
  }
  if (!wall_clock) return std::nullopt;
  return zone->instant(std::chrono::local_time<Duration>{wall_clock->time_since_epoch()});
}

}  // namespace lotse::file
