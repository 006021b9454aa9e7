#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "channels/http/incident_watch.hpp"
#include "channels/http/risk_refresher.hpp"
#include "channels/http/server.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/base/result.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// How `lotse serve` runs; docs/operations.md has a table of them.
struct Settings {
  ServerOptions server;
  std::size_t queued_bytes_max = LiveOptions{}.queued_bytes_max;
  std::size_t rejects_max = LiveOptions{}.rejects_max;
  bool metrics_open = false;  ///< /metrics asks for no token
  IncidentWatchSettings alerts{};
  RiskRefreshSettings risk{};
  bool watch = true;  ///< files of the workspace are read again when they change
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
};

/// The part `serve` of a lotse.yaml, whose other parts load_settings() reads; the defaults where there is
/// none. Relative paths in it are of the workspace.
[[nodiscard]] Loaded<Settings> load_serve_settings(std::string_view file, std::string_view text,
                                                   const FileLimits& limits = {});

/// A setting from the command line or the environment, which is stronger than the file.
struct Override {
  std::string key;    ///< address, port, certificate, key, log_level or log_format
  std::string value;  ///< as it was written
  std::string from;   ///< `--port`, `LOTSE_PORT`: for messages
};
/// bad_input: "LOTSE_PORT: `http` is no port; …".
[[nodiscard]] Result<void> apply(Settings& settings, const Override& given);

/// What fits only together: a certificate without its key. bad_input.
[[nodiscard]] Result<void> check_together(const Settings& settings);

/// True if nobody beyond this machine can reach the address.
[[nodiscard]] bool is_loopback(std::string_view address);

}  // namespace lotse::http
