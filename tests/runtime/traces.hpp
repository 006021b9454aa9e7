#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace lotse::test {

/// The bytes of every file in a folder: the store, its write-ahead log, whatever lies beside it.
inline std::string bytes_of(const std::filesystem::path& folder) {
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file), {});
    bytes += '\n';
  }
  return bytes;
}

/// The 16 bytes of a UUID or of 32 hexadecimal digits, as the identifiers' arena packs them; else the text.
inline std::string packed(const std::string& text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != '-'; });
  if (digits.size() != 32 || digits.find_first_not_of("0123456789abcdef") != std::string::npos) return text;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

/// Those of `texts` that stand somewhere in `bytes`, plain or packed.
inline std::vector<std::string> found_in(const std::string& bytes, const std::vector<std::string>& texts) {
  std::vector<std::string> found;
  for (const std::string& text : texts) {
    if (bytes.find(text) != std::string::npos || bytes.find(packed(text)) != std::string::npos) {
      found.push_back(text);
    }
  }
  return found;
}

}  // namespace lotse::test
