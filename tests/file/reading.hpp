#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channels/file/event_file.hpp"

namespace lotse::test {

/// A file with the given bytes in a folder of its own, gone with this.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, std::string_view bytes);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string gzip(std::string_view bytes);

/// All that a file gave.
struct ReadFile {
  struct Rejected {
    std::uint64_t line;
    std::uint32_t column;
    std::string reason;
    std::string detail;
    std::string raw;
    friend bool operator==(const Rejected&, const Rejected&) = default;
  };
  std::vector<Event> events;
  std::vector<std::uint64_t> lines;  ///< of the events
  std::vector<std::string> raw;      ///< of the events
  std::vector<Rejected> rejected;
  std::optional<Error> error;  ///< of opening, or what ended the reading
  std::vector<Diagnostic> findings;
  std::string file_id;
  std::size_t batches = 0;
};

[[nodiscard]] ReadFile read_path(const std::filesystem::path& path, const file::FileOptions& options = {});
[[nodiscard]] ReadFile read_text(const std::string& name, std::string_view bytes,
                                 const file::FileOptions& options = {});

/// A mapping that must be right.
[[nodiscard]] file::Mapping mapping(std::string_view text);

/// `type time channel ids properties traits` of an event on one line, for comparison.
[[nodiscard]] std::string describe(const Event& event);

}  // namespace lotse::test
