#pragma once

#include <memory>
#include <string>

#include "cli/context.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::cli {

/// Whom a command is about, and when, as typed.
struct AskedCustomer {
  std::string id;  ///< `namespace:value`, or a value that names one customer in some namespace
  std::string as_of;
  std::string known_at;
};
/// Adds `--as-of` and `--known-at`.
void add_moment_options(CLI::App& command, AskedCustomer& asked);

struct FoundCustomer {
  CustomerView view;
  Moment moment;
};

[[nodiscard]] Result<std::unique_ptr<Engine>> open_to_read(const Context& context,
                                                           const Workspace& workspace);

/// As of the latest event where nothing is said. not_found for whom nobody knows, or knew by then.
[[nodiscard]] Result<FoundCustomer> find_customer(const Workspace& workspace, Engine& engine,
                                                  const AskedCustomer& asked);

}  // namespace lotse::cli
