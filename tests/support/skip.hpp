#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

/// Leaves the test with a line that CTest shows as skipped. A skip is a hole in the test run: only for what
/// the project never needs to build or run.
#define LOTSE_SKIP(reason)              \
  do {                                  \
    ::lotse::test::say_skipped(reason); \
    return;                             \
  } while (false)

namespace lotse::test {

void say_skipped(std::string_view reason);

/// `../shared/<path>` beside the checkout, where real logs and test vectors may lie; nothing where it is
/// absent.
[[nodiscard]] std::optional<std::filesystem::path> shared(std::string_view path);

}  // namespace lotse::test
