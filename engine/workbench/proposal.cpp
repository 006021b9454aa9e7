#include "engine/workbench/proposal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/assert.hpp"

namespace lotse::proposal {

bool can_be_named(std::string_view type) {
  constexpr std::size_t bytes_max = 128;
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return !type.empty() && type.size() <= bytes_max && type.front() != ' ' && type.back() != ' ' &&
         std::ranges::none_of(type, control);
}

std::string id_of(std::string_view type, std::set<std::string>& taken) {
  constexpr std::size_t bytes_max = 48;
  // Words that expressions cannot name, so that `visits.ID` always works.
  static const std::set<std::string, std::less<>> reserved{
      "as",  "break",  "const", "continue", "else",    "for",       "function",
      "if",  "import", "let",   "loop",     "package", "namespace", "return",
      "var", "void",   "while", "true",     "false",   "null",      "in"};
  std::string id;
  for (const char c : type) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (word) {
      id += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!id.empty() && id.back() != '_') {
      id += '_';
    }
    if (id.size() == bytes_max) break;
  }
  while (id.ends_with('_')) id.pop_back();
  if (id.empty() || (id.front() >= '0' && id.front() <= '9')) id.insert(0, "event_");
  if (id == "event_") id = "event";
  if (reserved.contains(id)) id += "_event";
  std::string unique = id;
  for (int number = 2; !taken.insert(unique).second; ++number) unique = fmt::format("{}_{}", id, number);
  return unique;
}

Duration window_of(Duration wait) {
  using std::chrono::days, std::chrono::hours;
  constexpr std::array<Duration, 18> usual{hours(1), hours(3), hours(6), hours(12), days(1),   days(2),
                                           days(3),  days(5),  days(7),  days(10),  days(14),  days(21),
                                           days(30), days(45), days(60), days(90),  days(180), days(365)};
  const auto fits = std::ranges::lower_bound(usual, wait);
  if (fits != usual.end()) return *fits;
  const Duration year = usual.back();
  return year * ((wait + year - Duration(1)) / year);
}

Duration quantile(std::vector<Duration>& values, double share) {
  LOTSE_ASSERT(!values.empty());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::string in_comment(std::string_view text) {
  constexpr std::size_t bytes_max = 120;
  std::string line(text.substr(0, bytes_max));
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  // A cut may have split a character.
  while (text.size() > bytes_max && !line.empty() && static_cast<unsigned char>(line.back()) >= 0x80)
    line.pop_back();
  return line;
}

}  // namespace lotse::proposal
