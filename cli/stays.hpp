#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/context.hpp"
#include "engine/base/result.hpp"
#include "engine/friction/collect_stays.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::cli {

/// How many threads load and count.
[[nodiscard]] std::uint32_t threads();

/// A store that is read, and what is asked about.
struct OpenedStore {
  std::unique_ptr<Engine> engine;
  std::size_t journey = 0;  ///< into engine->tracker().journeys()
  Instant as_of{};

  /// For collect_stays(), on threads().
  [[nodiscard]] EachState each() const;
};

/// The store as of `as_of`, the latest event's time where none is given. Nothing where it has no event.
[[nodiscard]] Result<std::optional<OpenedStore>> open_store(const Workspace& workspace,
                                                            const std::filesystem::path& store,
                                                            const std::string& journey,
                                                            std::optional<Instant> as_of);

/// The context's store, of one of the workspace's journeys. not_found where it has no event.
[[nodiscard]] Result<OpenedStore> open_events(const Context& context, const Workspace& workspace,
                                              const std::string& journey, std::optional<Instant> as_of);

}  // namespace lotse::cli
