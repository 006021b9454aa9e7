#include "engine/workbench/yaml_text.hpp"

#include <algorithm>

#include "engine/base/quoted.hpp"

namespace lotse {

std::string yaml_scalar(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto plain = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ' ';
  };
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  const bool word = lower == "true" || lower == "false" || lower == "null" || lower == "yes" ||
                    lower == "no" || lower == "on" || lower == "off" || lower == "y" || lower == "n";
  if (!text.empty() && letter(text.front()) && text.back() != ' ' && std::ranges::all_of(text, plain) &&
      !word)
    return std::string(text);
  std::string quoted;
  append_quoted(quoted, text);
  return quoted;
}

}  // namespace lotse
