#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace lotse::http {

[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Without ASCII case.
[[nodiscard]] inline bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// Calls `visit` with each element of a comma-separated list (RFC 9110, section 5.6.1) that is not empty.
template <class Visit>
void for_each_element(std::string_view list, const Visit& visit) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (const std::string_view element = trimmed(list.substr(0, comma)); !element.empty()) visit(element);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

/// RFC 3986, section 2.1. False: a `%` without two hex digits behind it.
[[nodiscard]] bool percent_decode(std::string_view text, std::string& decoded);

/// RFC 4648, section 4, padding optional. False: anything else.
[[nodiscard]] bool base64_decode(std::string_view text, std::string& decoded);

}  // namespace lotse::http
