#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace lotse::test {

/// The checkout's top folder.
[[nodiscard]] std::filesystem::path source_dir();

/// `../shared/<path>` beside the checkout, where real logs and test vectors may lie; nothing where it is
/// absent.
[[nodiscard]] std::optional<std::filesystem::path> shared(std::string_view path);

}  // namespace lotse::test
