#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/workbench/starter.hpp"

/// What a new workspace begins with.
namespace lotse {

struct WorkspaceFile {
  std::filesystem::path path;  ///< relative to the workspace
  std::string text;
};

/// The files of a workspace in which everything works at once: those of journeys/starter, with the journey
/// called `journey`, and last `events.ndjson`, the log of kSampleCustomers customers that its simulation
/// makes. Equal names give equal files. bad_input where `journey` cannot be a journey's name, or a file
/// called after it would be taken for something else.
[[nodiscard]] Result<std::vector<WorkspaceFile>> new_workspace(std::string_view journey = kStarterJourney);

inline constexpr std::uint64_t kSampleCustomers = 500;

}  // namespace lotse
