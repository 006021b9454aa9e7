#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse::bench {

/// What the log looks like.
struct LogShape {
  std::uint64_t events = 2'000'000;  ///< about ten a customer
  std::uint64_t seed = 1;
  unsigned late_of_1000 = 10;        ///< come up to a day after their time
  unsigned duplicates_of_1000 = 10;  ///< come again a little later
};

/// Calls `line` for every line (without its end) of an NDJSON log of people who order broadband: half of them
/// begin anonymous and are known from their order on, one in twenty also turns up on a second device that is
/// linked later. Customers begin evenly over a year; the log is in order of time but for what LogShape says.
/// The same on every machine.
void write_broadband_log(const LogShape& shape, const std::function<void(std::string_view)>& line);

/// The journey that the log is tracked by.
[[nodiscard]] Workspace broadband_workspace();
/// The same as files. With the port of a receiver, messages leave for it by webhook, signed with the secret
/// in WEBHOOK_SECRET; without, policy stops them, since nobody gave a consent.
void write_broadband_workspace(const std::filesystem::path& folder,
                               std::optional<std::uint16_t> receiver = std::nullopt);

}  // namespace lotse::bench
