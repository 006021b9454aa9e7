#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::test {

void write_file(const std::filesystem::path& path, std::string_view text);

/// A workspace with a journey per order.
void write_orders_workspace(const std::filesystem::path& workspace);

/// `count` events, a line of JSON each, of people who order, pay and use: out of order, some twice, some with
/// a second identifier.
[[nodiscard]] std::vector<std::string> order_lines(std::size_t count);

/// All that follows from a store's log: every customer's state as bytes, by name.
struct StoreDump {
  EngineCounts counts;
  std::map<std::string, std::string> states;
};
/// Nothing where there is no store yet.
[[nodiscard]] std::optional<StoreDump> dump(const std::filesystem::path& workspace,
                                            const std::filesystem::path& store, const Moment& moment = {});

}  // namespace lotse::test
