#pragma once

#include <optional>
#include <string>

#include "channels/file/event_file.hpp"
#include "channels/file/mapping.hpp"
#include "cli/context.hpp"

namespace lotse::cli {

/// What `--format` names; nothing for any other word, an empty one included.
[[nodiscard]] std::optional<file::FileFormat> format_of(const std::string& name);

/// The mapping file of `--mapping`. Nothing, with findings printed and the status set, where it has mistakes.
[[nodiscard]] Result<std::optional<file::Mapping>> read_mapping(Context& context, const std::string& path);

/// How much of a log has been read, in [0, 1]; nothing for a pipe.
[[nodiscard]] std::optional<double> share_of(const file::Progress& progress);

}  // namespace lotse::cli
