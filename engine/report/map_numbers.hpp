#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <string>

namespace lotse::map {

/// 12345 → `12,345`.
[[nodiscard]] inline std::string grouped(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

/// 0.2345 → `23 %`; below 10 % with one decimal (`2.3 %`), so that small rates can be told apart.
[[nodiscard]] inline std::string percent(double share) {
  const double value = share * 100;
  constexpr double one_decimal_below = 9.95;
  return value < one_decimal_below && value > 0 ? fmt::format("{:.1f} %", value)
                                                : fmt::format("{:.0f} %", value);
}

}  // namespace lotse::map
