#pragma once

#include <optional>
#include <string>

#include "channels/file/mapping.hpp"
#include "cli/context.hpp"

namespace lotse::cli {

/// What `--format` names; nothing for any other word, an empty one included.
[[nodiscard]] std::optional<file::FileFormat> format_of(const std::string& name);

/// The mapping file of `--mapping`. Nothing, with findings printed and the status set, where it has mistakes.
[[nodiscard]] Result<std::optional<file::Mapping>> read_mapping(Context& context, const std::string& path);

}  // namespace lotse::cli
