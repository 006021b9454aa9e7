#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "engine/base/result.hpp"

namespace lotse::cli {

/// Waits for changes of YAML files in folders, by inotify(7), until Ctrl-C or a SIGTERM, which it takes from
/// the whole program while it lives.
class Watch {
 public:
  enum class End : std::uint8_t { changed, interrupted };

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

  /// Waits; a change counts once nothing has changed for a moment, for editors write in several steps.
  [[nodiscard]] Result<End> wait();

 private:
  Watch(int changes, int signals) : changes_(changes), signals_(signals) {}
  [[nodiscard]] Result<bool> take_changes() const;

  int changes_;  ///< of inotify
  int signals_;  ///< of signalfd
};

}  // namespace lotse::cli
