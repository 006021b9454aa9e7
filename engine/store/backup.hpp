#pragma once

#include <filesystem>

#include "engine/base/result.hpp"

namespace lotse {

/// Writes a copy of the store at `from`, as of one commit, to the new file `to`, while a writer may go on;
/// the copy has been opened and checked when it bears that name. Errors: conflict where `to` is there
/// already, not_found, storage.
[[nodiscard]] Result<void> backup_store(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace lotse
