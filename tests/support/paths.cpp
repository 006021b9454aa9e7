#include "tests/support/paths.hpp"

namespace lotse::test {

std::filesystem::path source_dir() { return LOTSE_SOURCE_DIR; }

std::optional<std::filesystem::path> shared(std::string_view path) {
  const auto found = source_dir().parent_path() / "shared" / path;
  if (!std::filesystem::exists(found)) return std::nullopt;
  return found;
}

}  // namespace lotse::test
