#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// When the run after the one at `last` is due: the next time of day that retention asks for, in `zone` (as
/// WorkspaceSettings::zone).
[[nodiscard]] Instant next_retention(const Retention& retention, std::string_view zone, Instant last);

/// How a nightly run stands, for the log: counts only.
struct RetentionProgress {
  enum class Stage : std::uint8_t { begun, going_on, done, stopped };  ///< stopped: no longer asked for
  Stage stage = Stage::begun;
  Instant before{};          ///< who has been silent since is erased
  std::uint64_t erased = 0;  ///< customers, by now
  double seconds = 0;        ///< since it began
};

}  // namespace lotse
