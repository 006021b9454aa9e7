#include "tests/support/skip.hpp"

#include <catch2/catch.hpp>
#include <iostream>
#include <string>

namespace lotse::test {

void say_skipped(std::string_view reason) {
  std::cout << "SKIPPED: " << reason << std::endl;
  SUCCEED("skipped: " << std::string(reason));
}

std::optional<std::filesystem::path> shared(std::string_view path) {
  const auto found = std::filesystem::path(LOTSE_SOURCE_DIR).parent_path() / "shared" / path;
  if (!std::filesystem::exists(found)) return std::nullopt;
  return found;
}

}  // namespace lotse::test
