#pragma once

#include <span>
#include <string_view>

/// The files of journeys/starter, which are part of the program.
namespace lotse {

struct StarterFile {
  std::string_view path;  ///< relative to the workspace
  std::string_view text;
};

[[nodiscard]] std::span<const StarterFile> starter_files();

/// The journey's name in them.
inline constexpr std::string_view kStarterJourney = "trial-to-subscription";

}  // namespace lotse
