#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journey/workspace.hpp"

/// The journey files of a workspace, for whoever edits them.
namespace lotse {

/// A file as its author has it, who has not written it yet.
struct UnsavedFile {
  std::string file;  ///< relative to the workspace: `journeys/order.yaml`
  std::string text;
};
/// The workspace as it would be with this in place of the journey file of that name, or beside the others.
[[nodiscard]] Loaded<Workspace> load_workspace(const std::filesystem::path& root, const UnsavedFile& unsaved);

/// The journey files that load_workspace() reads, relative to the folder, in their order.
[[nodiscard]] std::vector<std::string> journey_files(const std::filesystem::path& root);

/// Whether it would read a file of this name: `journeys/order.yaml`, `order.journey.yaml`.
[[nodiscard]] bool is_journey_file(const std::filesystem::path& file);

/// Its text, cut off one byte beyond FileLimits; nothing where it cannot be read.
[[nodiscard]] std::optional<std::string> read_journey_file(const std::filesystem::path& root,
                                                           std::string_view file);

}  // namespace lotse
