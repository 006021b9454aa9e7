#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "channels/file/event_file.hpp"
#include "cli/context.hpp"
#include "cli/progress.hpp"
#include "engine/tracking/event.hpp"

namespace lotse::cli {

/// Logs that a command reads and does not store.
struct LogOptions {
  std::vector<std::filesystem::path> files;
  std::string mapping;
  std::string format;
  bool quiet = false;
};

/// Adds `--events`, `--mapping`, `--input-format` and `--quiet`; gives the first of them.
CLI::Option* add_log_options(CLI::App& command, LogOptions& options);

/// Records that gave no event.
struct UnreadRecords {
  std::uint64_t count = 0;
  std::string first;  ///< `events.ndjson:12: not JSON`; empty where there is none
};

/// Says so on the standard error, unless there are none.
void print(const UnreadRecords& unread);

/// Reads the logs one behind the other, on all cores, with progress on the terminal; `take` gets batch by
/// batch the events in their order, and may move from them. `properties`: whether it needs those. Nothing,
/// with findings printed and the status set, where the mapping has mistakes.
[[nodiscard]] Result<std::optional<UnreadRecords>> read_logs(
    Context& context, const LogOptions& options, bool properties,
    const std::function<void(std::vector<Event>&)>& take);

/// A progress bar as the options and the terminal want it.
[[nodiscard]] ProgressBar progress_bar(const LogOptions& options, std::string name);

}  // namespace lotse::cli
