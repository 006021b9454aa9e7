#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "channels/http/tokens.hpp"
#include "engine/base/result.hpp"

namespace lotse::http {

/// Sees when the file of tokens has been replaced, written, or removed. For one thread.
class TokenFile {
 public:
  explicit TokenFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// The tokens, if the file is not as it was when they were last read (at first: always). A file that cannot
  /// be read is told once, until it changes again, and tried each time. Costs one stat(2) where nothing has
  /// changed.
  [[nodiscard]] std::optional<Result<Tokens>> take_changed();

 private:
  /// What tells one content from the next: a replacement has another inode, a write another time or size.
  struct Stamp {
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified = 0;  ///< ns since 1970
    mode_t mode = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  [[nodiscard]] Stamp stamp() const;  ///< all 0: there is no file

  std::filesystem::path file_;
  std::optional<Stamp> seen_;  ///< of what was read last
  std::optional<Stamp> told_;  ///< of what could not be read
};

}  // namespace lotse::http
