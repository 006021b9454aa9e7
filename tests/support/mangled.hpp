#pragma once

#include <random>
#include <string>
#include <string_view>

namespace lotse::test {

/// A text with a few bytes changed, left out, doubled or cut off: most of them no longer what they were.
inline std::string mangled(std::string_view text, std::mt19937_64& dice) {
  constexpr std::string_view telling = "{}[]\",:\\\n 0eE-nt\x80\xC3\xFF";
  std::string out(text);
  for (std::uint64_t times = dice() % 4; times > 0 && !out.empty(); --times) {
    const std::size_t at = dice() % out.size();
    switch (dice() % 4) {
      case 0:
        out[at] = telling[dice() % telling.size()];
        break;
      case 1:
        out.erase(at, 1 + dice() % 5);
        break;
      case 2:
        out.insert(at, out.substr(at, dice() % 40));
        break;
      default:
        if (dice() % 4 == 0) out.resize(at);
        break;
    }
  }
  return out;
}

}  // namespace lotse::test
