#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "engine/base/result.hpp"

namespace lotse::cli {

/// Waits for changes of YAML files in folders, by inotify(7), and for Ctrl-C, SIGTERM and SIGHUP, which it
/// takes from the whole program while it lives (from threads that are begun meanwhile, too).
class Watch {
 public:
  enum class End : std::uint8_t {
    changed,
    interrupted,  ///< Ctrl-C or SIGTERM
    hung_up,      ///< SIGHUP
    timed_out,
  };

  [[nodiscard]] static Result<Watch> begin();
  ~Watch();
  Watch(Watch&& other) noexcept;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  Watch& operator=(Watch&&) = delete;

  /// Looks at these folders and those within them from now on, but for those whose name begins with a dot.
  /// Call it before the files are read, each time: what changes while they are read is then not missed, and
  /// folders that are new are looked at too.
  [[nodiscard]] Result<void> look_at(std::span<const std::filesystem::path> folders);

  /// Waits, no longer than `limit` where nothing happens; a change counts once nothing has changed for a
  /// moment, for editors write in several steps.
  [[nodiscard]] Result<End> wait(std::optional<std::chrono::milliseconds> limit = std::nullopt);

 private:
  Watch(int changes, int signals) : changes_(changes), signals_(signals) {}
  [[nodiscard]] Result<bool> take_changes() const;

  int changes_;  ///< of inotify
  int signals_;  ///< of signalfd
};

}  // namespace lotse::cli
