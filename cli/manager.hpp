#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace lotse::cli {

/// Tells the service manager that started this process how it stands, by sd_notify(3)'s protocol: one
/// datagram to the socket that NOTIFY_SOCKET names. Does nothing where there is none.
void tell_manager(std::string_view state);

/// How often the manager wants to hear `WATCHDOG=1` at least (WATCHDOG_USEC); nothing: not at all.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace lotse::cli
