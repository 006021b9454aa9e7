#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace lotse::file {

/// How a file writes instants where it is not RFC 3339: `%d.%m.%Y %H:%M`, `epoch_ms`.
class TimeFormat {
 public:
  /// Fields: %Y %m %d (the three are required), %H %M %S (%S takes a fraction too), %y (1970 to 2069), %I
  /// with %p, %b (English, three letters), %z (`+02:00`, `+0200`, `Z`), %%; white space matches any amount of
  /// it. Or the words `epoch_seconds` (a fraction is taken) and `epoch_ms`. Error: bad_input, naming what is
  /// wrong.
  [[nodiscard]] static Result<TimeFormat> parse(std::string_view text);

  /// Nothing where `text` does not match wholly, or gives no day of the calendar. A time without %z is in
  /// `zone`; without a zone it is nothing.
  [[nodiscard]] std::optional<Instant> read(std::string_view text, const std::optional<Zone>& zone) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  friend bool operator==(const TimeFormat&, const TimeFormat&) = default;

 private:
  std::string text_;
};

/// RFC 3339; or, where there is a zone, the same without an offset, or a day alone (midnight).
[[nodiscard]] std::optional<Instant> read_instant(std::string_view text, const std::optional<Zone>& zone);

}  // namespace lotse::file
