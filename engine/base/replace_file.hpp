#pragma once

#include <filesystem>
#include <string_view>

#include "engine/base/result.hpp"

namespace lotse {

/// Puts `text` in the place of the file, which need not be there, with the permissions `mode`. In one step:
/// whoever reads it, and whoever comes after a power loss, finds the old text or the new one. Written by
/// root, it belongs to whom the file, or else its folder, belongs. Errors: storage; then all is as it was.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& file, std::string_view text,
                                        std::filesystem::perms mode);

/// Of a path without a folder: `.`.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& file);

/// A storage Error: "cannot write `/srv/lotse.db-tokens`: No space left on device"; `error` as errno has it.
[[nodiscard]] Error cannot(std::string_view what, const std::filesystem::path& path, int error);

}  // namespace lotse
