#pragma once

#include <string>
#include <string_view>

namespace lotse::test {

/// JSON without the breaks and the indentation of lines.
inline std::string on_one_line(std::string_view json) {
  std::string line;
  bool indent = false;
  for (const char c : json) {
    if (c == '\n') {
      indent = true;
      if (line.ends_with(',')) line += ' ';
    } else if (!indent || c != ' ') {
      indent = false;
      line += c;
    }
  }
  return line;
}

}  // namespace lotse::test
